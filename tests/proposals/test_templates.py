"""Templates: a proposal to begin from, its variables filled."""

from __future__ import annotations

from tests.factories import Make

FILM = {"description": "Film for {{client.name}}", "unit_price": "950.00", "quantity": "2"}


async def test_a_proposal_begins_with_a_template(make: Make):
    anna = await make.owner(team_name="Studio North")
    body = {
        "name": "Film",
        "title": "A film for {{ client.name }}",
        "sections": [{"title": "Why", "body": "{{team.name}} says: {{why}}"}],
        "items": [FILM],
        "deposit_percent": "30",
    }
    template = (await anna.post("/api/proposal-templates", body)).json
    assert (template["variables"], template["items"][0]["quantity"]) == (["client.name", "team.name", "why"], "2")
    client = await make.contact(anna, name="Ida Holm")
    asked = {"template_id": template["id"], "client_id": client["id"], "terms": "30 days"}
    assert (await anna.post("/api/proposals", asked)).wrong == {"variables.why": "missing"}
    made = (await anna.post("/api/proposals", asked | {"variables": {"why": "it pays"}})).json
    assert (made["title"], made["terms"], made["totals"]["total"]) == ("A film for Ida Holm", "30 days", "1900.00")
    assert made["sections"][0]["body"] == "Studio North says: it pays"
    assert (await anna.get(f"/api/proposals/{made['id']}/items")).json["items"][0]["description"] == "Film for Ida Holm"


async def test_a_proposal_becomes_a_template(make: Make):
    anna = await make.owner()
    made = await make.proposal(anna, FILM, title="Film", discount="5.00", sections=[{"key": "why"}])
    template = await anna.post("/api/proposal-templates", {"name": "Film", "from_proposal_id": made["id"]})
    assert template == 201
    assert (template.json["title"], template.json["discount"], template.json["sections"][0]["key"]) == (
        "Film",
        "5.00",
        "why",
    )
    twice = await anna.post("/api/proposal-templates", {"name": "FILM"})
    assert (twice.status, twice.code) == (409, "already_exists")
    path = f"/api/proposal-templates/{template.json['id']}"
    changed = await anna.put(path, {"name": "Film", "title": "Other"})
    assert (changed.json["title"], changed.json["items"]) == ("Other", [])
    assert await anna.delete(path) == 204
    assert (await anna.post("/api/proposals", {"template_id": template.json["id"]})).wrong == {
        "template_id": "not_found"
    }
    assert (await anna.post("/api/proposals", {})).wrong == {"title": "missing"}
