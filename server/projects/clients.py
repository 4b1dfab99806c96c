"""Whom a project is for: a contact or a company that the caller may see."""

from __future__ import annotations

from uuid import UUID

from models.actors import Actor
from models.contacts import Company, Contact
from models.errors import wrong
from models.projects import Project
from models.records import Owned
from server.core.relations import visible
from server.core.view import Row
from server.projects.events import ProjectUpdated
from server.projects.schemas import ClientOut, CompanyClient, ContactClient, ProjectOut
from server.records.kinds import Named

KINDS: dict[type[Owned], type[ClientOut]] = {Contact: ContactClient, Company: CompanyClient}


async def _updated(project: Project, by: Actor) -> ProjectUpdated:
    return ProjectUpdated()


# A client that was merged into another one is called by that one's id.
Named(Project, ProjectOut, _updated)


async def check(id: UUID | None, by: Actor) -> None:
    """Raise `Invalid` unless the id names a contact or company that the actor may see."""
    if id is None:
        return
    for model in _readable(by):
        if await model.is_visible(by, id):
            return
    raise wrong("client_id", "not_found", "There is no such contact or company.")


async def fill(rows: list[Row], *, by: Actor) -> None:
    """Put the client, or null, into the projects that were asked for with theirs."""
    asked = [row for row in rows if "client" in row]
    ids = {row["client_id"] for row in asked if row["client_id"] is not None}
    found: dict[UUID, Row] = {}
    for model in _readable(by):
        found |= await visible(KINDS[model], ids - found.keys(), by)
    for row in asked:
        row["client"] = found.get(row["client_id"])


def _readable(by: Actor) -> list[type[Owned]]:
    return [model for model in KINDS if by.may(f"{model.kinds}:read")]
