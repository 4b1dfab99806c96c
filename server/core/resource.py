"""Declared CRUD: for what is no more than schema, permission and team. There are no hooks; behaviour is written."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any
from uuid import UUID

from pydantic import BaseModel

from models.base import Record
from server.core import at_once
from server.core.events import Event, record
from server.core.pages import Listing, ListQuery
from server.core.permissions import Can
from server.core.routing import Context, Routes
from server.core.schemas import In
from server.core.view import Out, Row, Shown

VERBS = ("list", "create", "get", "put", "patch", "delete")


def crud(
    routes: Routes,
    model: type[Record],
    *,
    gives: type[Out],
    creates: type[In],
    updates: type[In],
    read: Can,
    write: Can,
    listing: Listing,
    created: type[Event],
    updated: type[Event],
    deleted: type[Event],
    verbs: Iterable[str] = VERBS,
) -> None:
    """Declare the plain endpoints of a resource below the routes' prefix, each with its event.

    `creates` doubles as the body of PUT, which replaces the editable fields; `updates` has every field optional.
    """
    makers: dict[str, Callable[..., None]] = {
        "list": lambda: _list(routes, model, gives, read, listing),
        "create": lambda: _create(routes, model, gives, creates, write, created),
        "get": lambda: _get(routes, model, gives, read),
        "put": lambda: _change(routes, model, gives, creates, write, updated, put=True),
        "patch": lambda: _change(routes, model, gives, updates, write, updated, put=False),
        "delete": lambda: _delete(routes, model, write, deleted),
    }
    for verb in verbs:
        makers[verb]()


async def replace(gives: type[Out], event: type[Event], id: UUID, values: Row, by: Any) -> Shown:
    """Write the values that differ and record the fact; the record as it is when nothing differs."""
    if (told := await at_once.change(gives, event, id, values, by)) is not None:
        return told
    found, changes, shown = await gives.alter(by, id, values)
    if changes:
        await record(event(), about=found, by=by, changes=changes, data=shown)
    return shown


def _list(routes: Routes, model: type[Record], gives: type[Out], can: Can, listing: Listing) -> None:
    async def list_all(ctx: Context, query: ListQuery) -> Row:
        return await listing.shown(query, ctx.actor)

    list_all.__doc__ = f"The team's {model.noun} records, a page at a time."
    routes.get("", can=can, gives=gives, listing=listing)(list_all)


def _get(routes: Routes, model: type[Record], gives: type[Out], can: Can) -> None:
    async def get_one(ctx: Context, id: UUID) -> Shown:
        return await gives.shown(ctx.actor, id, ctx.include)

    get_one.__doc__ = f"One {model.noun}."
    routes.get("/{id}", can=can, gives=gives)(get_one)


def _create(
    routes: Routes, model: type[Record], gives: type[Out], creates: type[In], can: Can, event: type[Event]
) -> None:
    async def create(ctx: Context, body: BaseModel) -> Row | Shown:
        values = body.model_dump()
        if (told := await at_once.add(gives, event, values, ctx.actor)) is not None:
            return told
        made, row = await gives.add(ctx.actor, **values)
        await record(event(), about=made, by=ctx.actor, data=row)
        return row

    create.__doc__ = f"Create a {model.noun}."
    create.__annotations__["body"] = creates
    routes.post("", can=can, gives=gives, status=201, whole=True)(create)


def _change(
    routes: Routes,
    model: type[Record],
    gives: type[Out],
    body_type: type[In],
    can: Can,
    event: type[Event],
    *,
    put: bool,
) -> None:
    async def change(ctx: Context, id: UUID, body: In) -> Shown:
        values = body.model_dump() if put else body.sent()
        return await replace(gives, event, id, values, ctx.actor)

    change.__doc__ = (
        f"Replace the {model.noun}'s editable fields." if put else f"Change the {model.noun}'s sent fields."
    )
    change.__annotations__["body"] = body_type
    (routes.put if put else routes.patch)("/{id}", can=can, gives=gives, whole=True)(change)


def _delete(routes: Routes, model: type[Record], can: Can, event: type[Event]) -> None:
    async def delete(ctx: Context, id: UUID) -> None:
        found = await model.locked(ctx.actor, id=id)
        await record(event(), about=found, by=ctx.actor)
        await found.remove()

    delete.__doc__ = f"Remove the {model.noun}."
    routes.delete("/{id}", can=can)(delete)
