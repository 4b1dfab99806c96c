/**
 * Draws the columns and their cards; elements are kept by id, so that what did not change is not touched.
 *
 * What differs between kinds of cards is in `cards`: `noun`, `placeholder` and `label` of the line for a new one,
 * `nothing(column)` in words, `add(title, column)`, `face(item, column)`, and `look(item, column)`: what a face depends
 * on beside its item. Where not every card is here, `count(column)` is of all, and `sum(column)` a line below the name.
 */

import { $, $$, complain, h, icon, once } from "./ui.js";

const STILL = matchMedia("(prefers-reduced-motion: reduce)");
const TOO_MANY_TO_ANIMATE = 150;

export class Columns {
  #cards = new Map();
  #drawn = new Map();
  #queued = false;

  constructor(root, store, cards) {
    Object.assign(this, { root, store, cards });
    store.addEventListener("change", () => this.#soon());
  }

  card = (id) => this.#cards.get(id);

  /** Once per burst of changes. Not in an animation frame: a tab in the background has none, and must be right too. */
  #soon() {
    if (this.#queued) return;
    this.#queued = true;
    queueMicrotask(() => {
      this.#queued = false;
      this.draw();
    });
  }

  draw() {
    const before = this.#places();
    const focused = document.activeElement?.closest?.(".card");
    this.#keepColumns();
    const seen = new Set();
    for (const column of this.store.columns) this.#fill(column, seen);
    for (const [id, element] of this.#cards) {
      if (seen.has(id)) continue;
      element.remove();
      this.#cards.delete(id);
      this.#drawn.delete(id);
    }
    this.root.setAttribute("aria-busy", "false");
    if (focused?.isConnected && document.activeElement !== focused) focused.focus({ preventScroll: true });
    this.#rove();
    this.#glide(before);
  }

  #keepColumns() {
    const { columns } = this.store;
    const shown = $$(".column[data-live]", this.root);
    const same = shown.length === columns.length && columns.every((column, i) => shown[i].dataset.key === column.key);
    if (!same) this.root.replaceChildren(...columns.map((column) => this.#column(column)));
  }

  #column({ key, name, done }) {
    const add = () => this.compose(key);
    const { noun } = this.cards;
    return h(
      `section.column${done ? ".done" : ""}`,
      { "data-key": key, "data-live": true, "aria-label": name },
      h(
        "header",
        null,
        h("h2", null, h("span.mark"), h("span.name", null, name), h("span.count")),
        h("button.icon-button", { type: "button", "aria-label": `New ${noun} in ${name}`, onclick: add }, icon("plus")),
      ),
      this.cards.sum && h("p.sum"),
      h("div.cards", { role: "list", "aria-label": name }),
      h("div.add", null, h("button.add-button", { type: "button", onclick: add }, icon("plus", "s"), `Add a ${noun}`)),
    );
  }

  #fill(column, seen) {
    const section = this.column(column.key);
    const items = this.store.column(column.key);
    const list = $(".cards", section);
    $(".count", section).textContent = String(this.cards.count?.(column) ?? items.length);
    $(".name", section).textContent = column.name;
    if (this.cards.sum) $(".sum", section).textContent = this.cards.sum(column);
    section.classList.toggle("done", Boolean(column.done));
    const wanted = items.map((item) => this.#keep(item, column));
    for (const item of items) seen.add(item.id);
    const rest = (this.cards.count?.(column) ?? items.length) - items.length;
    if (rest > 0) wanted.push(this.#rest(list, rest));
    if (!wanted.length) wanted.push($(".nothing", list) ?? h("p.nothing", null, this.cards.nothing(column)));
    let at = list.firstElementChild;
    for (const element of wanted) {
      if (element === at) at = at.nextElementSibling;
      else list.insertBefore(element, at);
    }
    while (list.children.length > wanted.length) list.lastElementChild.remove();
  }

  /** A line for those that are counted, and not here. */
  #rest(list, count) {
    const line = $(".rest", list) ?? h("p.rest");
    line.textContent = `${count.toLocaleString()} more. Search to see them.`;
    return line;
  }

  #keep(item, column) {
    const element =
      this.#cards.get(item.id) ??
      h("article.card", {
        "data-id": item.id,
        tabindex: -1,
        role: "listitem",
        "aria-roledescription": "card",
        "aria-describedby": "card-help",
      });
    this.#cards.set(item.id, element);
    element.classList.toggle("pending", item.pending && !element.matches(".lifted, .hole"));
    const look = [item, ...this.cards.look(item, column)];
    if (this.#drawn.get(item.id)?.every((one, i) => one === look[i])) return element;
    const changed = this.#drawn.has(item.id) && element.dataset.version !== String(item.version);
    this.#drawn.set(item.id, look);
    element.dataset.version = item.version;
    element.classList.toggle("finished", Boolean(column.done));
    element.replaceChildren(...this.cards.face(item, column));
    if (changed && !item.pending) this.glow(element);
    return element;
  }

  glow(element) {
    element.classList.remove("fresh");
    void element.offsetWidth; // or the animation would not start again
    element.classList.add("fresh");
  }

  column = (key) => $(`.column[data-key="${CSS.escape(key)}"]`, this.root);

  /** One card is in the tab order; the arrow keys go to the others. */
  #rove() {
    const cards = [...this.#cards.values()];
    const current = cards.find((card) => card.tabIndex === 0) ?? $(".card[data-id]", this.root);
    if (current) this.settle(current);
  }

  settle(card) {
    for (const other of this.#cards.values()) if (other !== card && other.tabIndex !== -1) other.tabIndex = -1;
    card.tabIndex = 0;
  }

  #places() {
    if (STILL.matches || document.hidden || this.#cards.size > TOO_MANY_TO_ANIMATE) return new Map();
    return new Map([...this.#cards.values()].map((card) => [card, card.getBoundingClientRect()]));
  }

  #glide(before) {
    for (const [card, was] of before) {
      if (!card.isConnected || card.matches(".hole")) continue;
      const now = card.getBoundingClientRect();
      const [x, y] = [was.left - now.left, was.top - now.top];
      if (x || y)
        card.animate([{ transform: `translate(${x}px, ${y}px)` }, { transform: "none" }], {
          duration: 200,
          easing: "cubic-bezier(.2,.7,.3,1)",
        });
    }
  }

  /** A new card, written where it will stand; Enter adds it and asks for the next one. */
  compose(key) {
    const { noun, placeholder, label } = this.cards;
    const place = $(".add", this.column(key));
    const button = place.firstElementChild;
    if (button.matches("form")) return $("textarea", place).focus();
    const text = h("textarea", { rows: 2, placeholder, "aria-label": label, maxlength: 300 });
    const submit = h("button.button.primary.small", { type: "submit" }, `Add ${noun}`);
    const close = () => form.replaceWith(button);
    const form = h(
      "form",
      { novalidate: true },
      text,
      h("div.modal-end", null, h("button.button.quiet.small", { type: "button", onclick: close }, "Cancel"), submit),
    );
    const add = () =>
      once(submit, `The ${noun} was not added.`, async () => {
        const title = text.value.trim();
        if (!title) return close();
        const column = this.store.columns.find((one) => one.key === key);
        await this.cards.add(title, column);
        text.value = "";
        return text.focus();
      });
    form.addEventListener("submit", (event) => (event.preventDefault(), add()));
    text.addEventListener("keydown", (event) => {
      event.stopPropagation();
      if (event.key === "Escape") close();
      if (event.key === "Enter" && !event.shiftKey) (event.preventDefault(), add());
    });
    button.replaceWith(form);
    return text.focus();
  }
}

/** Put the card where it was left, or back with a word about why. */
export const settleMove = (store, id, done = () => {}) => {
  const item = store.get(id);
  return store.commit(id).then(done, complain(`“${item && store.title(item)}” went back to its place.`));
};
