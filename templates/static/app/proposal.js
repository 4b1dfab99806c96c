/** One proposal: its state and value, who read what of it, what they asked, and what is done with it. */

import { actions } from "./proposal-actions.js";
import { Recipients } from "./proposal-recipients.js";
import { stateChip, waits } from "./proposal-states.js";
import { Thread } from "./proposal-thread.js";
import { Versions } from "./proposal-versions.js";
import { Crew } from "./crew.js";
import { isNothing, money } from "./money.js";
import { inWords, Readers } from "./readers.js";
import { ReadingMap } from "./reading-map.js";
import { closedTo, persist, start } from "./shell.js";
import { $, announce, calm, complain, day, dueChip, h, keep, toast } from "./ui.js";

const { session, live } = start();
const crew = new Crew(session);
const readers = new Readers();
const id = $("#main").dataset.proposal;
const path = `/api/proposals/${id}`;
const about = { session, crew, path, shown: () => shown, again: () => load() };
const parts = { map: new ReadingMap(about), thread: new Thread(about), versions: new Versions(about) };
const recipients = new Recipients(about);
const CLIENTS = { company: "companies", contact: "contacts" };
let shown = null;

async function load() {
  const whole = await session.get(`${path}?include=client,reading`);
  readers.set(id, whole.reading.readers);
  put(whole);
  await parts.versions.load(); // the map is of the version that was sent last
  await Promise.all([parts.map.load(), parts.thread.load()]);
  $("#main").setAttribute("aria-busy", "false");
}

const reload = calm(() => load().catch(complain("The proposal did not load.")), 200);
const again = Object.fromEntries(
  Object.keys(parts).map((name) => [name, calm(() => parts[name].load().catch(() => {}), 250)]), // the next fact asks again
);

/** A newer version of the record; what is older than that is dropped. */
function put(record) {
  if (shown && record.version < shown.version) return;
  const moved = shown && shown.client_id !== record.client_id;
  shown = { ...shown, ...record };
  draw();
  if (moved) reload();
}

function draw() {
  document.title = `${shown.title} · MediaFlow`;
  $("#title").textContent = shown.title;
  const { client } = shown;
  const told = [
    { id: "state", look: [shown.status, shown.number], make: () => stateChip(shown) },
    { id: "number", look: shown.number, make: () => shown.number && h("span", null, shown.number) },
    { id: "client", look: client, make: () => client && h("a", { href: `/${CLIENTS[client.kind]}/${client.id}` }, client.name) },
    { id: "sent", look: shown.sent_at, make: () => shown.sent_at && h("span.wide-only", null, `sent ${day(shown.sent_at)}`) },
    { id: "expires", look: [shown.expires_on, shown.status], make: expires },
    { id: "why", look: shown.decline_reason, make: () => shown.decline_reason && h("span.cut", null, `“${shown.decline_reason}”`) },
  ];
  const lines = told.map(({ id: key, look, make }) => ({ id: key, look, made: make() })).filter(({ made }) => made);
  keep($("#facts"), lines.map(({ id: key, look }) => ({ id: key, look })), ({ id: key }) =>
    h("span", { "data-id": key }, lines.find((one) => one.id === key).made),
  );
  keep($("#totals"), sums(), ({ id: key, label, text }) => h("div", { "data-id": key }, h("dt", null, label), h("dd", null, text)));
  keep($("#actions"), actions(about, shown), ({ id: key, label, primary, danger, act, href }) => {
    const kind = `button.small${primary ? ".primary" : ""}${danger ? ".danger" : ""}`;
    if (href) return h(`a.${kind}`, { "data-id": key, href }, label);
    return h(`button.${kind}`, { "data-id": key, type: "button", onclick: act }, label);
  });
  recipients.draw(shown, readers.of(id));
  parts.map.draw(shown);
  now();
}

const expires = () =>
  shown.expires_on && shown.status !== "accepted" && (waits(shown) ? dueChip(shown.expires_on) : h("span", null, `expires ${day(shown.expires_on)}`));

function sums() {
  const { totals, currency, deposit_percent: percent } = shown;
  const { monthly, yearly } = totals.recurring;
  const lines = [
    ["subtotal", "Subtotal", totals.subtotal, true],
    ["discount", "Discount", totals.discount, !isNothing(totals.discount)],
    ["tax", "Tax", totals.tax, !isNothing(totals.tax)],
    ["total", "Total", totals.total, true],
    ["monthly", "Each month", monthly, !isNothing(monthly)],
    ["yearly", "Each year", yearly, !isNothing(yearly)],
    ["deposit", `Deposit${percent ? ` (${Number(percent)} %)` : ""}`, totals.deposit, !isNothing(totals.deposit)],
  ];
  return lines.filter(([, , , is]) => is).map(([key, label, amount]) => ({ id: key, label, text: money(amount, currency) }));
}

/** Who is in the page at this moment. */
function now() {
  const reading = readers.of(id);
  $("#now").hidden = reading.length === 0;
  keep($("#now"), reading.length ? [{ id: "now", text: inWords(shown, reading) }] : [], ({ text }) =>
    h("span.reading", { "data-id": "now" }, h("span.pulse"), text),
  );
}

function apply({ type, subject, data, detail, actor }) {
  if (!shown) return;
  if (subject.kind === "proposal" && data) put(data);
  if (type === "proposal.viewed") {
    const event = { subject, detail };
    if (readers.hear(event)) announce(`${detail.name} is reading.`);
    draw();
    again.map();
  }
  if (type === "proposal.opened") again.map();
  if (type === "proposal.commented") again.thread();
  if (type === "proposal.sent") reload();
  if (type === "proposal.accepted") toast(`${shown.title} was accepted.`);
  if (type === "proposal.deleted" && actor.id !== session.user.id) location.assign("/proposals");
}

readers.addEventListener("gone", () => {
  draw();
  again.map();
});

function shut() {
  closedTo("This proposal is");
}

persist(async () => {
  await session.token();
  if (!session.team) return;
  await crew.load();
  if (!crew.may("proposals:read")) return void shut();
  await load().catch((problem) => {
    if (problem.status === 404) return shut();
    throw problem;
  });
  if (shown) live.follow(`proposal:${id}`, { fresh: reload, apply, closed: () => location.assign("/proposals") });
}, "The proposal did not load.");
