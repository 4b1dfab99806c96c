/** The panel at the side of the board: who is here, who is typing, what just happened. */

import { $, avatar, h, moment, stack } from "./ui.js";

const TYPING_MS = 4000;
const FEED_EVERY_MS = 2500;
const WIDE = matchMedia("(min-width: 1561px)");

export class Activity {
  #here = new Map();
  #typing = new Map();
  #stale = false;
  #timer = null;

  constructor(session, store, projectId) {
    Object.assign(this, { session, store, projectId, panel: $("#panel") });
    const button = $("#activity-button");
    this.show = (open) => {
      this.panel.hidden = !open;
      button.setAttribute("aria-pressed", String(open));
      if (open) this.refresh();
    };
    button.addEventListener("click", () => this.show(this.panel.hidden));
    $("#panel-close").addEventListener("click", () => (this.show(false), button.focus()));
    this.show(WIDE.matches);
  }

  /* Who is here */

  people = (members) => {
    this.#here = new Map((members ?? []).map((person) => [person.id, person]));
    this.#drawPeople();
  };

  signal = (type, message) => {
    const person = { id: message.id, name: message.name };
    if (type === "presence.joined") this.#here.set(person.id, person);
    if (type === "presence.left") {
      this.#here.delete(person.id);
      this.#typing.delete(person.id);
    }
    if (type === "typing" && person.id !== this.session.user.id) this.#types(person, message.subject);
    if (type.startsWith("presence.")) this.#drawPeople();
  };

  /** Everybody on the project, with a light at those who look at it now. */
  #drawPeople() {
    const here = [...this.#here.values()].map((person) => ({
      ...person,
      name: person.name,
    }));
    $("#here").replaceChildren(
      ...here.map((person) => {
        const mine = person.id === this.session.user.id;
        return h(
          "li",
          { "data-person": person.id },
          avatar(person, "little"),
          mine ? `${person.name} (you)` : person.name,
        );
      }),
    );
    const faces = stack([...this.store.people.values()], 5);
    for (const face of faces.children)
      face.classList.toggle(
        "here",
        here.some((person) => person.name === face.title),
      );
    $("#people").replaceChildren(...faces.children);
  }

  drawPeople = () => this.#drawPeople();

  /* Who is typing: one line here, and one in the card that they type in */

  #types(person, subject) {
    clearTimeout(this.#typing.get(person.id)?.timer);
    const timer = setTimeout(() => {
      this.#typing.delete(person.id);
      this.#drawTyping();
    }, TYPING_MS);
    const name = person.name;
    this.#typing.set(person.id, { name, subject: subject?.id ?? subject, timer });
    this.#drawTyping();
  }

  #drawTyping() {
    const all = [...this.#typing.values()];
    const place = ({ name, subject }) =>
      `${name} is typing${this.store.get(subject) ? ` on “${this.store.get(subject).title}”` : ""}…`;
    $("#typing").textContent = all.map(place).join(" ");
    for (const line of document.querySelectorAll("[data-typing]")) {
      const names = all.filter((one) => one.subject === line.dataset.typing).map((one) => one.name);
      line.textContent = names.length ? `${names.join(", ")} ${names.length > 1 ? "are" : "is"} typing…` : "";
    }
  }

  /* What happened: the sentences are the server's, fetched at most every few seconds however busy the room is */

  refresh = () => {
    this.#stale = true;
    if (!this.#timer) this.#timer = setTimeout(() => this.#catchUp());
  };

  async #catchUp() {
    if (this.panel.hidden) this.#stale = false;
    while (this.#stale) {
      this.#stale = false;
      await this.#load().catch((problem) => console.warn("mediaflow: no activity", problem)); // the next fact asks again
      await new Promise((done) => setTimeout(done, FEED_EVERY_MS));
    }
    this.#timer = null;
  }

  async #load() {
    const { items } = await this.session.get(`/api/projects/${this.projectId}/activity?limit=30`);
    const feed = $("#feed");
    const shown = new Map([...feed.children].map((line) => [line.dataset.id, line]));
    const lines = items.map((one) => shown.get(one.id) ?? feedLine(one));
    feed.replaceChildren(...(lines.length ? lines : [h("li.muted", null, "Nothing has happened here yet.")]));
  }
}

/** A fact as a line of a feed, who did it in bold. */
export function feedLine({ id, actor, sentence, at }) {
  const named = sentence.startsWith(actor.name);
  const words = named ? [h("b", null, actor.name), sentence.slice(actor.name.length)] : [sentence];
  return h("li", { "data-id": id }, avatar(actor, "little"), h("span", null, words, moment(at)));
}
