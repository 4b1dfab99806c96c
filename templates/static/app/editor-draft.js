/**
 * A draft as this page knows it: what the server last said, and over it what was written here and not yet taken.
 *
 * Each edit remembers what `was` there when it began. When the server has something else by then, somebody changed the
 * same value meanwhile: that is a conflict, which a person settles; everything else goes on. Orders are merged.
 * Tells "change" after anything that should be seen.
 */

import { FIELDS, PARTS, alike, flat, merged } from "./editor-merge.js";

const newKey = () => `n${[...crypto.getRandomValues(new Uint32Array(3))].map((n) => n.toString(36)).join("")}`;

export class Draft extends EventTarget {
  proposal = null;
  #items = new Map();
  #names = new Map(); // of items that were made here: by their id, what this page called them before
  #values = new Map();
  #edits = new Map();
  #queued = false;

  constructor(kept) {
    super();
    this.kept = kept;
  }

  /* What is there */

  get isOpen() {
    return this.proposal?.status === "draft";
  }

  get currency() {
    return this.proposal.currency;
  }

  known = (path) => this.#values.get(path);
  get = (path) => this.#edits.get(path)?.value ?? (this.#edits.has(path) ? null : this.#values.get(path) ?? null);
  list = (name) => this.get(name) ?? [];
  item = (key) => this.#items.get(this.idOf(key));
  idOf = (key) => [...this.#names].find(([, name]) => name === key)?.[0] ?? key;
  #nameOf = (id) => this.#names.get(id) ?? id;

  /** What keeps a value from being taken: `{message}` of a refusal, `{theirs, who}` of a conflict. */
  problem(path) {
    const edit = this.#edits.get(path);
    if (edit?.refused) return { message: edit.refused };
    return edit && "theirs" in edit ? { theirs: edit.theirs, who: edit.who } : null;
  }

  /** The edits that may be sent. */
  ready = () => [...this.#edits].filter(([, edit]) => !edit.refused && !("theirs" in edit));
  edits = (path) => this.#edits.has(path);
  isRefused = () => [...this.#edits.values()].some((edit) => edit.refused);
  isDisputed = () => [...this.#edits.values()].some((edit) => "theirs" in edit);
  isClean = () => this.#edits.size === 0;

  /* What is written here */

  set(path, value) {
    const edit = this.#edits.get(path);
    if (edit ? edit.value === value : alike(value, this.#values.get(path))) return;
    if (!edit?.sent && alike(value, edit ? edit.was : this.#values.get(path)) && this.#values.has(path)) this.#edits.delete(path);
    else this.#edits.set(path, { value, was: edit ? edit.was : this.#values.get(path), sent: edit?.sent });
    this.#changed();
  }

  /** A new part at this place, or as the last; gives its key. */
  add(list, values = {}, at = this.list(list).length) {
    const key = newKey();
    const order = [...this.list(list)];
    order.splice(at, 0, key);
    for (const [name, value] of Object.entries({ ...PARTS[list], ...values })) this.set(`${list}/${key}/${name}`, value);
    this.set(list, order);
    return key;
  }

  copy(list, key) {
    const values = Object.keys(PARTS[list]).map((name) => [name, this.get(`${list}/${key}/${name}`)]);
    return this.add(list, Object.fromEntries(values), this.list(list).indexOf(key) + 1);
  }

  remove(list, key) {
    for (const name of Object.keys(PARTS[list])) this.#edits.delete(`${list}/${key}/${name}`);
    this.order(
      list,
      this.list(list).filter((one) => one !== key),
    );
  }

  order(list, keys) {
    this.set(list, keys);
  }

  /** Settle a conflict: what was written here is sent over the other, or forgotten. */
  settle(path, mine) {
    const { value, theirs } = this.#edits.get(path);
    this.#edits.delete(path);
    if (mine) this.#edits.set(path, { value, was: theirs });
    this.#changed();
  }

  /* What the server says */

  /** All of it, as it is now. */
  take(proposal, items, who) {
    if (this.proposal && proposal.version < this.proposal.version) return;
    this.proposal = proposal;
    this.#items = new Map(items.map((item) => [item.id, item]));
    this.#absorb(who);
  }

  /** The proposal without its items. */
  put(proposal, who) {
    if (proposal.version < this.proposal.version) return;
    const { items: _, ...rest } = proposal;
    this.proposal = { ...this.proposal, ...rest };
    this.#absorb(who);
  }

  /** One item; with `name`, it is the one that was made here under that name. */
  putItem(item, { name, who } = {}) {
    const known = this.#items.get(item.id);
    if (known && known.version > item.version) return;
    if (name) this.#names.set(item.id, name);
    if (!known)
      for (const other of this.#items.values())
        if (other.position >= item.position) this.#items.set(other.id, { ...other, position: other.position + 1 });
    this.#items.set(item.id, item);
    this.#absorb(who);
  }

  /** What came of an older question has a say only in what follows from other items: amounts, places. */
  putItems(items, who) {
    for (const item of items) {
      const known = this.#items.get(item.id);
      if (known && known.version <= item.version) this.#items.set(item.id, item);
    }
    this.#absorb(who);
  }

  dropItem(id, who) {
    if (this.#items.delete(id)) this.#absorb(who);
  }

  place(ids, who) {
    ids.forEach((id, position) => this.#items.has(id) && this.#items.set(id, { ...this.#items.get(id), position }));
    this.#absorb(who);
  }

  /* Being sent: while a value is on its way, what is heard of it is no conflict */

  sending(sent) {
    for (const [path, value] of sent) if (this.#edits.has(path)) this.#edits.get(path).sent = { value };
    this.#changed();
  }

  /** They arrived, or did not; to be told before what the server then says. */
  sent(paths, arrived) {
    for (const path of paths) {
      const edit = this.#edits.get(path);
      if (!edit?.sent) continue; // taken back meanwhile
      if (arrived && edit.value === edit.sent.value) this.#edits.delete(path);
      else if (arrived) Object.assign(edit, { was: edit.sent.value });
      edit.sent = undefined;
    }
    this.#changed();
  }

  refuse(path, message) {
    const edit = this.#edits.get(path) ?? { value: this.get(path), was: this.#values.get(path) };
    this.#edits.set(path, { ...edit, refused: message });
    this.#changed();
  }

  #absorb(who = "Somebody") {
    const before = this.#values;
    const items = [...this.#items.values()].sort((a, b) => a.position - b.position || (a.id < b.id ? -1 : 1));
    this.#values = flat(this.proposal, items, this.#nameOf);
    for (const list of Object.keys(PARTS)) this.#keepWritten(list, before, who);
    for (const [path, edit] of this.#edits) this.#judge(path, edit, who);
    this.#changed();
  }

  #judge(path, edit, who) {
    const now = this.#values.get(path);
    if (edit.sent || edit.refused) return;
    if (alike(edit.value, now)) this.#edits.delete(path);
    else if (path in PARTS) Object.assign(edit, { value: merged(edit.was ?? [], edit.value, now), was: now });
    else if (path.endsWith("/selected") && !alike(now, edit.was)) this.#edits.delete(path); // one of a group: theirs
    else if ("theirs" in edit && alike(now, edit.theirs)) return;
    else if (!alike(now, edit.was)) Object.assign(edit, { theirs: now ?? null, who });
    else if ("theirs" in edit) delete edit.theirs;
    if (path in PARTS && alike(this.#edits.get(path)?.value, now)) this.#edits.delete(path);
  }

  /** Somebody removed a part that is being written in: it comes back, as a new one. */
  #keepWritten(list, before, who) {
    const gone = (before.get(list) ?? []).filter((key) => !this.#values.get(list).includes(key));
    const mine = this.get(list) ?? [];
    for (const key of gone) {
      const names = Object.keys(PARTS[list]).map((name) => `${list}/${key}/${name}`);
      const meant = this.#edits.get(list);
      const removedHere = meant && !mine.includes(key);
      if (removedHere || !names.some((path) => this.#edits.has(path))) {
        for (const path of names) this.#edits.delete(path);
        continue;
      }
      const values = names.map((path) => [path.split("/")[2], this.#edits.get(path)?.value ?? before.get(path)]);
      for (const path of names) this.#edits.delete(path);
      const above = before.get(list).slice(0, before.get(list).indexOf(key)).reverse();
      const neighbour = above.find((one) => this.list(list).includes(one)); // none: it was the first
      this.add(list, Object.fromEntries(values), this.list(list).indexOf(neighbour) + 1);
      this.dispatchEvent(new CustomEvent("kept", { detail: { list, who } }));
    }
  }

  #changed() {
    this.kept.write([...this.#edits].map(([path, { value, was }]) => [path, { value, was }]));
    if (this.#queued) return;
    this.#queued = true;
    queueMicrotask(() => {
      this.#queued = false;
      this.dispatchEvent(new Event("change"));
    });
  }

  /** What was written before this page was loaded, and not taken. */
  restore() {
    this.#edits = new Map(this.kept.read().filter(([path]) => FIELDS.includes(path) || path.split("/")[0] in PARTS));
  }
}

/** What is not sent yet stays on this device, until it is. */
export function keeper(key) {
  return {
    read: () => {
      try {
        return JSON.parse(localStorage.getItem(key)) ?? [];
      } catch {
        return []; // it is broken, or there is no storage
      }
    },
    write: (edits) => {
      try {
        if (edits.length) localStorage.setItem(key, JSON.stringify(edits));
        else localStorage.removeItem(key);
      } catch {
        // no storage: what is written lives as long as the page
      }
    },
  };
}
