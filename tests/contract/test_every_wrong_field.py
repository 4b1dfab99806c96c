"""Every wrong field is named at once, also where it takes a look at other records to know that it is wrong."""

from __future__ import annotations

import uuid
from typing import Any

import pytest

from tests.contract.world import World

NOBODY = str(uuid.UUID(int=7))
OWN = {"custom": {"nope": 1}}
OF_OWN = {"custom.nope": "unknown_field"}


def unknown(*fields: str) -> dict[str, str]:
    return dict.fromkeys(fields, "not_found")


# What is asked, with which body, and what is wrong with it.
WRONG: list[tuple[str, dict[str, Any], dict[str, str]]] = [
    (
        "POST /api/tasks",
        {"title": "A", "project_id": NOBODY, "parent_id": NOBODY, "assignee_ids": [NOBODY], **OWN}
        | {"start_at": "2026-12-02T00:00:00Z", "due_at": "2026-12-01T00:00:00Z"},
        unknown("project_id", "parent_id", "assignee_ids[0]") | OF_OWN | {"due_at": "before_start"},
    ),
    ("POST /api/tasks", {"title": "A", "project_id": NOBODY, **OWN}, unknown("project_id") | OF_OWN),
    (
        "POST /api/projects/{project}/tasks",
        {"title": "A", "status": "nowhere", "assignee_ids": [NOBODY], **OWN},
        {"status": "unknown_column", "assignee_ids[0]": "not_found"} | OF_OWN,
    ),
    (
        "PATCH /api/tasks/{task}",
        {"status": "nowhere", "parent_id": NOBODY, "assignee_ids": [NOBODY], **OWN},
        {"status": "unknown_column"} | unknown("parent_id", "assignee_ids[0]") | OF_OWN,
    ),
    (
        "PATCH /api/tasks/{task}/move",
        {"status": "nowhere", "before_id": NOBODY},
        {"status": "unknown_column"} | unknown("before_id"),
    ),
    (
        "PATCH /api/tasks/{task}/move",
        {"status": "todo", "before_id": NOBODY, "after_id": NOBODY},
        {"after_id": "both_given"},
    ),
    (
        "POST /api/tasks/{task}/time-entries",
        {"started_at": "2026-11-20T10:00:00Z", "ended_at": "2026-11-20T09:00:00Z", "rate": "1.234"},
        {"ended_at": "before_start", "rate": "wrong_amount"},
    ),
    *(
        (
            f"{method} /api/projects{where}",
            {"name": "A", "client_id": NOBODY, "budget": "1.234", "start_on": "2026-12-02", "due_on": "2026-12-01"}
            | OWN,
            unknown("client_id") | {"budget": "wrong_amount", "due_on": "before_start"} | OF_OWN,
        )
        for method, where in (("POST", ""), ("PATCH", "/{project}"))
    ),
    *(
        (
            f"{method} /api/contacts{where}",
            {"name": "A", "kind": "client", "company_id": NOBODY, "owner_id": NOBODY, "phones": [{"phone": "12"}]}
            | OWN,
            unknown("company_id", "owner_id") | {"phones[0].phone": "not_a_phone"} | OF_OWN,
        )
        for method, where in (("POST", ""), ("PATCH", "/{contact}"))
    ),
    *(
        (
            f"{method} /api/companies{where}",
            {"name": "A", "parent_id": NOBODY, "owner_id": NOBODY, "billing": {"currency": "QQQ"}, **OWN},
            unknown("parent_id", "owner_id") | {"billing.currency": "unknown_currency"} | OF_OWN,
        )
        for method, where in (("POST", ""), ("PATCH", "/{company}"))
    ),
    *(
        (
            f"{method} /api/leads{where}",
            {"name": "A", "assigned_to_id": NOBODY, "value": "1.234", "currency": "EUR", "lost_reason": "No", **OWN},
            unknown("assigned_to_id") | {"value": "wrong_amount", "lost_reason": "not_allowed"} | OF_OWN,
        )
        for method, where in (("POST", ""), ("PATCH", "/{lead}"))
    ),
    *(
        (
            f"{method} /api/contracts{where}",
            {"title": "A", "company_id": NOBODY, "contact_id": NOBODY, "value": "1.234"}
            | {"currency": "EUR", "start_on": "2026-12-02", "end_on": "2026-12-01", **OWN},
            unknown("company_id", "contact_id") | {"value": "wrong_amount", "end_on": "before_start"} | OF_OWN,
        )
        for method, where in (("POST", ""), ("PATCH", "/{contract}"))
    ),
    (
        "POST /api/consultants",
        {"name": "A", "phones": [{"phone": "12"}], "day_rate": "1.234", "currency": "EUR"}
        | {"available_from": "2026-12-02", "available_until": "2026-12-01", **OWN},
        {"phones[0].phone": "not_a_phone", "day_rate": "wrong_amount", "available_until": "before_start"} | OF_OWN,
    ),
    (
        "PATCH /api/consultants/{consultant}",
        {"phones": [{"phone": "12"}], "day_rate": "1.234", **OWN},
        {"phones[0].phone": "not_a_phone", "day_rate": "wrong_amount"} | OF_OWN,
    ),
    (
        "POST /api/proposals",
        {"template_id": NOBODY, "client_id": NOBODY, "lead_id": NOBODY, "project_id": NOBODY, "discount": "1.234"}
        | OWN,
        unknown("template_id", "client_id", "lead_id", "project_id") | {"discount": "wrong_amount"} | OF_OWN,
    ),
    ("POST /api/proposals", {"client_id": NOBODY}, {"title": "missing", "client_id": "not_found"}),
    (
        "PATCH /api/proposals/{proposal}",
        {"client_id": NOBODY, "lead_id": NOBODY, "project_id": NOBODY, "discount": "1.234", **OWN},
        unknown("client_id", "lead_id", "project_id") | {"discount": "wrong_amount"} | OF_OWN,
    ),
    (
        "POST /api/proposals/{proposal}/items",
        {"description": "A", "quantity": "1", "unit_price": "1", "kind": "choice"},
        {"choice_group": "choice_group_missing"},
    ),
    (
        "POST /api/forms",
        {"name": "A", "title": "A", "assigned_to_id": NOBODY, "tag_ids": [NOBODY]}
        | {"inputs": [{"to": "email", "label": "E"}, {"to": "custom.nope", "label": "N"}]},
        unknown("assigned_to_id", "tag_ids[0]") | {"inputs[1].to": "unknown_field"},
    ),
    (
        "POST /api/settings/custom-fields",
        {"entity": "task", "label": "1", "type": "text", "options": ["A"], "currency": "EUR"},
        {"key": "required", "options": "not_allowed", "currency": "not_allowed"},
    ),
    (
        "POST /api/tasks",
        {"title": "A\x00B", "priority": "most", "labels": ["\x01"]},
        {"title": "invalid_character", "labels[0]": "invalid_character", "priority": "not_allowed"},
    ),
    ("POST /api/contacts/{contact}/tags", {}, {"tag_ids": "required"}),
    ("POST /api/leads", {"name": "A", "stage": "won", "status": "new"}, {"stage": "other_status"}),
]


@pytest.mark.parametrize(("asked", "body", "wrong"), WRONG, ids=lambda found: found if isinstance(found, str) else "")
async def test_every_wrong_field_is_named_at_once(ours: World, asked: str, body: dict[str, Any], wrong: dict[str, str]):
    method, path = asked.split(" ")
    answer = await ours.owner.ask(method, path.format(**ours.ids), json=body)
    assert answer == 422, answer
    assert answer.wrong == wrong


async def test_nothing_is_left_of_what_was_made_before_something_was_found_wrong(ours: World):
    """The contact that is made for a consultant goes with the consultant."""
    before = (await ours.owner.get("/api/contacts?total=true")).json["total"]
    body = {"name": "A person of their own", "day_rate": "1.234", "currency": "EUR"}
    assert (await ours.owner.post("/api/consultants", body)).wrong == {"day_rate": "wrong_amount"}
    assert (await ours.owner.get("/api/contacts?total=true")).json["total"] == before
