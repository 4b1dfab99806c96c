/** The lists of contacts and of companies: searched, filtered, sorted by the server, endless, and live. */

import { Crew } from "./crew.js";
import { exporter } from "./export.js";
import { choice } from "./fields.js";
import { newRecord } from "./new-record.js";
import { columnsOf } from "./record-columns.js";
import { Sheet } from "./sheet.js";
import { persist, start } from "./shell.js";
import { Table } from "./table.js";
import { $, $$, announce, calm, complain, h, once, popover, toast } from "./ui.js";

const FIRST_PAGE = 60;
const NEXT_PAGE = 150;
const NEWEST = "-created_at";
const OWN_COLUMNS = 3; // of the team's own fields, until somebody chooses otherwise

const main = $("#main");
const { kind, kinds, open } = main.dataset;
const plural = kinds[0].toUpperCase() + kinds.slice(1);
const [relation, parent] = kind === "company" ? ["parent", "parent_id"] : ["company", "company_id"];

const { session, live } = start({ own: (event) => ownOnly && apply(event), fresh: () => ownOnly && reload() });
const crew = new Crew(session);
let ownOnly = false; // kept to one's own, which are heard of in one's own room
const companies = new Map(); // their names, by id
const ASKED = ["q", "kind", "owner_id", "tag_id", "sort"];
const asked = new URLSearchParams([...new URLSearchParams(location.search)].filter(([name]) => ASKED.includes(name)));
const to = (id) => `/${kinds}/${id}`;
const table = new Table($("#table"), { to, sorted: sortBy, opened: (id) => sheet.open(id) });
const address = (id) => `${id ? to(id) : `/${kinds}`}${asked.size ? `?${asked}` : ""}`;
const sheet = new Sheet({ session, crew, kind, address, changed: put, gone });
let compose;

/* Asking */

const FILTERS = kind === "contact" ? ["kind", "owner_id", "tag_id"] : ["owner_id", "tag_id"];
let turn = 0;
let cursor = null;
let total = 0;
let missed = 0; // new ones that are not shown
let early = null; // what was heard while a page was on its way, and may be younger than the page

const sort = () => asked.get("sort") ?? NEWEST;

function query(more) {
  const sent = new URLSearchParams(asked);
  for (const [name, value] of Object.entries({ sort: sort(), limit: FIRST_PAGE, include: relation, ...more })) sent.set(name, value);
  return session.get(`/api/${kinds}?${sent}`);
}

async function load() {
  const mine = ++turn;
  early = [];
  main.setAttribute("aria-busy", "true");
  try {
    const page = await query({ total: true });
    await nameCompanies(page.items);
    if (mine !== turn) return; // a later question was asked meanwhile
    table.setColumns(shownColumns(), sort());
    table.reset(page.items);
    $("#bones")?.remove();
    [cursor, total, missed] = [page.next_cursor, page.total, 0];
    head();
    early.splice(0).forEach(apply);
  } finally {
    if (mine === turn) {
      early = null;
      main.setAttribute("aria-busy", "false");
    }
  }
  if (near()) further();
}

/** The next page, when its place comes near. */
async function further() {
  const mine = turn;
  if (!cursor || early) return;
  early = [];
  try {
    const page = await query({ cursor, limit: NEXT_PAGE });
    await nameCompanies(page.items);
    if (mine !== turn) return;
    table.append(page.items);
    cursor = page.next_cursor;
    head();
    early.splice(0).filter(({ subject }) => table.get(subject.id)).forEach(apply);
  } catch (problem) {
    complain("No more were loaded.")(problem);
    await new Promise((done) => setTimeout(done, 2000));
  } finally {
    if (mine === turn) early = null;
  }
  if (near()) further();
}

const near = () => $("#more").getBoundingClientRect().top < innerHeight + 800;
const reload = calm(() => load().catch(complain(`The ${kinds} did not load.`)), 200);
const quietly = calm(() => load().catch(() => {}), 800); // what is shown is right but for a name or a colour

/** The names of companies that rows speak of come with the page; a fact's record is asked for its own. */
async function nameCompanies(records) {
  for (const one of records) if (relation in one) companies.set(one[parent], one[relation]?.name ?? null);
  const unknown = records.map((one) => one[parent]).filter((id) => id && !companies.has(id));
  for (const id of unknown) companies.set(id, null); // one that is not mine to see has no name
  const found = await Promise.all(unknown.map((id) => session.get(`/api/companies/${id}`).catch(() => null)));
  for (const one of found.filter(Boolean)) companies.set(one.id, one.name);
}

/* Around the rows */

const count = (number, noun = number === 1 ? kind : kinds) => `${number.toLocaleString()} ${noun}`;

function head() {
  const searched = [...asked.keys()].some((name) => name !== "sort");
  $("#facts").textContent = count(total);
  $("#more").hidden = !cursor;
  $("#table").hidden = table.size === 0;
  $("#none").hidden = table.size > 0;
  $("#none h2").textContent = searched ? "Nothing found" : `No ${kind} yet`;
  $("#none p").textContent = searched
    ? "Try other words, or fewer filters."
    : `Add the first one, or make one of a lead that you win.`;
  $("#news").hidden = missed === 0;
  $("#news").textContent = `${count(missed, `new ${missed === 1 ? kind : kinds}`)}: show`;
}

const keep = `mediaflow:columns:${kind}`;
const columns = () => columnsOf[kind](crew, (one) => companies.get(one[parent]));

function hiddenColumns() {
  const kept = localStorage.getItem(keep);
  if (kept !== null) return new Set(kept.split(","));
  const own = columns().filter(({ key }) => key.startsWith("custom."));
  return new Set(own.slice(OWN_COLUMNS).map(({ key }) => key));
}

