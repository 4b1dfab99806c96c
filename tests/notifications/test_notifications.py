"""What people are told: in the app, live, by mail, and of what is due soon."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest

from models.clock import now
from server.config import Settings
from server.core.jobs import enqueue
from server.core.system import system_unit
from tests.factories import Make
from tests.factories.people import Person
from tests.helpers.databases import in_database
from tests.helpers.http import Client
from tests.helpers.processes import beside, until

Sql = Callable[..., Awaitable[list[Any]]]
SHAPE = {
    "id", "version", "created_at", "updated_at", "type", "title", "body", "subject", "project_id", "read_at",
}  # fmt: skip


@pytest.fixture(scope="module")
async def background_work(
    config: Settings, url: str, database_url: str, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[None]:
    """A dispatcher and a worker for all tests here: what they do for one team, no other sees."""
    async with beside(config, tmp_path_factory.mktemp("beside"), in_database(database_url), now()) as start:
        await start("tasks.dispatch")
        await start("tasks.worker")
        yield


async def told(who: Person, type: str, count: int = 1) -> list[dict[str, Any]]:
    """The person's notifications of the type, once there are so many."""

    async def look() -> Any:
        items = (await who.get(f"/api/notifications?type={type}")).json["items"]
        return items if len(items) >= count else None

    return await until(look)


async def mails(anyone: Client, who: Person, subject: str) -> list[dict[str, Any]]:
    async def look() -> Any:
        items = (await anyone.get("/dev/mail", headers={"Accept": "application/json"})).json["items"]
        return [m for m in items if m["to"] == who.user["email"] and m["subject"] == subject]

    return await until(look)


async def test_who_is_put_on_a_task_is_told_once_everywhere(make: Make, anyone: Client, background_work: None) -> None:
    owner = await make.owner(name="Ana")
    member = await make.member(owner, name="Bo")
    project = await make.project(owner, member, name="Brand film")
    task = await make.task(owner, project, title="Storyboard", assignee_ids=[member.id, owner.id])
    [found] = await told(member, "task.assigned")
    assert set(found) == SHAPE
    assert found["subject"] == {"kind": "task", "id": task["id"]}
    assert found["project_id"] == project["id"]
    assert found["read_at"] is None
    assert "“Storyboard”" in found["title"]
    assert (await owner.get("/api/notifications?type=task.assigned")).json["items"] == [], "who did it knows it"
    assert [e["data"]["id"] for e in await make.heard(member, "notification.created") if
            e["data"]["type"] == "task.assigned"] == [found["id"]]  # fmt: skip
    [mail] = await mails(anyone, member, "Ana gave you: Storyboard")
    assert mail["links"] == [f"https://mediaflow.test/projects/{project['id']}?task={task['id']}"]
    assert "Brand film" in mail["text"]


async def test_a_task_that_can_start_tells_those_who_are_to_do_it(make: Make, anyone: Client, background_work: None):
    owner = await make.owner(name="Ana")
    member = await make.member(owner)
    project = await make.project(owner, member)
    blocker = await make.task(owner, project, title="Script")
    waiting = await make.task(owner, project, title="Shoot", assignee_ids=[member.id])
    await make.depends(owner, waiting, blocker)
    assert await owner.patch(f"/api/tasks/{blocker['id']}/move", {"status": "done"}) == 200
    [found] = await told(member, "task.unblocked")
    assert (found["title"], found["subject"]["id"]) == ("“Shoot” can start", waiting["id"])
    assert await mails(anyone, member, "You can start: Shoot")


async def test_who_is_mentioned_is_told_what_was_written(make: Make, anyone: Client, background_work: None) -> None:
    owner = await make.owner(name="Ana")
    member = await make.member(owner, name="Bo Peep")
    project = await make.project(owner, member)
    task = await make.task(owner, project, title="Script")
    answer = await owner.post(
        f"/api/tasks/{task['id']}/comments", {"body": f"@[Bo Peep]({member.id}) is page 3 yours?"}
    )
    assert answer == 201
    assert answer.json["mentions"] == [member.id]
    [found] = await told(member, "comment.mentioned")
    assert found["subject"] == {"kind": "task", "id": task["id"]}
    assert "page 3" in found["body"]
    [mail] = await mails(anyone, member, "Ana mentioned you on Script")
    assert "page 3" in mail["text"]


