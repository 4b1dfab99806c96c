/** The dialog for a new contact or company: the few fields one has at hand; the rest is written in its sheet. */

import { CONTACT_KINDS } from "./kinds.js";
import { picker } from "./picker.js";
import { $, closable, h, showErrors } from "./ui.js";

const named = (name, label, attributes) => {
  const input = h("input", { id: `new-${name}`, name, autocomplete: "off", maxlength: 200, ...attributes });
  return h("div.field", null, h("label", { for: input.id }, label), input);
};

function parts(kind, company) {
  const its = (label) => h("div.field", null, h("label", { for: company.input.id }, label), company.element);
  if (kind === "company") return [named("name", "Name"), named("domain", "Domain", { placeholder: "studio-north.example" }), its("Part of")];
  const kinds = CONTACT_KINDS.map(([value, name]) => h("option", { value }, name));
  return [
    named("name", "Name"),
    h(
      "div.pair",
      null,
      named("emails[0].email", "E-mail", { type: "email" }),
      named("phones[0].phone", "Phone", { type: "tel", placeholder: "+49 30 901820" }),
    ),
    its("Company"),
    h(
      "div.pair",
      null,
      named("title", "What they do"),
      h("div.field", null, h("label", { for: "new-kind" }, "Kind"), h("select", { id: "new-kind", name: "kind" }, kinds)),
    ),
  ];
}

/** The form's fields as the API takes them; what is empty is left out. */
function body(kind, form, company) {
  const { "emails[0].email": email, "phones[0].phone": phone, ...rest } = Object.fromEntries(
    [...new FormData(form)].map(([name, value]) => [name, value.trim()]).filter(([, value]) => value),
  );
  return {
    ...rest,
    ...(email && { emails: [{ email }] }),
    ...(phone && { phones: [{ phone }] }),
    ...(company && { [kind === "company" ? "parent_id" : "company_id"]: company.id }),
  };
}

export function newRecord({ session, crew, kind, kinds, made }) {
  const dialog = closable($("#new"));
  const find = async (words) => (await session.get(`/api/companies?limit=6&q=${encodeURIComponent(words)}`)).items;
  const make = crew.may("companies:write") && kind === "contact" && ((name) => session.post("/api/companies", { name }));
  const company = picker({ find, make, id: "new-company" });
  const form = h(
    "form",
    { method: "dialog", novalidate: true },
    h("h2", { id: "new-heading" }, `New ${kind}`),
    h("div.alert", { role: "alert", hidden: true }),
    parts(kind, company),
    h(
      "div.modal-end",
      null,
      h("button.button.quiet", { type: "button", "data-close": true }, "Cancel"),
      h("button.button.primary", { type: "submit" }, `Add ${kind}`),
    ),
  );
  dialog.replaceChildren(form);
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    const fields = body(kind, form, company.get());
    if (!fields.name) return showErrors(form, { errors: [{ field: "name", message: "please fill this in." }] });
    const button = $("button[type=submit]", form);
    button.disabled = true;
    const record = await session.post(`/api/${kinds}`, fields).catch((problem) => showErrors(form, problem));
    button.disabled = false;
    if (!record) return undefined;
    dialog.close();
    return made(record);
  });
  return () => {
    form.reset();
    company.set(null);
    $(".alert", form).hidden = true;
    for (const input of form.querySelectorAll("[aria-invalid]")) input.removeAttribute("aria-invalid");
    dialog.showModal();
    $("[name=name]", form).focus();
  };
}
