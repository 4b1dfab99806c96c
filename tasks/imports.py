"""Imports: done, taken back, and forgotten after a while."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from models.clock import now
from models.db import connection
from server.core.storage import storage
from server.imports import run
from server.imports.reading.source import Unreadable
from server.imports.run import Refused, Run
from server.imports.undo import Undo
from tasks.context import JobContext
from tasks.registry import Args, NoArgs, Permanent, job
from tasks.schedule import schedule

AT_ONCE = 100
OLD = """
SELECT id, team_id, file_key FROM data_import WHERE created_at < $1::timestamptz - interval '30 days'
ORDER BY created_at LIMIT $2
"""


class ImportArgs(Args):
    import_id: UUID


class UndoArgs(Args):
    """Which import, and who takes it back."""

    import_id: UUID
    member_id: UUID


@job("import_file", queue="bulk")
async def import_file(ctx: JobContext, args: ImportArgs) -> Any:
    """Look at the file, and import it unless it is only tried."""
    try:
        await Run(args.import_id, lambda: ctx.unit(final=False), ctx.progress).perform()
        async with ctx.unit():
            ctx.result = await run.finish(args.import_id)
    except (Unreadable, Refused) as error:
        async with ctx.unit(final=False):
            await run.fail(args.import_id, str(error))
        raise Permanent(str(error)) from error
    return ctx.result


@job("undo_import", queue="bulk")
async def undo_import(ctx: JobContext, args: UndoArgs) -> Any:
    """Take back what the import did."""
    undo = Undo(args.import_id, args.member_id, lambda: ctx.unit(final=False), ctx.progress)
    try:
        await undo.perform()
        async with ctx.unit():
            ctx.result = await undo.finish()
    except Refused as error:
        raise Permanent(str(error)) from error
    return ctx.result


@job("forget_imports", quiet=True)
async def forget_imports(ctx: JobContext, args: NoArgs) -> dict[str, int]:
    """Remove imports after a month, with their files: until then each can be taken back."""
    gone = 0
    while True:
        async with ctx.unit(final=False):
            rows = await connection().fetch(OLD, now(), AT_ONCE)
        for row in rows:
            await storage().delete(row["team_id"], row["file_key"])
        async with ctx.unit(final=False):
            await connection().execute("DELETE FROM data_import WHERE id = ANY($1)", [row["id"] for row in rows])
        gone += len(rows)
        if len(rows) < AT_ONCE:
            return {"imports": gone}


schedule("imports.forget", "25 4 * * *", job="forget_imports", catch_up="latest")