async def test_a_question_leads_to_its_proposal(make: Make, background_work: None) -> None:
    owner = await make.owner()
    sent, [ida] = await make.sent(owner)
    assert await ida.act("comments", body="Is music in it?") == 201
    [found] = await told(owner, "proposal.commented")
    assert found["subject"] == {"kind": "proposal", "id": sent["id"]}


async def test_what_is_due_within_a_day_is_said_once_per_due_date(make: Make, sql: Sql, background_work: None) -> None:
    owner = await make.owner()
    member = await make.member(owner)
    project = await make.project(owner, member)

    async def due(title: str, hours: float, **fields: Any) -> dict[str, Any]:
        at = (now() + timedelta(hours=hours)).isoformat().replace("+00:00", "Z")
        return await make.task(owner, project, title=title, due_at=at, assignee_ids=[member.id], **fields)

    soon = await due("Soon", 3)
    await due("Later", 30)
    await due("Past", -1)
    await due("Finished", 2, status="done")
    await remind(sql)
    await remind(sql)
    found = await told(member, "task.due_soon")
    assert [(one["title"], one["subject"]["id"]) for one in found] == [("“Soon” is due soon", soon["id"])]
    later = (now() + timedelta(hours=5)).isoformat().replace("+00:00", "Z")
    assert await owner.patch(f"/api/tasks/{soon['id']}", {"due_at": later}) == 200
    await remind(sql)
    assert len(await told(member, "task.due_soon", 2)) == 2


async def remind(sql: Sql) -> None:
    async with system_unit():
        id = await enqueue("remind_due", {})

    async def done() -> bool:
        return (await sql("SELECT state FROM job WHERE id = $1", id))[0]["state"] == "done"

    await until(done)


async def given(sql: Sql, who: Person, title: str) -> str:
    """A notification, as the follower writes it."""
    rows = await sql(
        "INSERT INTO notification (id, team_id, member_id, event_id, type, title, subject_kind, subject_id) "
        "VALUES (gen_random_uuid(), $1, $2, gen_random_uuid(), 'task.assigned', $3, 'task', gen_random_uuid()) "
        "RETURNING id",
        UUID(who.team_id),
        UUID(who.member_id),
        title,
    )
    return str(rows[0]["id"])


async def test_reading_counts_down_and_tells_the_other_windows(make: Make, sql: Sql) -> None:
    who = await make.owner()
    ids = [await given(sql, who, f"Notice {n}") for n in range(3)]
    assert (await who.get("/api/notifications/unread-count")).json == {"count": 3}
    answer = await who.patch(f"/api/notifications/{ids[0]}/read")
    assert answer == 200
    assert (answer.json["version"], answer.headers["ETag"]) == (2, '"2"')
    assert answer.json["read_at"] is not None
    assert (await who.patch(f"/api/notifications/{ids[0]}/read")).json == answer.json, "reading twice changes nothing"
    assert [e["data"]["id"] for e in await make.heard(who, "notification.read")] == [ids[0]]
    assert (await who.get("/api/notifications/unread-count")).json == {"count": 2}
    unread = (await who.get("/api/notifications?read_at[null]=true")).json["items"]
    assert {one["id"] for one in unread} == set(ids[1:])
    assert (await who.post("/api/notifications/read-all")).json == {"read": 2}
    assert (await who.post("/api/notifications/read-all")).json == {"read": 0}
    assert [e["detail"]["count"] for e in await make.heard(who, "notification.all_read")] == [2]
    assert (await who.get("/api/notifications/unread-count")).json == {"count": 0}


async def test_nobody_reads_anothers_notifications(make: Make, sql: Sql) -> None:
    owner = await make.owner()
    member = await make.member(owner)
    id = await given(sql, member, "For Bo only")
    assert id not in [one["id"] for one in (await owner.get("/api/notifications")).json["items"]]
    assert await owner.patch(f"/api/notifications/{id}/read") == 404
    assert (await member.get("/api/notifications?limit=1")).json["items"][0]["id"] == id
