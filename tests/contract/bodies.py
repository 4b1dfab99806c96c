"""Bodies that the endpoints take, and the same with an id that is out of reach."""

from __future__ import annotations

import json
import re
import uuid
from typing import Any

import aiohttp

from server.core.documents.examples import example
from server.core.documents.shapes import Shapes
from server.core.routing import Route
from tests.contract.nouns import body_noun
from tests.contract.registries import name_of
from tests.contract.world import World, filled
from tests.factories.people import PASSWORD
from tests.helpers.certificates import pkcs12
from tests.helpers.http import Answer, Client
from tests.helpers.pictures import picture

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
        return filled(OVERRIDES[name_of(route)], world.ids)
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
