/** The dialog for a new proposal: blank or from a template, perhaps for a client or a lead; then to the editor. */

import { choice } from "./fields.js";
import { picker } from "./picker.js";
import { $, closable, complain, h, showErrors } from "./ui.js";

const GIVEN = ["team.name", "sender.name", "date"]; // the server fills these in, and the client's name where there is one

const labelled = (id, label, control, hint) =>
  h("div.field", null, h("label", { for: id }, label), control, hint && h("span.hint", null, hint));

/** `deliverables.date` as `Deliverables date`. */
const called = (variable) => {
  const words = variable.replace(/[._]+/g, " ");
  return words[0].toUpperCase() + words.slice(1);
};

/** The client or lead that one comes from, as the address names them. */
async function origin(session, given) {
  const read = (path) => session.get(path).catch(() => null);
  const client = async (id) => id && ((await read(`/api/contacts/${id}`)) ?? (await read(`/api/companies/${id}`)));
  const lead = given.get("lead_id") && (await read(`/api/leads/${given.get("lead_id")}`));
  return { lead, client: await client(given.get("client_id") ?? lead?.converted?.contact_id) };
}

const ofLead = ({ id, name, email, currency }) => ({
  lead_id: id,
  ...(currency && { currency }),
  ...(email && { recipients: [{ name, email }] }),
});

export function newProposal({ session, crew }) {
  const dialog = closable($("#new"));
  let templates = [];
  let lead = null;
  const find = async (words) => {
    const kinds = ["contacts", "companies"].filter((kind) => crew.may(`${kind}:read`));
    const pages = await Promise.all(kinds.map((kind) => session.get(`/api/${kind}?limit=5&q=${encodeURIComponent(words)}`)));
    return pages.flatMap(({ items }) => items);
  };
  const client = picker({ find, id: "new-client", placeholder: "A contact or a company", take: () => ask() });
  const title = h("input", { id: "new-title", name: "title", maxlength: 200, autocomplete: "off" });
  const begin = choice([], { id: "new-template", name: "template_id", onchange: () => ask() });
  const beginning = labelled("new-template", "Begin with", begin);
  const asked = h("div.variables");
  const template = () => templates.find(({ id }) => id === begin.value);

  /** What the template still wants to know. */
  function ask() {
    const known = new Set([...GIVEN, ...(client.get() ? ["client.name"] : [])]);
    const wanted = (template()?.variables ?? []).filter((name) => !known.has(name));
    const had = Object.fromEntries([...asked.querySelectorAll("input")].map((one) => [one.name, one.value]));
    const line = (name) => {
      const [id, key] = [`new-${name}`, `variables.${name}`];
      return labelled(id, called(name), h("input", { id, name: key, value: had[key] ?? "", maxlength: 2000, autocomplete: "off" }));
    };
    asked.replaceChildren(...wanted.map(line));
    title.placeholder = template()?.title ?? "";
  }

  const form = h(
    "form",
    { method: "dialog", novalidate: true },
    h("h2", { id: "new-heading" }, "New proposal"),
    h("div.alert", { role: "alert", hidden: true }),
    labelled("new-title", "Title", title),
    labelled("new-client", "For", client.element),
    beginning,
    asked,
    h(
      "div.modal-end",
      null,
      h("button.button.quiet", { type: "button", "data-close": true }, "Cancel"),
      h("button.button.primary", { type: "submit" }, "Write it"),
    ),
  );
  dialog.replaceChildren(form);

  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    const button = $("button[type=submit]", form);
    if (button.disabled) return undefined;
    button.disabled = true;
    const variables = [...asked.querySelectorAll("input")].filter((one) => one.value.trim());
    const body = {
      ...(lead && ofLead(lead)),
      ...(title.value.trim() && { title: title.value.trim() }),
      ...(client.get() && { client_id: client.get().id }),
      ...(begin.value && { template_id: begin.value }),
      ...(variables.length && { variables: Object.fromEntries(variables.map((one) => [one.name.slice(10), one.value.trim()])) }),
    };
    const made = await session.post("/api/proposals", body).catch((problem) => showErrors(form, problem));
    if (made) return location.assign(`/proposals/${made.id}/edit`); // until the page is left, nobody makes another
    button.disabled = false;
    return undefined;
  });

  /** Open it; `given` may name a `lead_id` or `client_id`. */
  return async (given = new URLSearchParams()) => {
    form.reset();
    $("button[type=submit]", form).disabled = false;
    $(".alert", form).hidden = true;
    for (const input of form.querySelectorAll("[aria-invalid]")) input.removeAttribute("aria-invalid");
    asked.replaceChildren();
    const [from, known] = await Promise.all([
      origin(session, given),
      session.get("/api/proposal-templates?limit=200&sort=name").catch((problem) => (complain("No templates.")(problem), { items: [] })),
    ]);
    lead = from.lead;
    templates = known.items;
    client.set(from.client);
    begin.replaceChildren(...choice([["", "A blank page"], ...templates.map(({ id, name }) => [id, name])]).children);
    beginning.hidden = templates.length === 0;
    if (lead) title.value = `Proposal for ${lead.company || lead.name}`;
    ask();
    dialog.showModal();
    title.focus();
  };
}
