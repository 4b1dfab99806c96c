"""A team at work: an owner with projects, whose rooms never stand still."""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any

from tests.factories.people import Person
from tests.realtime.listener import Listener

Sql = Callable[..., Awaitable[Any]]
AWAY = {"REDIS_URL": "redis://127.0.0.1:1/0"}


class Studio:
    """An owner with projects, and writers who never stop changing them."""

    def __init__(self, ann: Person, projects: list[dict[str, Any]], sql: Sql) -> None:
        self.ann, self.projects, self.sql = ann, projects, sql
        self.stopped = False
        self.rooms = [f"team:{ann.team_id}", f"projects:{ann.team_id}", *(f"project:{p['id']}" for p in projects)]

    async def enter(self, listener: Listener, rooms: list[str]) -> Listener:
        for room in rooms:
            assert (await listener.join(room))["ok"] is True
        return listener

    @asynccontextmanager
    async def writing(self, *, until_gone: bool = False) -> AsyncIterator[None]:
        """Meanwhile everything changes all the time: the team and each project, which tells two rooms."""
        self.stopped = False
        writers = [self._rename("projects", p["id"], until_gone) for p in self.projects]
        if not until_gone:  # who deletes the team has to know its name
            writers.append(self._rename("teams", self.ann.team_id, until_gone))
        async with asyncio.TaskGroup() as tasks:
            for writer in writers:
                tasks.create_task(writer)
            try:
                yield
            finally:
                self.stopped = True  # not cancelled: what was asked for would still be written, unseen by the test

    async def change_everything(self) -> None:
        """One more change that each of the rooms is told."""
        for kind, id in [("teams", self.ann.team_id), *(("projects", p["id"]) for p in self.projects)]:
            assert await self.ann.patch(f"/api/{kind}/{id}", {"name": "Changed"}) == 200

    async def _rename(self, kind: str, id: str, until_gone: bool) -> None:
        for n in itertools.count():
            if self.stopped:
                return
            answer = await self.ann.patch(f"/api/{kind}/{id}", {"name": f"Name {n}"})
            if until_gone and answer.status in (401, 404):
                return
            assert answer == 200, answer

    async def told(self, type: str) -> dict[str, int]:
        """In which rooms the fact is logged, and at which seq of each."""
        rows = await self.sql("SELECT room, seq FROM stream_entry WHERE room = ANY($1) AND type = $2", self.rooms, type)
        return {row["room"]: row["seq"] for row in rows}

    async def heads(self) -> dict[str, int]:
        rows = await self.sql("SELECT room, head FROM stream WHERE room = ANY($1)", self.rooms)
        return {row["room"]: row["head"] for row in rows}


def heard_before(listener: Listener, ended: dict[str, int]) -> None:
    """In each room nothing from the ending's seq on, and before it nothing is missing in the middle."""
    for room, seq in ended.items():
        seqs = listener.seqs(room)
        assert seqs == list(range(seqs[0] if seqs else 0, seq))[: len(seqs)], room
        assert max(seqs, default=0) < seq, (room, seq, seqs[-3:])
