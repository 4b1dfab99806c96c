"""Two contacts become one, and so do the consultants that they are."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from models.actors import Actor
from models.consultants import Consultant
from models.contacts import Contact
from models.db import connection
from models.errors import Conflict
from server.contacts.schemas import MAX_ENTRIES
from server.contacts.service import kind
from server.core.view import Row
from server.records import merge as merging
from server.records.kinds import kind_named
from server.records.merge import filled, filled_whole

CONSULTANT = "SELECT id FROM consultant WHERE team_id = $1 AND contact_id = $2"


async def merge(id: UUID, from_id: UUID, *, by: Actor) -> Row:
    """Merge another contact into this one; see `records.merge`.

    Raises `Conflict` (too_many_entries) when both have more addresses or numbers than one contact can have.
    """

    async def combine(kept: Contact, gone: Contact) -> Row:
        await _merge_consultants(kept, gone, by)
        return _united(kept, gone)

    return await merging.merge(kind, id, from_id, combine, by=by)


def _united(kept: Contact, gone: Contact) -> Row:
    return {
        **filled(kept, gone, "title", "company_id", "owner_id", "external_id"),
        **filled_whole(kept, gone, "address"),
        "emails": _both(kept.emails, gone.emails, "email"),
        "phones": _both(kept.phones, gone.phones, "phone"),
    }


def _both(kept: list[Row], gone: list[Row], name: str) -> list[Row]:
    """The entries of both, each once; the kept one's primary stays it."""
    known = {entry[name] for entry in kept}
    more = [entry | {"primary": entry["primary"] and not kept} for entry in gone if entry[name] not in known]
    if len(kept) + len(more) > MAX_ENTRIES:
        detail = f"A contact has at most {MAX_ENTRIES} {name}s; remove some first."
        raise Conflict(detail, code="too_many_entries")
    return [*kept, *more]


async def _merge_consultants(kept: Contact, gone: Contact, by: Actor) -> None:
    """Where both are consultants, one consultant can stay: the kept contact's."""
    one, other = [await connection().fetchval(CONSULTANT, kept.team_id, contact.id) for contact in (kept, gone)]
    if one is not None and other is not None:
        await merging.merge(kind_named("consultant"), one, other, _one_consultant, by=by)


async def _one_consultant(kept: Consultant, gone: Consultant) -> Row:
    values: dict[str, Any] = filled(kept, gone)
    values["skills"] = list(dict.fromkeys([*kept.skills, *gone.skills]))
    if kept.day_rate is None and gone.day_rate is not None:
        values |= {"day_rate": gone.day_rate, "currency": gone.currency}
    if kept.available_from is None and kept.available_until is None:
        values |= {"available_from": gone.available_from, "available_until": gone.available_until}
    return values
