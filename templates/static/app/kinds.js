/** The kinds of records that have a sheet: their fields, and what hangs on them. */

import { choice, customField, field, groupField, linesField, moneyField, personField, tickField } from "./fields.js";
import { picker } from "./picker.js";
import { h } from "./ui.js";

export const CONTACT_KINDS = [
  ["client", "Client"],
  ["vendor", "Vendor"],
  ["freelancer", "Freelancer"],
  ["consultant", "Consultant"],
];

const line = (attributes) => h("input.input", { maxlength: 200, autocomplete: "off", ...attributes });
/** A control for the field of this name; what is emptied is null, or with `empty` that. */
const plain = (save, name, label, control, empty = null) =>
  field(control, { label, save: (value) => save({ [name]: value.trim() || empty }) });

const ADDRESS = [
  ["line1", "Street"],
  ["line2", "More of it"],
  ["postal_code", "Postal code"],
  ["city", "City"],
  ["region", "Region"],
  ["country", "Country, two letters"],
];

function address(save, name = "address") {
  const part = ([key, label]) => {
    const value = (text) => (key === "country" ? text.trim().toUpperCase() || null : text.trim());
    const control = line({ "aria-label": label, placeholder: label, ...(key === "country" && { maxlength: 2 }) });
    return [key, field(control, { save: (text) => save({ [name]: { [key]: value(text) } }) })];
  };
  return groupField("Address", Object.fromEntries(ADDRESS.map(part)));
}

const consent = (save) => {
  const tick = (key, label) => tickField({ label, save: (value) => save({ consent: { [key]: value } }) });
  return groupField("Has agreed to", { email: tick("email", "E-mails"), sms: tick("sms", "Text messages") });
};

/** A company that is chosen by its name, or made of it. */
function companyField({ session, crew, save, name = "company_id", label = "Company" }) {
  const find = async (words) => (await session.get(`/api/companies?limit=6&q=${encodeURIComponent(words)}`)).items;
  const make = crew.may("companies:write") && ((title) => session.post("/api/companies", { name: title }));
  const choose = picker({ find, make, label, placeholder: "None", take: (record) => save({ [name]: record?.id ?? null }) });
  const error = h("span.error", { role: "alert", hidden: true });
  let asked = null;
  const show = async (id) => {
    if (id === asked) return;
    asked = id;
    const known = choose.get();
    const record = known?.id === id ? known : id && (await session.get(`/api/companies/${id}`).catch(() => null));
    if (asked === id) choose.set(record);
  };
  const fail = (errors) => {
    error.hidden = errors.length === 0;
    error.textContent = errors.map((one) => one.message).join(" ");
  };
  return { element: h("div.field", null, h("span.label", null, label), choose.element, error), show, fail };
}

const own = (entity, { crew, save }) =>
  Object.fromEntries(crew.fields(entity).map((one) => [`custom.${one.key}`, customField(one, save)]));

const owner = ({ crew, save }, name, label) =>
  personField({ label, people: () => crew.people, save: (id) => save({ [name]: id }) });

const lead = (about) => {
  const { save } = about;
  return {
    value: moneyField({ label: "Value", save }),
    assigned_to_id: owner(about, "assigned_to_id", "Owner"),
    email: plain(save, "email", "E-mail", line({ type: "email" })),
    phone: plain(save, "phone", "Phone", line({ type: "tel" })),
    company: plain(save, "company", "Company", line()),
    position: plain(save, "position", "Position", line()),
    source: plain(save, "source", "Source", line({ maxlength: 60 }), "manual"),
    score: field(line({ type: "number", min: 0, max: 100 }), {
      label: "Score, 0 to 100",
      save: (value) => save({ score: Number(value) }),
    }),
    ...own("lead", about),
  };
};

const contact = (about) => {
  const { save } = about;
  const lines = (name, key, type, label, noun) =>
    linesField({ label, key, type, noun, save: (entries) => save({ [name]: entries }) });
  return {
    emails: lines("emails", "email", "email", "E-mail", "an address"),
    phones: lines("phones", "phone", "tel", "Phone", "a number"),
    company_id: companyField(about),
    title: plain(save, "title", "What they do", line()),
    kind: field(choice(CONTACT_KINDS), { label: "Kind", save: (kind) => save({ kind }) }),
    owner_id: owner(about, "owner_id", "Owner"),
    ...own("contact", about),
    address: address(save),
    consent: consent(save),
  };
};

const company = (about) => {
  const { save } = about;
  const billing = (key, label) =>
    field(line({ "aria-label": `Billing: ${label}`, placeholder: label }), {
      save: (value) => save({ billing: { [key]: value.trim() || (key === "email" ? null : "") } }),
    });
  return {
    domain: plain(save, "domain", "Domain", line({ placeholder: "studio-north.example", maxlength: 253 })),
    parent_id: companyField({ ...about, name: "parent_id", label: "Part of" }),
    owner_id: owner(about, "owner_id", "Owner"),
    ...own("company", about),
    address: address(save),
    billing: groupField("Billing", {
      name: billing("name", "Name on invoices"),
      tax_id: billing("tax_id", "Tax id"),
      email: billing("email", "E-mail for invoices"),
    }),
  };
};

const first = (entries, key) => (entries.find((one) => one.primary) ?? entries[0])?.[key];
const mail = (address) => ["mail", address, `mailto:${address}`];
const offer = (name, id) => ["proposal", "New proposal", `/proposals?new&${name}=${id}`];
const call = (number) => ["phone", number, `tel:${number}`];

/** `links`: other records that this one has, each with its address; `reach`: ways to them, `[icon, text, address]`, and
 * `offers` for whoever may write proposals. */
export const KINDS = {
  lead: {
    noun: "lead",
    kinds: "leads",
    fields: lead,
    history: true,
    offers: ({ id }) => [offer("lead_id", id)],
    reach: ({ email, phone }) => [mail(email), call(phone)],
  },
  contact: {
    noun: "contact",
    kinds: "contacts",
    fields: contact,
    history: true,
    links: { name: "Projects", glyph: "grid", path: "projects", to: "/projects/" },
    offers: ({ id }) => [offer("client_id", id)],
    reach: ({ emails, phones }) => [mail(first(emails, "email")), call(first(phones, "phone"))],
  },
  company: {
    noun: "company",
    kinds: "companies",
    fields: company,
    links: { name: "People", glyph: "people", path: "contacts", to: "/contacts/" },
    offers: ({ id }) => [offer("client_id", id)],
    reach: ({ domain }) => [["link", domain, `https://${domain}`]],
  },
};
