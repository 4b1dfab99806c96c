/** The pipeline: the leads by stage, then the facts of their room, drawn as they come. */

import { Columns, settleMove } from "./columns.js";
import { askReason, Conversion } from "./convert.js";
import { Crew } from "./crew.js";
import { drag } from "./drag.js";
import { choice } from "./fields.js";
import { keyboard } from "./keyboard.js";
import { keyOf, leadCards, Leads } from "./leads.js";
import { moneys } from "./money.js";
import { Sheet } from "./sheet.js";
import { closedTo, persist, start } from "./shell.js";
import { $, announce, calm, closable, complain, h, toast } from "./ui.js";

const { session, live } = start({ own, fresh: () => store.ownOnly && refresh() });
const crew = new Crew(session);
const store = new Leads(session, { askReason });
const columns = new Columns($("#main"), store, leadCards(store));
const keys = closable($("#keys"));
closable($("#lost"));
const address = (id) => (id ? `/pipeline?lead=${id}` : "/pipeline");
const put = (lead, was) => store.put(lead, was);
const converted = (lead) => (lead.id === sheet.id ? sheet.put(lead) : put(lead));
const conversion = new Conversion({ session, crew, converted });
const sheet = new Sheet({ session, crew, kind: "lead", address, changed: put, gone: (id) => store.drop(id), top });

/* The snapshot and what comes after it */

let turn = 0;
let early = null; // what was heard while a snapshot was on its way

async function load() {
  const mine = ++turn;
  early = [];
  const query = new URLSearchParams({ limit: 100 });
  const [owner, words] = [$("#owner").value, $("#q").value.trim()];
  if (owner) query.set("assigned_to_id", owner);
  if (words) query.set("q", words);
  const board = await session.get(`/api/leads/pipeline?${query}`);
  if (mine !== turn) return board; // another question was asked meanwhile, and its answer counts
  Object.assign(store, { owner, searching: Boolean(words) });
  const heard = early;
  early = null;
  const at = store.reset(board);
  heard.forEach(apply);
  return at;
}

const refresh = calm(() => load().catch(complain("The pipeline did not load.")), 200);
const later = calm(() => load().catch(() => {}), 1500); // what the sums lack is no reason for words

function apply(event) {
  early?.push(event);
  if (event.seq <= store.at?.seq) return;
  if (event.subject.kind === "lead" && (!store.hear(event) || store.searching)) later();
  sheet.hear(event);
}

/** Who is kept to their own leads hears of them in their own room. */
function own(event) {
  if (store.ownOnly || !store.at) apply(event);
}

/** The room of all leads; where it is not mine, or no more, what is left is to be seen in the snapshot. */
function enter() {
  live.follow(`leads:${session.team.id}`, { load, apply, closed: () => load().catch(shut) });
}

function shut(problem) {
  if (![403, 404].includes(problem.status)) return refresh();
  return closedTo("The pipeline is");
}

function ofTeam(event) {
  crew.hear(event);
  if (event.type === "team.updated" && store.ownOnly) enter();
  if (/^tag\.(updated|deleted)$/.test(event.type)) later();
}

/* Around the board */

function head() {
  const { count, values } = store.open();
  const worth = moneys(values, store.currency);
  $("#pipeline-facts").textContent = `${count} open${worth ? ` \u00b7 ${worth}` : ""}`;
  $("#no-leads").hidden = store.all().length > 0 || !store.at;
  const asked = store.searching || store.owner;
  $("#no-leads h2").textContent = asked ? "Nothing found" : "No lead yet";
  $("#no-leads p").textContent = asked
    ? "Try other words, or everybody's leads."
    : "Add the first one: press N, or the plus of a column.";
}

function people() {
  const asked = $("#owner");
  const chosen = asked.value;
  const options = [["", "Everybody's"], ...[...crew.people.values()].map(({ id, name }) => [id, name])];
  asked.replaceChildren(...choice(options).children);
  asked.value = crew.people.has(chosen) ? chosen : "";
  store.setPeople([...crew.people.values()]);
}

/** The stage of the open lead, what it became, and the way there. */
function top() {
  let shown = null;
  const stage = choice([], { "aria-label": "Stage", onchange: () => move(shown.id, stage.value) });
  const convert = h("button.button.small", { type: "button", onclick: () => conversion.open(shown) }, "Make a client");
  const lost = h("span.chip.bad");
  const became = h("span.became");
  const element = h("span.sheet-state", null, stage, convert, lost, became);
  const show = (lead) => {
    shown = lead;
    const options = store.columns.map(({ key, name }) => [key, name]);
    if (stage.options.length !== options.length) stage.replaceChildren(...choice(options).children);
    stage.value = keyOf(lead);
    convert.hidden = !conversion.offers(lead);
    lost.hidden = !lead.lost_reason;
    lost.textContent = lead.lost_reason ?? "";
    const links = Object.entries(lead.converted ?? {}).filter(([name, id]) => name.endsWith("_id") && id);
    const kinds = { contact_id: "contacts", company_id: "companies", project_id: "projects" };
    const words = { contact_id: "Contact", company_id: "Company", project_id: "Project" };
    became.replaceChildren(...links.map(([name, id]) => h("a", { href: `/${kinds[name]}/${id}` }, words[name])));
  };
  return { element, show };
}

async function move(id, key) {
  const lead = sheet.record;
  if (!store.known(id)) put(lead, lead); // one of those that are only counted
  store.preview(id, key, 0);
  await settleMove(store, id);
  sheet.put(store.known(id));
}

store.addEventListener("change", head);
store.addEventListener("won", ({ detail: lead }) =>
  conversion.offers(lead) ? conversion.open(lead) : toast(`“${lead.name}” is won!`),
);
crew.addEventListener("change", people);
const asked = calm(() => load().then(() => announce(`${store.open().count} open leads.`), complain("Not found.")), 250);
$("#q").addEventListener("input", asked);
$("#owner").addEventListener("change", asked);
$("#new-lead").addEventListener("click", () => store.at && columns.compose("new"));

drag(columns, store);
keyboard(columns, store, { open: sheet.open, help: () => keys.showModal() });
$("#main").addEventListener("click", (event) => {
  const card = event.target.closest(".card[data-id]");
  if (card) sheet.open(card.dataset.id);
});

persist(async () => {
  await session.token();
  if (!session.team) return;
  await crew.load();
  enter();
  live.follow(`team:${session.team.id}`, { apply: ofTeam });
  const lead = new URLSearchParams(location.search).get("lead");
  if (lead) await sheet.open(lead);
}, "The pipeline did not load.");
