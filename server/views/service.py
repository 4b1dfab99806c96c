"""A view's life: saved, changed, shared, deleted."""

from __future__ import annotations

from uuid import UUID

from models.actors import Actor
from models.errors import PermissionDenied
from models.views import READ, SavedView
from server.core.events import record
from server.core.permissions import Can
from server.core.view import Row
from server.views.check import check, custom_keys
from server.views.events import ViewCreated, ViewDeleted, ViewLeft, ViewUpdated, hearers
from server.views.schemas import ViewOut


async def create(values: Row, *, by: Actor) -> Row:
    """Save a view as one's own. Raises `Invalid` for what its list does not have."""
    by.must(READ[values["kind"]])
    await check(values["kind"], values)
    view, row = await ViewOut.add(by, **_stored(values), owner_id=by.id)
    await record(ViewCreated(hearers=await hearers(view)), about=view, by=by, data=row)
    return row


async def change(id: UUID, values: Row, *, by: Actor) -> Row:
    """Change these fields; only they have to fit the list as it is now."""
    view = await _own(id, by)
    had: Row = {"filter": view.filters, "sort": view.sort, "columns": view.columns}
    await check(view.kind, {name: value for name, value in values.items() if value != had.get(name)})
    heard = await hearers(view)
    changes, row = await ViewOut.change(view, _stored(had | values))
    if changes:
        changes = {"filter" if name == "filters" else name: pair for name, pair in changes.items()}
        hearing = await hearers(view)
        await record(ViewUpdated(hearers=hearing), about=view, by=by, changes=changes, data=row)
        if lost := tuple(sorted(set(heard) - set(hearing))):
            await record(ViewLeft(name=view.name, hearers=lost), about=view, by=by)
    return row


async def delete(id: UUID, *, by: Actor) -> None:
    """Delete the view, for all who saw it."""
    view = await _own(id, by)
    await record(ViewDeleted(name=view.name, hearers=await hearers(view)), about=view, by=by)
    await view.remove()


def _stored(values: Row) -> Row:
    """The values as columns."""
    values = values | {"custom_keys": custom_keys(values["filter"], values["sort"], values["columns"])}
    return values | {"filters": values.pop("filter")}


async def _own(id: UUID, by: Actor) -> SavedView:
    """The view, locked. Raises `PermissionDenied` (not_owner) for another's, unless the actor may change all."""
    view = await SavedView.locked(by, id=id)
    if view.owner_id != by.id and not by.may(Can.VIEWS_WRITE_ALL):
        raise PermissionDenied("Only its owner or a manager may change a shared view.", code="not_owner")
    return view
