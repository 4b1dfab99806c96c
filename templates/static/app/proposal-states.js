/** The states of a proposal as the team reads them, and lengths of time in words. */

import { h } from "./ui.js";

const STATES = {
  draft: ["Draft", ""],
  sent: ["Sent", ".info"],
  opened: ["Seen", ".label"],
  accepted: ["Accepted", ".good"],
  declined: ["Declined", ".bad"],
  expired: ["Expired", ".warn"],
  withdrawn: ["Withdrawn", ".plain"],
};

/** A draft of what was sent before is said to be one: its recipients still see the version before it. */
export const stateWord = ({ status, number }) => (status === "draft" && number ? "Being revised" : STATES[status][0]);

export const stateChip = (one) => h(`span.chip${STATES[one.status][1]}`, { "data-state": one.status }, stateWord(one));

/** Whether its recipients can answer it. */
export const waits = ({ status }) => status === "sent" || status === "opened";

const UNITS = [[86_400, "d"], [3600, "h"], [60, "min"], [1, "s"]]; // prettier-ignore

/** A length of time in the two units that matter: `2 d 3 h`, `4 min 10 s`, `12 s`. */
export function length(seconds) {
  const at = UNITS.findIndex(([size]) => seconds >= size);
  if (at < 0) return "0 s";
  const [[size, unit], [next, small] = [1, ""]] = UNITS.slice(at);
  const rest = small && Math.floor((seconds % size) / next);
  return `${Math.floor(seconds / size)} ${unit}${rest ? ` ${rest} ${small}` : ""}`;
}
