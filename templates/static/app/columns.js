/** Draws the columns and their cards; elements are kept by id, so that what did not change is not touched. */

import { $, $$, complain, dueChip, h, icon, minutes, once, stack } from "./ui.js";

const STILL = matchMedia("(prefers-reduced-motion: reduce)");
const TOO_MANY_TO_ANIMATE = 150;

export class Columns {
  #cards = new Map();
  #drawn = new Map();
  #queued = false;

  constructor(root, store) {
    Object.assign(this, { root, store });
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
    return h(
      `section.column${done ? ".done" : ""}`,
      { "data-key": key, "data-live": true, "aria-label": name },
      h(
        "header",
        null,
        h("h2", null, h("span.mark"), h("span.name", null, name), h("span.count")),
        h("button.icon-button", { type: "button", "aria-label": `New task in ${name}`, onclick: add }, icon("plus")),
      ),
      h("div.cards", { role: "list", "aria-label": name }),
      h("div.add", null, h("button.add-button", { type: "button", onclick: add }, icon("plus", "s"), "Add a task")),
    );
  }

  #fill({ key, name, done }, seen) {
    const column = this.column(key);
    const tasks = this.store.column(key);
    const list = $(".cards", column);
    $(".count", column).textContent = String(tasks.length);
    $(".name", column).textContent = name;
    column.classList.toggle("done", Boolean(done));
    const wanted = tasks.map((task) => this.#keep(task, done));
    for (const task of tasks) seen.add(task.id);
    if (!wanted.length)
      wanted.push(
        $(".nothing", list) ??
          h("p.nothing", null, done ? "Finished tasks rest here." : "Nothing here. Drop a card, or add one."),
      );
    let at = list.firstElementChild;
    for (const element of wanted) {
      if (element === at) at = at.nextElementSibling;
      else list.insertBefore(element, at);
    }
    while (list.children.length > wanted.length) list.lastElementChild.remove();
  }

  #keep(task, done) {
    const element =
      this.#cards.get(task.id) ??
      h("article.card", {
        "data-id": task.id,
        tabindex: -1,
        role: "listitem",
        "aria-roledescription": "card",
        "aria-describedby": "card-help",
      });
    this.#cards.set(task.id, element);
    const people = task.assignee_ids.map((id) => this.store.people.get(id)).filter(Boolean);
    element.classList.toggle("pending", task.pending && !element.matches(".lifted, .hole"));
    const part = this.store.get(task.parent_id)?.title;
    const look = [task, this.store.people, part, done, new Date().getDate()];
    if (this.#drawn.get(task.id)?.every((one, i) => one === look[i])) return element;
    const changed = this.#drawn.has(task.id) && element.dataset.version !== String(task.version);
    this.#drawn.set(task.id, look);
    element.dataset.version = task.version;
    element.classList.toggle("finished", Boolean(done));
    element.replaceChildren(...face(task, people, part, done));
    if (changed && !task.pending) this.glow(element);
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

  /** A new task, written where it will stand; Enter adds it and asks for the next one. */
  compose(key) {
    const place = $(".add", this.column(key));
    const button = place.firstElementChild;
    if (button.matches("form")) return $("textarea", place).focus();
    const text = h("textarea", {
      rows: 2,
      placeholder: "What needs to be done?",
      "aria-label": "Title of the new task",
      maxlength: 300,
    });
    const submit = h("button.button.primary.small", { type: "submit" }, "Add task");
    const close = () => form.replaceWith(button);
    const form = h(
      "form",
      { novalidate: true },
      text,
      h("div.modal-end", null, h("button.button.quiet.small", { type: "button", onclick: close }, "Cancel"), submit),
    );
    const add = () =>
      once(submit, "The task was not added.", async () => {
        const title = text.value.trim();
        if (!title) return close();
        this.store.put(
          await this.store.session.post(`/api/projects/${this.store.project.id}/tasks`, { title, status: key }),
        );
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

function face(task, people, part, done) {
  const { checklist } = task;
  return [
    task.labels.length > 0 &&
      h(
        "div.labels",
        null,
        task.labels.map((label) => h("span.chip.label", null, label)),
      ),
    h("p.title", null, task.title),
    part && h("p.small.muted", null, `Part of “${part}”`),
    h(
      "div.facts",
      null,
      h(
        `span.priority.${task.priority}`,
        { title: `${task.priority} priority` },
        icon(task.priority, "s"),
        h("span.sr", null, `${task.priority} priority`),
      ),
      task.blocked && !done && h("span.chip.warn", { title: "Waits for another task" }, icon("lock", "s"), "Blocked"),
      dueChip(task.due_at, done),
      checklist?.total > 0 &&
        h(
          `span.chip${checklist.done === checklist.total ? ".good" : ""}`,
          { title: "Checklist" },
          icon("list", "s"),
          `${checklist.done}/${checklist.total}`,
        ),
      task.estimate_minutes > 0 &&
        h("span.chip.plain", { title: "Estimate" }, icon("clock", "s"), minutes(task.estimate_minutes)),
      stack(people, 3, "little"),
    ),
  ].filter(Boolean);
}

/** Put the card where it was left, or back with a word about why. */
export const settleMove = (store, id, done = () => {}) => {
  const title = store.get(id)?.title;
  return store.commit(id).then(done, complain(`“${title}” went back to its place.`));
};
