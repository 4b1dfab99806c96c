"""Records that have an owner, and what hangs on each of them through one mechanism: tags, notes, activities."""

from __future__ import annotations

from typing import ClassVar
from uuid import UUID

from tortoise import fields

from models.actors import Actor
from models.base import Condition, Record
from models.db import connection

SUCCESSOR = "SELECT into_id FROM merged_record WHERE team_id = $1 AND kind = $2 AND id = $3"


class Owned(Record):
    """A record with an owner. A member may be kept to their own of a kind by a setting of the team.

    Each has a row in `subject` (a trigger makes it), to which what hangs on it refers.
    """

    # The kind in the plural: the name of its room, its permissions and the team's setting.
    kinds: ClassVar[str] = ""
    # The columns with those whose own it is.
    own: ClassVar[tuple[str, ...]] = ("owner_id", "created_by")

    custom = fields.JSONField(default=dict)
    created_by = fields.UUIDField(null=True)

    class Meta:
        abstract = True

    @classmethod
    def visible_to(cls, actor: Actor) -> Condition:
        if actor.sees_all(cls.kinds):
            return Condition("t.team_id = {0}", (actor.team_id,))
        own = " OR ".join(f"t.{name} = {{1}}" for name in cls.own)
        return Condition(f"t.team_id = {{0}} AND ({own})", (actor.team_id, actor.id))

    @classmethod
    async def successor(cls, by: Actor, id: UUID) -> UUID | None:
        if not cls.mergeable:
            return None
        other = await connection().fetchval(SUCCESSOR, by.team_id, cls.noun, id)
        return other if other is not None and await cls.is_visible(by, other) else None

    @property
    def owners(self) -> set[UUID]:
        """Those whose own it is, by their user ids."""
        return {id for name in self.own if (id := getattr(self, name)) is not None}

    async def label(self) -> str:
        """What people call it."""
        return str(getattr(self, "name", None) or getattr(self, "title", ""))


def owned_kinds() -> dict[str, type[Owned]]:
    """Every kind of record that things can hang on, by its noun."""
    return {cls.noun: cls for cls in Owned.__subclasses__()}


class Attached(Record):
    """What hangs on a record: who may read the record sees it."""

    # The record's, put here by who records a fact, so that it is heard in that kind's room.
    kinds: str = ""

    subject_kind = fields.TextField()
    subject_id = fields.UUIDField()

    class Meta:
        abstract = True

    @classmethod
    def visible_to(cls, actor: Actor) -> Condition:
        args: list[object] = [actor.team_id]
        readable = [owned for owned in owned_kinds().values() if actor.may(f"{owned.kinds}:read")]
        args.append([owned.noun for owned in readable if actor.sees_all(owned.kinds)])
        seen = ["t.subject_kind = ANY({1})"]
        for owned in readable:
            if not actor.sees_all(owned.kinds):
                mine = owned.visible_to(actor)
                marks = (f"{{{len(args) + n}}}" for n in range(len(mine.args)))
                seen.append(f"t.subject_id IN (SELECT t.id FROM {owned.table()} t WHERE {mine.sql.format(*marks)})")
                args.extend(mine.args)
        return Condition(f"t.team_id = {{0}} AND ({' OR '.join(seen)})", tuple(args))


class Note(Attached):
    """What somebody wrote down about a record."""

    noun: ClassVar[str] = "note"

    author_id = fields.UUIDField()
    body = fields.TextField()

    class Meta:
        table = "note"


class Activity(Attached):
    """What somebody did about a record and logged by hand: a call, a meeting, an e-mail."""

    noun: ClassVar[str] = "activity"

    kind = fields.TextField()
    title = fields.TextField()
    description = fields.TextField(null=True)
    at = fields.DatetimeField()
    author_id = fields.UUIDField()

    class Meta:
        table = "activity"


class Tag(Record):
    """A word that a team puts on records of any kind; the row of a deleted one stays, unseen."""

    noun: ClassVar[str] = "tag"

    name = fields.TextField()
    color = fields.TextField(null=True)
    deleted_at = fields.DatetimeField(null=True)

    class Meta:
        table = "tag"

    @classmethod
    def visible_to(cls, actor: Actor) -> Condition:
        return Condition("t.team_id = {0} AND t.deleted_at IS NULL", (actor.team_id,))
