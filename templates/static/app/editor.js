/** The page on which a proposal is written: everything in it saves itself, and follows what others write meanwhile. */

import { Crew } from "./crew.js";
import { download } from "./download.js";
import { Draft, keeper } from "./editor-draft.js";
import { bound, details, input } from "./editor-fields.js";
import { items, totals } from "./editor-items.js";
import { editLook } from "./editor-look.js";
import { notes } from "./editor-notes.js";
import { preview } from "./editor-preview.js";
import { sections, terms } from "./editor-sections.js";
import { Sync } from "./editor-sync.js";
import { saveAsTemplate } from "./editor-templates.js";
import { openSend } from "./send.js";
import { closedTo, persist, start } from "./shell.js";
import { $, $$, calm, complain, once, popover, toast } from "./ui.js";

const WORDS = {
  loading: "Loading",
  saved: "Saved",
  waiting: "Not saved yet",
  saving: "Saving\u2026",
  offline: "Not saved: no connection. It is kept here, and sent as soon as there is one",
  refused: "Not saved: see what is marked",
  disputed: "Not saved: somebody changed the same",
  frozen: "Not saved: it was sent meanwhile",
  closed: "Not saved: this proposal is not yours to change, or gone",
};
const PROMPT = ["offline", "refused", "disputed", "frozen", "closed"]; // leaving would leave something behind
const LEAVING_MS = 4000;

const main = $("#main");
const { id } = main.dataset;
const { session, live } = start();
const crew = new Crew(session);
let draft;
let sync;
let views = [];
let seen; // the version that the preview shows
const path = `/api/proposals/${id}`;
const page = preview($("#preview"), $("#preview-button"), `/proposals/${id}/preview`);

const words = () => [
  ["The client's name", "{{client.name}}"],
  ["Your team", "{{team.name}}"],
  ["Your name", "{{sender.name}}"],
  ["The day", "{{date}}"],
];

/* What is shown */

const lamp = $("#saved");

function light() {
  lamp.dataset.state = sync.state;
  lamp.textContent = WORDS[sync.state];
}

function state() {
  const { proposal } = draft;
  const open = draft.isOpen && crew.may("proposals:write") && sync.state !== "closed";
  $("#heading").textContent = draft.get("title") || "Untitled";
  $("#facts").textContent = [proposal.number, `Version ${proposal.version_number}`, draft.isOpen ? "Draft" : proposal.status].filter(Boolean).join(" \u00b7 ");
  for (const part of $$("fieldset[data-edit]")) part.disabled = !open;
  $("#frozen").hidden = draft.isOpen;
  $("#revise").hidden = proposal.status === "accepted" || !crew.may("proposals:write");
  $("#frozen-why").textContent =
    proposal.status === "accepted" ? "It was accepted: what was signed stays as it is." : "This version was sent, and cannot change. Revise it to write the next one.";
  $("#send").hidden = !(draft.isOpen && crew.may("proposals:send"));
  $("#from-template").href = `/proposals?new${draft.get("client_id") ? `&client_id=${draft.get("client_id")}` : ""}`;
  $("#no-items").hidden = draft.list("items").length > 0;
  $("#head-row").hidden = draft.list("items").length === 0;
}

function show() {
  if (!draft.proposal) return;
  for (const view of views) view();
  state();
  main.setAttribute("aria-busy", "false");
  if (seen !== draft.proposal.version) page.draw();
  seen = draft.proposal.version;
}

function build() {
  const title = bound(draft, "title", input({ maxlength: 200, placeholder: "What it is about", class: "input doc-title", "aria-label": "Title" }), {});
  title.element.replaceChildren(title.control, title.element.lastElementChild);
  const about = details(draft, session, {});
  const parts = sections(draft, $("#sections"), words);
  const ends = terms(draft, $("#terms"), words);
  const lines = items(draft, $("#items"));
  const sums = totals(draft, $("#totals"));
  $("#about").append(title.element, about.element);
  $("#add-section").addEventListener("click", () => parts.add({}));
  $("#add-cover").addEventListener("click", () => parts.add({ kind: "cover" }));
  $("#add-item").addEventListener("click", () => lines.add());
  const drawSums = () => sums(["waiting", "saving"].includes(sync.state));
  sync.addEventListener("state", () => draft.proposal && drawSums());
  views = [title.show, about.show, parts.draw, ends.show, lines.draw, drawSums];
}

