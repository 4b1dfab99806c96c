/**
 * Saves a draft by itself: what was written goes to the server one request at a time, a moment after the typing stops.
 *
 * What is asked to be changed names the version that it was written over (`If-Match`): where somebody was quicker, the
 * draft is asked for anew, and what of it they did not touch is sent again. A refused value stays where it was written;
 * the others go on. Without the network it tries again until it is back. Tells "state" when `state` changes.
 */

import { FIELDS, PARTS, alike } from "./editor-merge.js";
import { calm } from "./ui.js";

const CALM_MS = 700;
const LONGEST_MS = 4000; // a text that is written without a pause is saved, too
const PATIENCE_MS = 10_000;
const AMOUNTS_FOLLOW = ["discount", "currency", "tax_mode"];

export class Sync extends EventTarget {
  state = "saved"; // saved, waiting, saving, offline, refused, disputed, frozen, closed
  #busy = null;
  #asking = false; // what is heard meanwhile waits
  #held = [];
  #failures = 0;
  #blocked = ""; // offline, closed
  #timer = null;
  #since = null;
  #posted = new Map(); // what was sent of new items, until it is known to have arrived
  #wake = () => {};

  constructor({ session, draft, id, isLive }) {
    super();
    Object.assign(this, { session, draft, path: `/api/proposals/${id}`, isLive });
    draft.addEventListener("change", () => this.#soon());
    addEventListener("online", () => this.#wake());
  }

  load = () => this.#alone(async () => this.#take(await this.session.get(`${this.path}?include=items`)));

  /** Save now; answers when everything is saved that can be. */
  async flush() {
    clearTimeout(this.#timer);
    this.#since = null;
    this.#wake();
    this.#busy ??= this.#run().finally(() => {
      this.#busy = null;
      this.#tell();
    });
    await this.#busy;
    return this.state === "saved";
  }

  #soon() {
    this.#tell();
    if (this.#busy || !this.#next()) return;
    this.#since ??= Date.now();
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.flush(), Math.max(0, Math.min(CALM_MS, this.#since + LONGEST_MS - Date.now())));
  }

  #tell() {
    const { draft } = this;
    const open = draft.isOpen;
    const work = this.#next();
    const state =
      this.#blocked ||
      (draft.proposal && !open && !draft.isClean() && "frozen") ||
      (work && (this.#busy ? "saving" : "waiting")) ||
      (draft.isDisputed() && "disputed") ||
      (draft.isRefused() && "refused") ||
      "saved";
    if (state === this.state) return;
    this.state = state;
    this.dispatchEvent(new Event("state"));
  }

  async #run() {
    let again = 0; // in a row
    for (let work = this.#next(); work; work = this.#next()) {
      try {
        await this.#send(work);
        again = this.#failures = 0;
        this.#blocked = "";
      } catch (problem) {
        if (problem.status === undefined) throw problem;
        if (++again > 20 || !(await this.#met(problem, work))) return;
      }
    }
  }

  async #send({ method, path = "", body, headers, sent = [], item, done }) {
    const { draft } = this;
    const paths = sent.map(([one]) => one);
    draft.sending(sent);
    if (method === "POST") this.#posted.set(item, body);
    let answer = null;
    try {
      await this.#alone(async () => {
        answer = await this.session.call(method, this.path + path, body, headers);
        draft.sent(paths, true);
        done(answer);
      });
    } catch (problem) {
      draft.sent(paths, false);
      throw problem;
    }
    // Who is not live does not hear what it comes to.
    if (path && !this.isLive() && !this.#next()) await this.load();
  }

  /** One question at a time; what is heard meanwhile is taken after its answer. */
  async #alone(work) {
    this.#asking = true;
    try {
      return await work();
    } finally {
      this.#asking = false;
      this.#held.splice(0).forEach((event) => this.hear(event));
    }
  }

  /** Whether to go on after a problem. */
  async #met(problem, { path = "", sent = [], item }) {
    const { status, code } = problem;
    const stale = status === 412 || code === "version_frozen" || (status === 404 && path) || (status === 422 && /reorder/.test(path));
    if (stale) return this.load().then(() => true, (other) => this.#away(other));
    if (status === 401) return false;
    if ([403, 404].includes(status)) return this.#close();
    if (status === 0 || status === 429 || status >= 500) return this.#away(problem);
    this.#posted.delete(item);
    this.#refuse(problem, sent, item);
    return true;
  }

  /** Wait for the network, or as long as the server asks for. */
  async #away(problem) {
    if (problem.status >= 400 && problem.status < 500 && problem.status !== 429) return this.#close();
    this.#blocked = problem.status === 429 ? "" : "offline";
    this.#tell();
    const wait = problem.retryAfter ? problem.retryAfter * 1000 : Math.min(1000 * 2 ** this.#failures++, PATIENCE_MS);
    await new Promise((done) => {
      this.#wake = done;
      setTimeout(done, wait);
    });
    return true;
  }

  #close() {
    this.#blocked = "closed";
    return false;
  }

  /** Tell each wrong value what the server says of it; what cannot be told apart is told of all. */
  #refuse(problem, sent, item) {
    const keys = this.draft.list("sections");
    const own = ({ field }) => {
      const [, at, name] = /^sections\[(\d+)\]\.(\w+)/.exec(field) ?? [];
      return item ? `items/${item}/${field}` : name ? `sections/${keys[at]}/${name}` : field;
    };
    const names = new Set([...Object.keys(PARTS.items), ...Object.keys(PARTS.sections)]);
    const told = (problem.errors ?? []).filter((error) => FIELDS.includes(own(error)) || names.has(own(error).split("/")[2]));
    const paths = item ? [`items/${item}/description`] : sent.map(([path]) => path);
    const wrong = told.length ? told.map((error) => [own(error), error.message]) : paths.map((path) => [path, problem.message]);
    const was = new Map(sent);
    // What was written since then was not refused: it is sent next.
    for (const [path, message] of wrong)
      if (alike(this.draft.get(path), was.has(path) ? was.get(path) : this.draft.known(path))) this.draft.refuse(path, message);
  }

