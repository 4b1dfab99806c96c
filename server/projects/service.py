"""A project's life: made, changed, archived, removed."""

from __future__ import annotations

from datetime import date
from uuid import UUID

from models.actors import Actor
from models.errors import Findings, wrong
from models.projects import Project, ProjectMember
from server.core import amounts
from server.core.events import record
from server.core.view import Row
from server.projects import clients, columns
from server.projects.events import ProjectArchived, ProjectCreated, ProjectDeleted, ProjectUpdated
from server.projects.schemas import ProjectOut
from server.settings import custom_fields


async def create(values: Row, *, by: Actor, copied_from: UUID | None = None) -> Project:
    """Make a project, with its maker on it."""
    findings = Findings()
    with findings:
        values = await amounts.given(values, "budget", by=by)
    if copied_from is None:
        with findings:
            await clients.check(values["client_id"], by)
        with findings:
            values["custom"] = await custom_fields.check("project", values["custom"], by)
    with findings:
        check_dates(values["start_on"], values["due_on"])
    findings.settle()
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
    values = await _checked(project, values, by, replace=replace)
    turned = await columns.prepare(project, values["columns"]) if "columns" in values else []
    changes = await project.change(**values)
    if changes:
        await record(ProjectUpdated(), about=project, by=by, changes=changes)
    await columns.finish(project, turned, by=by)
    row = await ProjectOut.of(project)
    if "status" in changes and project.status == "archived":
        await record(ProjectArchived(), about=project, by=by, data=row)
    return row


async def _checked(project: Project, values: Row, by: Actor, *, replace: bool) -> Row:
    """The values as columns. Raises `Invalid` naming every wrong field."""
    findings = Findings()
    with findings:
        check_dates(values.get("start_on", project.start_on), values.get("due_on", project.due_on))
    with findings:
        values = await amounts.changed(project, values, "budget", by=by)
    if values.get("client_id") != project.client_id:
        with findings:
            await clients.check(values.get("client_id"), by)
    if "custom" in values:
        with findings:
            values["custom"] = await custom_fields.check(
                "project", values["custom"], by, existing=project.custom, replace=replace
            )
    findings.settle()
    return values


async def delete(id: UUID, *, by: Actor) -> None:
    """Remove the project with all that is in it; everybody leaves its room."""
    project = await Project.locked(by, id=id)
    await record(ProjectDeleted(name=project.name), about=project, by=by)
    await project.remove()


def check_dates(start: date | None, due: date | None) -> None:
    """Raise `Invalid` when the end lies before the start."""
    if start is not None and due is not None and due < start:
        raise wrong("due_on", "before_start", "Lies before start_on.")
