"""Many records at once: all of them or none, and what is wrong names which of them."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from typing import TypeVar
from uuid import UUID

from models.actors import Actor
from models.base import Record
from models.db import connection
from models.errors import AppError, FieldError, Invalid

# What one transaction takes; a job does more in steps of as many.
AT_ONCE = 1000
SEEN = "SELECT t.* FROM {table} t WHERE t.id = ANY($1) AND {visible} ORDER BY t.id{lock}"

R = TypeVar("R", bound=Record)
T = TypeVar("T")


class SomeWrong(Invalid):
    """Some of the records cannot be changed so: what is wrong, by their places in the list."""

    def __init__(self, places: dict[int, list[FieldError]]) -> None:
        super().__init__(*(error for errors in places.values() for error in errors))
        self.places = places


async def found(model: type[R], ids: Sequence[UUID], by: Actor, *, lock: bool = True) -> list[R]:
    """The records in the order of their ids, locked in one order for all.

    Raises `SomeWrong` that names each id that is unknown or given twice.
    """
    visible = model.visible_to(by)
    sql = SEEN.format(table=model.table(), visible=visible.numbered(2), lock=" FOR UPDATE OF t" if lock else "")
    known = {row["id"]: row for row in await connection().fetch(sql, ids, *visible.args)}
    wrong, seen = dict[int, list[FieldError]](), set[UUID]()
    for place, id in enumerate(ids):
        if id not in known:
            wrong[place] = [FieldError(f"ids[{place}]", "not_found", f"There is no {model.noun} {id}.")]
        elif id in seen:
            wrong[place] = [FieldError(f"ids[{place}]", "given_twice", f"The {model.noun} {id} is named twice.")]
        seen.add(id)
    if wrong:
        raise SomeWrong(wrong)
    return [model._from_row(known[id]) for id in ids]


async def each(records: Sequence[R], do: Callable[[R], Awaitable[T]]) -> list[T]:
    """Do it to each of them. Raises `SomeWrong` that names every one that refuses, and each of its wrong fields."""
    done, wrong = list[T](), dict[int, list[FieldError]]()
    for place, one in enumerate(records):
        try:
            done.append(await do(one))
        except AppError as error:
            wrong[place] = _at(place, error)
    if wrong:
        raise SomeWrong(wrong)
    return done


def _at(place: int, error: AppError) -> list[FieldError]:
    if isinstance(error, Invalid):
        return [FieldError(f"ids[{place}].{e.field}", e.code, e.message) for e in error.errors]
    return [FieldError(f"ids[{place}]", error.code, error.detail)]
