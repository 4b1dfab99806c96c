"""A team with something of everything, and the ids by which each thing is known."""

from __future__ import annotations

import json
import re
import uuid
from dataclasses import dataclass, field
from typing import Any

import aiohttp

from server.core.documents.examples import example
from server.core.documents.shapes import Shapes
from server.core.routing import Route
from tests.contract.parts import AUDIT, CERTIFICATE, IMPORT, JOB, NOTIFICATION, PAPER, PARTS, REMINDER
from tests.contract.registries import name_of
from tests.factories import Make
from tests.factories.people import PASSWORD, Person
from tests.helpers.certificates import pkcs12
from tests.helpers.http import Answer, Client
from tests.helpers.pictures import picture

# The nouns that path parameters name: the longest beginning of the path that fits decides.
PATH_IDS = {
    ("/api/activities/", "id"): "activity",
    ("/api/auth/sessions/", "id"): "session",
    ("/api/checklist-items/", "id"): "checklist_item",
    ("/api/comments/", "id"): "comment",
    ("/api/companies/", "id"): "company",
    ("/api/companies/", "tag_id"): "tag",
    ("/api/consultants/", "id"): "consultant",
    ("/api/consultants/", "tag_id"): "tag",
    ("/api/contacts/", "id"): "contact",
    ("/api/contacts/", "tag_id"): "tag",
    ("/api/contracts/", "id"): "contract",
    ("/api/contracts/", "tag_id"): "tag",
    ("/api/forms/", "id"): "form",
    ("/api/imports/", "id"): "import",
    ("/api/jobs/", "id"): "job",
    ("/api/leads/", "id"): "lead",
    ("/api/leads/", "tag_id"): "tag",
    ("/api/milestones/", "id"): "milestone",
    ("/api/notes/", "id"): "note",
    ("/api/notifications/", "id"): "notification",
    ("/api/projects/", "id"): "project",
    ("/api/proposal-templates/", "id"): "proposal_template",
    ("/api/proposals/", "id"): "proposal",
    ("/api/proposals/public/", "token"): "link",
    ("/api/proposals/", "item_id"): "proposal_item",
    ("/api/proposals/", "number"): "number",
    ("/api/projects/", "user_id"): "user",
    ("/api/settings/custom-fields/", "id"): "custom_field",
    ("/api/tags/", "id"): "tag",
    ("/api/tasks/", "depends_on_id"): "blocker",
    ("/api/tasks/", "id"): "task",
    ("/api/teams/", "id"): "team",
    ("/api/teams/", "invitation_id"): "invitation",
    ("/api/teams/", "user_id"): "user",
    ("/api/time-entries/", "id"): "time_entry",
    ("/api/views/", "id"): "view",
}
# The nouns that ids in bodies and filters name; where a path begins so, before all others.
BODY_IDS_BELOW = {
    "/api/activities": {"id": "company", "subject_id": "contact"},
    "/api/companies": {"from_id": "double_company", "parent_id": "parent_company"},
    "/api/leads/bulk": {"ids": "lead"},
}
BODY_IDS = {
    "after_id": "blocker",
    "assigned_to_id": "user",
    "assignee_id": "user",
    "assignee_ids": "user",
    "author_id": "user",
    "before_id": "blocker",
    "client_id": "contact",
    "company_id": "company",
    "contact_id": "contact",
    "created_by": "user",
    "depends_on_id": "other_task",
    "form_id": "form",
    "from_id": "double",
    "id": "task",
    "item_ids": "proposal_item",
    "lead_id": "lead",
    "ids": "task",
    "member_ids": "guest",
    "owner_id": "user",
    "parent_id": "other_task",
    "template_id": "proposal_template",
    "from_proposal_id": "proposal",
    "project_id": "project",
    "subject_id": "task",
    "tag_id": "tag",
    "tag_ids": "tag",
    "task_id": "task",
    "user_id": "user",
}


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


def path_noun(route: Route, name: str) -> str:
    """What a path parameter names. A new endpoint with an unknown one fails here: say what it names."""
    return next(noun for (start, n), noun in PATH_IDS.items() if n == name and route.path.startswith(start))


