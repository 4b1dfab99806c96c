"""What a file may have of a contact, a company or a lead: one catalogue for imports and exports.

What is exported under a field's label is imported by it, so that a file finds its way back.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal

from server.settings.custom_fields import fields_of

Noun = Literal["company", "contact", "lead"]
Shown = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Field:
    """A field of a file.

    `name` is what a mapping calls it, `label` its column's header in an export. `known_as` are other headers of other
    programs, folded (see `mapping.folded`). Several columns may be one field where it is `many`. `show` gives the text
    of a record as REST shows it; without it the field is only imported.
    """

    name: str
    label: str
    known_as: tuple[str, ...] = ()
    many: bool = False
    show: Callable[[Shown], Any] | None = None
    kind: str = ""  # of a team's own field: its type


def _plain(name: str) -> Callable[[Shown], Any]:
    return lambda row: row[name]


def _inner(outer: str, name: str) -> Callable[[Shown], Any]:
    return lambda row: (row[outer] or {}).get(name)


def _flag(outer: str, name: str) -> Callable[[Shown], Any]:
    return lambda row: "yes" if row[outer].get(name) else "no"


def _first(entries: str, name: str) -> Callable[[Shown], Any]:
    return lambda row: next((e[name] for e in row[entries] if e["primary"]), None)


def _others(entries: str, name: str) -> Callable[[Shown], Any]:
    return lambda row: "; ".join(e[name] for e in row[entries] if not e["primary"])


def _tags(row: Shown) -> str:
    return ", ".join(tag["name"] for tag in row["tags"])


ID = Field("id", "MediaFlow ID", show=_plain("id"))
EXTERNAL_ID = Field(
    "external_id",
    "External ID",
    ("id", "record id", "contact id", "company id", "crm id", "uid", "customer number", "kundennummer", "externe id"),
    show=_plain("external_id"),
)
TAGS = Field("tags", "Tags", ("tag", "labels", "label", "categories", "category", "kategorien"), many=True, show=_tags)
CREATED = Field("", "Created at", show=_plain("created_at"))
UPDATED = Field("", "Updated at", show=_plain("updated_at"))
EMAIL = ("e mail", "mail", "email address", "e mail address", "primary email", "work email", "e mail adresse")
OTHER_EMAILS = ("other emails", "home email", "personal email", "additional emails", "secondary email")
PHONE = (
    "telephone",
    "tel",
    "phone number",
    "mobile",
    "mobile phone",
    "cell",
    "work phone",
    "telefon",
    "handy",
    "mobil",
)
PHONE += ("telefonnummer", "business phone", "home phone", "telephone number", "numero de telephone", "telefono")
ORGANISATION = (
    "company name",
    "business name",
    "organization",
    "organisation",
    "org",
    "account",
    "account name",
    "firma",
    "unternehmen",
)
ORGANISATION += ("employer", "organization name", "associated company", "societe", "entreprise", "empresa")
POSITION = (
    "job title",
    "position",
    "role",
    "job",
    "funktion",
    "berufsbezeichnung",
    "poste",
    "cargo",
    "organization title",
)
PERSON = (
    "full name",
    "fn",
    "display name",
    "contact name",
    "contact",
    "lead name",
    "vollstandiger name",
    "nom complet",
)
OWNER = ("owner email", "contact owner", "company owner", "account owner", "responsible", "zustandig", "besitzer")


def _person() -> list[Field]:
    return [
        Field("name", "Name", PERSON, show=_plain("name")),
        Field("first_name", "First name", ("given name", "firstname", "vorname", "prenom", "nombre", "fornavn")),
        Field("last_name", "Last name", ("surname", "family name", "lastname", "nachname", "apellido", "etternavn")),
    ]


def _address(outer: str = "address", called: str = "") -> list[Field]:
    def field(name: str, label: str, *known_as: str) -> Field:
        known = known_as if not called else ()
        return Field(f"{outer}.{name}", f"{called}{label}".capitalize(), known, show=_inner(outer, name))

    return [
        field("line1", "street", "street address", "address", "address line 1", "strasse", "adresse", "rue", "calle"),
        field("line2", "address line 2", "street 2", "extended address", "adresszusatz"),
        field("city", "city", "town", "locality", "stadt", "ort", "ville", "ciudad"),
        field("region", "region", "state", "province", "state region", "bundesland", "county"),
        field("postal_code", "postal code", "zip", "zip code", "postcode", "plz", "postleitzahl", "code postal"),
        field("country", "country", "country region", "land", "pays", "pais"),
    ]


CONTACT = [
    ID,
    EXTERNAL_ID,
    *_person(),
    Field("kind", "Kind", ("contact type", "type", "art"), show=_plain("kind")),
    Field("email", "Email", EMAIL, many=True, show=_first("emails", "email")),
    Field("email", "Other emails", OTHER_EMAILS, many=True, show=_others("emails", "email")),
    Field("phone", "Phone", PHONE, many=True, show=_first("phones", "phone")),
    Field("phone", "Other phones", ("other phone",), many=True, show=_others("phones", "phone")),
    Field("company", "Company", ORGANISATION, show=_inner("company", "name")),
    Field("title", "Job title", (*POSITION, "title"), show=_plain("title")),
    *_address(),
    Field("owner", "Owner", OWNER, show=_inner("owner", "email")),
    Field(
        "consent.email", "Email consent", ("newsletter", "opt in", "marketing consent"), show=_flag("consent", "email")
    ),
    Field("consent.sms", "SMS consent", ("sms opt in",), show=_flag("consent", "sms")),
    TAGS,
]
COMPANY = [
    ID,
    EXTERNAL_ID,
    Field("name", "Name", (*ORGANISATION, "company"), show=_plain("name")),
    Field(
        "domain",
        "Domain",
        ("website", "web", "url", "homepage", "company domain name", "webseite"),
        show=_plain("domain"),
    ),
    Field("parent", "Parent company", ("parent", "parent account", "konzern"), show=_inner("parent", "name")),
    *_address(),
    Field("billing.name", "Billing name", ("invoice name",), show=_inner("billing", "name")),
    Field(
        "billing.tax_id",
        "Tax ID",
        ("vat id", "vat number", "tax number", "ust id", "ust idnr"),
        show=_inner("billing", "tax_id"),
    ),
    Field("billing.email", "Billing email", ("invoice email", *EMAIL, "email"), show=_inner("billing", "email")),
    Field("billing.currency", "Billing currency", ("currency",), show=_inner("billing", "currency")),
    Field("owner", "Owner", OWNER, show=_inner("owner", "email")),
    TAGS,
]
LEAD = [
    ID,
    *_person(),
    Field("email", "Email", EMAIL, show=_plain("email")),
    Field("phone", "Phone", PHONE, show=_plain("phone")),
    Field("company", "Company", ORGANISATION, show=_plain("company")),
    Field("position", "Job title", (*POSITION, "title"), show=_plain("position")),
    Field("status", "Status", ("lead status",), show=_plain("status")),
    Field("stage", "Stage", ("pipeline stage", "deal stage", "phase"), show=_plain("stage")),
    Field("lost_reason", "Lost reason", ("reason lost", "closed lost reason"), show=_plain("lost_reason")),
    Field("score", "Score", ("lead score",), show=_plain("score")),
    Field("source", "Source", ("lead source", "original source", "quelle", "herkunft"), show=_plain("source")),
    Field("value", "Value", ("amount", "deal value", "budget", "wert", "betrag"), show=_plain("value")),
    Field("currency", "Currency", ("wahrung",), show=_plain("currency")),
    Field(
        "assigned_to", "Assigned to", (*OWNER, "owner", "assignee", "lead owner"), show=_inner("assigned_to", "email")
    ),
    Field("last_contact_at", "Last contact", ("last contacted", "last activity date"), show=_plain("last_contact_at")),
    TAGS,
]
OF_KIND: dict[Noun, list[Field]] = {"contact": CONTACT, "company": COMPANY, "lead": LEAD}


async def catalogue(noun: Noun) -> list[Field]:
    """All fields of the kind, the team's own among them; each label is there once."""
    found, labels = list(OF_KIND[noun]), {field.label.casefold() for field in OF_KIND[noun]}
    for own in (await fields_of(noun)).values():
        label = own.label if own.label.casefold() not in labels else f"{own.label} ({own.key})"
        labels.add(label.casefold())
        found.append(
            Field(f"custom.{own.key}", label, (own.key.replace("_", " "),), show=_custom(own.key), kind=own.type)
        )
    return found


def _custom(key: str) -> Callable[[Shown], Any]:
    def show(row: Shown) -> Any:
        value = row["custom"].get(key)
        if isinstance(value, bool):
            return "yes" if value else "no"
        return "; ".join(value) if isinstance(value, list) else value

    return show
