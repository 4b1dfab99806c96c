"""What is done with more leads than one transaction takes."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from models.actors import Actor
from models.errors import FieldError
from server.auth.tokens import member_now
from server.core.bulk import AT_ONCE, SomeWrong
from server.core.permissions import Can
from server.leads import bulk
from server.leads.schemas import LeadPatch
from tasks.context import JobContext
from tasks.registry import Args, Permanent, job

NEEDS = {"update": Can.LEADS_WRITE, "delete": Can.LEADS_DELETE}
MOST_NAMED = 1000


class BulkArgs(Args):
    """The ids were the member's to see when they asked; what became of some since is theirs to read."""

    verb: bulk.Verb
    ids: list[UUID]
    changes: dict[str, Any]
    member_id: UUID


@job("bulk_leads", forget=True)
async def bulk_leads(ctx: JobContext, args: BulkArgs) -> dict[str, Any]:
    """Change or remove the leads, a transaction for each thousand; the result names those that could not be."""
    failed: list[dict[str, str]] = []
    for start in range(0, len(args.ids), AT_ONCE):
        ctx.progress(100 * start / len(args.ids), f"{start} of {len(args.ids)}")
        failed += await _step(ctx, args, args.ids[start : start + AT_ONCE])
    done = len(args.ids) - len({f["id"] for f in failed})
    return {"done": done, "failed": failed[:MOST_NAMED], "failed_count": len(args.ids) - done}


async def _step(ctx: JobContext, args: BulkArgs, ids: list[UUID]) -> list[dict[str, str]]:
    """All of these but those that refuse, which are named."""
    failed: list[dict[str, str]] = []
    while ids:
        try:
            async with ctx.unit(final=False):
                await _do(args, ids, await _starter(args))
            break
        except SomeWrong as error:
            refused = {ids[place]: errors for place, errors in error.places.items()}
            failed += [_named(id, e) for id, errors in refused.items() for e in errors if not _gone(args, e)]
            ids = [id for id in ids if id not in refused]
    return failed


async def _do(args: BulkArgs, ids: list[UUID], by: Actor) -> None:
    if args.verb == "delete":
        await bulk.delete(ids, by=by)
    else:
        await bulk.update(ids, LeadPatch.model_validate(args.changes).sent(), by=by)


async def _starter(args: BulkArgs) -> Actor:
    by = await member_now(args.member_id)
    if by is None or not by.may(NEEDS[args.verb]):
        raise Permanent("Whoever asked for this may not do it any more.")
    return by


def _gone(args: BulkArgs, error: FieldError) -> bool:
    """Whether it is what was asked for: gone in an attempt before this one, or by somebody else."""
    return args.verb == "delete" and error.code == "not_found"


def _named(id: UUID, error: FieldError) -> dict[str, str]:
    field = error.field.partition("].")[2]
    return {"id": str(id), "field": field, "code": error.code, "message": error.message}