def body_noun(route: Route, field: str) -> str:
    """What an id in the route's body or filters names, by the field's path: `changes.assignee_ids[]`."""
    name = field.rpartition(".")[2].removesuffix("[]")
    below = next((ids for start, ids in BODY_IDS_BELOW.items() if route.path.startswith(start)), {})
    return below.get(name) or BODY_IDS[name]


# ---- bodies ----

UUID_TEXT = re.compile(r"^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$")
# What the schema alone cannot know.
OVERRIDES: dict[str, dict[str, Any]] = {
    "DELETE /api/teams/{id}": {"confirm": "{team_name}"},
    "POST /api/auth/change-email": {"email": "somebody@example.com", "password": PASSWORD},
    "POST /api/settings/2fa/disable": {"password": PASSWORD, "code": "123456"},
    "PUT /api/settings/password": {"current_password": PASSWORD, "new_password": "another horse battery"},
    "PATCH /api/contracts/{id}": {"title": "Another title", "company_id": "{company}", "value": "10.00"},
    "PATCH /api/contracts/{id}/status": {"status": "active"},
    "PATCH /api/leads/{id}": {"name": "Another name", "assigned_to_id": "{user}", "value": "10.00"},
    "PATCH /api/leads/{id}/assign": {"assigned_to_id": "{user}"},
    "PATCH /api/projects/{id}": {"name": "Another name"},
    "PATCH /api/teams/{id}/members/{user_id}/role": {"role": "manager"},
    "PATCH /api/time-entries/{id}": {"note": "Second pass."},
    "PATCH /api/views/{id}": {"name": "Another name", "shared": True, "sort": "-created_at"},
    "PATCH /api/tasks/{id}": {"title": "Another title", "assignee_ids": ["{user}"], "project_id": "{project}"},
    "PATCH /api/tasks/{id}/move": {"status": "todo", "before_id": "{blocker}"},
    "POST /api/consultants": {"name": "Siv Berg", "skills": ["Light"]},
    "POST /api/leads/bulk/update": {"ids": ["{lead}"], "changes": {"name": "Another name", "assigned_to_id": "{user}"}},
    "POST /api/leads/{id}/convert": {"project": {"name": "From a lead"}},
    "POST /api/projects": {"name": "Another project"},
    "POST /api/projects/{id}/members": {"user_id": "{guest}"},
    "POST /api/tags": {"name": "Conference"},
    "POST /api/tasks/bulk/update": {"ids": ["{task}", "{other_task}"], "changes": {"priority": "high"}},
    "POST /api/views": {"kind": "lead", "name": "Open", "filter": {"status[ne]": "lost"}, "columns": ["name"]},
    "PATCH /api/proposals/{id}": {"title": "Another title", "client_id": "{contact}", "discount": "10.00"},
    "PATCH /api/proposals/{id}/items/{item_id}": {"quantity": "3"},
    "PATCH /api/proposals/{id}/items/reorder": {"item_ids": ["{proposal_item}"]},
    "POST /api/proposal-templates": {"name": "Another template"},
    "POST /api/proposals": {"title": "Another proposal"},
    "POST /api/proposals/{id}/convert": {"member_ids": ["{guest}"]},
    "POST /api/proposals/{id}/extend": {"expires_on": "2099-01-01"},
    "PUT /api/proposals/{id}": {"title": "Another title", "client_id": "{contact}"},
    "PUT /api/consultants/{id}": {"contact_id": "{contact}", "skills": ["Light"]},
    "PUT /api/contracts/{id}": {"title": "Another title", "status": "active"},
    "PUT /api/projects/{id}": {"name": "Another name"},
    "PUT /api/tasks/{id}": {"title": "Another title", "assignee_ids": ["{user}"], "project_id": "{project}"},
}


# The bodies with files: bytes are a file, text is text.
FORMS: dict[str, dict[str, Any]] = {
    "POST /api/companies/import": {"file": b"Name\nNordwind\n", "dry_run": "true"},
    "POST /api/contacts/import": {"file": b"Name\nMara Lind\n", "mapping": '{"Name": "name"}'},
    "POST /api/leads/import": {"file": b"Name\nIda Holm\n"},
    "POST /api/proposals/verify": {"file": b"no PDF"},
    "POST /api/settings/business/logo": {"file": picture()},
    "POST /api/settings/signing-certificate": {"file": pkcs12(), "passphrase": "sesame"},
}


