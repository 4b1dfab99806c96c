/** The columns of the list of proposals. `readers(record)` are those who read it now, in words. */

import { money } from "./money.js";
import { stateChip, waits } from "./proposal-states.js";
import { ago, day, dueChip, h, moment } from "./ui.js";

const KINDS = { company: "companies", contact: "contacts" };

const faint = (text) => h("span.muted", null, text);

export const proposalColumns = (readers) => [
  {
    key: "name",
    label: "Proposal",
    sort: "title",
    width: "minmax(210px, 2.4fr)",
    look: (one) => [one.title, readers(one)],
    cell: (one) => {
      const reading = readers(one);
      const now = reading && h("span.reading.small", null, h("span.pulse"), h("span.cut", null, reading));
      return h("span.row-name", null, h("b.cut", null, one.title), now);
    },
  },
  {
    key: "number",
    label: "No.",
    sort: "number",
    width: "minmax(104px, .7fr)",
    look: (one) => one.number,
    cell: (one) => one.number && h("span.muted.cut", null, one.number),
  },
  {
    key: "status",
    label: "State",
    sort: "status",
    width: "minmax(104px, .7fr)",
    look: (one) => [one.status, Boolean(one.number)],
    cell: stateChip,
  },
  {
    key: "client",
    label: "Client",
    width: "minmax(110px, 1.2fr)",
    look: (one) => one.client?.name,
    cell: (one) => one.client && h("a.cut", { href: `/${KINDS[one.client.kind]}/${one.client.id}` }, one.client.name),
  },
  {
    key: "value",
    label: "Value",
    width: "minmax(104px, .9fr)",
    look: (one) => [one.totals.total, one.currency],
    cell: (one) => h("b.worth.cut", null, money(one.totals.total, one.currency)),
  },
  {
    key: "read",
    label: "Last opened",
    width: "minmax(92px, .7fr)",
    look: (one) => one.reading?.last_at && ago(one.reading.last_at),
    cell: (one) => one.reading?.last_at && moment(one.reading.last_at, { class: "muted" }),
  },
  {
    key: "sent_at",
    label: "Sent",
    sort: "sent_at",
    width: "minmax(76px, .6fr)",
    look: (one) => one.sent_at,
    cell: (one) => one.sent_at && faint(day(one.sent_at)),
  },
  {
    key: "expires_on",
    label: "Expires",
    sort: "expires_on",
    width: "minmax(92px, .7fr)",
    look: (one) => [one.expires_on, waits(one)],
    cell: (one) => one.expires_on && (waits(one) ? dueChip(one.expires_on) : faint(day(one.expires_on))),
  },
];
