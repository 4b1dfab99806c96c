/** What hangs on a record of any kind: its tags, its notes, what was logged about it, and what happened with it. */

import { feedLine } from "./activity.js";
import { block } from "./blocks.js";
import { choice } from "./fields.js";
import { markdown } from "./markdown.js";
import { avatar, complain, h, icon, keep, moment, once, tagChip } from "./ui.js";

/** The tags that a record has; Enter puts another one on, a new one as well. */
export class Tags {
  constructor({ session, path, tags, put }) {
    Object.assign(this, { session, path, put });
    const names = h("datalist", { id: "tag-names" }, [...tags.values()].map((tag) => h("option", { value: tag.name })));
    this.list = h("span.tags");
    this.input = h("input.tag-input", {
      list: "tag-names",
      maxlength: 50,
      placeholder: "Add a tag",
      "aria-label": "Add a tag",
      autocomplete: "off",
    });
    this.input.addEventListener("keydown", (event) => event.key === "Enter" && (event.preventDefault(), this.#add()));
    this.input.addEventListener("change", () => this.#add());
    this.element = h("div.field", null, h("span.label", null, "Tags"), h("div.tag-box", null, this.list, this.input), names);
  }

  show(tags) {
    const key = JSON.stringify(tags);
    if (key === this.shown) return;
    this.shown = key;
    this.list.replaceChildren(...tags.map((tag) => this.#chip(tag)));
  }

  #chip(tag) {
    const off = async () => {
      await this.session.remove(`${this.path}/tags/${tag.id}`);
      this.put(await this.session.get(this.path));
    };
    const chip = tagChip(tag);
    chip.append(
      h(
        "button",
        {
          type: "button",
          "aria-label": `Take off the tag ${tag.name}`,
          onclick: (event) => once(event.currentTarget, "The tag stays.", off),
        },
        icon("x", "s"),
      ),
    );
    return chip;
  }

  async #add() {
    const name = this.input.value.trim();
    if (!name) return;
    this.input.value = "";
    await this.session
      .post(`${this.path}/tags`, { names: [name] })
      .then(this.put, (problem) => ((this.input.value = name), complain("The tag was not put on.")(problem)));
  }
}

export class Notes {
  constructor({ session, path, may }) {
    Object.assign(this, { session, path: `${path}/notes`, may });
    this.list = h("div.comments");
    this.text = h("textarea.input", { rows: 2, "aria-label": "Write a note", placeholder: "Write a note" });
    const send = h("button.button.small", { type: "submit" }, "Add note");
    const form = h("form.compose", { novalidate: true }, this.text, h("div.modal-end", null, send));
    const submit = () => once(send, "The note was not saved.", () => this.#write());
    form.addEventListener("submit", (event) => (event.preventDefault(), submit()));
    this.text.addEventListener(
      "keydown",
      (event) => event.key === "Enter" && (event.ctrlKey || event.metaKey) && submit(),
    );
    this.element = block("Notes", "note", null, this.list, form);
  }

  async #write() {
    const body = this.text.value.trim();
    if (!body) return this.text.focus();
    await this.session.post(this.path, { body });
    this.text.value = "";
    return this.load();
  }

  async load() {
    const { items } = await this.session.get(`${this.path}?limit=50`);
    keep(this.list, items, (note) => this.#note(note));
  }

  #note(note) {
    const { author } = note;
    const remove = () =>
      this.session.remove(`/api/notes/${note.id}`).then(() => this.load(), complain("The note stays."));
    const mine = author.id === this.session.user.id || this.may("notes:delete_all");
    return h(
      "article.comment",
      { "data-id": note.id },
      avatar(author),
      h(
        "div",
        null,
        h(
          "header",
          null,
          h("b", null, author.name),
          moment(note.created_at, { class: "small muted" }),
          mine && h("button.small.muted", { type: "button", onclick: remove }, "Delete"),
        ),
        h("div.body", null, markdown(note.body)),
      ),
    );
  }
}

const KINDS = [
  ["call", "Call"],
  ["meeting", "Meeting"],
  ["email", "E-mail"],
  ["other", "Other"],
];

/** A line for what somebody did about the record. */
export function logForm({ session, subject, logged }) {
  const kind = choice(KINDS, { "aria-label": "What it was" });
  const title = h("input.input", { "aria-label": "What it was about", placeholder: "What was it about?", maxlength: 200 });
  const send = h("button.button.small", { type: "submit" }, "Log it");
  const form = h("form.log-line", { novalidate: true, "aria-label": "Log a call, a meeting, an e-mail" }, kind, title, send);
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    once(send, "Not logged.", async () => {
      if (!title.value.trim()) return title.focus();
      await session.post("/api/activities", { kind: kind.value, title: title.value.trim(), subject });
      title.value = "";
      return logged();
    });
  });
  return form;
}

/** What happened with the record, newest first. */
export class History {
  constructor({ session, path, subject }) {
    Object.assign(this, { session, path: `${path}/activities` });
    this.list = h("ol.feed.plain", { "aria-label": "What happened, newest first" });
    this.more = h("button.button.quiet.small", { type: "button", hidden: true, onclick: () => this.#further() }, "Earlier");
    const log = logForm({ session, subject, logged: () => this.load() });
    this.element = block("History", "pulse", null, log, this.list, this.more);
  }

  async load() {
    this.#page(await this.session.get(`${this.path}?limit=20`), []);
  }

  /** A page of facts after those that are shown already. */
  #page({ items, next_cursor: cursor }, before) {
    this.items = [...before, ...items];
    this.cursor = cursor;
    keep(this.list, this.items, feedLine);
    this.more.hidden = !cursor;
  }

  #further() {
    once(this.more, "Nothing earlier loaded.", async () => {
      const page = await this.session.get(`${this.path}?limit=20&cursor=${encodeURIComponent(this.cursor)}`);
      this.#page(page, this.items);
    });
  }
}
