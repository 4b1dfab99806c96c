/** What the team's proposals add up to, in a quiet line above them. */

import { moneys } from "./money.js";
import { length } from "./proposal-states.js";
import { $ } from "./ui.js";

const share = (part, whole) => (whole ? ` (${Math.round((100 * part) / whole)} %)` : "");

export async function figures(session) {
  const numbers = await session.get("/api/analytics/proposals");
  const { sent, seen, won, win_rate: rate, seconds_to_open: toOpen, seconds_to_sign: toSign, values } = numbers;
  const worth = (name) => moneys(values.map((one) => [one.currency, one[name]]), session.team.currency) || "–";
  const time = (seconds) => (seconds === null ? "–" : length(seconds));
  const words = {
    sent: sent.toLocaleString(),
    seen: seen.toLocaleString() + share(seen, sent),
    won: won.toLocaleString() + (rate === null ? "" : share(rate, 1)),
    to_open: time(toOpen),
    to_sign: time(toSign),
    open: worth("open"),
    value: worth("won"),
  };
  for (const [name, text] of Object.entries(words)) $(`[data-figure=${name}]`).textContent = text;
  $("#figures").hidden = sent === 0;
}
