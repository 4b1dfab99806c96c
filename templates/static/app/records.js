/** The lists of contacts and of companies: searched, filtered, sorted by the server, endless, and live. */

import { Crew } from "./crew.js";
import { Endless } from "./endless.js";
import { exporter } from "./export.js";
import { choice } from "./fields.js";
import { newRecord } from "./new-record.js";
import { columnsOf } from "./record-columns.js";
import { Sheet } from "./sheet.js";
import { persist, start } from "./shell.js";
import { Table } from "./table.js";
import { $, $$, h, popover, toast } from "./ui.js";

const OWN_COLUMNS = 3; // of the team's own fields, until somebody chooses otherwise

const main = $("#main");
const { kind, kinds, open } = main.dataset;
const plural = kinds[0].toUpperCase() + kinds.slice(1);
const [relation, parent] = kind === "company" ? ["parent", "parent_id"] : ["company", "company_id"];

const { session, live } = start({ own: (event) => ownOnly && apply(event), fresh: () => ownOnly && reload() });
const crew = new Crew(session);
let ownOnly = false; // kept to one's own, which are heard of in one's own room
const companies = new Map(); // their names, by id
const FILTERS = kind === "contact" ? ["kind", "owner_id", "tag_id"] : ["owner_id", "tag_id"];
const to = (id) => `/${kinds}/${id}`;
const table = new Table($("#table"), { to, sorted: (key) => list.sortBy(key), opened: (id) => sheet.open(id) });
const address = (id) => `${id ? to(id) : `/${kinds}`}${asked.size ? `?${asked}` : ""}`;
const list = new Endless({
  session,
  table,
  kind,
  kinds,
  asks: ["q", ...FILTERS],
  include: relation,
  address,
  prepare: nameCompanies,
  columns: shownColumns,
  apply,
  fits,
  put,
  none: "Add the first one, or make one of a lead that you win.",
});
const { asked, reload } = list;
const gone = (id) => list.gone(id);
const sheet = new Sheet({ session, crew, kind, address, changed: put, gone });
let compose;

/** The names of companies that rows speak of come with the page; a fact's record is asked for its own. */
async function nameCompanies(records) {
  for (const one of records) if (relation in one) companies.set(one[parent], one[relation]?.name ?? null);
  const unknown = records.map((one) => one[parent]).filter((id) => id && !companies.has(id));
  for (const id of unknown) companies.set(id, null); // one that is not mine to see has no name
  const found = await Promise.all(unknown.map((id) => session.get(`/api/companies/${id}`).catch(() => null)));
  for (const one of found.filter(Boolean)) companies.set(one.id, one.name);
}

/* Around the rows */

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
      table.setColumns(shownColumns(), list.sort);
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

/* What is heard */

function put(record) {
  nameCompanies([record]).then(() => table.refresh());
  table.put(record);
}

/** Whether a record belongs here, as far as this page can tell: what words find only the server knows. */
function fits(record) {
  const is = { tag_id: (id) => record.tags.some((tag) => tag.id === id) };
  return FILTERS.every((name) => !asked.get(name) || (is[name] ?? ((value) => record[name] === value))(asked.get(name)));
}

/** Whether a change brought it into what was asked for, or to me who am kept to my own. */
function isNew({ data, changes }) {
  const before = Object.entries(changes ?? {}).map(([name, [old]]) => [name, old]);
  return !fits({ ...data, ...Object.fromEntries(before) }) || (ownOnly && Boolean(changes?.owner_id));
}

function apply(event) {
  const { type, subject, data } = event;
  list.heard(event);
  if (subject.kind === kind) {
    if (/\.(deleted|left)$/.test(type)) gone(subject.id);
    else if (type.endsWith(".created")) list.come(data);
    else if (data && !fits(data)) gone(subject.id);
    else if (data && (isNew(event) || list.awaits(subject.id))) list.come(data);
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

popover($("#columns-button"), $("#columns"), chooser);
exporter({ session, kinds, asked: () => ({ ...Object.fromEntries(asked), sort: list.sort }) });
for (const button of $$("[data-new]")) button.addEventListener("click", () => compose?.());
crew.addEventListener("change", () => {
  filters();
  if (!$("#bones")) table.setColumns(shownColumns(), list.sort);
  table.refresh();
});

persist(async () => {
  await session.token();
  if (!session.team) return;
  await crew.load();
  const made = (record) => (toast(`${record.name} is added.`), sheet.open(record.id));
  compose = newRecord({ session, crew, kind, kinds, made });
  await list.load();
  enter();
  live.follow(`team:${session.team.id}`, { apply: ofTeam });
  if (open) await sheet.open(open);
}, `${plural} did not load.`);
