"""Many leads at once: all or none, each told and once all, and more than a thousand as a job."""

from __future__ import annotations

import uuid
from typing import Any

from tests.factories import Make
from tests.factories.people import Person
from tests.helpers.processes import until

MANY = """
INSERT INTO lead (id, team_id, name, currency, status, stage, closed_at)
SELECT gen_random_uuid(), $1, 'Lead ' || n, 'EUR', CASE WHEN n = 7 THEN 'won' ELSE 'new' END,
       CASE WHEN n = 7 THEN 'won' ELSE 'new' END, CASE WHEN n = 7 THEN now() END
FROM generate_series(1, $2) AS n RETURNING id
"""


async def many(person: Person, sql: Any, count: int) -> list[str]:
    return [str(row["id"]) for row in await sql(MANY, uuid.UUID(person.team_id), count)]


async def told(make: Make, person: Person, after: int = 0) -> list[Any]:
    return [(e["type"], e["detail"]) for e in await make.logged(f"leads:{person.team_id}", after=after)]


async def ended(person: Person, job_id: str) -> Any:
    async def state() -> Any:
        job = (await person.get(f"/api/jobs/{job_id}")).json
        return job if job["state"] in ("done", "dead") else None

    return await until(state, 60)


async def test_all_are_changed_and_each_is_told_and_once_all(make: Make):
    anna = await make.owner()
    one, two = await make.lead(anna), await make.lead(anna, score=40)
    ids = [two["id"], one["id"]]
    body = {"ids": ids, "changes": {"score": 40, "status": "contacted"}}
    answer = await anna.post("/api/leads/bulk/update", body)
    assert answer == 200, answer
    assert [(i["id"], i["score"], i["stage"], i["version"]) for i in answer.json["items"]] == [
        (id, 40, "contacted", 2) for id in ids
    ]
    assert (await anna.get(f"/api/leads/{one['id']}")).json == answer.json["items"][1]
    assert await told(make, anna, after=2) == [
        ("lead.updated", {}),
        ("lead.updated", {}),
        ("leads.bulk_updated", {"count": 2, "lead_ids": ids, "fields": ["score", "status"]}),
    ]
    again = await anna.post("/api/leads/bulk/update", body)
    assert again.json == answer.json
    assert await told(make, anna, after=5) == []


async def test_what_is_wrong_names_the_lead_and_the_field_and_nothing_is_changed(make: Make):
    anna, zoe = await make.owner(), await make.owner()
    open_one, won, theirs = await make.lead(anna), await make.lead(anna, status="won"), await make.lead(zoe)
    ids = [open_one["id"], won["id"]]
    path = "/api/leads/bulk/update"
    lost = await anna.post(path, {"ids": ids, "changes": {"status": "lost"}})
    assert lost.wrong == {"ids[0].lost_reason": "required", "ids[1]": "lead_closed"}
    nobody = await anna.post(path, {"ids": ids, "changes": {"assigned_to_id": zoe.id}})
    assert nobody.wrong == {f"ids[{n}].assigned_to_id": "not_found" for n in (0, 1)}
    unknown = await anna.post(path, {"ids": [ids[0], theirs["id"], ids[0]], "changes": {"score": 9}})
    assert unknown.wrong == {"ids[1]": "not_found", "ids[2]": "given_twice"}
    assert (await anna.post("/api/leads/bulk/delete", {"ids": [ids[0], theirs["id"]]})).wrong == {"ids[1]": "not_found"}
    assert (await anna.post(path, {"ids": [], "changes": {}})).wrong == {"ids": "too_few"}
    assert (await anna.get(f"/api/leads/{open_one['id']}")).json == open_one
    assert await told(make, anna, after=2) == []


async def test_who_is_given_many_is_told_once(make: Make):
    anna = await make.owner()
    ben = await make.member(anna, name="Ben")
    leads = [await make.lead(anna), await make.lead(anna), await make.lead(anna, assigned_to_id=ben.id)]
    ids = [lead["id"] for lead in leads]
    answer = await anna.post("/api/leads/bulk/assign", {"ids": ids, "assigned_to_id": ben.id})
    assert {i["assigned_to_id"] for i in answer.json["items"]} == {ben.id}
    given = {"count": 2, "lead_ids": ids[:2], "member_id": ben.member_id, "user_id": ben.id, "name": "Ben"}
    assert (await told(make, anna, after=3))[-1] == ("leads.bulk_assigned", given)
    heard = await make.heard(ben)
    assert [e["type"] for e in heard] == ["lead.assigned", "leads.bulk_assigned"]
    assert heard[-1]["detail"] == given
    assert await anna.post("/api/leads/bulk/assign", {"ids": ids, "assigned_to_id": None}) == 200
    summary = {"count": 3, "lead_ids": ids, "fields": ["assigned_to_id"]}
    assert (await told(make, anna))[-1] == ("leads.bulk_updated", summary)


