/** A project's tasks on its board: in the order that people gave them, and how their cards look. */

import { Store } from "./store.js";
import { dueChip, h, icon, minutes, stack } from "./ui.js";

export class Tasks extends Store {
  project = null;

  /** Take a snapshot; answers where it is true. */
  reset({ project, columns, epoch, seq }) {
    this.setProject({ ...project, columns });
    this.fill(columns.flatMap((column) => column.tasks));
    return { epoch, seq };
  }

  setProject(project) {
    this.project = project;
    this.columns = project.columns.map(({ key, name, done }) => ({ key, name, done }));
    this.changed();
  }

  isDone(status) {
    return Boolean(this.columns.find((column) => column.key === status)?.done);
  }

  title = (task) => task.title;
  place = (task) => task.status;
  order = (a, b) => (a.rank < b.rank ? -1 : a.rank > b.rank ? 1 : a.id < b.id ? -1 : 1);

  // Sorts right behind the card above: ranks are printable, so that nothing fits in between.
  moved = (_task, status, above) => ({ status, rank: above ? `${above.rank}\u0001` : "" });

  send(id, { status }, { above, below }) {
    const place = below ? { before_id: below.id } : above ? { after_id: above.id } : {};
    return this.session.patch(`/api/tasks/${id}/move`, { status, ...place });
  }
}

/** What `Columns` asks about tasks. */
export const taskCards = (store) => ({
  noun: "task",
  placeholder: "What needs to be done?",
  label: "Title of the new task",
  nothing: ({ done }) => (done ? "Finished tasks rest here." : "Nothing here. Drop a card, or add one."),
  add: async (title, { key }) =>
    store.put(await store.session.post(`/api/projects/${store.project.id}/tasks`, { title, status: key })),
  look: (task, { done }) => [store.people, store.get(task.parent_id)?.title, done, new Date().getDate()],
  face: (task, { done }) => face(task, { store, done }),
});

function face(task, { store, done }) {
  const { checklist } = task;
  const people = task.assignee_ids.map((id) => store.people.get(id)).filter(Boolean);
  const part = store.get(task.parent_id)?.title;
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
