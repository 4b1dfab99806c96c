"""A team with something of everything, and the ids by which each thing is known."""

from __future__ import annotations

import uuid
from dataclasses import dataclass, field
from typing import Any

from server.core.routing import Route
from tests.contract.nouns import path_noun
from tests.contract.parts import AUDIT, CERTIFICATE, IMPORT, JOB, NOTIFICATION, PAPER, PARTS, REMINDER
from tests.factories import Make
from tests.factories.people import Person

READ_ON = "UPDATE proposal_visit SET last_at = last_at + interval '1 day' WHERE team_id = $1"


@dataclass
class World:
    """`owner` may do everything, `mate` is an admin, `member` sees the one project they are on."""

    owner: Person
    mate: Person
    member: Person
    guest: Person
    ids: dict[str, str] = field(default_factory=dict)
    # The same nouns, in a project that the member is not on.
    hidden: dict[str, str] = field(default_factory=dict)

    @property
    def team_id(self) -> str:
        return self.owner.team_id

    def path(self, route: Route, other: dict[str, str] | None = None, foreign: str = "") -> str:
        """The route's address with our ids; with those of `other` for the parameter `foreign`."""
        path = route.path.replace("{number}", "1")  # counted, and not known by an id
        for name in route.path_params.keys() - {"number"}:
            ids = other if other is not None and name == foreign else self.ids
            path = path.replace(f"{{{name}}}", ids[path_noun(route, name)])
        return path


async def world(make: Make, anyone: Any) -> World:
    """A team with something of everything."""
    owner = await make.owner()
    made = World(
        owner, await make.member(owner, "admin"), await make.member(owner), await make.member(owner, "manager")
    )
    made.ids |= {"team": owner.team_id, "user": made.mate.id, "guest": made.guest.id, "team_name": owner.team["name"]}
    await _records(make, made)
    await _projects(make, made)
    await _proposals(make, made)
    await _rows(make, made)
    await _hidden(make, made)
    for ids in (made.ids, made.hidden):
        for name, path, body in PARTS:
            if "{project}" not in path and "{task}" not in path and ids is made.hidden:
                continue
            answer = await owner.post(path.format(**ids), filled(body, ids))
            assert answer.status in (200, 201), answer
            if "id" in answer.json:
                ids[name] = answer.json["id"]
    await owner.post("/api/tasks", {"title": "Once"}, headers={"Idempotency-Key": "of the world"})
    answer = await owner.get("/api/auth/sessions")
    made.ids["session"] = answer.json["items"][0]["id"] if answer == 200 else ""
    return made


async def _projects(make: Make, made: World) -> None:
    owner = made.owner
    client = {"client_id": made.ids["contact"]}
    project = await make.project(owner, made.mate, made.member, start_on="2026-11-01", budget="100.00", **client)
    for fields in (client, {"due_on": "2026-12-01"}, {"status": "planned", "budget": "50.00"}):
        await make.project(owner, **fields)
    made.ids["project"] = project["id"]
    task = await make.task(owner, project, due_at="2026-12-01T10:00:00Z", assignee_ids=[made.mate.id], labels=["film"])
    blocker = await make.task(owner, project, priority="high", labels=["film", "cut"])
    other = await make.task(owner, project, start_at="2026-11-30T10:00:00Z", estimate_minutes=30)
    await make.task(owner, None, assignee_ids=[owner.id])
    await make.task(owner, None, assignee_ids=[owner.id], due_at="2026-12-02T10:00:00Z")
    await make.task(owner, project, assignee_ids=[owner.id], priority="low", parent_id=task["id"])
    made.ids |= {"task": task["id"], "blocker": blocker["id"], "other_task": other["id"]}


async def _proposals(make: Make, made: World) -> None:
    owner = made.owner
    await make.proposal(owner, title="Harbour film", client_id=made.ids["contact"])
    _, [ida] = await make.sent(owner, deposit_percent="30")
    signed = await make.signed(owner, ida)
    assert await owner.post(f"/api/proposals/{signed['id']}/convert") == 200
    draft, [per] = await make.sent(owner, title="Brand film", to=("per@lund.example",))
    path = f"/api/proposals/{draft['id']}"
    for device in ("Firefox", "Safari"):
        assert await per.act("view", section="why", visible_ms=900, headers={"User-Agent": device}) == 204
    # They read on all the while: half a minute later they would be gone between one look at the list and the next.
    await make.sql(READ_ON, uuid.UUID(made.team_id))
    for body in ("When do you begin?", "Who comes along?"):
        assert await per.act("comments", body=body) == 201
    for again in (True, False):
        assert await owner.post(f"{path}/revise") == 200
        assert not again or await owner.post(f"{path}/send") == 200
    made.ids |= {"proposal": draft["id"], "link": per.link, "recipient": per.id}
    made.ids["proposal_item"] = (await owner.get(f"{path}/items")).json["items"][0]["id"]


async def _records(make: Make, made: World) -> None:
    for noun in ("parent_company", "company"):
        made.ids[noun] = (await make.company(made.owner, owner_id=made.mate.id))["id"]
    at_company = {"company_id": made.ids["company"], "owner_id": made.mate.id}
    await make.contact(made.owner, title="Producer", **at_company)
    known = {"emails": [{"email": "mara@studio-north.example"}], "phones": [{"phone": "+4930901820"}]}
    made.ids["contact"] = (await make.contact(made.owner, kind="vendor", **known, **at_company))["id"]


async def _hidden(make: Make, made: World) -> None:
    project = await make.project(made.owner)
    made.hidden["project"] = project["id"]
    for name in ("task", "blocker", "other_task"):
        made.hidden[name] = (await make.task(made.owner, project))["id"]


async def _rows(make: Make, made: World) -> None:
    team, member = uuid.UUID(made.team_id), uuid.UUID(made.owner.member_id)
    made.ids["notification"] = (await make.sql(NOTIFICATION, team, member))[0]["id"]
    made.ids["job"] = (await make.sql(JOB, team, member, "queued"))[0]["id"]
    made.ids["dead_job"] = (await make.sql(JOB, team, member, "dead"))[0]["id"]
    made.ids["import"] = (await make.sql(IMPORT, team, member))[0]["id"]
    await make.sql(AUDIT, team)
    for row in (REMINDER, PAPER, CERTIFICATE):
        await make.sql(row, team)


def filled(value: Any, ids: dict[str, str]) -> Any:
    """The value with our ids in place of their names: `{task}`."""
    if isinstance(value, dict):
        return {k: filled(v, ids) for k, v in value.items()}
    if isinstance(value, list):
        return [filled(v, ids) for v in value]
    return value.format(**ids) if isinstance(value, str) else value
