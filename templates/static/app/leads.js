/** The leads of the pipeline: in columns by stage, those that changed last first, with exact sums of all of a stage. */

import { money, moneys, plus } from "./money.js";
import { Store } from "./store.js";
import { ago, avatar, h, icon, tagChip } from "./ui.js";

const STATUSES = {
  new: "New",
  contacted: "Contacted",
  qualified: "Qualified",
  proposal: "Proposal",
  negotiation: "Negotiation",
  won: "Won",
  lost: "Lost",
};
const ORDER = Object.keys(STATUSES);
const CLOSED = ["won", "lost"];

/** A status is a column, and so is every stage of the team's own within one. */
export const keyOf = ({ status, stage }) => (status === stage ? status : `${status}/${stage}`);
const columnOf = ({ status, stage }) => ({
  key: keyOf({ status, stage }),
  name: status === stage ? STATUSES[status] : stage,
  status,
  stage,
  done: status === "won",
  closed: CLOSED.includes(status),
});
const byPlace = (a, b) =>
  ORDER.indexOf(a.status) - ORDER.indexOf(b.status) ||
  (b.stage === b.status) - (a.stage === a.status) ||
  (a.stage < b.stage ? -1 : 1);

export class Leads extends Store {
  /** Where the snapshot is true: `{room, epoch, seq}`. */
  at = null;
  owner = "";
  searching = false;
  currency = "EUR";
  #sums = new Map(); // by column: {count, values by currency}, of all that the server knows, also those not shown

  constructor(session, { askReason }) {
    super(session);
    this.askReason = askReason;
  }

