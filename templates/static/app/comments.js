/** The talk on a task: comments, @mentions with suggestions, and telling the others that one types. */

import { markdown } from "./markdown.js";
import { avatar, complain, h, icon, keep, moment, once } from "./ui.js";

const TYPING_EVERY_MS = 2000;

export class Comments {
  constructor({ session, store, taskId, typing }) {
    Object.assign(this, { session, store, taskId, path: `/api/tasks/${taskId}/comments` });
    this.list = h("div.comments", { "aria-live": "polite" });
    this.element = h(
      "section.block",
      { "aria-label": "Comments" },
      h("header", null, h("h3", null, icon("chat", "s"), "Comments")),
      this.list,
      this.#composer(typing),
    );
  }

  async load() {
    const { items } = await this.session.get(`${this.path}?limit=200&sort=created_at`);
    keep(this.list, items, (comment) => this.#comment(comment));
  }

  #comment(comment) {
    const names = [...this.store.people.values()].map((person) => person.name);
    const { author } = comment;
    const own = author.id === this.session.user.id;
    const remove = () =>
      this.session.remove(`/api/comments/${comment.id}`).then(() => this.load(), complain("The comment stays."));
    return h(
      "article.comment",
      { "data-id": comment.id },
      avatar(author),
      h(
        "div",
        null,
        h(
          "header",
          null,
          h("b", null, author.name),
          moment(comment.created_at, { class: "small muted" }),
          own && h("button.small.muted", { type: "button", onclick: remove }, "Delete"),
        ),
        h("div.body", null, markdown(comment.body, names)),
      ),
    );
  }

  #composer(typing) {
    const text = h("textarea.input", {
      rows: 2,
      "aria-label": "Write a comment",
      placeholder: "Write a comment. @ mentions someone.",
    });
    const send = h("button.button.primary.small", { type: "submit" }, "Comment");
    const suggest = new Suggestions(text, this.store);
    const form = h(
      "form.compose",
      { novalidate: true },
      suggest.list,
      text,
      h("p.whisper", { "data-typing": this.taskId, "aria-live": "polite" }),
      h("div.modal-end", null, h("span.hint.wide-only", null, "Ctrl + Enter sends"), send),
    );
    let told = 0;
    text.addEventListener("input", () => {
      if (Date.now() - told < TYPING_EVERY_MS || !text.value) return;
      told = Date.now();
      typing();
    });
    const submit = () =>
      once(send, "The comment was not sent.", async () => {
        const body = text.value.trim();
        if (!body) return text.focus();
        await this.session.post(this.path, { body });
        text.value = "";
        return this.load();
      });
    form.addEventListener("submit", (event) => (event.preventDefault(), submit()));
    text.addEventListener("keydown", (event) => event.key === "Enter" && (event.ctrlKey || event.metaKey) && submit());
    return form;
  }
}

/** Names under the cursor after an @: arrows choose, Enter or Tab takes, Escape closes. */
class Suggestions {
  #at = 0;
  #found = [];

  constructor(text, store) {
    Object.assign(this, { text, store });
    this.list = h("ul.suggest", { role: "listbox", "aria-label": "People", hidden: true });
    text.addEventListener("input", () => this.#look());
    text.addEventListener("blur", () => setTimeout(() => (this.list.hidden = true), 150));
    text.addEventListener("keydown", (event) => this.#key(event));
  }

  #look() {
    const typed = /(?:^|\s)@([\p{L}\p{N} .'-]{0,30})$/u.exec(this.text.value.slice(0, this.text.selectionStart));
    const start = typed?.[1].toLowerCase();
    this.#found = typed
      ? [...this.store.people.values()].filter((one) => one.name.toLowerCase().startsWith(start)).slice(0, 6)
      : [];
    this.#at = 0;
    this.#draw();
  }

  #draw() {
    this.list.hidden = this.#found.length === 0;
    this.list.replaceChildren(
      ...this.#found.map((person, i) =>
        h(
          "li",
          {
            role: "option",
            "aria-selected": String(i === this.#at),
            onpointerdown: (event) => (event.preventDefault(), this.#take(person)),
          },
          avatar(person, "little"),
          person.name,
        ),
      ),
    );
  }

  #key(event) {
    if (this.list.hidden) return;
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (step) this.#at = (this.#at + step + this.#found.length) % this.#found.length;
    else if (event.key === "Enter" || event.key === "Tab") this.#take(this.#found[this.#at]);
    else if (event.key === "Escape") this.#found = [];
    else return;
    event.preventDefault();
    event.stopImmediatePropagation();
    this.#draw();
  }

  #take(person) {
    const { text } = this;
    const before = text.value.slice(0, text.selectionStart).replace(/@[^@]*$/, `@${person.name} `);
    text.value = before + text.value.slice(text.selectionStart);
    text.setSelectionRange(before.length, before.length);
    this.#found = [];
    this.#draw();
    text.focus();
  }
}