def body_of(route: Route, world: World) -> Any:
    """A body that the endpoint takes from the owner of this world."""
    if route.body is None or route.form is not None:
        return None
    if name_of(route) in OVERRIDES:
        return _filled(OVERRIDES[name_of(route)], world.ids)
    shapes = Shapes(taken=[route.body], given=[])
    schema = shapes.resolved(shapes.taken(route.body))
    needed = schema.get("required") or list(schema.get("properties", {}))
    found = {n: example(schema["properties"][n], shapes, n) for n in needed}
    return {n: _named(route, v, n, world) for n, v in found.items()}


def sent(route: Route, world: World) -> dict[str, Any]:
    """The body as the client sends it: JSON, or a form with its files."""
    if route.form is None:
        return {"json": body_of(route, world)}
    form = aiohttp.FormData()
    for name, value in FORMS[name_of(route)].items():
        form.add_field(name, value, filename=name if isinstance(value, bytes) else None)
    return {"data": form}


def _named(route: Route, value: Any, name: str, world: World) -> Any:
    if isinstance(value, list):
        return [_named(route, v, name, world) for v in value]
    if isinstance(value, dict):
        return {n: _named(route, v, n, world) for n, v in value.items()}
    return world.ids[body_noun(route, name)] if isinstance(value, str) and UUID_TEXT.match(value) else value


def _filled(value: Any, ids: dict[str, str]) -> Any:
    if isinstance(value, dict):
        return {k: _filled(v, ids) for k, v in value.items()}
    if isinstance(value, list):
        return [_filled(v, ids) for v in value]
    return value.format(**ids) if isinstance(value, str) else value


def id_fields(route: Route) -> list[str]:
    """The fields of the body that carry ids, as paths: `assignee_ids`, `changes.parent_id`."""
    if route.body is None:
        return []
    shapes = Shapes(taken=[route.body], given=[])
    return _id_fields(shapes.taken(route.body), shapes, "")


def _id_fields(schema: Any, shapes: Shapes, path: str) -> list[str]:
    schema = shapes.resolved(schema)
    if schema.get("format") == "uuid":
        return [path]
    found = [f for option in schema.get("anyOf", ()) for f in _id_fields(option, shapes, path)]
    found += _id_fields(schema["items"], shapes, f"{path}[]") if isinstance(schema.get("items"), dict) else []
    for name, inner in schema.get("properties", {}).items():
        found += _id_fields(inner, shapes, f"{path}.{name}".lstrip("."))
    return found


def with_id(body: Any, path: str, id: str) -> Any:
    """The body with this id at the path."""
    head, _, rest = path.partition(".")
    name, is_list = head.removesuffix("[]"), head.endswith("[]")
    inner = with_id((body or {}).get(name) or {}, rest, id) if rest else [id] if is_list else id
    return {**(body or {}), name: inner}


# ---- making one ----


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
            answer = await owner.post(path.format(**ids), _filled(body, ids))
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
    for body in ("When do you begin?", "Who comes along?"):
        assert await per.act("comments", body=body) == 201
    for again in (True, False):
        assert await owner.post(f"{path}/revise") == 200
        assert not again or await owner.post(f"{path}/send") == 200
    made.ids |= {"proposal": draft["id"], "link": per.link}
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


# ---- asking with an id that is out of reach ----


async def refused_alike(client: Client, route: Route, path: str, ours: World, id: str) -> None:
    """The client's body with this id at the path is refused, in the very words that an id that nobody has gets."""
    body, nobody = body_of(route, ours), str(uuid.uuid4())
    answers = [await client.ask(route.method, ours.path(route), json=with_id(body, path, i)) for i in (id, nobody)]
    assert answers[0].status in (403, 404, 409, 422), answers[0]
    told = [_told(answer, i) for answer, i in zip(answers, (id, nobody), strict=True)]
    assert told[0] == told[1], "what is out of reach can be told from what nobody has"


def _told(answer: Answer, id: str) -> Any:
    """All that an answer tells, whatever id it was asked about."""
    return json.loads(answer.body.decode().replace(id, "…")) | {"request_id": "", "status": answer.status}