  reset({ stages, room, epoch, seq }) {
    this.at = { room, epoch, seq };
    this.currency = stages[0]?.currency ?? this.currency;
    this.columns = stages.map(columnOf);
    this.#sums = new Map(
      stages.map((one) => [
        keyOf(one),
        { count: one.count, values: new Map(one.values.map((v) => [v.currency, v.value])) },
      ]),
    );
    this.fill(stages.flatMap((stage) => stage.leads));
    return { epoch, seq };
  }

  title = (lead) => lead.name;
  place = (lead) => (this.#fits(lead) ? keyOf(lead) : null);
  order = (a, b) => (a.updated_at > b.updated_at ? -1 : a.updated_at < b.updated_at ? 1 : a.id > b.id ? -1 : 1);

  /** Only the column is a lead's to choose: what changed last stands on top. */
  moved(lead, key) {
    if (key === keyOf(lead) && !this.sending(lead.id)) return null;
    const { status, stage } = this.columns.find((column) => column.key === key);
    return { status, stage, updated_at: "9" };
  }

  async send(id, { status, stage }) {
    const before = this.known(id);
    const asks = status === "lost" && before.status !== "lost";
    const lost_reason = asks ? await this.askReason(before) : undefined;
    if (asks && !lost_reason) return null;
    const lead = await this.session.patch(`/api/leads/${id}`, { status, stage, lost_reason });
    if (status === "won" && before.status !== "won") this.dispatchEvent(new CustomEvent("won", { detail: lead }));
    return lead;
  }

  /* What the server says */

  /** A fact about a lead; false where only a new snapshot can say what it means for the sums. */
  hear({ type, subject, data, changes }) {
    if (type === "lead.deleted" || type === "lead.left") return this.drop(subject.id);
    if (data?.status === undefined || (this.searching && !this.known(subject.id))) return false;
    const before = Object.entries(changes ?? {}).map(([name, [old]]) => [name, old]);
    this.put(data, type === "lead.created" ? null : { ...data, ...Object.fromEntries(before) });
    return true;
  }

  /** A lead as it is now; `was` is what it was if it is not among those that are here. */
  put(lead, was = null) {
    const known = this.known(lead.id);
    if (known && known.version >= lead.version) return;
    this.#count(known ?? was, -1);
    this.#count(lead, 1);
    super.put(lead);
  }

  drop(id) {
    const known = this.known(id);
    this.#count(known, -1);
    super.drop(id);
    return Boolean(known);
  }

  /** Whether it belongs on the board, as far as this page can tell; what is searched for only the server can. */
  #fits(lead) {
    const me = this.session.user?.id;
    const mine = [lead.assigned_to_id, lead.created_by].includes(me);
    return (!this.owner || lead.assigned_to_id === this.owner) && (!this.ownOnly || mine);
  }

  /** Kept to one's own leads, which are heard of in one's own room. */
  get ownOnly() {
    return Boolean(this.at?.room.startsWith("member:"));
  }

  /* What a column is worth */

  #count(lead, times) {
    if (!lead || !this.#fits(lead)) return;
    if (!this.columns.some((column) => column.key === keyOf(lead)))
      this.columns = [...this.columns, columnOf(lead)].sort(byPlace);
    add(this.#sums, lead, times);
  }

  /** By column, with what is on its way already where it goes to. */
  #shownSums() {
    const moving = this.moving();
    if (!moving.length) return this.#sums;
    const sums = new Map([...this.#sums].map(([key, { count, values }]) => [key, { count, values: new Map(values) }]));
    for (const id of moving) {
      add(sums, this.known(id), -1);
      add(sums, this.get(id), 1);
    }
    return sums;
  }

  count = ({ key }) => this.#shownSums().get(key)?.count ?? 0;
  values = ({ key }) => this.#shownSums().get(key)?.values ?? new Map();

  /** How many are still to be decided, and what they are worth by currency. */
  open() {
    let count = 0;
    const values = new Map();
    for (const column of this.columns.filter((one) => !one.closed)) {
      count += this.count(column);
      for (const [currency, value] of this.values(column))
        values.set(currency, plus(values.get(currency) ?? "0", value));
    }
    return { count, values };
  }
}

function add(sums, lead, times) {
  const key = keyOf(lead);
  const sum = sums.get(key) ?? { count: 0, values: new Map() };
  sum.count += times;
  if (lead.value !== null) sum.values.set(lead.currency, plus(sum.values.get(lead.currency) ?? "0", lead.value, times));
  sums.set(key, sum);
}

/** What `Columns` asks about leads. */
export const leadCards = (store) => ({
  noun: "lead",
  placeholder: "Who is it?",
  label: "Name of the new lead",
  nothing: ({ status }) =>
    ({ won: "What you win is celebrated here.", lost: "What did not work out." })[status] ?? "No lead here.",
  count: store.count,
  sum: (column) => moneys(store.values(column), store.currency) || "\u2013",
  add: async (name, { status, stage }) => {
    const lost_reason = status === "lost" ? await store.askReason({ name }) : undefined;
    if (status === "lost" && !lost_reason) return;
    store.put(await store.session.post("/api/leads", { name, status, stage, lost_reason, assigned_to_id: store.owner || undefined }));
  },
  look: () => [store.people, new Date().getDate()],
  face: (lead) => face(lead, store),
});

function face(lead, store) {
  const owner = store.people.get(lead.assigned_to_id);
  const about = [lead.position, lead.company].filter(Boolean).join(", ");
  return [
    h("p.title", null, lead.name),
    about && h("p.small.muted.cut", null, about),
    lead.tags.length > 0 && h("div.labels", null, lead.tags.slice(0, 4).map(tagChip)),
    h(
      "div.facts",
      null,
      lead.value !== null && h("span.worth", null, money(lead.value, lead.currency)),
      lead.converted && h("span.chip.good", null, icon("check", "s"), "Client"),
      lead.lost_reason && h("span.chip.cut", { title: lead.lost_reason }, lead.lost_reason),
      lead.last_contact_at &&
        h("span.chip.plain", { title: "Last contact" }, icon("chat", "s"), ago(lead.last_contact_at)),
      owner && h("span.stack", null, avatar(owner, "little")),
    ),
  ].filter(Boolean);
}
