/** My work: every open task of mine over all projects, by when it is due. */

import { persist, start } from "./shell.js";
import { $, calm, complain, daysFromNow, dueChip, h, icon, keep, swatch, toast } from "./ui.js";

const reload = calm(() => load().catch(complain("Your work did not load.")), 300);
const { session } = start({ own: (event) => event.type.startsWith("task.") && reload() });
const page = $("#work");
const projects = new Map();
let tasks = [];

const GROUPS = [
  ["late", "Overdue", (days) => days < 0],
  ["today", "Today", (days) => days === 0],
  ["week", "This week", (days) => days > 0 && days <= 7],
  ["later", "Later", (days) => days > 7],
  ["someday", "No date", (days) => days === null],
];

/** The title; what is on no board has none to be opened on. */
const called = ({ id, project_id, title }) =>
  project_id ? h("a.row-title", { href: `/projects/${project_id}?task=${id}` }, title) : h("span.row-title", null, title);

function row({ task, project }) {
  const from = h("div.row-sub");
  if (project) from.append(swatch(project.color), project.name);
  return h(
    "div.row",
    { "data-id": task.id },
    h(
      "button.tick",
      {
        type: "button",
        role: "checkbox",
        "aria-checked": "false",
        "aria-label": `Finish ${task.title}`,
      },
      icon("check", "s"),
    ),
    h("div.row-main", null, called(task), from),
    h(
      "div.row-end",
      null,
      ["urgent", "high"].includes(task.priority) &&
        h(
          `span.priority.${task.priority}`,
          { title: `${task.priority} priority` },
          icon(task.priority, "s"),
          h("span.sr", null, `${task.priority} priority`),
        ),
      task.blocked && h("span.chip.warn", null, icon("lock", "s"), "Blocked"),
      dueChip(task.due_at),
    ),
  );
}

const section = ({ id, name }) =>
  h(
    `section.${id}`,
    { "aria-label": name, "data-id": id },
    h("header", null, h("h2", null, name), h("span.count")),
    h("div.rows"),
  );

function draw() {
  const lines = tasks.map((task) => {
    const days = task.due_at ? daysFromNow(task.due_at) : null;
    return { id: task.id, days, task, project: projects.get(task.project_id) };
  });
  const groups = GROUPS.map(([id, name, belongs]) => [{ id, name }, lines.filter((line) => belongs(line.days))]);
  const shown = groups.filter(([, own]) => own.length);
  keep(
    page,
    shown.map(([group]) => group),
    section,
  );
  shown.forEach(([, own], index) => {
    const place = page.children[index];
    $(".count", place).textContent = String(own.length);
    keep($(".rows", place), own, row);
  });
  page.setAttribute("aria-busy", "false");
  $("#no-work").hidden = tasks.length > 0;
}

async function finish(line) {
  const { id } = line.dataset;
  const title = $(".row-title", line).textContent;
  line.classList.add("gone");
  $(".tick", line).setAttribute("aria-checked", "true");
  try {
    await session.patch(`/api/tasks/${id}/complete`);
    toast(`“${title}” is done.`);
    setTimeout(reload, 350);
  } catch (problem) {
    complain(`“${title}” is not finished.`)(problem);
    line.classList.remove("gone");
    $(".tick", line).setAttribute("aria-checked", "false");
  }
}

async function load() {
  const [mine, all] = await Promise.all([
    session.get("/api/tasks/mine?limit=200"),
    session.get("/api/projects?limit=200"),
  ]);
  for (const project of all.items) projects.set(project.id, project);
  tasks = mine.items;
  draw();
}

page.addEventListener("click", (event) => event.target.closest(".tick") && finish(event.target.closest(".row")));
persist(load, "Your work did not load.");
document.addEventListener("visibilitychange", () => document.hidden || reload());
