"""What a team's rows may mean: read once for each batch, so that a change of the team counts from then on."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from models.actors import Actor
from models.contacts import Company
from models.db import connection
from server.contacts.phones import team_country
from server.core.amounts import team_currency
from server.imports.fields import Noun
from server.imports.values import Facts
from server.settings.custom_fields import fields_of

PEOPLE = """
SELECT m.user_id, lower(u.email) AS email, lower(u.name) AS name FROM member m JOIN app_user u ON u.id = m.user_id
WHERE m.team_id = $1 AND m.left_at IS NULL
"""
CALLED = (
    "SELECT t.id, lower(t.name) AS name FROM company t WHERE lower(t.name) = ANY($1) AND {visible} ORDER BY t.id DESC"
)
TAGS = "SELECT id, lower(name) AS name FROM tag WHERE team_id = $1 AND lower(name) = ANY($2) AND deleted_at IS NULL"


async def facts_of(noun: Noun, by: Actor) -> Facts:
    """The team as its rows' cells refer to it."""
    people: dict[str, UUID | None] = {}
    rows = await connection().fetch(PEOPLE, by.team_id)
    for row in rows:
        people[row["name"]] = None if row["name"] in people else row["user_id"]
    people |= {row["email"]: row["user_id"] for row in rows}
    return Facts(noun, await team_country(by), await team_currency(by), people, await fields_of(noun))


async def companies_called(names: Sequence[str], by: Actor) -> dict[str, UUID]:
    """The companies that the actor may see, the oldest of each name."""
    wanted = list({name.lower() for name in names if name})
    if not wanted or not by.may("companies:read"):
        return {}
    visible = Company.visible_to(by)
    sql = CALLED.format(visible=visible.numbered(2))
    rows = await connection().fetch(sql, wanted, *visible.args)
    return {row["name"]: row["id"] for row in rows}


async def tags_called(names: Sequence[str], by: Actor) -> dict[str, UUID]:
    """The tags of these names, by their names in small letters."""
    wanted = list({name.lower() for name in names})
    return {r["name"]: r["id"] for r in await connection().fetch(TAGS, by.team_id, wanted)} if wanted else {}
