/** The items as a table, and what they come to: amounts are the server's, to the last digit, and never reckoned here. */

import { bound, input } from "./editor-fields.js";
import { focusIn, rowActs, Rows } from "./editor-list.js";
import { decimal } from "./editor-merge.js";
import { choice } from "./fields.js";
import { exactly, isNothing, plus } from "./money.js";
import { h } from "./ui.js";

const KINDS = [
  ["fixed", "Always"],
  ["optional", "Optional"],
  ["choice", "Choose one"],
];
const PERIODS = [
  ["none", "Once"],
  ["monthly", "Monthly"],
  ["yearly", "Yearly"],
];

const number = (attributes) => input({ inputmode: "decimal", class: "input number", ...attributes });
/** Without the noughts that a number is stored with, but with what was written. */
const short = (value) => (/\.\d*0$/.test(value ?? "") ? value.replace(/\.?0+$/, "") : value ?? "");

/** Lines add up to the subtotal, from which the discount on the whole is taken once; with taxes in, to the total. */
const ofLine = ({ net, gross, discount }, mode) => (mode === "inclusive" ? gross : plus(net, discount));

function cell(name, label, field) {
  return h("div.cell", { role: "cell", "data-column": name }, h("span.cell-label", { "aria-hidden": "true" }, label), field.element);
}

export function items(draft, place) {
  const rows = new Rows({ draft, list: "items", place, noun: "item", make });

  function make(key, { handle, index }) {
    const path = (name) => `items/${key}/${name}`;
    const one = (name, control, how = {}) => bound(draft, path(name), control, { element: control, ...how });
    const text = h("textarea.input.what", { rows: 1, "aria-label": "Description", placeholder: "What it is" });
    const digits = (name, attributes) => one(name, number(attributes), { read: decimal, show: name === "unit_price" ? (value) => value ?? "" : short });
    const group = input({ maxlength: 60, placeholder: "Group", "aria-label": "Group of which one is chosen", list: "groups" });
    const kind = one("kind", choice(KINDS, { "aria-label": "Whether it can be chosen" }));
    const fields = {
      description: one("description", text),
      quantity: digits("quantity", { "aria-label": "Quantity" }),
      unit: one("unit", input({ maxlength: 60, placeholder: "unit", "aria-label": "Unit", list: "units" })),
      unit_price: digits("unit_price", { "aria-label": "Unit price" }),
      discount_percent: digits("discount_percent", { "aria-label": "Discount in percent" }),
      tax_rate: digits("tax_rate", { "aria-label": "Tax in percent" }),
      kind,
      choice_group: one("choice_group", group),
      recurring: one("recurring", choice(PERIODS, { "aria-label": "How often it is paid" })),
    };
    // A group needs a name: the one before, so that the next of the same group is one click.
    kind.control.addEventListener("input", () => {
      draft.set(path("selected"), false); // what always counted is not chosen by that
      if (kind.control.value === "choice" && !draft.get(path("choice_group"))) draft.set(path("choice_group"), lastGroup(key));
    });
    const chosen = h("input", { type: "checkbox", onchange: () => draft.set(path("selected"), chosen.checked) });
    const ticked = h("label.chosen", null, chosen, h("span", null, "chosen at first"));
    const amount = h("output.amount", { "aria-label": "Amount" });
    const copy = () => open(draft.copy("items", key));
    const remove = () => {
      const keys = draft.list("items");
      const next = keys[keys.indexOf(key) + 1] ?? keys[keys.indexOf(key) - 1];
      draft.remove("items", key);
      rows.draw();
      if (next) focusIn(rows.get(next).element, ".what");
    };
    const element = h(
      "div.line-item",
      { role: "row" },
      h("div.cell", { role: "cell", "data-column": "handle" }, handle),
      cell("description", "Description", fields.description),
      cell("quantity", "Quantity", fields.quantity),
      cell("unit", "Unit", fields.unit),
      cell("unit_price", "Unit price", fields.unit_price),
      cell("discount_percent", "Less %", fields.discount_percent),
      cell("tax_rate", "Tax %", fields.tax_rate),
      h("div.cell", { role: "cell", "data-column": "kind" }, h("span.cell-label", { "aria-hidden": "true" }, "Kind"), kind.element, fields.choice_group.element, ticked),
      cell("recurring", "Paid", fields.recurring),
      h("div.cell", { role: "cell", "data-column": "amount" }, amount),
      h("div.cell", { role: "cell", "data-column": "acts" }, rowActs({ noun: "item", copy, remove })),
    );
    element.addEventListener("keydown", (event) => {
      if (event.key !== "Enter" || !(event.ctrlKey || event.metaKey)) return;
      event.preventDefault();
      add(key);
    });
    const show = () => {
      for (const field of Object.values(fields)) field.show();
      const is = draft.get(path("kind"));
      element.dataset.kind = is;
      element.setAttribute("aria-label", `Item ${index() + 1}`);
      fields.choice_group.element.hidden = is !== "choice";
      ticked.hidden = is === "fixed";
      chosen.checked = Boolean(draft.get(path("selected")));
      const row = draft.item(key);
      amount.textContent = row ? exactly(ofLine(row.amounts, draft.proposal.tax_mode), draft.currency) : "";
    };
    return { element, show };
  }

  const lastGroup = (key) =>
    draft.list("items").filter((one) => one !== key).map((one) => draft.get(`items/${one}/choice_group`)).filter(Boolean).at(-1) ?? "Package";

  function open(key) {
    rows.draw();
    focusIn(rows.get(key).element, ".what");
    return key;
  }

  /** A new item takes its tax from the one above: most proposals have one rate. */
  function add(after = null) {
    const keys = draft.list("items");
    const above = after ?? keys.at(-1);
    const tax = above ? draft.get(`items/${above}/tax_rate`) : "0";
    return open(draft.add("items", { tax_rate: tax ?? "0" }, after ? keys.indexOf(after) + 1 : keys.length));
  }

  return { draw: () => rows.draw(), add };
}

const NAMES = { subtotal: "Subtotal", discount: "Discount", tax: "Tax", total: "Total", monthly: "Every month", yearly: "Every year", deposit: "Due on acceptance" };

/** What it comes to, as the server last said; paler while something of it is on its way. */
export function totals(draft, place) {
  const discount = bound(draft, "discount", number({ placeholder: "0" }), { label: "Discount on the whole", read: (text) => decimal(text) || null });
  const deposit = bound(draft, "deposit_percent", number({ placeholder: "0" }), { label: "Deposit in percent", read: (text) => decimal(text) || null, show: short });
  const sums = h("dl.sums", { "aria-live": "polite" });
  place.append(h("div.total-fields", null, discount.element, deposit.element), sums);
  let drawn = "";
  return (waiting) => {
    discount.show();
    deposit.show();
    sums.classList.toggle("waiting", waiting);
    const { recurring, ...once } = draft.proposal.totals;
    const all = { ...once, ...recurring };
    const now = JSON.stringify([all, draft.currency]);
    if (now === drawn) return;
    drawn = now;
    const shown = Object.keys(NAMES).filter((name) => ["subtotal", "tax", "total"].includes(name) || !isNothing(all[name]));
    const line = (name) => {
      const amount = exactly(all[name], draft.currency);
      return h("div", { "data-sum": name }, h("dt", null, NAMES[name]), h("dd", null, name === "discount" ? `\u2212${amount}` : amount));
    };
    sums.replaceChildren(...shown.map(line));
  };
}
