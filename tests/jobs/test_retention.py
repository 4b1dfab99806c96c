"""What is forgotten by the clock, and what stays."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any
from uuid import UUID, uuid4

import asyncpg
import pytest

from server.core.jobs import enqueue
from server.core.system import system_unit
from tests.factories import Make
from tests.helpers.databases import in_database
from tests.helpers.processes import until
from tests.jobs.conftest import Jobs, Start

Sql = Callable[..., Awaitable[list[Any]]]
FILL = """
WITH facts AS (
    INSERT INTO event (id, team_id, type, at, actor, subject_kind, subject_id, subject_version)
    SELECT gen_random_uuid(), $1, 'test.old', now() - make_interval(days => $3), '{}', 'thing', gen_random_uuid(), 1
    FROM generate_series(1, $4) RETURNING id, at
), room AS (
    INSERT INTO stream (room, team_id, head) VALUES ($2, $1, $4)
    ON CONFLICT (room) DO UPDATE SET head = stream.head + $4 RETURNING head - $4 AS base
)
INSERT INTO stream_entry (room, seq, team_id, event_id, type, at, wire)
SELECT $2, room.base + row_number() OVER (), $1, facts.id, 'test.old', facts.at, '}' FROM facts, room
"""


async def done(jobs: Jobs, kind: str) -> Any:
    async with system_unit():
        id = await enqueue(kind, {})
    assert id is not None
    return await jobs.reached(id, "done")


@pytest.mark.parametrize(
    ("old", "new", "floor"),
    [
        (1500, 10, 510),  # the last thousand stay, however old
        (1500, 1200, 1500),  # more than a thousand of this week stay
        (900, 0, 0),  # a quiet room keeps all
    ],
)
async def test_a_room_keeps_the_larger_of_a_week_and_a_thousand_events(
    make: Make, jobs: Jobs, sql: Sql, worker: Start, old: int, new: int, floor: int
) -> None:
    owner = await make.owner()
    room, team = f"test:{owner.team_id}", UUID(owner.team_id)
    await sql(FILL, team, room, 8, old)
    if new:
        await sql(FILL, team, room, 1, new)
    await worker()
    await done(jobs, "trim_rooms")
    [stream] = await sql("SELECT head, floor FROM stream WHERE room = $1", room)
    [kept] = await sql(
        "SELECT min(seq) AS first, max(seq) AS last, count(*) AS n FROM stream_entry WHERE room = $1", room
    )
    assert (stream["head"], stream["floor"]) == (old + new, floor)
    assert (kept["first"], kept["last"], kept["n"]) == (floor + 1, old + new, old + new - floor)


WATCH = """
CREATE TABLE moved (step bigint, below bigint, tx xid8);
GRANT SELECT, INSERT ON moved TO mediaflow_system;
CREATE FUNCTION watch() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
    INSERT INTO moved SELECT NEW.floor - OLD.floor, count(*), pg_current_xact_id() FROM stream_entry
        WHERE room = NEW.room AND seq <= NEW.floor;
    RETURN NULL;
END $$;
CREATE CONSTRAINT TRIGGER watch AFTER UPDATE OF floor ON stream DEFERRABLE INITIALLY DEFERRED
    FOR EACH ROW EXECUTE FUNCTION watch();
"""


async def test_a_long_log_is_shortened_in_small_steps_and_its_floor_with_it(
    fresh_database_url: str, background: Start
) -> None:
    """However much there is to remove, no transaction holds the room for long, and none leaves a floor that lies."""
    sql, team, room = in_database(fresh_database_url), uuid4(), "test:long"
    owner = await asyncpg.connect(fresh_database_url)
    await owner.execute(WATCH)
    await owner.close()
    await sql("INSERT INTO team (id, name, slug) VALUES ($1, 'Long', 'long')", team)
    await sql(FILL, team, room, 8, 2_500)
    await sql("INSERT INTO job (id, kind) VALUES (gen_random_uuid(), 'trim_rooms')")
    await background("tasks.worker", DATABASE_URL=fresh_database_url, ROOM_KEEP_EVENTS="100")
    await until(lambda: sql("SELECT 1 FROM job WHERE kind = 'trim_rooms' AND state = 'done'"))
    moved = await sql("SELECT * FROM moved ORDER BY tx")
    assert [row["step"] for row in moved] == [1000, 1000, 400]
    assert [row["below"] for row in moved] == [0, 0, 0]
    assert len({row["tx"] for row in moved}) == 3


async def test_old_keys_sessions_deliveries_and_jobs_go_and_young_ones_stay(
    make: Make, jobs: Jobs, sql: Sql, worker: Start
) -> None:
    owner = await make.owner()
    team, person = UUID(owner.team_id), UUID(owner.id)
    for hours, key in ((25, "old"), (23, "young")):
        await sql(
            "INSERT INTO idempotency_key (team_id, caller, method, path, key, body_hash, created_at) "
            "VALUES ($1, $2, 'POST', '/x', $3, '', now() - make_interval(hours => $4))",
            team, person, key, hours,
        )  # fmt: skip
    for days, address in ((31, "old"), (29, "young")):
        await sql(
            "INSERT INTO auth_session (id, user_id, expires_at, refresh_hash, address) VALUES (gen_random_uuid(), $1, "
            "now() - make_interval(days => $2), decode(md5(random()::text), 'hex'), $3)",
            person, days, address,
        )  # fmt: skip
        await sql(
            "INSERT INTO mailed_token (id, user_id, kind, token_hash, email, expires_at) VALUES (gen_random_uuid(), "
            "$1, 'reset', decode(md5(random()::text), 'hex'), $3, now() - make_interval(days => $2))",
            person, days, address,
        )  # fmt: skip
        await sql(
            "INSERT INTO job (id, team_id, kind, state, step, finished_at) VALUES (gen_random_uuid(), $1, 'test.old', "
            "'done', $3, now() - make_interval(days => $2))",
            team, days, address,
        )  # fmt: skip
    await worker()
    row = await done(jobs, "forget")
    assert '"idempotency keys"' in row["result"]
    keys = await sql("SELECT key FROM idempotency_key WHERE team_id = $1", team)
    sessions = await sql("SELECT address FROM auth_session WHERE user_id = $1 AND address IN ('old', 'young')", person)
    mailed = await sql("SELECT email FROM mailed_token WHERE user_id = $1 AND kind = 'reset'", person)
    kept = await sql("SELECT step FROM job WHERE team_id = $1 AND kind = 'test.old'", team)
    assert [r["key"] for r in keys] == ["young"]
    assert [r["address"] for r in sessions] == ["young"]
    assert [r["email"] for r in mailed] == ["young"]
    assert [r["step"] for r in kept] == ["young"]
