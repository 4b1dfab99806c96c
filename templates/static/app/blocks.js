/** What hangs on a task: its checklist, what it waits for, the time spent on it. Each loads and draws itself. */

import { complain, h, icon, keep, minutes, once, toast } from "./ui.js";

export const block = (name, glyph, aside, ...children) =>
  h(
    "section.block",
    { "aria-label": name },
    h("header", null, h("h3", null, icon(glyph, "s"), name), aside),
    ...children,
  );

const erase = (label, onclick) =>
  h("button.icon-button", { type: "button", "aria-label": label, onclick }, icon("x", "s"));

/** A line with a button: what is typed is handed on, and the line is empty again. */
function adder(label, placeholder, input, button, add) {
  const send = h("button.button.small", { type: "submit" }, button);
  Object.entries({ "aria-label": label, placeholder }).forEach(
    ([name, value]) => value && input.setAttribute(name, value),
  );
  const form = h("form.inline", { novalidate: true }, input, send);
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    once(send, "Not added.", async () => {
      if (!input.value.trim()) return;
      await add(input.value.trim());
      input.value = "";
      input.focus();
    });
  });
  return form;
}

export class Checklist {
  constructor({ session, taskId }) {
    Object.assign(this, { session, path: `/api/tasks/${taskId}/checklist` });
    this.list = h("ul.items");
    this.count = h("span.count", { hidden: true });
    this.meter = h("progress.meter", { max: 1, value: 0, "aria-label": "Checklist done", hidden: true });
    const add = adder(
      "New checklist item",
      "Add an item",
      h("input.input", { maxlength: 300, autocomplete: "off" }),
      "Add",
      (title) => this.session.post(this.path, { title }).then(() => this.load()),
    );
    this.element = block("Checklist", "list", this.count, this.meter, this.list, add);
  }

  async load() {
    const { items } = await this.session.get(`${this.path}?limit=200`);
    const done = items.filter((item) => item.done).length;
    this.count.hidden = this.meter.hidden = items.length === 0;
    this.count.textContent = `${done} of ${items.length}`;
    Object.assign(this.meter, { max: items.length || 1, value: done });
    keep(this.list, items, (item) => this.#item(item));
  }

  #item(item) {
    const change = (work, before) =>
      work.then(
        () => this.load(),
        (problem) => {
          complain(before)(problem);
          tick.checked = item.done;
          return this.load();
        },
      );
    const path = `/api/checklist-items/${item.id}`;
    const tick = h("input", {
      type: "checkbox",
      id: `item-${item.id}`,
      checked: item.done,
      onchange: (event) => change(this.session.patch(path, { done: event.target.checked }), "Not ticked."),
    });
    return h(
      "li.item",
      null,
      tick,
      h(`label${item.done ? ".done" : ""}`, { for: `item-${item.id}` }, item.title),
      erase(`Remove ${item.title}`, () => change(this.session.remove(path), "Not removed.")),
    );
  }
}

export class Dependencies {
  constructor({ session, store, taskId, open }) {
    Object.assign(this, { session, store, taskId, open, path: `/api/tasks/${taskId}/dependencies` });
    this.list = h("ul.items");
    this.choice = h("select.input", { "aria-label": "Task that must be done first" });
    const add = adder("", "", this.choice, "Add", (id) =>
      this.session.post(this.path, { depends_on_id: id }).then(() => this.load()),
    );
    this.element = block("Dependencies", "lock", null, this.list, add);
  }

  async load() {
    const answer = await this.session.get(this.path);
    const { blocked_by: waits, blocks: holds } = answer;
    const lines = [...waits.map((task) => ({ ...task, waits: true })), ...holds.map((task) => ({ ...task, waits: false }))];
    keep(this.list, lines, (task) => this.#line(task, task.waits));
    const taken = new Set([this.taskId, ...waits.map((task) => task.id), ...holds.map((task) => task.id)]);
    const open = this.store.all().filter((task) => !taken.has(task.id) && !this.store.isDone(task.status));
    this.choice.replaceChildren(
      h("option", { value: "" }, "Wait for another task…"),
      ...open.map((task) => h("option", { value: task.id }, task.title)),
    );
  }

  #line(task, waits) {
    const done = this.store.isDone(task.status);
    const remove = () =>
      this.session.remove(`${this.path}/${task.id}`).then(() => this.load(), complain("Not removed."));
    return h(
      "li.item",
      null,
      h(
        `span.chip${waits ? (done ? ".good" : ".warn") : ""}`,
        null,
        waits ? (done ? "Done" : "Waits for") : "Holds up",
      ),
      h(
        "a",
        {
          href: `?task=${task.id}`,
          class: done ? "done" : null,
          onclick: (event) => (event.preventDefault(), this.open(task.id)),
        },
        task.title,
      ),
      waits && erase(`No longer wait for ${task.title}`, remove),
    );
  }
}

export class TimeSpent {
  #timer = null;

  constructor({ session, taskId }) {
    Object.assign(this, { session, path: `/api/tasks/${taskId}/time-entries` });
    this.sum = h("span.count", { hidden: true });
    this.clock = h("output", null, "Not running");
    this.button = h("button.button.small", { type: "button", onclick: () => this.#toggle() });
    const log = adder(
      "Minutes spent",
      "Minutes",
      h("input.input", { type: "number", min: 1, step: 1 }),
      "Log",
      (value) => this.#log(Number(value)),
    );
    this.element = block("Time", "clock", this.sum, h("div.timer", null, this.clock, this.button), log);
  }

  async load() {
    const { items } = await this.session.get(`${this.path}?limit=200`);
    const mine = (entry) => entry.user_id === this.session.user.id;
    this.running = items.find((entry) => !entry.ended_at && mine(entry)) ?? null;
    const total = items.reduce((sum, entry) => sum + (entry.minutes ?? 0), 0);
    this.sum.hidden = total === 0;
    this.sum.textContent = minutes(total);
    this.button.replaceChildren(icon(this.running ? "stop" : "play", "s"), this.running ? "Stop" : "Start");
    this.stop();
    if (this.running) this.#timer = setInterval(() => this.#tick(), 1000);
    this.#tick();
  }

  stop = () => clearInterval(this.#timer);

  #tick() {
    const seconds = this.running ? Math.max(0, Math.floor((Date.now() - new Date(this.running.started_at)) / 1000)) : 0;
    const two = (number) => String(number).padStart(2, "0");
    this.clock.textContent = this.running
      ? `${Math.floor(seconds / 3600)}:${two(Math.floor(seconds / 60) % 60)}:${two(seconds % 60)}`
      : "Not running";
  }

  #toggle = () =>
    once(this.button, "The timer did not change.", async () => {
      const now = new Date().toISOString();
      if (this.running) await this.session.patch(`/api/time-entries/${this.running.id}`, { ended_at: now });
      else await this.session.post(this.path, { started_at: now });
      await this.load();
    });

  async #log(count) {
    const [end, start] = [new Date(), new Date(Date.now() - count * 60_000)];
    await this.session.post(this.path, { started_at: start.toISOString(), ended_at: end.toISOString() });
    toast(`${minutes(count)} logged.`);
    await this.load();
  }
}
