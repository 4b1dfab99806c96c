/** A record opened: a lead, a contact, a company. Every field is saved by itself, and follows what others change. */

import { History, Notes, Tags } from "./attached.js";
import { block } from "./blocks.js";
import { field } from "./fields.js";
import { KINDS } from "./kinds.js";
import { $, calm, closable, complain, h, icon, keep, remover, toast } from "./ui.js";

export class Sheet {
  #record = null;
  #blocks = [];
  #fields = {};

  /**
   * `changed(record, was)` hears of every newer version, `gone(id)` of a deletion by this page; `address(id)` says what the
   * page's address is with the sheet open, or with null closed. `top()` makes what stands below the name: its
   * `element`, and `show(record)`.
   */
  constructor({ session, crew, kind, address, changed = () => {}, gone = () => {}, top = () => null }) {
    const dialog = closable($("#sheet"));
    Object.assign(this, { session, crew, kind: KINDS[kind], address, changed, gone, top, dialog });
    dialog.addEventListener("close", () => this.#closed());
    crew.addEventListener("change", () => this.#record && this.#show());
  }

  get record() {
    return this.#record;
  }

  get id() {
    return this.#record?.id;
  }

  get path() {
    return `/api/${this.kind.kinds}/${this.id}`;
  }

  open = async (id) => {
    const { kinds, noun } = this.kind;
    const record = await this.session.get(`/api/${kinds}/${id}`).catch(complain(`The ${noun} did not open.`));
    if (!record) return;
    this.#record = record;
    this.#draw();
    if (!this.dialog.open) this.dialog.showModal();
    this.dialog.focus(); // not the name: on a phone that would call the keyboard
    history.replaceState(null, "", this.address(id));
    await this.#load();
  };

  close = () => this.dialog.close();

  #closed() {
    const { id } = this;
    this.#record = null;
    history.replaceState(null, "", this.address(null));
    const from = $(`[data-id="${id}"]`);
    from?.focus({ preventScroll: true }); // a card
    from?.querySelector(".row-link")?.focus({ preventScroll: true });
  }

  /** A fact that may concern the open record. */
  hear(event) {
    if (!this.#record) return;
    const { type, subject, data, detail } = event;
    if (subject.id === this.id && /\.(deleted|left)$/.test(type)) this.#left(type);
    else if (subject.id === this.id && data?.name !== undefined) this.put(data);
    if (subject.id === this.id || detail?.record_id === this.id) this.#again();
  }

  #left(type) {
    toast(`“${this.#record.name}” was ${type.endsWith("deleted") ? "deleted" : "given to somebody else"}.`, "bad");
    this.close();
  }

  /** What hangs on it is asked for again, once for a burst of facts. */
  #again = calm(() => this.#record && this.#load(), 200);

  #load() {
    return Promise.all(this.#blocks.map((one) => one.load())).catch(complain("Not everything loaded."));
  }

  put = (record) => {
    const was = this.#record;
    if (record.id !== was?.id || record.version < was.version) return;
    this.#record = { ...was, ...record };
    this.#show();
    this.changed(record, was);
  };

  save = async (changes) => {
    const names = Object.keys(changes);
    try {
      this.put(await this.session.patch(this.path, changes));
    } catch (problem) {
      if (!this.#told(problem)) {
        complain("Not saved.")(problem);
        this.#show();
      }
      return;
    }
    for (const name of names) this.#fields[name]?.fail([]);
    this.#show();
  };

  /** Tell a refusal below the fields that it names; false if there is none. */
  #told({ errors = [] }) {
    const by = new Map();
    for (const error of errors) {
      const name = error.field === "currency" ? "value" : error.field;
      const found = this.#fields[name] ?? this.#fields[name.split(/[.[]/)[0]];
      if (found) by.set(found, [...(by.get(found) ?? []), error]);
    }
    for (const [found, its] of by) found.fail(its);
    return by.size > 0;
  }

  #show() {
    const record = this.#record;
    if (!record) return; // closed while something was saved
    for (const [name, one] of Object.entries(this.#fields)) {
      const custom = /^custom\.(.*)/.exec(name)?.[1];
      one.show(custom ? record.custom[custom] : record[name], record);
    }
    this.head?.show(record);
    const offers = this.crew.may("proposals:write") ? this.kind.offers(record) : [];
    const ways = [...this.kind.reach(record).filter(([, text]) => text), ...offers];
    keep(
      this.reach,
      ways.map(([glyph, text, href]) => ({ id: href, glyph, text })),
      ({ id, glyph, text }) => h("a.button.quiet.small", { href: id }, icon(glyph, "s"), h("span.cut", null, text)),
    );
  }

  #draw() {
    const { session, crew, kind, path, save, put } = this;
    const about = { session, crew, path, put, save, subject: { kind: kind.noun, id: this.id }, may: crew.may };
    const name = field(h("textarea", { rows: 1, "aria-label": "Name", maxlength: 200 }), {
      save: (value) => (value.trim() ? save({ name: value.trim() }) : this.#show()),
      bare: true,
    });
    const side = kind.fields(about);
    const tags = new Tags({ ...about, tags: crew.tags });
    this.#fields = { name, ...side, tags: { show: (value) => tags.show(value), fail: () => {} } };
    const notes = new Notes(about);
    const links = kind.links && new Links(about, kind.links);
    const past = kind.history && new History(about);
    this.#blocks = [links, notes, past].filter(Boolean);
    this.head = this.top();
    this.reach = h("span.reach");
    const remove = remover(`Delete ${kind.noun}`, `The ${kind.noun} stays.`, () => this.#remove());
    this.dialog.setAttribute("aria-label", kind.noun);
    this.dialog.replaceChildren(
      h(
        "header.sheet-head",
        null,
        name.element,
        h("button.icon-button", { type: "button", "data-close": true, "aria-label": "Close" }, icon("x")),
      ),
      h("div.sheet-top", null, this.head?.element, this.reach),
      h(
        "div.sheet-body",
        null,
        h("div.sheet-main", null, this.#blocks.map((one) => one.element)),
        h(
          "div.sheet-side",
          null,
          tags.element,
          Object.values(side).map((one) => one.element),
          crew.may(`${kind.kinds}:delete`) && remove,
        ),
      ),
    );
    this.#show();
  }

  async #remove() {
    const { id } = this;
    await this.session.remove(this.path);
    this.close();
    this.gone(id);
  }
}

/** Other records that belong to this one; hidden while there are none. */
class Links {
  constructor({ session, path }, { name, glyph, path: rest, to }) {
    Object.assign(this, { session, path: `${path}/${rest}`, to });
    this.list = h("ul.items");
    this.element = block(name, glyph, null, this.list);
    this.element.hidden = true;
  }

  async load() {
    const { items } = await this.session.get(`${this.path}?limit=50`);
    this.element.hidden = items.length === 0;
    const line = (one) => h("li.item", null, h("a", { href: this.to + one.id }, one.name));
    keep(this.list, items, line);
  }
}
