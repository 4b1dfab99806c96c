/** The columns that lists of contacts and companies can show, and how a value of the team's own looks in one. */

import { CONTACT_KINDS } from "./kinds.js";
import { money } from "./money.js";
import { avatar, day, h, icon, tagChip } from "./ui.js";

const first = (entries) => entries.find((one) => one.primary) ?? entries[0];
const more = (entries) => entries.length > 1 && h("span.count", null, `+${entries.length - 1}`);
const NAMES = Object.fromEntries(CONTACT_KINDS);

const name = (below) => ({
  key: "name",
  label: "Name",
  sort: "name",
  width: "minmax(170px, 2fr)",
  look: (one) => [one.name, below(one)],
  cell: (one) => [
    avatar(one),
    h("span.row-name", null, h("b.cut", null, one.name), below(one) && h("span.small.muted.cut", null, below(one))),
  ],
});

const tags = {
  key: "tags",
  label: "Tags",
  look: (one) => one.tags,
  cell: (one) => one.tags.slice(0, 3).map(tagChip),
};

const owner = (crew) => ({
  key: "owner",
  label: "Owner",
  look: (one) => [one.owner_id, crew.people.get(one.owner_id)?.name],
  cell: (one) => {
    const person = crew.people.get(one.owner_id);
    return person && h("span.who", null, avatar(person, "little"), h("span.cut", null, person.name.split(" ")[0]));
  },
});

const added = {
  key: "created_at",
  label: "Added",
  sort: "created_at",
  width: "minmax(92px, .7fr)",
  look: (one) => one.created_at,
  cell: (one) => h("span.muted", null, day(one.created_at)),
};

const shown = {
  boolean: (value) => (value ? icon("check", "s") : null),
  date: day,
  money: (value, { currency }) => money(value, currency),
  multi_select: (value) => value.map((one) => h("span.chip", null, one)),
  select: (value) => h("span.chip", null, value),
  url: (value) => h("a.cut", { href: value, rel: "noopener noreferrer nofollow", target: "_blank" }, value.replace(/^https?:\/\//, "")),
};

/** A column for each field of the team's own. */
const own = (crew, entity) =>
  crew.fields(entity).map((field) => ({
    key: `custom.${field.key}`,
    label: field.label,
    sort: `custom.${field.key}`,
    look: (one) => one.custom[field.key],
    cell: (one) => {
      const value = one.custom[field.key];
      if (value === undefined || value === null) return null;
      return (shown[field.type] ?? ((text) => h("span.cut", null, String(text))))(value, field);
    },
  }));

const reach = (key, label, part, scheme, width) => ({
  key,
  label,
  width,
  look: (one) => one[key],
  cell: (one) => {
    const entry = first(one[key]);
    return entry && [h("a.cut", { href: `${scheme}:${entry[part]}` }, entry[part]), more(one[key])];
  },
});

export const columnsOf = {
  contact: (crew, company) => [
    name((one) => one.title),
    {
      key: "company",
      label: "Company",
      width: "minmax(110px, 1.2fr)",
      look: (one) => [one.company_id, company(one)],
      cell: (one) => company(one) && h("a.cut", { href: `/companies/${one.company_id}` }, company(one)),
    },
    reach("emails", "E-mail", "email", "mailto", "minmax(116px, 1.4fr)"),
    reach("phones", "Phone", "phone", "tel", "minmax(126px, 1fr)"),
    {
      key: "kind",
      label: "Kind",
      sort: "kind",
      width: "minmax(88px, .6fr)",
      look: (one) => one.kind,
      cell: (one) => h("span.chip", null, NAMES[one.kind]),
    },
    tags,
    owner(crew),
    ...own(crew, "contact"),
    added,
  ],
  company: (crew, company) => [
    name((one) => one.address.city),
    {
      key: "domain",
      label: "Domain",
      sort: "domain",
      look: (one) => one.domain,
      cell: (one) =>
        one.domain &&
        h("a.cut", { href: `https://${one.domain}`, rel: "noopener noreferrer nofollow", target: "_blank" }, one.domain),
    },
    {
      key: "parent",
      label: "Part of",
      look: (one) => [one.parent_id, company(one)],
      cell: (one) => company(one) && h("a.cut", { href: `/companies/${one.parent_id}` }, company(one)),
    },
    tags,
    owner(crew),
    ...own(crew, "company"),
    added,
  ],
};
