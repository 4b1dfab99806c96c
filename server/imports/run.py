"""A whole file: looked at, then imported batch by batch, each its own transaction from which a crashed job goes on."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from itertools import islice
from typing import Any, BinaryIO
from uuid import UUID

import asyncpg

from models.actors import Actor
from models.clock import now
from models.db import connection, to_json
from models.errors import Invalid, NotFound
from models.imports import Import
from server.auth.tokens import member_now
from server.core.events import record
from server.core.problems import as_app_error
from server.core.storage import storage
from server.core.unit import current
from server.core.view import Row
from server.imports import mapping
from server.imports.batch import WRITE_PROBLEMS, Batch, Plan
from server.imports.events import ImportFinished
from server.imports.fields import Noun, catalogue
from server.imports.kinds import write_permission
from server.imports.matching import Index
from server.imports.reading.cards import Cards
from server.imports.reading.sheets import Sheet
from server.imports.reading.source import Format, Source, Unreadable
from server.imports.reading.source import Row as FileRow
from server.imports.reading.text import Csv
from server.imports.values import printable

AT_ONCE = 500
MOST_ROWS = 200_000
SHOWN = 20
SAMPLES = 3
COUNTED = ("created", "updated", "skipped", "failed")
ADVANCE = """
UPDATE data_import SET read = read + $2, created = created + $3, updated = updated + $4, skipped = skipped + $5,
    failed = failed + $6, version = version + 1, updated_at = $7 WHERE id = $1