async def test_many_are_removed_at_once(make: Make):
    anna = await make.owner()
    ben = await make.member(anna)
    ids = [(await make.lead(anna))["id"] for _ in range(3)]
    refused = await ben.post("/api/leads/bulk/delete", {"ids": ids})
    assert (refused.status, refused.json["permission"]) == (403, "leads:delete")
    key = {"Idempotency-Key": uuid.uuid4().hex}
    for _ in range(2):
        answer = await anna.post("/api/leads/bulk/delete", {"ids": ids}, headers=key)
        assert (answer.status, answer.json) == (200, {"deleted": 3})
    assert (await anna.get("/api/leads")).json["items"] == []
    assert [name for name, _ in await told(make, anna, after=3)] == ["lead.deleted"] * 3 + ["leads.bulk_deleted"]


async def test_who_is_kept_to_their_own_changes_only_those(make: Make):
    anna = await make.owner()
    ben = await make.member(anna)
    assert await anna.patch(f"/api/teams/{anna.team_id}", {"settings": {"access": {"leads": "own"}}}) == 200
    own, other = (await make.lead(ben))["id"], (await make.lead(anna))["id"]
    for path, rest in (("update", {"changes": {"score": 1}}), ("assign", {"assigned_to_id": ben.id})):
        refused = await ben.post(f"/api/leads/bulk/{path}", {"ids": [own, other], **rest})
        assert refused.wrong == {"ids[1]": "not_found"}
    assert await ben.post("/api/leads/bulk/update", {"ids": [own], "changes": {"score": 1}}) == 200
    assert [e["type"] for e in await make.heard(ben)] == ["lead.created", "lead.updated", "leads.bulk_updated"]


async def test_a_thousand_at_once(make: Make, sql: Any):
    anna = await make.owner()
    ids = (await many(anna, sql, 1001))[:1000]
    answer = await anna.post("/api/leads/bulk/update", {"ids": ids, "changes": {"source": "fair"}})
    assert answer == 200
    assert [(i["id"], i["source"]) for i in answer.json["items"]] == [(id, "fair") for id in ids]
    assert len(await make.logged(f"leads:{anna.team_id}")) == 1001


async def test_more_are_done_by_a_job_that_names_those_it_left_out(make: Make, background: Any, sql: Any):
    anna = await make.owner()
    ids = await many(anna, sql, 1203)
    unknown = await anna.post("/api/leads/bulk/delete", {"ids": [*ids, str(uuid.uuid4()), ids[0]]})
    assert unknown.wrong == {"ids[1203]": "not_found", "ids[1204]": "given_twice"}
    await background("tasks.worker")
    body = {"ids": ids, "changes": {"status": "lost", "lost_reason": "Fair was cancelled"}}
    asked = await anna.post("/api/leads/bulk/update", body)
    assert asked == 202, asked
    job = await ended(anna, asked.json["job_id"])
    [won] = [r["id"] for r in await sql("SELECT id FROM lead WHERE status = 'won' AND id = ANY($1::uuid[])", ids)]
    assert (job["state"], job["result"]) == (
        "done",
        {
            "done": 1202,
            "failed": [
                {"id": str(won), "field": "", "code": "lead_closed", "message": "The lead is won; open it again first."}
            ],
            "failed_count": 1,
        },
    )
    summaries = [d["count"] for t, d in await told(make, anna) if t == "leads.bulk_updated"]
    assert sorted(summaries) in ([202, 1000], [203, 999])
    asked = await anna.post("/api/leads/bulk/delete", {"ids": ids})
    job = await ended(anna, asked.json["job_id"])
    assert job["result"] == {"done": 1203, "failed": [], "failed_count": 0}
    assert (await anna.get("/api/leads")).json["items"] == []


async def test_a_job_does_nothing_for_who_may_not_any_more(make: Make, background: Any, sql: Any):
    anna = await make.owner()
    ben = await make.member(anna, "manager")
    ids = await many(anna, sql, 1001)
    asked = await ben.post("/api/leads/bulk/delete", {"ids": ids})
    role = f"/api/teams/{anna.team_id}/members/{ben.id}/role"
    assert await anna.patch(role, {"role": "member"}) == 200
    await background("tasks.worker")

    async def dead() -> bool:
        rows = await sql("SELECT state FROM job WHERE id = $1::text::uuid", asked.json["job_id"])
        return rows[0]["state"] == "dead"

    await until(dead, 60)
    assert (await sql("SELECT count(*) FROM lead WHERE id = ANY($1::uuid[])", ids))[0]["count"] == 1001
