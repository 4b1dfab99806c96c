"""Entering rooms: what a client is told when it connects, and when it joins, with what it has missed."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, StrictInt

from models.actors import Actor
from models.errors import NotFound
from realtime.connection import Connection
from realtime.credentials import admit
from realtime.follower import Follower
from realtime.places import Membership
from realtime.rooms import home_rooms, may_read, own_room
from server.core.log import Head, Replay, heads, open_rooms, replay
from server.core.pipeline import RoleChanged
from server.core.unit import unit_of_work

REFUSED = {"ok": False, "code": "not_found"}


class JoinIn(BaseModel):
    """What `join` asks for."""

    model_config = ConfigDict(extra="forbid", strict=True)

    room: Annotated[str, Field(max_length=200)]
    after: Annotated[StrictInt, Field(ge=0)] | None = None
    epoch: Annotated[str, Field(max_length=100)] | None = None


class RoomIn(BaseModel):
    """What names a room and no more."""

    model_config = ConfigDict(extra="forbid", strict=True)

    room: Annotated[str, Field(max_length=200)]


async def read(connection: Connection, asked: list[JoinIn]) -> list[Replay]:
    """What happened in the rooms, all in one snapshot in which the connection is authorised as well.

    Raises `NotFound` if one of them is not the actor's to read, `Unauthorised` if the connection has none any more.
    """
    try:
        return await _read(connection.actor, asked)
    except RoleChanged:
        connection.admitted = await admit(connection.admitted.token, fresh=True)
        return await _read(connection.actor, asked)


async def _read(actor: Actor, asked: list[JoinIn]) -> list[Replay]:
    replays, unopened = await _snapshot(actor, asked)
    if unopened:
        async with unit_of_work(actor):
            await open_rooms(unopened)
        replays, _ = await _snapshot(actor, asked)
    return replays


async def _snapshot(actor: Actor, asked: list[JoinIn]) -> tuple[list[Replay], list[str]]:
    async with unit_of_work(actor, read_only=True, snapshot=True):
        for one in asked:
            if not await may_read(actor, one.room):
                raise NotFound
        found = await heads([one.room for one in asked])
        replays = [await replay(found.get(one.room, Head(one.room, "", 0, 0)), one.after, one.epoch) for one in asked]
        return replays, [one.room for one in asked if one.room not in found]


class Door:
    """Lets connections into rooms."""

    def __init__(self, follower: Follower, most_rooms: int) -> None:
        self.follower = follower
        self.most_rooms = most_rooms
        self.on_enter: Callable[[Connection, str], None] = lambda connection, room: None
        self.on_leave: Callable[[Connection, str], None] = lambda connection, room: None

    async def welcome(self, connection: Connection) -> dict[str, dict[str, object]]:
        """Put the connection into its home rooms; gives where each of them stands, for `ready`."""
        names = home_rooms(connection.actor)
        memberships = [self.follower.hold(connection, name) for name in names]
        try:
            replays = await read(connection, [JoinIn(room=name) for name in names])
        except BaseException:
            self.forget(connection)
            raise
        connection.role_version = connection.actor.role_version
        for membership, replay_ in zip(memberships, replays, strict=True):
            self._enter(membership, replay_)
        return {r.room: {"epoch": r.epoch, "seq": r.seq} for r in replays}

    async def join(self, connection: Connection, asked: JoinIn) -> dict[str, object]:
        """Put the connection into a room and give what it has missed; live events follow the answer."""
        if asked.room not in connection.rooms and len(connection.rooms) >= self.most_rooms:
            return {"ok": False, "code": "too_many_rooms"}
        membership = self.follower.hold(connection, asked.room)
        try:
            [found] = await read(connection, [asked])
        except NotFound:
            self.out(membership)
            return REFUSED
        except BaseException:
            self.out(membership)
            raise
        if found.reset:
            self.out(membership)
        elif not self._enter(membership, found):
            return REFUSED
        return found.as_answer()

    def leave(self, connection: Connection, asked: RoomIn) -> dict[str, object]:
        """Take the connection out of a room; to leave one it is not in is no error."""
        membership = connection.rooms.get(asked.room)
        if membership is not None:
            self.out(membership)
        return {"ok": True, "room": asked.room}

    def forget(self, connection: Connection) -> None:
        """Take the connection out of all its rooms."""
        for membership in list(connection.rooms.values()):
            self.follower.drop(membership)
            self.on_leave(connection, membership.room.name)

    def _enter(self, membership: Membership, found: Replay) -> bool:
        if self.follower.settle(membership, found):
            membership.connection.entering.append(membership)
            self.on_enter(membership.connection, membership.room.name)
            return True
        self.out(membership)
        return False

    def out(self, membership: Membership) -> None:
        """Take a connection out of a room. In its own room it stays, unheard: that room tells what becomes of it."""
        connection, room = membership.connection, membership.room
        connection.before_send(connection)  # what came before it left
        self.on_leave(connection, room.name)
        if room.name == own_room(connection.actor) and room.cursor is not None and not connection.closed:
            membership.silent = True
            membership.release()
        else:
            self.follower.drop(membership)

    def close(self, membership: Membership, code: str, seq: int | None = None) -> None:
        """End a connection's place in a room for want of the right."""
        self.out(membership)
        name, cursor = membership.room.name, membership.room.cursor
        membership.connection.emit("room.closed", {"room": name, "seq": cursor if seq is None else seq, "code": code})

    def reset(self, membership: Membership, code: str) -> None:
        """End a connection's place in a room whose log cannot go on for it: it loads the snapshot and joins again."""
        self.out(membership)
        membership.connection.emit("room.reset", {"room": membership.room.name, "code": code})
