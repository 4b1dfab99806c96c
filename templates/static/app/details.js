/** The card opened: every field is saved by itself when it is left, and follows what others change meanwhile. */

import { Checklist, Dependencies, TimeSpent } from "./blocks.js";
import { Comments } from "./comments.js";
import { choice, dateOf, field } from "./fields.js";
import { $, avatar, calm, closable, complain, h, icon, remover } from "./ui.js";

/** A day as the moment at which work ends on it here. */
const momentOf = (date) => (date ? new Date(`${date}T17:00:00`).toISOString() : null);

export class Details {
  #task = null;
  #blocks = {};

  constructor({ session, store, typing }) {
    Object.assign(this, { session, store, typing, dialog: closable($("#sheet")) });
    this.dialog.addEventListener("close", () => this.#closed());
    store.addEventListener("change", () => this.#follow());
  }

  get id() {
    return this.#task?.id;
  }

  open = async (id) => {
    const task =
      this.store.get(id) ?? (await this.session.get(`/api/tasks/${id}`).catch(complain("The task did not open.")));
    if (!task) return;
    this.#task = task;
    this.#draw();
    if (!this.dialog.open) this.dialog.showModal();
    this.dialog.focus(); // not the title: on a phone that would call the keyboard
    history.replaceState(null, "", `?task=${id}`);
    await Promise.all(Object.values(this.#blocks).map((block) => block.load())).catch(
      complain("Not everything loaded."),
    );
  };

  close = () => this.dialog.close();

  #closed() {
    const card = $(`.card[data-id="${this.id}"]`);
    this.#task = null;
    for (const block of Object.values(this.#blocks)) block.stop?.();
    history.replaceState(null, "", location.pathname);
    card?.focus({ preventScroll: true });
  }

  /** A fact of the room that may concern the open card. */
  hear(event) {
    if (!this.#task) return;
    const task = event.detail?.task_id ?? (event.subject.kind === "task" ? event.subject.id : null);
    if (task !== this.id) return;
    const [noun] = event.type.split(".");
    const block = {
      comment: "comments",
      checklist_item: "checklist",
      checklist: "checklist",
      time_entry: "time",
      dependency: "dependencies",
    }[noun];
    if (block) this.#again[block]();
    else if (/depend|block/.test(event.type)) this.#again.dependencies();
  }

  #again = Object.fromEntries(
    ["comments", "checklist", "time", "dependencies"].map((name) => [
      name,
      calm(() => this.#task && this.#blocks[name].load().catch(() => {}), 150),
    ]),
  );

  #follow() {
    if (!this.#task) return;
    const now = this.store.get(this.id);
    if (!now) return this.dialog.close();
    this.#task = now;
    for (const [name, field] of Object.entries(this.fields)) field.show(now[name]);
    return undefined;
  }

  async #save(changes) {
    try {
      this.store.put(await this.session.patch(`/api/tasks/${this.id}`, changes));
    } catch (problem) {
      complain("Not saved.")(problem);
      this.#follow();
    }
  }

  #draw() {
    const { session, store } = this;
    const about = { session, store, taskId: this.id, typing: () => this.typing(this.id), open: this.open };
    this.#blocks = {
      checklist: new Checklist(about),
      dependencies: new Dependencies(about),
      time: new TimeSpent(about),
      comments: new Comments(about),
    };
    const { checklist, dependencies, time, comments } = this.#blocks;
    this.fields = this.#fields();
    const { title, description, ...side } = this.fields;
    const remove = remover("Delete task", "The task stays.", () => this.#remove());
    this.dialog.replaceChildren(
      h(
        "header.sheet-head",
        null,
        title.element,
        h("button.icon-button", { type: "button", "data-close": true, "aria-label": "Close" }, icon("x")),
      ),
      h(
        "div.sheet-body",
        null,
        h("div.sheet-main", null, description.element, checklist.element, dependencies.element, comments.element),
        h(
          "div.sheet-side",
          null,
          Object.values(side).map((field) => field.element),
          time.element,
          remove,
        ),
      ),
    );
    this.#follow();
  }

  async #remove() {
    const { id } = this;
    await this.session.remove(`/api/tasks/${id}`);
    this.store.drop(id);
    this.dialog.close();
  }

  #fields() {
    const save =
      (name, read = (value) => value) =>
      (value) =>
        this.#save({ [name]: read(value) });
    const priorities = ["low", "medium", "high", "urgent"].map((key) => [key, key[0].toUpperCase() + key.slice(1)]);
    const lines = (value) =>
      value
        .split(",")
        .map((label) => label.trim())
        .filter(Boolean);
    return {
      title: field(h("textarea", { rows: 1, "aria-label": "Title", maxlength: 300 }), {
        save: (value) => value.trim() && this.#save({ title: value.trim() }),
        bare: true,
      }),
      description: field(
        h("textarea.input", { rows: 3, placeholder: "What is to be done, and how does one know that it is?" }),
        { label: "Description", save: save("description") },
      ),
      status: field(choice(this.store.columns.map(({ key, name }) => [key, name])), {
        label: "Column",
        save: (status) => this.#move(status),
      }),
      assignee_ids: this.#assignees(),
      priority: field(choice(priorities), { label: "Priority", save: save("priority") }),
      start_at: field(h("input.input", { type: "date" }), {
        label: "Starts",
        show: dateOf,
        save: save("start_at", momentOf),
      }),
      due_at: field(h("input.input", { type: "date" }), { label: "Due", show: dateOf, save: save("due_at", momentOf) }),
      labels: field(h("input.input", { placeholder: "design, website", autocomplete: "off" }), {
        label: "Labels",
        show: (value) => value.join(", "),
        save: save("labels", lines),
      }),
      estimate_minutes: field(h("input.input", { type: "number", min: 0, step: 15, placeholder: "90" }), {
        label: "Estimate, minutes",
        save: save("estimate_minutes", (value) => (value ? Number(value) : null)),
      }),
    };
  }

  #move(status) {
    this.store.preview(this.id, status, this.store.column(status).length);
    return this.store.commit(this.id).catch(complain("The task stays in its column."));
  }

  #assignees() {
    const list = h("div.picks", { role: "group", "aria-label": "Assigned to" });
    const show = (ids) =>
      list.replaceChildren(
        ...[...this.store.people.values()].map((person) => {
          const on = ids.includes(person.id);
          const toggle = () =>
            this.#save({ assignee_ids: on ? ids.filter((id) => id !== person.id) : [...ids, person.id] });
          return h(
            "button.pick",
            { type: "button", "aria-pressed": String(on), onclick: toggle },
            avatar(person, "little"),
            person.name,
          );
        }),
      );
    let shown = "";
    const showNew = (ids) => {
      const key = JSON.stringify([ids, [...this.store.people.keys()]]);
      if (key !== shown) show(ids); // or the pressed button would lose its focus at every event
      shown = key;
    };
    return { element: h("div.field", null, h("span.label", null, "Assigned to"), list), show: showNew };
  }
}
