"""Whom a row is about: a record that is there already, one that an earlier row of the file made, or nobody yet."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from uuid import UUID

from models.actors import Actor
from models.db import connection
from server.imports.fields import Noun
from server.imports.kinds import SPECS
from server.imports.values import Draft

Key = tuple[str, str]
# By the type of key: SQL over `t`. Addresses and numbers have an index of their own for all kinds.
COLUMNS: dict[Noun, dict[str, str]] = {
    "contact": {"id": "t.id::text", "external_id": "t.external_id"},
    "company": {"id": "t.id::text", "external_id": "t.external_id", "domain": "t.domain", "name": "lower(t.name)"},
    "lead": {"id": "t.id::text"},
}
INDEXED = {"id": "t.id = ANY($1::text[]::uuid[])", "external_id": "t.external_id = ANY($1)"}
INDEXED |= {"domain": "t.domain = ANY($1)", "name": "lower(t.name) = ANY($1)"}
KNOWN: dict[Noun, str] = {
    "contact": "t.id, lower(t.name) AS name, t.external_id, t.emails <> '[]' AS has_email",
    "company": "t.id, lower(t.name) AS name, t.external_id, false AS has_email",
    "lead": "t.id, lower(t.name) AS name, NULL AS external_id, t.email IS NOT NULL AS has_email",
}
BY_COLUMN = "SELECT {key} AS value, {known} FROM {table} t WHERE {indexed} AND {visible} ORDER BY t.created_at, t.id"
BY_KEY = """
SELECT k.type, k.value, {known} FROM unnest($1::text[], $2::text[]) AS w(type, value)
JOIN subject_key k ON k.type = w.type AND k.value = w.value
JOIN {table} t ON t.team_id = k.team_id AND t.id = k.subject_id
WHERE {visible} ORDER BY t.created_at, t.id
"""


@dataclass(frozen=True, slots=True)
class Known:
    """A record that a row may be about."""

    id: UUID
    name: str
    external_id: str | None
    has_email: bool


def keys_of(noun: Noun, draft: Draft) -> list[Key]:
    """By what the row's record may be known, the surest first."""
    values = draft.values
    found: list[Key] = [("id", str(draft.id))] if draft.id else []
    if values.get("external_id"):
        found.append(("external_id", values["external_id"]))
    if noun == "company":
        if values.get("domain"):
            found.append(("domain", values["domain"]))
        if not found and values.get("name"):  # a name says who is meant only where nothing better does
            found.append(("name", values["name"].lower()))
        return found
    found += [("email", email.lower()) for email in _emails(values)]
    found += [("phone", phone) for phone in _phones(values)]
    return found


class Index:
    """The records that rows may be about, by their keys."""

    def __init__(self, noun: Noun) -> None:
        self.noun: Noun = noun
        self.known: dict[Key, list[Known]] = {}

    def find(self, draft: Draft) -> Known | None:
        """The record that the row is about, unless something else says that it is another one."""
        for key in keys_of(self.noun, draft):
            for known in self.known.get(key, ()):
                if self._agrees(key[0], known, draft):
                    return known
        return None

    def _agrees(self, type: str, known: Known, draft: Draft) -> bool:
        if type in ("id", "external_id"):
            return True
        external_id = draft.values.get("external_id")
        if external_id and known.external_id and external_id != known.external_id:
            return False  # elsewhere these are two
        # People share telephones: a number alone is not enough where the addresses differ.
        differ = type == "phone" and known.has_email and _emails(draft.values)
        return not differ or known.name == draft.values.get("name", "").lower()

    def add(self, draft: Draft, id: UUID) -> None:
        """The row made, or will make, this record."""
        values = draft.values
        known = Known(id, values.get("name", "").lower(), values.get("external_id"), bool(_emails(values)))
        keys = keys_of(self.noun, draft)
        if self.noun == "company":
            keys.append(("name", known.name))
        for key in keys:
            self.known.setdefault(key, []).append(known)

    async def load(self, drafts: Sequence[Draft], by: Actor) -> None:
        """Add the team's records that these rows may be about and that the actor may see."""
        keys = {key for draft in drafts for key in keys_of(self.noun, draft)}
        for type in COLUMNS[self.noun]:
            await self._load_column(type, sorted(value for t, value in keys if t == type), by)
        await self._load_keys(sorted(key for key in keys if key[0] in ("email", "phone")), by)

    async def _load_column(self, type: str, values: list[str], by: Actor) -> None:
        if not values:
            return
        model = SPECS[self.noun].kind.model
        visible = model.visible_to(by)
        sql = BY_COLUMN.format(
            key=COLUMNS[self.noun][type],
            known=KNOWN[self.noun],
            table=model.table(),
            indexed=INDEXED[type],
            visible=visible.numbered(2),
        )
        rows = await connection().fetch(sql, values, *visible.args)
        self._take((type, row["value"], row) for row in rows)

    async def _load_keys(self, keys: list[Key], by: Actor) -> None:
        if not keys:
            return
        model = SPECS[self.noun].kind.model
        visible = model.visible_to(by)
        sql = BY_KEY.format(known=KNOWN[self.noun], table=model.table(), visible=visible.numbered(3))
        rows = await connection().fetch(sql, *map(list, zip(*keys, strict=True)), *visible.args)
        self._take((row["type"], row["value"], row) for row in rows)

    def _take(self, rows: Iterable[tuple[str, str, object]]) -> None:
        for type, value, row in rows:
            known = Known(row["id"], row["name"], row["external_id"], row["has_email"])  # type: ignore[index]  # a record
            there = self.known.setdefault((type, value), [])
            if all(known.id != other.id for other in there):
                there.append(known)


def _emails(values: dict[str, object]) -> list[str]:
    entries = values.get("emails")
    if isinstance(entries, list):
        return [entry["email"] for entry in entries]
    return [str(values["email"])] if values.get("email") else []


def _phones(values: dict[str, object]) -> list[str]:
    entries = values.get("phones")
    if isinstance(entries, list):
        return [entry["phone"] for entry in entries]
    return [str(values["phone"])] if values.get("phone") else []