function shownColumns() {
  const hidden = hiddenColumns();
  return columns().filter(({ key }) => !hidden.has(key));
}

/** What of a row is to be seen: one box for each column but the name. */
function chooser() {
  const hidden = hiddenColumns();
  const tick = ({ key, label }) => {
    const box = h("input", { type: "checkbox", checked: !hidden.has(key) });
    box.addEventListener("change", () => {
      if (box.checked) hidden.delete(key);
      else hidden.add(key);
      localStorage.setItem(keep, [...hidden].join());
      table.setColumns(shownColumns(), sort());
    });
    return h("label.tick-field", null, box, h("span", null, label));
  };
  $("#columns").replaceChildren(...columns().slice(1).map(tick));
}

function filters() {
  const offer = (select, all, items) => {
    select.replaceChildren(...choice([["", all], ...items.map(({ id, name }) => [id, name])]).children);
    select.value = asked.get(select.name) ?? "";
  };
  offer($("#owner"), "Any owner", [...crew.people.values()]);
  offer($("#tag"), "Any tag", [...crew.tags.values()]);
  $("#tag").hidden = crew.tags.size === 0;
}

function ask(name, value) {
  if (value) asked.set(name, value);
  else asked.delete(name);
  history.replaceState(null, "", address(null));
  scrollTo(0, 0);
  return load().then(() => name === "q" && announce(`${count(total)} found.`), complain(`The ${kinds} did not load.`));
}

function sortBy(key) {
  const now = sort();
  const down = now === key || (now !== `-${key}` && key === "created_at");
  ask("sort", down ? `-${key}` : key);
}

/* What is heard */

function put(record) {
  nameCompanies([record]).then(() => table.refresh());
  table.put(record);
}

function gone(id) {
  if (!table.get(id)) return;
  table.remove(id);
  total -= 1;
  head();
}

/** Whether a record belongs here, as far as this page can tell: what words find only the server knows. */
function fits(record) {
  const is = { tag_id: (id) => record.tags.some((tag) => tag.id === id) };
  return FILTERS.every((name) => !asked.get(name) || (is[name] ?? ((value) => record[name] === value))(asked.get(name)));
}

function come(record) {
  if (table.get(record.id)) return void put(record);
  if (!fits(record)) return;
  if (asked.has("q")) return void quietly();
  total += 1;
  const busy = scrollY > 40 || $("#table").matches(":hover, :focus-within"); // nothing moves under a hand
  if (sort() === NEWEST && !busy) nameCompanies([record]).then(() => (table.insert(record), head()));
  else missed += 1;
  head();
}

/** Whether a change brought it into what was asked for, or to me who am kept to my own. */
function isNew({ data, changes }) {
  const before = Object.entries(changes ?? {}).map(([name, [old]]) => [name, old]);
  return !fits({ ...data, ...Object.fromEntries(before) }) || (ownOnly && Boolean(changes?.owner_id));
}

function apply(event) {
  const { type, subject, data } = event;
  early?.push(event);
  if (subject.kind === kind) {
    if (/\.(deleted|left)$/.test(type)) gone(subject.id);
    else if (type.endsWith(".created")) come(data);
    else if (data && !fits(data)) gone(subject.id);
    else if (data && isNew(event)) come(data);
    else if (data) put(data);
  }
  sheet.hear(event);
}

function ofTeam(event) {
  crew.hear(event);
  if (event.type === "team.updated" && ownOnly) enter();
  if (/^tag\.(updated|deleted)$/.test(event.type)) retag(event.subject.id, event.data);
}

/** A tag is called or coloured otherwise, or gone: on every row at once. */
function retag(id, now) {
  for (const record of table.all().filter(({ tags }) => tags.some((tag) => tag.id === id))) {
    const tags = record.tags.map((tag) => (tag.id === id ? now && { id, name: now.name, color: now.color } : tag));
    table.put({ ...record, tags: tags.filter(Boolean) });
  }
}

/** The room of all of the kind; where it is not mine, mine are heard of in my own. */
function enter() {
  ownOnly = false;
  const closed = () => {
    ownOnly = true;
    reload();
  };
  live.follow(`${kinds}:${session.team.id}`, { fresh: reload, apply, closed });
}

/* Controls */

for (const control of $$(".tools [name]")) {
  control.value = asked.get(control.name) ?? "";
  const change = () => ask(control.name, control.value.trim());
  control.addEventListener(control.type === "search" ? "input" : "change", calm(change, control.type === "search" ? 220 : 0));
}
popover($("#columns-button"), $("#columns"), chooser);
exporter({ session, kinds, asked: () => ({ ...Object.fromEntries(asked), sort: sort() }) });
$("#news").addEventListener("click", (event) => once(event.currentTarget, "", () => (scrollTo(0, 0), load())));
for (const button of $$("[data-new]")) button.addEventListener("click", () => compose?.());
// Not an observer: it says nothing when the end is left and reached again within a frame, as with the End key.
for (const type of ["scroll", "resize"]) addEventListener(type, () => near() && further(), { passive: true });
crew.addEventListener("change", () => {
  filters();
  if (!$("#bones")) table.setColumns(shownColumns(), sort());
  table.refresh();
});

persist(async () => {
  await session.token();
  if (!session.team) return;
  await crew.load();
  const made = (record) => (toast(`${record.name} is added.`), sheet.open(record.id));
  compose = newRecord({ session, crew, kind, kinds, made });
  await load();
  enter();
  live.follow(`team:${session.team.id}`, { apply: ofTeam });
  if (open) await sheet.open(open);
}, `${plural} did not load.`);
