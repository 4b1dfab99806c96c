/**
 * A draft as one flat space of values, so that what two people write can be told apart value by value:
 * `title`, `sections` (their keys, in order), `sections/<key>/body`, `items`, `items/<key>/unit_price`.
 */

export const FIELDS = [
  "title",
  "client_id",
  "lead_id",
  "currency",
  "tax_mode",
  "discount",
  "deposit_percent",
  "expires_on",
  "terms",
];
export const PARTS = {
  sections: { kind: "text", title: "", body: "" },
  items: {
    description: "",
    quantity: "1",
    unit: null,
    unit_price: "0",
    discount_percent: "0",
    tax_rate: "0",
    kind: "fixed",
    choice_group: null,
    selected: null,
    recurring: "none",
  },
};

/** The proposal and its items, in their order; `nameOf` gives what this page calls an item. */
export function flat(proposal, items, nameOf = (id) => id) {
  const values = new Map(FIELDS.map((name) => [name, proposal[name]]));
  const put = (list, parts, key) => {
    values.set(list, parts.map(key));
    for (const part of parts)
      for (const name of Object.keys(PARTS[list])) values.set(`${list}/${key(part)}/${name}`, part[name]);
  };
  put("sections", proposal.sections, ({ key }) => key);
  put("items", items, ({ id }) => nameOf(id));
  return values;
}

/** A value without what the server does not keep: spaces around it, noughts behind it. */
function bare(value) {
  if (value === "" || value === undefined) return null;
  if (Array.isArray(value)) return value.join();
  if (typeof value !== "string") return value;
  const text = value.trim();
  return /^-?\d+\.\d+$/.test(text) ? text.replace(/\.?0+$/, "") : text || null;
}

export const alike = (one, other) => bare(one) === bare(other);

/** My order of parts, with what others added and removed since it `was`. */
export function merged(was, mine, theirs) {
  const [before, now] = [new Set(was), new Set(theirs)];
  const order = mine.filter((key) => now.has(key) || !before.has(key));
  theirs.forEach((key, at) => {
    if (before.has(key) || order.includes(key)) return;
    order.splice(order.indexOf(theirs[at - 1]) + 1, 0, key);
  });
  return order;
}

/**
 * A number as people write it, as the server takes it. What could be read in two ways stays as it is, and the server
 * says so: `1,200` is twelve hundred to one reader and one and a fifth to another.
 */
export function decimal(text) {
  const bareText = text.trim().replace(/[\s\u00a0'\u2019%]/g, "");
  const [comma, dot] = [bareText.lastIndexOf(","), bareText.lastIndexOf(".")];
  if (comma < 0) return bareText;
  if (dot > comma) return bareText.replaceAll(",", "");
  if (dot >= 0) return bareText.replaceAll(".", "").replace(",", ".");
  return /,\d{3}$/.test(bareText) ? bareText : bareText.replace(",", ".");
}