/* What one does */

/** Save what is written, as far as that is possible now; answers whether all of it is. */
async function saved() {
  await Promise.race([sync.flush(), new Promise((done) => setTimeout(done, LEAVING_MS))]);
  return sync.state === "saved";
}

const withSaved = (work) => async () => {
  if (await saved()) return work();
  return toast(`${WORDS[sync.state]}.`, "bad");
};

const act = (selector, before, work) => {
  const button = $(selector);
  button.addEventListener("click", () => {
    if (button.closest("#more")) $("#more-button").click(); // closes what hangs from it
    once(button, before, work);
  });
};
act("#send", "", withSaved(async () => openSend(session, await session.get(`${path}?include=items`))));
act("#revise", "It was not opened again.", async () => draft.put(await session.post(`${path}/revise`)));
act("#pdf", "There is no PDF.", withSaved(() => download(session, `${path}/pdf`, "proposal.pdf")));
act("#look", "", () => editLook(session, page.draw));
act("#keep-template", "", withSaved(() => saveAsTemplate(session, draft.proposal)));
popover($("#more-button"), $("#more"));
main.addEventListener("focusin", ({ target }) => {
  const part = target.closest("[data-section]");
  if (part) page.follow(part.dataset.section);
  else if (target.closest("#terms")) page.follow("terms");
});

/* Leaving: what is written is sent on the way; what cannot be sent is asked about, and kept on this device */

addEventListener("visibilitychange", () => document.hidden && draft?.proposal && sync.flush());
addEventListener("beforeunload", (event) => PROMPT.includes(sync?.state) && !draft.isClean() && event.preventDefault());
document.addEventListener("click", async (event) => {
  const link = event.target.closest?.("a[href]");
  const elsewhere = link?.target || event.defaultPrevented || event.button || event.metaKey || event.ctrlKey || event.shiftKey;
  if (!link || elsewhere || !["waiting", "saving"].includes(sync?.state)) return;
  event.preventDefault();
  await saved();
  location.assign(link.href);
});

/** Whether it could be loaded: it may be gone, or not theirs to read. */
const isThere = () =>
  sync.load().then(
    () => true,
    (problem) => {
      if (![403, 404].includes(problem.status)) throw problem;
      return false;
    },
  );

function shut() {
  $(".edit-bar").remove();
  closedTo("This proposal is");
}

async function begin() {
  await persist(async () => {
    await session.token();
    if (session.team) await crew.load();
  }, "The proposal did not load.");
  if (!session.team) return; // on the way to where one begins a team
  draft = new Draft(keeper(`mediaflow:proposal:${session.user.id}:${id}`));
  draft.restore();
  sync = new Sync({ session, draft, id, isLive: () => live.state === "live" });
  build();
  draft.addEventListener("change", show);
  draft.addEventListener("kept", ({ detail }) => toast(`${detail.who} removed what you were writing in. It is kept, as a new one.`));
  sync.addEventListener("state", () => (light(), draft.proposal && state()));
  if (!(await persist(isThere, "The proposal did not load."))) return shut();
  light();
  page.begin();
  const talk = notes({ session, id, place: $("#notes"), may: crew.may("proposals:write") });
  const talked = calm(() => talk.load().catch(() => {}), 200);
  const again = calm(() => sync.load().then(talk.load).catch(complain("The proposal did not load.")), 50);
  const hear = (event) => (event.type === "proposal.commented" ? talked() : sync.hear(event));
  live.follow(`proposal:${id}`, { fresh: again, apply: hear });
  live.follow(`team:${session.team.id}`, { apply: ({ type }) => type === "business.updated" && page.draw() });
  for (const [selector, permission] of [["#look", "business:write"], ["#keep-template", "proposals:write"], ["#from-template", "proposals:write"]])
    $(selector).hidden = !crew.may(permission);
}

begin();
