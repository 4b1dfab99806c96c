/** The projects page: cards, search, a new project. */

import { persist, start } from "./shell.js";
import { $, announce, calm, closable, complain, dueChip, h, keep, showErrors, stack, swatch } from "./ui.js";

const changed = (event) => event.type.startsWith("project.") && reload();
const { session, live } = start({ own: changed });
const list = $("#projects");
let asked = 0;

const status = (project) => project.status.replace("_", " ").replace(/^./, (letter) => letter.toUpperCase());

function card(project) {
  const done = project.progress ?? 0;
  const meter = h(`progress.meter${done === 100 ? ".full" : ""}`, {
    max: 100,
    value: done,
    "aria-label": `Progress of ${project.name}`,
  });
  const heading = h("h2");
  heading.append(swatch(project.color), h("a", { href: `/projects/${project.id}` }, project.name));
  return h(
    "article.project",
    { "data-id": project.id },
    h("div.project-top", null, heading, project.status !== "active" && h("span.chip.info", null, status(project))),
    h("p.text", null, project.description ?? ""),
    h("div.progress", null, meter, h("span", null, `${done} %`)),
    h("div.project-foot", null, stack(project.members), dueChip(project.due_on, project.status === "completed")),
  );
}

async function load() {
  const turn = ++asked;
  const words = $("#q").value.trim();
  const search = words ? `&q=${encodeURIComponent(words)}` : "";
  const { items } = await session.get(`/api/projects?include=members&limit=100&status=${$("#status").value}${search}`);
  if (turn !== asked) return; // a later question was answered already
  keep(list, items, card);
  list.setAttribute("aria-busy", "false");
  $("#no-projects").hidden = items.length > 0;
  $("#no-projects h2").textContent = words ? "Nothing found" : "No project here yet";
  if (words) announce(`${items.length} found.`);
}

const reload = calm(() => load().catch(complain("The projects did not load.")), 200);
$("#q").addEventListener("input", reload);
$("#status").addEventListener("change", reload);
$("#no-projects")
  .querySelector("p")
  .after(h("button.button.primary", { type: "button", onclick: () => open() }, "New project"));

const dialog = closable($("#project-dialog"));
const form = $("form", dialog);
function open() {
  form.reset();
  $(".alert", form).hidden = true;
  dialog.showModal();
}
$("#new-project").addEventListener("click", open);
form.addEventListener("submit", async (event) => {
  event.preventDefault();
  const fields = Object.fromEntries([...new FormData(form)].filter(([, value]) => value.trim() !== ""));
  if (!fields.name) return showErrors(form, { errors: [{ field: "name", message: "please name the project." }] });
  const button = $("button[type=submit]", form);
  button.disabled = true;
  const made = await session.post("/api/projects", fields).catch((problem) => showErrors(form, problem));
  button.disabled = false;
  if (made) location.assign(`/projects/${made.id}`);
  return undefined;
});

persist(load, "The projects did not load.");
// Who may see all projects hears of them here; everybody else is refused, and hears in their own room.
live.addEventListener("ready", () => live.follow(`projects:${session.team.id}`, { apply: changed }), { once: true });
