/** Amounts as people read them, and exact sums of decimal strings: whole numbers of the smallest unit, never floats. */

const places = (text) => text.split(".")[1]?.length ?? 0;
const units = (text, at) => BigInt(text.replace(".", "")) * 10n ** BigInt(at - places(text));

function written(sum, at) {
  const digits = String(sum < 0n ? -sum : sum).padStart(at + 1, "0");
  const whole = digits.slice(0, digits.length - at);
  return `${sum < 0n ? "-" : ""}${whole}${at ? `.${digits.slice(-at)}` : ""}`;
}

/** One amount and another of the same currency; `times` -1 takes it away. */
export function plus(one, other, times = 1) {
  const at = Math.max(places(one), places(other));
  return written(units(one, at) + BigInt(times) * units(other, at), at);
}

/** Formats are kept: to make one takes longer than to use it a hundred times. */
const formats = new Map();
function formatted(amount, currency, more) {
  const key = JSON.stringify([currency, more]);
  if (!formats.has(key)) formats.set(key, new Intl.NumberFormat(undefined, { style: "currency", currency, ...more }));
  return formats.get(key).format(amount);
}

export const isNothing = (amount) => !/[1-9]/.test(amount);

/** `€1,234.50`; whole amounts without their decimals. The text itself is formatted: no number loses a digit. */
export const money = (amount, currency) => formatted(amount, currency, { trailingZeroDisplay: "stripIfInteger" });

/** `€12,000 + $800`: what cannot be added is not added. `amounts` are by currency, the team's own comes first. */
export function moneys(amounts, own) {
  const some = [...amounts].filter(([, amount]) => !isNothing(amount));
  some.sort(([a], [b]) => (b === own) - (a === own) || (a < b ? -1 : 1));
  return some.map(([currency, amount]) => money(amount, currency)).join(" + ");
}

/** `€1,234.50` with every decimal that the server gave, no more and no fewer. */
export function exactly(amount, currency) {
  const at = places(amount);
  return formatted(amount, currency, { minimumFractionDigits: at, maximumFractionDigits: at });
}
