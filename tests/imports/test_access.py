"""Who may import what, and see what became of it."""

from __future__ import annotations

from typing import Any

import pytest

from tests.factories import Make
from tests.imports.conftest import counts, ended, imported, people, sent

pytestmark = pytest.mark.usefixtures("worker")
WAITING = """
UPDATE job SET state = 'queued', attempt = 0, run_at = now(), finished_at = NULL WHERE id = $1::text::uuid
"""


async def test_who_sees_only_their_own_matches_only_their_own(make: Make):
    anna = await make.owner()
    ben = await make.member(anna)
    hidden = await make.contact(anna, name="Mara", external_id="crm-1", emails=[{"email": "mara@north.example"}])
    assert await anna.patch(f"/api/teams/{anna.team_id}", {"settings": {"access": {"contacts": "own"}}}) == 200
    text = "External ID,Name,Email\n,Bens Mara,mara@north.example\ncrm-1,Taken,x@y.example\n,Siv,siv@berg.example\n"
    found = await imported(ben, "contacts", text)
    assert (found["error"], counts(found)) == (None, (2, 0, 0, 1))
    assert set(await people(ben)) == {"Bens Mara", "Siv"}
    assert (await anna.get(f"/api/contacts/{hidden['id']}")).json == hidden
    errors = (await ben.get(found["errors_url"])).body.decode()
    assert "external id" in errors
    assert "mara@north" not in errors
    heard = [e["type"] for e in await make.logged(f"member:{ben.member_id}")]
    assert heard.count("contact.created") == 2
    assert heard.count("import.finished") == 1


async def test_an_import_is_its_starters_and_the_managers(make: Make):
    anna, zoe = await make.owner(), await make.owner()
    ben, cleo = await make.member(anna), await make.member(anna)
    found = await imported(ben, "contacts", "Name\nMara\n")
    path = f"/api/imports/{found['id']}"
    assert (await anna.get(path)).status == 200
    for stranger in (cleo, zoe):
        for answer in (
            await stranger.get(path),
            await stranger.get(f"{path}/errors"),
            await stranger.post(f"{path}/start"),
            await stranger.post(f"{path}/undo"),
        ):
            assert (answer.status, answer.code) == (404, "not_found")


async def test_who_left_the_team_imports_nothing_more(make: Make, sql):
    anna = await make.owner()
    ben = await make.member(anna)
    found = await imported(ben, "contacts", "Name\nMara\n", dry_run="true")
    assert await anna.delete(f"/api/teams/{anna.team_id}/members/{ben.id}") == 204
    # As if the job had waited until now.
    await sql("UPDATE data_import SET state = 'running', dry_run = false WHERE id = $1::text::uuid", found["id"])
    await sql(WAITING, found["job_id"])
    job = await ended(anna, found["job_id"])
    found = (await anna.get(f"/api/imports/{found['id']}")).json
    assert (job["state"], found["state"]) == ("dead", "failed")
    assert found["error"] == "Whoever asked for this may not do it any more."
    assert await people(anna) == {}


async def test_what_cannot_be_asked_is_refused_at_once(make: Make):
    anna = await make.owner()
    refused: list[tuple[dict[str, Any], str]] = [
        ({"mapping": {"Name": "nobody"}}, "mapping.Name"),
        ({"mapping": {"A": "name", "B": "name"}}, "mapping.B"),
        ({"mapping": "{"}, "mapping"),
        ({"mapping": [1]}, "mapping"),
        ({"dry_run": "perhaps"}, "dry_run"),
        ({"duplicates": "delete"}, "duplicates"),
        ({"nobody": "1"}, "nobody"),
    ]
    for fields, wrong in refused:
        answer = await sent(anna, "contacts", "Name\nMara\n", **fields)
        assert (answer.status, list(answer.wrong)) == (422, [wrong]), answer
    assert (await sent(anna, "contacts", " \n")).wrong == {"file": "empty"}
    assert (await anna.post("/api/contacts/import", {"file": "x"})).code == "wrong_content_type"
