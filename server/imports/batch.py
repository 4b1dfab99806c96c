"""Some rows of a file as changes of records: the new ones made at once, the others changed one by one."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from pydantic import ValidationError

from models.actors import Actor
from models.db import connection, to_json
from models.errors import AppError, FieldError, Invalid
from models.ids import uuid7
from server.companies import service as companies
from server.companies.schemas import CompanyIn
from server.core.problems import from_validation
from server.core.savepoint import savepoint
from server.core.view import Row
from server.imports import facts
from server.imports.fields import Field, Noun
from server.imports.kinds import SPECS, Spec
from server.imports.matching import Index, Known
from server.imports.reading.source import Row as FileRow
from server.imports.values import Draft, Facts, drafted, printable
from server.records import life, tags
from server.settings import custom_fields

UNTOUCHED = {"id", "team_id", "version", "created_at", "updated_at"}  # of what is written down to be restored
TAGGED = "SELECT tag_id FROM tagging WHERE team_id = $1 AND subject_id = $2"
WRITE_RECORDS = """
INSERT INTO import_record (team_id, import_id, record_id, kind, left_version, before, tag_ids)
SELECT $1, $2, r.record_id, r.kind, r.left_version, r.before, r.tag_ids
FROM jsonb_populate_recordset(NULL::import_record, $3) WITH ORDINALITY AS r ORDER BY r.ordinality
ON CONFLICT (team_id, import_id, record_id) DO UPDATE
    SET left_version = excluded.left_version, tag_ids = import_record.tag_ids || excluded.tag_ids
