"""The log: gapless per room in commit order, nothing without its transaction, one fact in several rooms."""

from __future__ import annotations

import asyncio
import json
import random
import uuid
from dataclasses import dataclass, field, replace

import asyncpg
import pytest

from models.actors import Actor
from models.clock import now
from server.config import Settings
from server.core.announce import Entry, listen
from server.core.database import database
from server.core.events import Event, catalogue, event, record
from server.core.problems import DATABASE_ERRORS, as_app_error
from server.core.rooms import Audience
from server.core.system import system_unit
from server.core.unit import current, unit_of_work

WRITERS, CHANGES, PROJECTS = 8, 25, 3


class Boom(Exception):
    pass


@dataclass
class Thing:
    """What an event is about, as far as the log needs to know."""

    team_id: uuid.UUID
    project_id: uuid.UUID
    id: uuid.UUID = field(default_factory=uuid.uuid4)
    version: int = 1
    noun: str = "thing"


@pytest.fixture(scope="module")
def moved() -> type[Event]:
    """An event of the test's own, taken out of the catalogue afterwards."""

    @event("thing.moved", says="{actor} moved it", live={Audience.PROJECT, Audience.TEAM})
    class ThingMoved(Event):
        step: int

    del catalogue["thing.moved"]
    return ThingMoved


@pytest.fixture
async def team(url: str, config: Settings) -> Actor:
    team_id = uuid.uuid4()
    async with system_unit() as unit:
        await unit.conn.execute("INSERT INTO team (id, name, slug) VALUES ($1, 'Log', $2)", team_id, str(team_id))
    return Actor(kind="system", id=uuid.uuid4(), name="Test", team_id=team_id)


async def entries_of(room: str) -> list[tuple[int, str]]:
    async with system_unit(read_only=True) as unit:
        rows = await unit.conn.fetch("SELECT seq, wire FROM stream_entry WHERE room = $1 ORDER BY seq", room)
    return [(r["seq"], r["wire"]) for r in rows]


async def test_rooms_are_gapless_under_many_writers_some_of_whom_fail(team: Actor, moved):
    projects = [uuid.uuid4() for _ in range(PROJECTS)]
    committed: list[int] = []
    heard: list[Entry] = []
    stop = listen(heard.extend)

    async def write(writer: int) -> None:
        for change in range(CHANGES):
            step = writer * 1000 + change
            try:
                async with unit_of_work(team):
                    for project in random.sample(projects, k=2):
                        await record(moved(step=step), about=Thing(team.team_id, project), by=team)
                    if change % 5 == 4:
                        raise Boom
            except Boom:
                continue
            committed.append(step)

    await asyncio.gather(*(write(w) for w in range(WRITERS)))
    stop()
    assert len(committed) == WRITERS * CHANGES * 4 // 5
    total = 0
    for project in projects:
        entries = await entries_of(f"project:{project}")
        assert [seq for seq, _ in entries] == list(range(1, len(entries) + 1))
        total += len(entries)
    assert total == 2 * len(committed)
    team_entries = await entries_of(f"team:{team.team_id}")
    assert [seq for seq, _ in team_entries] == list(range(1, 2 * len(committed) + 1))
    ours = {(e.room, e.seq): e.wire for e in heard if str(team.team_id) in e.room}
    assert ours == {(f"team:{team.team_id}", seq): wire for seq, wire in team_entries}


async def test_a_failed_unit_leaves_no_event_and_is_not_announced(team: Actor, moved):
    heard: list[Entry] = []
    stop = listen(heard.extend)
    project = uuid.uuid4()
    with pytest.raises(Boom):
        async with unit_of_work(team):
            await record(moved(step=1), about=Thing(team.team_id, project), by=team)
            raise Boom
    stop()
    assert await entries_of(f"project:{project}") == []
    assert [e for e in heard if e.room == f"project:{project}"] == []


@pytest.mark.parametrize("facts", [1, 2])
async def test_a_room_takes_no_fact_of_another_team(team: Actor, moved, facts: int):
    project = uuid.uuid4()
    async with unit_of_work(team):
        await record(moved(step=0), about=Thing(team.team_id, project), by=team)
    foreign = Thing(uuid.uuid4(), project)
    for unit in (system_unit(), unit_of_work(replace(team, team_id=foreign.team_id))):
        with pytest.raises(asyncpg.PostgresError):
            async with unit:
                for step in range(facts):
                    await record(moved(step=step), about=foreign, by=team)
    assert [seq for seq, _ in await entries_of(f"project:{project}")] == [1]
    async with system_unit(read_only=True) as reading:
        for table in ("event", "stream", "stream_entry"):
            sql = f"SELECT count(*) FROM {table} WHERE team_id = $1"
            assert await reading.conn.fetchval(sql, foreign.team_id) == 0


async def test_events_outside_a_unit_are_refused(team: Actor, moved):
    with pytest.raises(LookupError):
        await record(moved(step=1), about=Thing(team.team_id, uuid.uuid4()), by=team)


async def test_a_dead_connection_at_commit_is_a_503_and_the_pool_recovers(team: Actor, moved):
    project = uuid.uuid4()
    with pytest.raises(DATABASE_ERRORS) as caught:
        async with unit_of_work(team):
            await record(moved(step=1), about=Thing(team.team_id, project), by=team)
            pid = await current().conn.fetchval("SELECT pg_backend_pid()")
            async with system_unit() as other:
                await other.conn.execute("RESET ROLE")
                await other.conn.execute("SELECT pg_terminate_backend($1)", pid)
    assert as_app_error(caught.value).status == 503
    assert await entries_of(f"project:{project}") == []
    for _ in range(database.pool.size + 1):
        async with unit_of_work(team, read_only=True) as unit:
            assert await unit.conn.fetchval("SELECT 1") == 1


async def test_the_wire_is_the_payload_without_its_brace_and_seq(team: Actor, moved):
    project = uuid.uuid4()
    thing = Thing(team.team_id, project)
    before = now()
    async with unit_of_work(team):
        await record(moved(step=7), about=thing, by=team)
    ((seq, wire),) = await entries_of(f"project:{project}")
    payload = json.loads(Entry("", seq, "", wire).text)
    at = payload.pop("at")
    assert before.isoformat()[:19] <= at
    assert at.endswith("Z")
    uuid.UUID(payload.pop("id"))
    assert payload == {
        "seq": 1,
        "room": f"project:{project}",
        "type": "thing.moved",
        "actor": {"kind": "system", "id": str(team.id), "name": "Test"},
        "subject": {"kind": "thing", "id": str(thing.id), "version": 1},
        "data": None,
        "changes": {},
        "detail": {"step": 7},
    }
