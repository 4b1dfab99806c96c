"""What somebody owned who leaves the team goes to another, or to nobody; each record and its readers are told."""

from __future__ import annotations

import uuid
from typing import Any

from tests.factories import Make
from tests.factories.people import Person
from tests.helpers.processes import until

MANY = """
INSERT INTO lead (id, team_id, name, currency, assigned_to_id)
SELECT gen_random_uuid(), $1, 'Lead ' || n, 'EUR', $2 FROM generate_series(1, $3) AS n
"""


async def told(make: Make, person: Person) -> dict[str, Any]:
    async def look() -> Any:
        return await make.heard(person, "records.handed_over")

    [event] = await until(look, 60)
    return event


async def owned(make: Make, anna: Person, ben: Person) -> dict[str, str]:
    """Something of each kind that ben owns, by its path."""
    company = await make.company(anna, owner_id=ben.id)
    contact = await make.contact(anna, owner_id=ben.id)
    lead, form = await make.lead(anna, assigned_to_id=ben.id), await make.form(anna, assigned_to_id=ben.id)
    return {
        f"/api/companies/{company['id']}": "owner_id",
        f"/api/contacts/{contact['id']}": "owner_id",
        f"/api/leads/{lead['id']}": "assigned_to_id",
        f"/api/forms/{form['id']}": "assigned_to_id",
    }


async def test_what_was_theirs_is_handed_over(make: Make, background: Any):
    anna = await make.owner()
    ben, cleo = await make.member(anna, name="Ben"), await make.member(anna, name="Cleo")
    assert await anna.patch(f"/api/teams/{anna.team_id}", {"settings": {"access": {"leads": "own"}}}) == 200
    records = await owned(make, anna, ben)
    made = await make.lead(ben)
    member = f"/api/teams/{anna.team_id}/members/{ben.id}"
    for wrong in (ben.id, str(uuid.uuid4()), (await make.owner()).id):
        assert list((await anna.delete(f"{member}?hand_over_to={wrong}")).wrong) == ["hand_over_to"]
    assert await anna.delete(f"{member}?hand_over_to={cleo.id}") == 204
    await background("tasks.worker")
    event = await told(make, cleo)
    assert event["detail"] == {
        "user_id": ben.id,
        "name": "Ben",
        "count": 4,
        "to": "Cleo’s now",
        "to_id": cleo.id,
        "member_ids": [cleo.member_id],
    }
    for path, column in records.items():
        after = (await anna.get(path)).json
        assert (after[column], after["version"]) == (cleo.id, 2)
    assert (await anna.get(f"/api/leads/{made['id']}")).json == made
    updated = [e for e in await make.logged(f"leads:{anna.team_id}") if e["type"] == "lead.updated"]
    assert [(e["changes"], e["actor"]["kind"]) for e in updated] == [({"assigned_to_id": [ben.id, cleo.id]}, "system")]
    assert [e["type"] for e in await make.heard(cleo)] == ["lead.updated", "records.handed_over"]


async def test_what_was_theirs_is_nobodys_and_the_owners_are_told(make: Make, background: Any):
    anna = await make.owner()
    ben = await make.member(anna, name="Ben")
    records = await owned(make, anna, ben)
    assert await ben.post(f"/api/teams/{anna.team_id}/leave") == 204
    await background("tasks.worker")
    event = await told(make, anna)
    assert (event["detail"]["count"], event["detail"]["to_id"]) == (4, None)
    for path, column in records.items():
        assert (await anna.get(path)).json[column] is None


async def test_thousands_go_in_steps(make: Make, background: Any, sql: Any):
    anna = await make.owner()
    ben = await make.member(anna)
    await sql(MANY, uuid.UUID(anna.team_id), uuid.UUID(ben.id), 1003)
    assert await anna.delete(f"/api/teams/{anna.team_id}/members/{ben.id}") == 204
    await background("tasks.worker")
    assert (await told(make, anna))["detail"]["count"] == 1003
    assert (await anna.get(f"/api/leads?assigned_to_id={ben.id}")).json["items"] == []
    assert len(await make.logged(f"leads:{anna.team_id}")) == 1003


async def test_who_comes_back_at_once_keeps_theirs(make: Make, background: Any, sql: Any):
    anna = await make.owner()
    ben = await make.member(anna)
    lead = await make.lead(anna, assigned_to_id=ben.id)
    assert await anna.delete(f"/api/teams/{anna.team_id}/members/{ben.id}") == 204
    await sql("UPDATE member SET left_at = NULL WHERE id = $1::text::uuid", ben.member_id)
    await background("tasks.worker")

    async def done() -> bool:
        asked = "SELECT state FROM job WHERE kind = 'hand_over_records' AND team_id = $1::text::uuid"
        return [r["state"] for r in await sql(asked, anna.team_id)] == ["done"]

    await until(done, 60)
    assert (await anna.get(f"/api/leads/{lead['id']}")).json == lead