"""
WRITE_PROBLEMS = """
INSERT INTO import_problem (team_id, import_id, row, number, field, message, cells)
SELECT $1, $2, row, number, field, message, cells FROM jsonb_populate_recordset(NULL::import_problem, $3)
"""


@dataclass(frozen=True, slots=True)
class Plan:
    """What is to be done with every row of a file; a dry one only says what would be done."""

    import_id: UUID
    noun: Noun
    fields: Sequence[Field | None]
    duplicates: str
    dry: bool = False

    @property
    def spec(self) -> Spec:
        return SPECS[self.noun]


@dataclass(slots=True)
class Batch:
    """The rows of one transaction. `tried` says of each what becomes of it, for a preview."""

    plan: Plan
    by: Actor
    index: Index
    counts: Counter[str] = field(default_factory=Counter)
    tried: list[Row] = field(default_factory=list)
    fresh: dict[UUID, Row] = field(default_factory=dict)
    tagged: list[tuple[UUID, UUID]] = field(default_factory=list)
    records: dict[UUID, Row] = field(default_factory=dict)
    problems: list[Row] = field(default_factory=list)
    facts: Facts = field(init=False)
    companies: dict[str, UUID] = field(default_factory=dict)
    tags: dict[str, UUID] = field(default_factory=dict)

    async def work(self, rows: Sequence[FileRow]) -> None:
        """Do with these rows what the plan says, and write down what was done."""
        self.facts = await facts.facts_of(self.plan.noun, self.by)
        drafts = await asyncio.to_thread(self._drafts, rows)
        good = [draft for draft in drafts if not draft.problems]
        self.companies = await facts.companies_called([d.company or d.parent for d in good], self.by)
        self.tags = await facts.tags_called([tag for d in good for tag in d.tags], self.by)
        await self.index.load(good, self.by)
        for draft in drafts:
            await self._one(draft)
        await self._flush()
        await self._write_down()

    def _drafts(self, rows: Sequence[FileRow]) -> list[Draft]:
        return [self._shaped(drafted(row, self.plan.fields, self.facts)) for row in rows]

    def _shaped(self, draft: Draft) -> Draft:
        if draft.problems:
            return draft
        spec = self.plan.spec
        try:
            body = spec.shape.model_validate(draft.values)
        except ValidationError as error:
            draft.problems += from_validation(error).errors
            return draft
        draft.values, draft.whole = life.sent(body, *spec.nested), body.model_dump()
        return draft

    # ---- a row ----

    async def _one(self, draft: Draft) -> None:
        known, outcome = None, "failed"
        try:
            if draft.problems:
                raise Invalid(*draft.problems)
            known = self.index.find(draft)
            if known is None:
                outcome = await self._new(draft)
            elif self.plan.duplicates == "skip":
                outcome = "skipped"
            else:
                outcome = await self._change(draft, known)
        except Invalid as error:
            draft.problems = list(error.errors)
        except AppError as error:
            draft.problems = [FieldError("", error.code, error.detail)]
        if outcome == "failed":
            self._fail(draft)
        self.counts[outcome] += 1
        said = {"row": draft.number, "outcome": outcome, "record_id": known.id if known else None}
        self.tried.append(said | {"values": draft.values, "errors": [e.as_dict() for e in draft.problems]})

    async def _new(self, draft: Draft) -> str:
        values = draft.whole | {"name": _called(draft)}
        if self.plan.noun == "lead" and "source" not in draft.values:
            values["source"] = "import"
        values = await self.plan.spec.prepare(values, by=self.by)
        custom = await custom_fields.check(self.plan.noun, values["custom"], self.by, known=self.facts.own)
        values |= await self._relations(draft)  # last, since it may make a company
        id = uuid7()
        draft.values.setdefault("name", values["name"])
        self.index.add(draft, id)
        if not self.plan.dry:
            self.fresh[id] = values | {"id": id, "custom": custom}
            self.tagged += [(id, tag) for tag in await self._tag_ids(draft)]
        return "created"

    async def _change(self, draft: Draft, known: Known) -> str:
        if self.plan.dry:
            return "updated"
        if known.id in self.fresh:
            await self._flush()
        spec = self.plan.spec
        relations, wanted = await self._relations(draft), await self._tag_ids(draft)
        async with savepoint():
            found = await spec.kind.model.locked(self.by, id=known.id)
            had, version = _columns(found), found.version
            values = _joined(found, draft.values | relations)
            row = await spec.change(found.id, values, by=self.by) if values else {"version": version}
            new_tags = await self._new_tags(wanted, found.id)
            if new_tags:
                row = await tags.put_on(spec.kind, found.id, new_tags, [], by=self.by)
        if row["version"] == version:
            return "skipped"
        self._touched(known.id, self.plan.noun, row["version"], had, new_tags)
        return "updated"

    async def _relations(self, draft: Draft) -> Row:
        """The companies that the row names: a contact's is made where there is none yet, a company's parent is not."""
        if draft.company and draft.company.lower() not in self.companies and not self.plan.dry:
            self.by.must("companies:write")
            row = await companies.create(CompanyIn(name=draft.company[:200]).model_dump(), by=self.by)
            self.companies[draft.company.lower()] = row["id"]
            self._touched(row["id"], "company", row["version"])
        if draft.company:
            return {"company_id": self.companies.get(draft.company.lower())}
        if not draft.parent:
            return {}
        if self.plan.noun == "company":
            await self._flush()  # an earlier row may be the parent
        self.companies |= await facts.companies_called([draft.parent], self.by)
        dry = self.plan.dry and ("name", draft.parent.lower()) in self.index.known
        if draft.parent.lower() not in self.companies and not dry:
            raise Invalid(FieldError("parent", "not_found", f"There is no company called {draft.parent!r} yet."))
        return {"parent_id": self.companies.get(draft.parent.lower())}

    async def _tag_ids(self, draft: Draft) -> list[UUID]:
        for name in draft.tags:
            if name.lower() not in self.tags:
                row = await tags.create({"name": name}, by=self.by)
                self.tags[name.lower()] = row["id"]
                self._touched(row["id"], "tag", row["version"])
        return [self.tags[name.lower()] for name in draft.tags]

    async def _new_tags(self, wanted: Sequence[UUID], id: UUID) -> list[UUID]:
        """Of these tags those that the record has not got yet."""
        if not wanted:
            return []
        had = {row["tag_id"] for row in await connection().fetch(TAGGED, self.by.team_id, id)}
        return [tag for tag in wanted if tag not in had]

    def _fail(self, draft: Draft) -> None:
        for number, error in enumerate(draft.problems):
            one = {"row": draft.number, "number": number, "field": error.field, "message": error.message}
            self.problems.append(one | {"cells": [printable(cell) for cell in draft.cells]})

    # ---- what was done ----

    async def _flush(self) -> None:
        """Make the new records."""
        if self.fresh:
            many, tagged = list(self.fresh.values()), self.tagged
            self.fresh, self.tagged = {}, []
            for row in await life.add_all(self.plan.spec.kind, many, tagged, by=self.by):
                self._touched(row["id"], self.plan.noun, row["version"])

    def _touched(
        self, id: UUID, kind: str, version: int, before: Row | None = None, tag_ids: Sequence[UUID] = ()
    ) -> None:
        there = self.records.setdefault(id, {"record_id": id, "kind": kind, "before": before, "tag_ids": []})
        there["left_version"] = version
        there["tag_ids"] += tag_ids

    async def _write_down(self) -> None:
        team = (self.by.team_id, self.plan.import_id)
        if self.records:
            await connection().execute(WRITE_RECORDS, *team, to_json(list(self.records.values())))
        if self.problems:
            await connection().execute(WRITE_PROBLEMS, *team, to_json(self.problems))


def _called(draft: Draft) -> str:
    """The name of a new record; who has none is called by the address."""
    values = draft.values
    emails = values.get("emails") or [{"email": values.get("email")}]
    name = values.get("name") or emails[0]["email"] or values.get("domain")
    if not name:
        raise Invalid(FieldError("name", "required", "There is no name, and no address to stand for one."))
    return name


def _columns(found: Any) -> Row:
    """The record's own columns as they are."""
    return {name: getattr(found, name) for name in found._meta.fields_db_projection if name not in UNTOUCHED}


def _joined(found: Any, values: Row) -> Row:
    """The values with addresses and numbers added to those that the record has, the primary one staying."""
    # A card that we exported carries the record's own id.
    joined = {name: value for name, value in values.items() if name != "external_id" or value != str(found.id)}
    for name, key in (("emails", "email"), ("phones", "phone")):
        if name in values:
            had = getattr(found, name)
            new = [e | {"primary": False} for e in values[name] if e[key] not in {h[key] for h in had}]
            joined[name] = [*had, *new] if had else values[name]
    return joined
