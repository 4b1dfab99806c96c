"""A project's life: made, changed, archived, removed."""

from __future__ import annotations

from datetime import date
from typing import Any
from uuid import UUID

from models.actors import Actor
from models.db import connection
from models.errors import FieldError, Invalid, wrong
from models.money import from_minor, places, to_minor
from models.projects import Project, ProjectMember
from server.core.events import record
from server.core.view import Row
from server.projects import clients, columns
from server.projects.events import ProjectArchived, ProjectCreated, ProjectDeleted, ProjectUpdated
from server.projects.schemas import ProjectOut
from server.settings import custom_fields


async def create(values: Row, *, by: Actor, copied_from: UUID | None = None) -> Project:
    """Make a project, with its maker on it."""
    values = await complete(values, by=by)
    if copied_from is None:
        await clients.check(values["client_id"], by)
        values["custom"] = await custom_fields.check("project", values["custom"], by)
    check_dates(values["start_on"], values["due_on"])
    values["budget"] = _minor(values["budget"], values["currency"])
    project = await Project.add(by, **values, created_by=by.id)
    if by.kind == "user":
        await ProjectMember.add(by, project_id=project.id, user_id=by.id)
    await record(ProjectCreated(copied_from=copied_from), about=project, by=by)
    return project


async def change(id: UUID, values: Row, *, by: Actor, replace: bool = False) -> Row:
    """Change these fields, or `replace` them all, the team's own too.

    Raises `Conflict` (column_in_use) when a column with tasks in it would go.
    """
    project = await Project.locked(by, id=id)
    if "currency" in values and values["currency"] is None:
        values["currency"] = await team_currency(by)
    _check(project, values)
    if values.get("client_id") != project.client_id:
        await clients.check(values.get("client_id"), by)
    if "custom" in values:
        values["custom"] = await custom_fields.check(
            "project", values["custom"], by, existing=project.custom, replace=replace
        )
    turned = await columns.prepare(project, values["columns"]) if "columns" in values else []
    changes = await project.change(**values)
    if changes:
        await record(ProjectUpdated(), about=project, by=by, changes=changes)
    await columns.finish(project, turned, by=by)
    row = await ProjectOut.of(project)
    if "status" in changes and project.status == "archived":
        await record(ProjectArchived(), about=project, by=by, data=row)
    return row


async def delete(id: UUID, *, by: Actor) -> None:
    """Remove the project with all that is in it; everybody leaves its room."""
    project = await Project.locked(by, id=id)
    await record(ProjectDeleted(name=project.name), about=project, by=by)
    await project.remove()


async def complete(values: Row, *, by: Actor) -> Row:
    """The values with what only the team can say: the currency that was left out."""
    return values | {"currency": values["currency"] or await team_currency(by)}


async def team_currency(by: Actor) -> str:
    return str(await connection().fetchval("SELECT currency FROM team WHERE id = $1", by.team_id))


def _check(project: Project, values: Row) -> None:
    """Hold the new values against the record's others, and turn the budget into minor units."""
    check_dates(values.get("start_on", project.start_on), values.get("due_on", project.due_on))
    currency = values.get("currency", project.currency)
    if "budget" in values:
        values["budget"] = _minor(values["budget"], currency)
    elif currency != project.currency and project.budget is not None:
        # The amount stays what people read; its minor units may differ in the other currency.
        values["budget"] = _minor(from_minor(project.budget, project.currency), currency)


def check_dates(start: date | None, due: date | None) -> None:
    """Raise `Invalid` when the end lies before the start."""
    if start is not None and due is not None and due < start:
        raise wrong("due_on", "before_start", "Lies before start_on.")


def _minor(amount: str | None, currency: str) -> Any:
    try:
        places(currency)
    except ValueError as error:
        raise wrong("currency", "unknown_currency", f"{error}.") from None
    try:
        return None if amount is None else to_minor(amount, currency)
    except ValueError as error:
        raise Invalid(FieldError("budget", "wrong_amount", f"The amount {error}.")) from None