"""
AGAIN = (asyncpg.DeadlockDetectedError, asyncpg.SerializationError)
Unit = Callable[[], AbstractAsyncContextManager[Any]]
Progress = Callable[[float, str], None]


class Refused(Exception):
    """Whoever asked for it may not do it any more; the message is for people."""


@dataclass(slots=True)
class Run:
    """An import at work: `unit` opens a transaction that holds the job, `progress` tells how far it is."""

    id: UUID
    unit: Unit
    progress: Progress
    index: Index | None = None

    async def perform(self) -> None:
        """Look at the file and, unless it is a dry run, import it. Raises `Unreadable`, `Refused`."""
        async with self.unit():
            found = await loaded(self.id)
            await acting(found)
        try:
            file = await storage().open(found.team_id, found.file_key)
        except NotFound:
            raise Unreadable("The file is not kept any more; import it again.") from None
        with file:
            source = await opened(file, found.format, found.encoding)
            plan, total = await self._looked_at(source)
            await self._all(plan, source, total, 0 if plan.dry else found.read)

    async def _looked_at(self, source: Source) -> tuple[Plan, int]:
        """Count the rows, settle which column is what, and write that down."""
        total = await asyncio.to_thread(source.count)
        if total > MOST_ROWS:
            raise Unreadable(f"The file has {total:,} rows; at most {MOST_ROWS:,} can be imported at once.")
        samples = await asyncio.to_thread(_samples, source)
        async with self.unit():
            found = await loaded(self.id)
            fields = await catalogue(_noun(found))
            try:
                mapping.check(found.mapping, fields, source.columns)
            except Invalid as wrong:
                raise Unreadable("; ".join(f"{e.field}: {e.message}" for e in wrong.errors)) from None
            chosen = mapping.suggested(source.columns, fields, found.mapping)
            if found.dry_run:
                await _reset(found)
            elif not any(chosen.values()):
                raise Unreadable("No column of the file is known; say in the mapping which field each one is.")
            targets = {field.name: {"name": field.name, "label": field.label} for field in reversed(fields)}
            columns = [
                {"name": c, "field": chosen[c], "samples": s} for c, s in zip(source.columns, samples, strict=True)
            ]
            about = {"encoding": source.encoding, "delimiter": source.delimiter, "total": total}
            await found.change(targets=list(targets.values())[::-1], columns=columns, **about)
        by_name = {field.name: field for field in reversed(fields)}
        used = [by_name.get(chosen[column] or "") for column in source.columns]
        return Plan(self.id, _noun(found), used, found.duplicates, found.dry_run), total

    async def _all(self, plan: Plan, source: Source, total: int, done: int) -> None:
        self.index = Index(plan.noun) if plan.dry else None  # who writes nothing has to remember the rows before
        rows = (row for row in source.rows() if row)
        await asyncio.to_thread(lambda: next(islice(rows, done, done), None))
        while some := await asyncio.to_thread(lambda: list(islice(rows, AT_ONCE))):
            await self._step(plan, some)
            done += len(some)
            self.progress(100 * done / total, f"{done:,} of {total:,} rows")

    async def _step(self, plan: Plan, rows: Sequence[FileRow]) -> None:
        """These rows in one transaction; where the database refuses, in ever smaller ones, until it is clear which."""
        try:
            await self._in_one(plan, rows)
        except (asyncpg.IntegrityConstraintViolationError, asyncpg.DataError) as error:
            if len(rows) == 1:
                async with self.unit():
                    await self._refused(plan, rows[0], as_app_error(error).detail)
                return
            half = len(rows) // 2
            await self._step(plan, rows[:half])
            await self._step(plan, rows[half:])

    async def _in_one(self, plan: Plan, rows: Sequence[FileRow]) -> None:
        for attempt in range(3):
            try:
                async with self.unit():
                    found = await loaded(self.id)
                    batch = Batch(plan, await acting(found), self.index or Index(plan.noun))
                    await batch.work(rows)
                    await self._advance(len(rows), batch.counts)
                    if plan.dry and len(found.preview) < SHOWN:
                        await found.change(preview=[*found.preview, *batch.tried][:SHOWN])
                return
            except AGAIN:
                if attempt == 2:
                    raise

    async def _advance(self, rows: int, counts: Counter[str]) -> None:
        await connection().execute(ADVANCE, self.id, rows, *(counts[name] for name in COUNTED), now())

    async def _refused(self, plan: Plan, row: FileRow, message: str) -> None:
        problem = {
            "row": row.number,
            "number": 0,
            "field": "",
            "message": message,
            "cells": [printable(cell) for cell in row.cells],
        }
        await connection().execute(WRITE_PROBLEMS, _actor().team_id, self.id, to_json([problem]))
        await self._advance(1, Counter(failed=1))


async def opened(file: BinaryIO, format: Any, encoding: str | None) -> Source:
    """The file as rows. Raises `Unreadable`."""
    known: Format = format
    if known == "xlsx":
        return await Sheet.unpacked(file)
    return await asyncio.to_thread(Csv if known == "csv" else Cards, file, encoding)


def _samples(source: Source) -> list[list[str]]:
    found: list[list[str]] = [[] for _ in source.columns]
    rows: Iterator[FileRow] = islice(source.rows(), 100)
    for row in rows:
        for place, cell in enumerate(row.cells):
            if cell and len(found[place]) < SAMPLES and cell not in found[place]:
                found[place].append(printable(cell[:200]))
    return found


async def _reset(found: Import) -> None:
    await connection().execute("DELETE FROM import_problem WHERE import_id = $1", found.id)
    await found.change(read=0, **dict.fromkeys(COUNTED, 0), preview=[], error=None, finished_at=None)


def _noun(found: Import) -> Noun:
    noun: Any = found.kind  # one of them, as a check of the table says
    return noun


def _actor() -> Actor:
    actor = current().actor
    assert actor is not None  # a job of a team acts in it
    return actor


async def loaded(id: UUID) -> Import:
    """The import, locked."""
    return await Import.locked(_actor(), id=id)


async def acting(found: Import) -> Actor:
    """Whoever imports, as their rights stand now. Raises `Refused`."""
    by = await member_now(found.member_id)
    if by is None or not by.may(write_permission(found.kind)):
        raise Refused("Whoever asked for this may not do it any more.")
    return by


async def finish(id: UUID) -> Row:
    """The whole file is done; gives what the job's result is."""
    found = await loaded(id)
    by = await acting(found)
    counts = {name: getattr(found, name) for name in COUNTED}
    await found.change(state="previewed" if found.dry_run else "done", finished_at=now())
    if not found.dry_run:
        fact = ImportFinished(member_id=found.member_id, kind=found.kind, file_name=found.file_name, **counts)
        await record(fact, about=found, by=by)
    return {"import_id": id, "total": found.total, **counts}


async def fail(id: UUID, why: str) -> None:
    """The import cannot go on; what was imported stays until it is taken back."""
    await (await loaded(id)).change(state="failed", error=why[:2000], finished_at=now())
