/** The list of proposals: their states as they change, and who reads one at this moment. */

import { Crew } from "./crew.js";
import { Endless } from "./endless.js";
import { figures } from "./figures.js";
import { newProposal } from "./new-proposal.js";
import { proposalColumns } from "./proposal-columns.js";
import { inWords, Readers } from "./readers.js";
import { closedTo, persist, start } from "./shell.js";
import { Table } from "./table.js";
import { $, $$, announce, calm } from "./ui.js";

const FILTERS = ["status", "reading_now"];
const RELATIONS = "client,reading";

const { session, live } = start();
const crew = new Crew(session);
const readers = new Readers();
const to = (id) => `/proposals/${id}`;
const table = new Table($("#table"), { to, sorted: (key) => list.sortBy(key), opened: (id) => location.assign(to(id)) });
const columns = proposalColumns((one) => inWords(one, readers.of(one.id)));
const list = new Endless({
  session,
  table,
  kind: "proposal",
  kinds: "proposals",
  asks: ["q", ...FILTERS],
  include: RELATIONS,
  address: () => `/proposals${list.asked.size ? `?${list.asked}` : ""}`,
  prepare,
  columns: () => columns,
  apply,
  fits,
  put: table.put.bind(table),
  none: "Write the first one: it is read, answered and signed here, and you watch.",
});
const { asked } = list;

/** A fact's record comes without its client; who reads is known by what REST said last. */
async function prepare(records) {
  for (const one of records) {
    if (!("reading" in one)) Object.assign(one, await session.get(`/api/proposals/${one.id}?include=${RELATIONS}`).catch(() => ({})));
    readers.set(one.id, one.reading?.readers ?? []);
  }
}

/** Whether it belongs here, as far as this page can tell: what words find only the server knows. */
function fits(record, reads = readers.of(record.id).length > 0) {
  const states = asked.get("status")?.split(",");
  return (!states || states.includes(record.status)) && (!asked.has("reading_now") || reads);
}

const summary = calm(() => figures(session).catch(() => {}), 400); // the old figures are better than none

function apply(event) {
  const { type, subject, data, changes } = event;
  list.heard(event);
  if (subject.kind !== "proposal") return;
  const read = readers.of(subject.id).length > 0;
  const came = type === "proposal.viewed" && readers.hear(event);
  if (type === "proposal.deleted") list.gone(subject.id);
  else if (type === "proposal.created") list.come(data);
  else if (data && !fits(data)) list.gone(subject.id);
  else if (data) changed(data, event, !fits({ ...data, ...before(changes) }, read));
  if (came) announce(`${inWords(data, readers.of(subject.id))}: ${data.title}`);
  if (type !== "proposal.viewed") summary();
}

const before = (changes) => Object.fromEntries(Object.entries(changes ?? {}).map(([name, [old]]) => [name, old]));

/** A record that is shown, or that the fact brought into what was asked for. */
function changed(data, { type, at }, isNew) {
  const known = table.get(data.id);
  if (!known) return isNew || list.awaits(data.id) ? list.come(data) : undefined;
  const reading = type === "proposal.viewed" ? { reading: { ...known.reading, last_at: at } } : {};
  table.put({ ...data, ...reading });
  if (known.client_id !== data.client_id) list.quietly();
  return undefined;
}

readers.addEventListener("gone", ({ detail: id }) => {
  const known = table.get(id);
  if (known && !fits(known)) list.gone(id);
  table.refresh();
});
// What was missed while away may be old news: who reads now is asked for.
let away = false;
live.addEventListener("state", () => {
  if (live.state === "live" && away) list.quietly();
  away = live.state === "offline";
});
setInterval(() => table.refresh(), 60_000); // "3 min ago" grows older

persist(async () => {
  await session.token();
  if (!session.team) return;
  await crew.load();
  if (!crew.may("proposals:read")) return void closedTo("Proposals are");
  const compose = newProposal({ session, crew });
  for (const button of $$("[data-new]")) {
    button.hidden = !crew.may("proposals:write");
    button.addEventListener("click", () => compose());
  }
  await list.load();
  live.follow(`proposals:${session.team.id}`, { fresh: list.reload, apply });
  summary();
  const given = new URLSearchParams(location.search);
  if (given.has("new") && crew.may("proposals:write")) await compose(given);
}, "The proposals did not load.");