  /* What is to be sent next */

  #next() {
    if (!this.draft.isOpen) return null;
    const ready = this.draft.ready();
    return this.#fields(ready) ?? this.#removed() ?? this.#made() ?? this.#changed(ready) ?? this.#ordered();
  }

  #fields(ready) {
    const { draft } = this;
    const mine = ready.filter(([path]) => !path.startsWith("items"));
    if (!mine.length) return null;
    const body = Object.fromEntries(mine.filter(([path]) => FIELDS.includes(path)).map(([path, { value }]) => [path, value === "" ? null : value]));
    if (body.title === null) body.title = "";
    if (mine.some(([path]) => path.startsWith("sections"))) {
      const sendable = new Map(mine);
      const value = (key, name) => {
        const path = `sections/${key}/${name}`;
        return (sendable.has(path) ? sendable.get(path).value : draft.known(path)) ?? PARTS.sections[name];
      };
      const section = (key) => ({ key, ...Object.fromEntries(Object.keys(PARTS.sections).map((name) => [name, value(key, name)])) });
      body.sections = draft.list("sections").map(section);
    }
    const sent = mine.map(([path, { value }]) => [path, value]);
    return { method: "PATCH", body, headers: version(draft.proposal), sent, done: (row) => draft.put(row) };
  }

  #removed() {
    const mine = new Set(this.draft.list("items"));
    const gone = this.draft.known("items").find((key) => !mine.has(key));
    if (!gone) return null;
    const id = this.draft.idOf(gone);
    return { method: "DELETE", path: `/items/${id}`, done: () => this.draft.dropItem(id) };
  }

  /** An item that was made here. A line without a description and a price is none yet. */
  #made() {
    const { draft } = this;
    const there = draft.known("items");
    const mine = draft.list("items");
    const names = Object.keys(PARTS.items);
    const isNew = (key) => !there.includes(key) && !names.some((name) => draft.problem(`items/${key}/${name}`));
    const written = (key, name) => draft.get(`items/${key}/${name}`) ?? "";
    const value = (key, name) => (written(key, name) === "" ? PARTS.items[name] : written(key, name));
    const values = (key) => Object.fromEntries(names.map((name) => [name, value(key, name)]));
    const isBegun = (key) => value(key, "description") || value(key, "unit_price") !== PARTS.items.unit_price;
    const key = mine.find((one) => isNew(one) && isBegun(one));
    if (!key) return null;
    const above = mine.slice(0, mine.indexOf(key)).reverse().find((one) => there.includes(one));
    // Its key makes sure that it is made once; under a key the same is sent again, whatever was written since.
    const body = this.#posted.get(key) ?? { ...values(key), position: above ? there.indexOf(above) + 1 : 0 };
    const sent = names.map((name) => [`items/${key}/${name}`, body[name]]);
    const done = (row) => (this.#posted.delete(key), draft.putItem(row, { name: key }));
    return { method: "POST", path: "/items", body, headers: { "Idempotency-Key": key }, sent, item: key, done };
  }

  #changed(ready) {
    const { draft } = this;
    const there = new Set(draft.known("items"));
    const first = ready.find(([path]) => there.has(path.split("/")[1]) && path.startsWith("items/"));
    if (!first) return null;
    const key = first[0].split("/")[1];
    const mine = ready.filter(([path]) => path.startsWith(`items/${key}/`));
    const body = Object.fromEntries(mine.map(([path, { value }]) => pair(path.split("/")[2], value)));
    const sent = mine.map(([path, { value }]) => [path, value]);
    const row = draft.item(key);
    return { method: "PATCH", path: `/items/${row.id}`, body, headers: version(row), sent, item: key, done: (now) => draft.putItem(now) };
  }

  #ordered() {
    const { draft } = this;
    const there = draft.known("items");
    const wanted = draft.list("items").filter((key) => there.includes(key));
    if (wanted.every((key, at) => key === there[at])) return null;
    const ids = wanted.map(draft.idOf);
    return { method: "PATCH", path: "/items/reorder", body: { item_ids: ids }, done: () => draft.place(ids) };
  }

  /* What is heard */

  #take = (row) => {
    this.draft.take(row, row.items);
    this.#blocked = "";
    this.#tell();
  };

  hear(event) {
    if (this.#asking || !this.draft.proposal) return void this.#held.push(event);
    const { draft } = this;
    const { type, subject, data, changes, detail, actor } = event;
    const who = actor?.name;
    if (type === "proposal.deleted") this.#close();
    else if (type === "proposal_item.deleted") draft.dropItem(subject.id, who);
    else if (subject.kind === "proposal_item" && data) draft.putItem(data, { who });
    else if (subject.kind === "proposal" && data) {
      draft.put(data, who);
      if (type === "proposal.reordered") draft.place(detail.item_ids, who);
    }
    const items = subject.kind === "proposal_item";
    if (items && (draft.proposal.discount || data?.kind === "choice")) this.#amounts();
    if (AMOUNTS_FOLLOW.some((name) => changes?.[name])) this.#amounts();
    if (type === "proposal.deleted") this.#tell();
  }

  /** What one item comes to may follow from the others, of which nothing is told. */
  #amounts = calm(() => this.session.get(`${this.path}/items`).then(({ items }) => this.draft.putItems(items)).catch(() => {}), 500);
}

const pair = (name, value) => [name, value === "" && PARTS.items[name] === null ? null : value];
const version = (row) => ({ "If-Match": `"${row.version}"` });
