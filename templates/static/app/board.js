/** The board page: the snapshot, then the room's facts, drawn as they come. */

import { Activity } from "./activity.js";
import { Columns } from "./columns.js";
import { Details } from "./details.js";
import { drag } from "./drag.js";
import { keyboard } from "./keyboard.js";
import { start } from "./shell.js";
import { taskCards, Tasks } from "./tasks.js";
import { $, calm, closable, due, h, icon, toast } from "./ui.js";

const id = $("#main").dataset.project;
const { session, live } = start();
const store = new Tasks(session);
const columns = new Columns($("#main"), store, taskCards(store));
const keys = closable($("#keys"));

const details = new Details({ session, store, typing: (task) => room.typing({ kind: "task", id: task }) });
const activity = new Activity(session, store, id);
store.addEventListener("change", head);
store.addEventListener("change", activity.drawPeople);

/** The snapshot, and the seq of the room that it is true at; the people may be younger. */
async function load() {
  const board = await session.get(`/api/projects/${id}/board`);
  const at = store.reset(board);
  store.setPeople(await people());
  openAsked();
  return at;
}

function head() {
  const { project } = store;
  if (!project) return;
  const all = store.all();
  const done = all.filter((task) => store.isDone(task.status)).length;
  $("#project-name").textContent = project.name;
  document.title = `${project.name} · MediaFlow`;
  $("#progress").value = all.length ? (100 * done) / all.length : 0;
  const when = project.due_on && due(project.due_on);
  $("#project-facts").textContent = [
    `${done} of ${all.length} done`,
    when && `due ${when.text.toLowerCase() === "today" ? "today" : when.text}`,
  ]
    .filter(Boolean)
    .join(" · ");
}

function apply(event) {
  const { type, subject, data } = event;
  if (type === "task.deleted" || type === "task.left") store.drop(subject.id);
  else if (subject.kind === "task" && data?.title !== undefined) store.put(data);
  else if (type === "project.updated") store.setProject({ ...store.project, ...data });
  else if (type.startsWith("project.member")) refreshPeople();
  if (subject.kind === "checklist_item") refresh(event.detail.task_id);
  details.hear(event);
  activity.refresh();
}

/** A card counts its checklist, and a fact of an item does not carry the count. */
const refresh = calm(
  (task) =>
    session.get(`/api/tasks/${task}`).then(
      (one) => store.put(one),
      () => {},
    ),
  200,
);

/** Who can be asked to do a task: the people on the project, and those who see every project. */
async function people() {
  const [on, team] = await Promise.all([
    session.get(`/api/projects/${id}/members?limit=200`),
    session.get(`/api/teams/${session.team.id}/members?limit=200`).catch(() => ({ items: [] })), // the first list will do
  ]);
  const others = team.items.filter((one) => one.role !== "member");
  return [...on.items, ...others]
    .map((one) => one.user)
    .filter((one, i, all) => all.findIndex((p) => p.id === one.id) === i);
}

async function refreshPeople() {
  const found = await people().catch(() => null); // the old list is better than none
  if (found) store.setPeople(found);
}

function closed(code) {
  const empty = h(
    "div.empty",
    null,
    h("span.glyph", null, icon("lock")),
    h("h2", null, "This board is closed to you"),
    h("p", null, "It was deleted, or you are no longer on the project."),
    h("a.button", { href: "/projects" }, "To my projects"),
  );
  $("#main").replaceWith(h("main.page", { id: "main" }, empty)); // a new one: nothing draws into it any more
  details.close();
  activity.show(false);
  toast(code === "not_found" ? "There is no such project." : "You no longer have access to this project.", "bad");
}

/** A link to a task opens it, once. */
function openAsked() {
  const asked = new URLSearchParams(location.search).get("task");
  if (asked && details.id !== asked) details.open(asked);
}

drag(columns, store);
keyboard(columns, store, { open: details.open, help: () => keys.showModal() });
$("#main").addEventListener("click", (event) => {
  const card = event.target.closest(".card[data-id]");
  if (card) details.open(card.dataset.id);
});
const room = live.follow(`project:${id}`, { load, apply, closed, people: activity.people, signal: activity.signal });
