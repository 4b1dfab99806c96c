"""What people ask of imports: begin, start after the dry run, take back; the work itself is done by jobs."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import msgspec

from models.actors import Actor
from models.db import connection
from models.errors import Conflict
from models.ids import uuid7
from models.imports import Import
from server.core.jobs import enqueue
from server.core.multipart import unnamed_file
from server.core.storage import storage
from server.core.tables import Csv
from server.core.view import Row
from server.imports import mapping
from server.imports.fields import Noun, catalogue
from server.imports.kinds import write_permission
from server.imports.reading.source import format_of
from server.imports.run import COUNTED
from server.imports.schemas import ImportIn, StartIn

QUEUE = "bulk"
ENDED = "SELECT state FROM job WHERE id = $1 AND state IN ('dead', 'cancelled')"
PROBLEMS = """
SELECT row, number, field, message, cells FROM import_problem
WHERE import_id = $1 AND (row, number) > ($2, $3) ORDER BY row, number LIMIT 1000
"""


async def begin(noun: Noun, body: ImportIn, *, by: Actor) -> Row:
    """Keep the file and let a job look at it, and import it unless it is only tried."""
    format = format_of(body.file.file)
    chosen = body.mapping or {}
    mapping.check(chosen, await catalogue(noun))
    id = uuid7()
    key = f"imports/{id}"
    job_id = await _job(id)
    await Import.add(
        by,
        id=id,
        kind=noun,
        member_id=by.member_id,
        file_name=body.file.name or f"import.{format}",
        file_key=key,
        format=format,
        dry_run=body.dry_run,
        encoding=body.encoding,
        duplicates=body.duplicates,
        mapping=chosen,
        job_id=job_id,
    )
    await storage().put(by.team_id, key, body.file.file)  # last: what is refused leaves no file
    return {"import_id": id, "job_id": job_id}


async def start(id: UUID, body: StartIn, *, by: Actor) -> Row:
    """Import what was tried, with another mapping where one is given."""
    found = await _mine(id, by)
    state = await _state(found)
    if state != "previewed":
        raise Conflict(f"Only what was tried can be started; this import is {state}.", code=f"import_{state}")
    chosen = found.mapping | (body.mapping or {})
    noun: Any = found.kind
    mapping.check(chosen, await catalogue(noun), [column["name"] for column in found.columns])
    await connection().execute("DELETE FROM import_problem WHERE import_id = $1", id)
    job_id = await _job(id)
    await found.change(
        state="running",
        dry_run=False,
        mapping=chosen,
        duplicates=body.duplicates or found.duplicates,
        job_id=job_id,
        finished_at=None,
        read=0,
        **dict.fromkeys(COUNTED, 0),
    )
    return {"import_id": id, "job_id": job_id}


async def undo(id: UUID, *, by: Actor) -> Row:
    """Take back all that the import did; asked again while that is under way, it gives the same job."""
    found = await _mine(id, by)
    state = await _state(found)
    if state not in ("done", "failed"):
        raise Conflict(f"This import is {state}; there is nothing to take back.", code=f"import_{state}")
    if found.undo_job_id is not None and not await connection().fetchval(ENDED, found.undo_job_id):
        return {"job_id": found.undo_job_id}
    job_id = await enqueue("undo_import", {"import_id": id, "member_id": by.member_id}, queue=QUEUE)
    await found.change(undo_job_id=job_id)
    return {"job_id": job_id}


async def errors(id: UUID, *, by: Actor) -> tuple[Import, Any]:
    """The import, and its rows that failed as an open CSV: row, field, message, and the row as it was."""
    found = await Import.get_visible(by, id=id)
    file = unnamed_file()
    writer = Csv(file, "", found.kind)
    writer.rows([["Row", "Field", "Message", *(column["name"] for column in found.columns)]])
    last = (0, -1)
    while rows := await connection().fetch(PROBLEMS, id, *last):
        writer.rows([r["row"], r["field"], r["message"], *msgspec.json.decode(r["cells"])] for r in rows)
        last = (rows[-1]["row"], rows[-1]["number"])
    writer.end()
    file.seek(0)
    return found, file


async def _mine(id: UUID, by: Actor) -> Import:
    found = await Import.locked(by, id=id)
    by.must(write_permission(found.kind))
    return found


async def _job(id: UUID) -> UUID | None:
    return await enqueue("import_file", {"import_id": id}, queue=QUEUE)


async def _state(found: Import) -> str:
    """Its state; one whose job was cancelled, or died, has failed."""
    if found.state == "running" and await connection().fetchval(ENDED, found.job_id):
        return "failed"
    return found.state
