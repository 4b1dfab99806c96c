"""Amounts of records: decimal strings in requests, minor units beside their currency in rows."""

from __future__ import annotations

from typing import Any

from models.actors import Actor
from models.db import connection
from models.errors import wrong
from models.money import from_minor, places, to_minor
from server.core.view import Row


async def team_currency(by: Actor) -> str:
    return str(await connection().fetchval("SELECT currency FROM team WHERE id = $1", by.team_id))


def minor(field: str, amount: str | None, currency: str) -> int | None:
    """The amount in minor units. Raises `Invalid` naming the field, or the currency that there is not."""
    try:
        places(currency)
    except ValueError as error:
        raise wrong("currency", "unknown_currency", f"{error}.") from None
    try:
        return None if amount is None else to_minor(amount, currency)
    except ValueError as error:
        raise wrong(field, "wrong_amount", f"The amount {error}.") from None


async def given(values: Row, field: str, *, by: Actor) -> Row:
    """A new record's values with its amount in minor units; a currency that was left out is the team's."""
    currency = values["currency"] or await team_currency(by)
    return values | {"currency": currency, field: minor(field, values[field], currency)}


async def changed(found: Any, values: Row, field: str, *, by: Actor) -> Row:
    """A record's new values with its amount in minor units, also when only the currency changes."""
    if not values.keys() & {field, "currency"}:
        return values
    currency = values.get("currency", found.currency) or await team_currency(by)
    had = getattr(found, field)
    # The amount stays what people read; its minor units may differ in another currency.
    amount = values.get(field) if field in values or had is None else from_minor(had, found.currency)
    return values | {"currency": currency, field: minor(field, amount, currency)}
