"""A row's cells as a record's values."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from models.errors import FieldError
from server.contacts.phones import e164
from server.core.formulas import unguarded
from server.core.schemas import CONTROL
from server.imports.fields import Field, Noun
from server.imports.reading.source import Row as FileRow
from server.imports.written import Wrong, amount, country, flag, moment, number, own_value
from server.settings.custom_fields import Field as Own

UNPRINTABLE = re.compile(f"{CONTROL.pattern}|[\ud800-\udfff]")


@dataclass(slots=True)
class Facts:
    """What a row's cells may mean, for this kind of record in this team."""

    noun: Noun
    country: str | None
    currency: str
    people: Mapping[str, UUID | None]  # by e-mail address and name; None for a name of several people
    own: Mapping[str, Own]


@dataclass(slots=True)
class Draft:
    """A row understood: `values` as REST takes them, and what is no value of the record itself."""

    number: int
    cells: list[str]
    values: dict[str, Any] = field(default_factory=dict)
    whole: dict[str, Any] = field(default_factory=dict)  # with the defaults of a new record
    id: UUID | None = None
    company: str = ""
    parent: str = ""
    tags: list[str] = field(default_factory=list)
    problems: list[FieldError] = field(default_factory=list)


def drafted(row: FileRow, fields: Sequence[Field | None], facts: Facts) -> Draft:
    """The row as a draft; what is wrong with it is among its problems."""
    draft = Draft(row.number, row.cells)
    if row.problem:
        draft.problems.append(FieldError("", "unreadable", row.problem))
    for cell, found in zip(row.cells, fields, strict=True):
        text = unguarded(cell)
        if found is None or not text:
            continue
        try:
            if printable(text) != text:
                raise Wrong("Has a control character.")
            _put(draft, found, text, facts)
        except Wrong as wrong:
            draft.problems.append(FieldError(found.name, "wrong_value", str(wrong)))
    if not draft.problems:
        _complete(draft, facts)
    return draft


def printable(text: str) -> str:
    """The text with a mark for each character that neither the database nor people can take."""
    return UNPRINTABLE.sub("\ufffd", text)


def _put(draft: Draft, found: Field, text: str, facts: Facts) -> None:
    values, (outer, _, inner) = draft.values, found.name.partition(".")
    if outer == "custom":
        values.setdefault("custom", {})[inner] = own_value(facts.own[inner], text)
    elif found.name in PUTS:
        PUTS[found.name](draft, text, facts)
    elif inner:
        values.setdefault(outer, {})[inner] = country(text) if inner == "country" else text
    elif found.name == "company" and facts.noun == "contact":
        draft.company = text
    else:
        values[found.name] = text


# ---- fields with a meaning of their own ----


def _id(draft: Draft, text: str, facts: Facts) -> None:
    try:
        draft.id = UUID(text)
    except ValueError:
        raise Wrong("Is no id of ours.") from None


def _external(draft: Draft, text: str, facts: Facts) -> None:
    if text.startswith("urn:uuid:"):  # a card that we exported names our own record; others may, too
        text = text.removeprefix("urn:uuid:")
        _id(draft, text, facts)
    draft.values["external_id"] = text


def _email(draft: Draft, text: str, facts: Facts) -> None:
    entries = draft.values.setdefault("emails", [])
    known = {entry["email"].lower() for entry in entries}
    for one in filter(None, re.split(r"[;,\s]+", text)):
        if one.lower() not in known:
            entries.append({"email": one})
            known.add(one.lower())


def _phone(draft: Draft, text: str, facts: Facts) -> None:
    draft.values.setdefault("phones", []).extend(
        {"phone": one.strip()} for one in re.split(r"[;\n|]", text) if one.strip()
    )


def _tags(draft: Draft, text: str, facts: Facts) -> None:
    for one in (part.strip() for part in re.split(r"[;,|]", text)):
        if len(one) > 50:
            raise Wrong("A tag has at most 50 characters.")
        if one and one.lower() not in (tag.lower() for tag in draft.tags):
            draft.tags.append(one)


def _parent(draft: Draft, text: str, facts: Facts) -> None:
    draft.parent = text


def _person(name: str) -> Callable[[Draft, str, Facts], None]:
    def put(draft: Draft, text: str, facts: Facts) -> None:
        id = facts.people.get(text.casefold())
        if id is None:
            several = text.casefold() in facts.people
            raise Wrong(
                f"{'Several people' if several else 'Nobody'} on the team {'are' if several else 'is'} {text!r}."
            )
        draft.values[name] = id

    return put


def _name_part(name: str) -> Callable[[Draft, str, Facts], None]:
    def put(draft: Draft, text: str, facts: Facts) -> None:
        draft.values[name] = text  # `_complete` makes the name of both

    return put


def _lower(name: str) -> Callable[[Draft, str, Facts], None]:
    def put(draft: Draft, text: str, facts: Facts) -> None:
        draft.values[name] = text.lower()

    return put


def _consent(name: str) -> Callable[[Draft, str, Facts], None]:
    def put(draft: Draft, text: str, facts: Facts) -> None:
        draft.values.setdefault("consent", {})[name] = flag(text)

    return put


def _score(draft: Draft, text: str, facts: Facts) -> None:
    draft.values["score"] = number(text)


def _last_contact(draft: Draft, text: str, facts: Facts) -> None:
    draft.values["last_contact_at"] = moment(text)


PUTS: dict[str, Callable[[Draft, str, Facts], None]] = {
    "id": _id,
    "external_id": _external,
    "email": _email,
    "phone": _phone,
    "tags": _tags,
    "parent": _parent,
    "owner": _person("owner_id"),
    "assigned_to": _person("assigned_to_id"),
    "first_name": _name_part("first_name"),
    "last_name": _name_part("last_name"),
    "kind": _lower("kind"),
    "status": _lower("status"),
    "consent.email": _consent("email"),
    "consent.sms": _consent("sms"),
    "score": _score,
    "last_contact_at": _last_contact,
}


def _complete(draft: Draft, facts: Facts) -> None:
    """What several cells say together: a name, an amount in its currency, numbers of a country."""
    values = draft.values
    parts = [values.pop(part, "") for part in ("first_name", "last_name")]
    if "name" not in values and any(parts):
        values["name"] = " ".join(filter(None, parts))
    try:
        if "value" in values:
            values["value"] = amount(values["value"], values.get("currency") or facts.currency)
    except Wrong as wrong:
        draft.problems.append(FieldError("value", "wrong_value", str(wrong)))
    emails, phones = values.get("emails", []), values.get("phones", [])
    if facts.noun == "lead":  # has one of each, and may have a number that is none
        draft.values = values = {n: v for n, v in values.items() if n not in ("emails", "phones")}
        values |= {"email": emails[0]["email"]} if emails else {}
        values |= {"phone": e164(phones[0]["phone"], facts.country) or phones[0]["phone"]} if phones else {}
    elif phones:
        try:
            values["phones"] = _numbers(phones, values.get("address", {}).get("country") or facts.country)
        except Wrong as wrong:
            draft.problems.append(FieldError("phone", "wrong_value", str(wrong)))


def _numbers(entries: list[dict[str, str]], country_code: str | None) -> list[dict[str, str]]:
    found: dict[str, dict[str, str]] = {}
    for entry in entries:
        number = e164(entry["phone"], country_code)
        if number is None:
            raise Wrong(f"{entry['phone']!r} is no phone number; begin with + and the country's code.")
        found[number] = {"phone": number}
    return list(found.values())
