/** The controls of the editor: each shows a value of the draft, writes what is typed into it, and tells what is wrong. */

import { alike } from "./editor-merge.js";
import { choice } from "./fields.js";
import { picker } from "./picker.js";
import { h } from "./ui.js";

/**
 * A control for the value at `path`. Who writes in it is not overwritten; what others wrote shows when it is left.
 * A refusal and a conflict are told below it.
 */
export function bound(draft, path, control, { label, read = (text) => text, show = (value) => value ?? "", element } = {}) {
  const line = h("div.told", { hidden: true });
  const write = () => draft.set(path, read(control.value));
  control.addEventListener("input", write);
  control.addEventListener("blur", () => display());
  control.dataset.path = path;
  let told = "";
  const display = () => {
    const problem = draft.problem(path);
    const now = JSON.stringify(problem);
    if (now !== told) tell(line, control, problem, (mine) => (draft.settle(path, mine), put(true)), show);
    told = now;
    const busy = document.activeElement === control && control.tagName !== "SELECT";
    // A space at the end, a nought behind a number: what means the same is left as it was written.
    if (!busy && !alike(read(control.value), draft.get(path))) control.value = String(show(draft.get(path)));
  };
  const put = (force) => {
    if (force === true) control.value = String(show(draft.get(path)));
    display();
  };
  const whole = element ?? h("label.field", null, h("span.label", null, label), control);
  return { element: h("div.bound", null, whole, line), show: put, control };
}

/** What the server, or somebody else, says of a value. */
function tell(line, control, problem, settle, show) {
  line.hidden = !problem;
  if (problem) control.setAttribute("aria-invalid", "true");
  else control.removeAttribute("aria-invalid");
  if (!problem) return line.replaceChildren();
  if (problem.message) return line.replaceChildren(h("span.error", { role: "alert" }, problem.message));
  const button = (text, mine) => h("button.button.small", { type: "button", "data-settle": mine ? "mine" : "theirs", onclick: () => settle(mine) }, text);
  return line.replaceChildren(
    h(
      "div.dispute",
      { role: "alert" },
      h("p", null, h("b", null, problem.who ?? "Somebody"), " changed this while you were writing:"),
      h("blockquote", null, String(show(problem.theirs)) || "(nothing)"),
      h("div.dispute-end", null, button("Keep mine", true), button("Take theirs", false)),
    ),
  );
}

export const input = (attributes) => h("input.input", { autocomplete: "off", ...attributes });

/** One of other records, chosen by its name; `find(words)` and `read(id)` ask for them. */
export function relation(draft, path, { label, find, read, placeholder = "None", taken = () => {} }) {
  const choose = picker({
    label,
    placeholder,
    find,
    take: (record) => (draft.set(path, record?.id ?? null), taken(record)),
  });
  let asked;
  const chosen = bound(draft, path, h("input", { type: "hidden" }), {
    element: h("div.field", null, h("span.label", null, label), choose.element),
  });
  const show = async () => {
    chosen.show();
    const id = draft.get(path);
    if (id === asked) return;
    asked = id;
    const known = choose.get();
    const record = known?.id === id ? known : id && (await read(id).catch(() => null));
    if (asked === id) choose.set(record);
  };
  return { element: chosen.element, show, get: choose.get };
}

const TAX = [
  ["exclusive", "On top of the prices"],
  ["inclusive", "Included in the prices"],
];

/** What the proposal is about, beside its texts and prices. */
export function details(draft, session, { client }) {
  const search = (kinds) => async (words) => (await session.get(`/api/${kinds}?limit=5&q=${encodeURIComponent(words)}`)).items;
  const people = async (words) => (await Promise.all(["companies", "contacts"].map((kinds) => search(kinds)(words)))).flat();
  const person = (id) => session.get(`/api/contacts/${id}`).catch(() => session.get(`/api/companies/${id}`));
  const nullable = (text) => text.trim() || null;
  const fields = [
    relation(draft, "client_id", { label: "Client", find: people, read: person, placeholder: "A company or a person", taken: client }),
    relation(draft, "lead_id", { label: "Lead", find: search("leads"), read: (id) => session.get(`/api/leads/${id}`) }),
    bound(draft, "expires_on", input({ type: "date" }), { label: "Valid until", read: nullable }),
    bound(draft, "currency", input({ maxlength: 3, list: "currencies", class: "input upper" }), {
      label: "Currency",
      read: (text) => text.trim().toUpperCase(),
    }),
    bound(draft, "tax_mode", choice(TAX), { label: "Tax" }),
  ];
  return { element: h("div.details", null, fields.map((one) => one.element)), show: () => fields.forEach((one) => one.show()), fields };
}
