/** The parts of a draft as rows that are kept by their key, and put into another order by mouse, finger and keyboard. */

import { $, $$, announce, h, icon } from "./ui.js";

const EDGE = 70;

/** `make(key, moves)` answers `{element, show}`; its `handle` from `moves` is what it is moved by. */
export class Rows {
  #rows = new Map();
  #order = null; // while a row is in hand

  constructor({ draft, list, place, noun, make }) {
    Object.assign(this, { draft, list, place, noun, make });
  }

  get = (key) => this.#rows.get(key);

  draw() {
    const keys = this.#order ?? this.draft.list(this.list);
    for (const [key, row] of this.#rows)
      if (!keys.includes(key)) {
        row.element.remove();
        this.#rows.delete(key);
      }
    const focused = this.place.contains(document.activeElement) ? document.activeElement : null;
    let at = this.place.firstElementChild;
    for (const key of keys) {
      const row = this.#rows.get(key) ?? this.#make(key);
      if (row.element === at) at = at.nextElementSibling;
      else this.place.insertBefore(row.element, at);
    }
    if (focused?.isConnected && document.activeElement !== focused) focused.focus({ preventScroll: true });
    keys.forEach((key, index) => this.#rows.get(key).show(index));
  }

  #make(key) {
    const row = this.make(key, { handle: this.#handle(key), index: () => this.draft.list(this.list).indexOf(key) });
    row.element.dataset.key = key;
    this.#rows.set(key, row);
    return row;
  }

  #handle(key) {
    return h(
      "button.handle",
      {
        type: "button",
        title: "Drag, or press the arrow keys",
        "aria-label": `Move this ${this.noun}: up and down arrow keys`,
        onkeydown: (event) => this.#step(event, key),
        onpointerdown: (event) => event.button === 0 && this.#lift(event, key),
      },
      icon("grip", "s"),
    );
  }

  #step(event, key) {
    const by = { ArrowUp: -1, ArrowDown: 1 }[event.key];
    if (!by) return;
    event.preventDefault();
    const keys = [...this.draft.list(this.list)];
    const at = keys.indexOf(key);
    const to = at + by;
    if (!keys[to]) return;
    keys.splice(to, 0, ...keys.splice(at, 1));
    this.draft.order(this.list, keys);
    this.draw();
    event.target.scrollIntoView({ block: "nearest" });
    announce(`${to + 1} of ${keys.length}`);
  }

  #lift(event, key) {
    event.preventDefault();
    event.target.focus({ preventScroll: true });
    const { element } = this.#rows.get(key);
    this.#order = [...this.draft.list(this.list)];
    element.classList.add("in-hand");
    document.body.classList.add("dragging");
    let y = event.clientY;
    const scroll = setInterval(() => {
      const by = y < EDGE * 2 ? -10 : y > innerHeight - EDGE ? 10 : 0;
      if (by) (scrollBy(0, by), this.#carry(key, y));
    }, 16);
    const move = (now) => now.pointerId === event.pointerId && ((y = now.clientY), this.#carry(key, y));
    const stop = new AbortController();
    const end = (keep) => {
      stop.abort();
      clearInterval(scroll);
      element.classList.remove("in-hand");
      document.body.classList.remove("dragging");
      const order = this.#order;
      this.#order = null;
      // What others added and removed meanwhile is as they left it.
      const now = this.draft.list(this.list);
      if (keep && order.length === now.length && order.every((one) => now.includes(one))) this.draft.order(this.list, order);
      this.draw();
    };
    const { signal } = stop;
    addEventListener("pointermove", move, { signal });
    addEventListener("pointerup", (up) => up.pointerId === event.pointerId && end(true), { signal });
    addEventListener("pointercancel", (gone) => gone.pointerId === event.pointerId && end(false), { signal });
    addEventListener("keydown", (press) => press.key === "Escape" && (press.stopPropagation(), end(false)), { signal, capture: true });
  }

  /** The row in hand goes where the pointer is: among the middles of the others. */
  #carry(key, y) {
    const others = this.#order.filter((one) => one !== key);
    const at = others.filter((one) => {
      const box = this.#rows.get(one)?.element.getBoundingClientRect();
      return box && y > box.top + box.height / 2;
    }).length;
    others.splice(at, 0, key);
    if (others.every((one, i) => one === this.#order[i])) return;
    this.#order = others;
    this.draw();
  }
}

/** The buttons of a row: another one like it, and away with it. */
export function rowActs({ noun, copy, remove }) {
  const act = (name, glyph, label, onclick) =>
    h("button.icon-button.act", { type: "button", "data-act": name, "aria-label": label, title: label, onclick }, icon(glyph, "s"));
  return h("div.row-acts", null, act("copy", "copy", `Another ${noun} like this`, copy), act("remove", "trash", `Remove this ${noun}`, remove));
}

export const focusIn = (element, selector) => $(selector, element)?.focus();
export const controls = (element) => $$("input, select, textarea, button", element);
