"""Tags, notes and activities on records of every kind that has them."""

from __future__ import annotations

from typing import Any

import pytest

from tests.factories import Make
from tests.factories.people import Person

KINDS = ["contact", "company", "lead", "contract", "consultant"]


async def a(kind: str, make: Make, owner: Person, **fields: Any) -> tuple[dict[str, Any], str, str]:
    """A record of this kind, its path and its room."""
    made = await getattr(make, kind)(owner, **fields)
    plural = {"company": "companies"}.get(kind, f"{kind}s")
    return made, f"/api/{plural}/{made['id']}", f"{plural}:{owner.team_id}"


@pytest.mark.parametrize("kind", KINDS)
async def test_tags_are_put_on_and_taken_off(kind: str, make: Make):
    anna = await make.owner()
    record, path, room = await a(kind, make, anna)
    known = (await anna.post("/api/tags", {"name": "Referral", "color": "#112233"})).json
    answer = await anna.post(f"{path}/tags", {"tag_ids": [known["id"]], "names": ["referral", "Trade fair"]})
    assert answer == 200, answer
    tags = answer.json["tags"]
    assert tags == [
        {"id": known["id"], "name": "Referral", "color": "#112233"},
        {"id": tags[1]["id"], "name": "Trade fair", "color": None},
    ]
    assert answer.json == record | {"tags": tags, "version": 2, "updated_at": answer.json["updated_at"]}
    assert (await anna.get(path)).json == answer.json
    assert (await anna.post(f"{path}/tags", {"names": ["TRADE FAIR"]})).json == answer.json
    [told] = await make.logged(room, after=1)
    assert (told["type"], told["changes"], told["data"]) == (f"{kind}.updated", {"tags": [[], tags]}, answer.json)
    assert await anna.delete(f"{path}/tags/{known['id']}") == 204
    assert await anna.delete(f"{path}/tags/{known['id']}") == 404
    assert (await make.logged(room, after=2))[0]["changes"] == {"tags": [tags, tags[1:]]}
    collection = path.rpartition("/")[0]
    for query, count in ((f"tag_id={known['id']}", 0), (f"tag_id={tags[1]['id']}", 1), ("tag=trade FAIR", 1)):
        assert (await anna.get(f"{collection}?{query}&total=true")).json["total"] == count


async def test_a_tag_is_renamed_counted_and_gone_from_all_at_once(make: Make):
    anna = await make.owner()
    ben = await make.member(anna)
    _, path, _ = await a("contact", make, anna)
    tag = (await ben.post("/api/tags", {"name": "Warm"})).json
    assert (await ben.post("/api/tags", {"name": "WARM"})).code == "name_taken"
    assert await ben.post(f"{path}/tags", {"tag_ids": [tag["id"]]}) == 200
    answer = await ben.put(f"/api/tags/{tag['id']}", {"name": "Hot", "color": "#ff0000"})
    assert answer.json == tag | {
        "name": "Hot",
        "color": "#ff0000",
        "version": 2,
        "updated_at": answer.json["updated_at"],
    }
    assert [t["name"] for t in (await anna.get(path)).json["tags"]] == ["Hot"]
    assert (await ben.delete(f"/api/tags/{tag['id']}")).status == 403
    assert await anna.delete(f"/api/tags/{tag['id']}") == 204
    assert (await anna.get(path)).json["tags"] == []
    assert [len(await make.told(anna.team_id, f"tag.{verb}")) for verb in ("created", "updated", "deleted")] == [1] * 3


async def test_a_tag_that_changed_is_sent_anew_under_the_records_version(make: Make):
    anna = await make.owner()
    _, path, _ = await a("contact", make, anna)
    tagged = await anna.post(f"{path}/tags", {"names": ["Warm"]})
    [tag] = tagged.json["tags"]
    asking = {"If-None-Match": tagged.headers["ETag"]}
    assert await anna.get(path, headers=asking) == 304
    assert await anna.put(f"/api/tags/{tag['id']}", {"name": "Hot"}) == 200
    renamed = await anna.get(path, headers=asking)
    assert (renamed.status, [t["name"] for t in renamed.json["tags"]]) == (200, ["Hot"])
    assert await anna.delete(f"/api/tags/{tag['id']}") == 204
    assert (await anna.get(path, headers=asking)).json["tags"] == []
    again = await anna.post(f"{path}/tags", {"names": ["Hot"]})
    assert [t["id"] == tag["id"] for t in again.json["tags"]] == [False]


async def test_wrong_tags_are_named(make: Make):
    anna, zoe = await make.owner(), await make.owner()
    _, path, _ = await a("contact", make, anna)
    foreign = (await zoe.post("/api/tags", {"name": "Hers"})).json
    assert (await anna.post(f"{path}/tags", {"tag_ids": [foreign["id"]]})).wrong == {"tag_ids[0]": "not_found"}
    assert (await anna.post(f"{path}/tags", {})) == 422
    names = [f"Tag {n}" for n in range(50)]
    assert await anna.post(f"{path}/tags", {"names": names}) == 200
    assert (await anna.post(f"{path}/tags", {"names": ["One more"]})).code == "too_many_tags"


@pytest.mark.parametrize("kind", KINDS)
async def test_notes_are_their_authors_and_the_records_readers_hear_of_them(kind: str, make: Make):
    anna = await make.owner(name="Anna")
    for_members = kind in ("contact", "company", "lead")
    ben = await make.member(anna, "member" if for_members else "manager", name="Ben")
    cleo = await make.member(anna)
    record, path, room = await a(kind, make, anna)
    answer = await ben.post(f"{path}/notes", {"body": "Pays on time."})
    assert answer == 201, answer
    note = answer.json
    assert answer.headers["Location"] == f"/api/notes/{note['id']}"
    assert note == {
        "id": note["id"],
        "version": 1,
        "created_at": note["created_at"],
        "updated_at": note["created_at"],
        "subject": {"kind": kind, "id": record["id"]},
        "author": {"id": ben.id, "name": "Ben", "avatar_url": None},
        "body": "Pays on time.",
    }
    assert (await anna.get(f"{path}/notes")).json["items"] == [note]
    edited = await ben.put(f"/api/notes/{note['id']}", {"body": "Pays late."})
    assert edited.json == note | {"body": "Pays late.", "version": 2, "updated_at": edited.json["updated_at"]}
    assert (await anna.put(f"/api/notes/{note['id']}", {"body": "Mine"})).code == "not_author"
    refused = await cleo.delete(f"/api/notes/{note['id']}")
    assert refused.code == ("not_author" if for_members else "not_found")
    assert await anna.delete(f"/api/notes/{note['id']}") == 204
    assert (await anna.get(f"{path}/notes")).json["items"] == []
    told = await make.logged(room, after=1)
    assert [(e["type"], e["detail"]) for e in told] == [
        (f"note.{verb}", {"record_id": record["id"], "record_name": record.get("name") or record["title"]})
        for verb in ("created", "updated", "deleted")
    ]
    assert (told[0]["data"], told[1]["changes"]) == (note, {"body": ["Pays on time.", "Pays late."]})


async def test_activities_are_logged_by_hand_and_listed(make: Make):
    anna = await make.owner(name="Anna")
    contact, _, room = await a("contact", make, anna)
    company, _, _ = await a("company", make, anna)
    about = {"kind": "contact", "id": contact["id"]}
    body = {"kind": "call", "title": "First call", "at": "2026-11-20T09:00:00Z", "subject": about}
    answer = await anna.post("/api/activities", body)
    assert answer == 201, answer
    call = answer.json
    assert call == body | {
        "id": call["id"],
        "version": 1,
        "created_at": call["created_at"],
        "updated_at": call["created_at"],
        "description": None,
        "author": {"id": anna.id, "name": "Anna", "avatar_url": None},
    }
    lunch = body | {"kind": "meeting", "title": "Lunch", "subject": {"kind": "company", "id": company["id"]}}
    assert await anna.post("/api/activities", lunch | {"at": "2026-11-21T12:00:00Z"}) == 201
    assert (await anna.get(f"/api/activities/{call['id']}")).json == call
    titles = [i["title"] for i in (await anna.get("/api/activities")).json["items"]]
    assert titles == ["Lunch", "First call"]
    for query in (f"subject_id={contact['id']}", "kind=call", "subject_kind=contact"):
        assert (await anna.get(f"/api/activities?{query}")).json["items"] == [call]
    [told] = await make.logged(room, after=1)
    assert (told["type"], told["data"], told["detail"]) == (
        "activity.logged",
        call,
        {"record_id": contact["id"], "record_name": contact["name"], "kind": "call"},
    )
    wrong = {"kind": "contact", "id": company["id"]}
    assert (await anna.post("/api/activities", body | {"subject": wrong})).wrong == {"subject.id": "not_found"}


async def test_the_feed_is_the_log_and_what_people_logged_in_the_order_it_happened(make: Make):
    anna = await make.owner(name="Anna")
    contact, path, _ = await a("contact", make, anna, name="Mara")
    note = (await anna.post(f"{path}/notes", {"body": "Hello"})).json
    assert await anna.delete(f"/api/notes/{note['id']}") == 204
    body = {"kind": "call", "title": "Long ago", "at": "2020-01-01T09:00:00Z"}
    assert await anna.post("/api/activities", body | {"subject": {"kind": "contact", "id": contact["id"]}}) == 201
    assert await anna.patch(path, {"title": "Producer"}) == 200
    await make.contact(anna)
    whole = (await anna.get(f"{path}/activities")).json["items"]
    assert [i["sentence"] for i in whole] == [
        "Anna changed “Mara”: title set to Producer",
        "Anna removed a note on “Mara”",
        "Anna wrote a note on “Mara”",
        "Anna added the contact “Mara”",
        "Anna logged “Long ago” (call)",
    ]
    pages, cursor = [], ""
    while cursor is not None:
        page = (await anna.get(f"{path}/activities?limit=2" + (f"&cursor={cursor}" if cursor else ""))).json
        pages += page["items"]
        cursor = page["next_cursor"]
    assert pages == whole


async def test_what_hangs_on_a_record_goes_with_it(make: Make, sql):
    anna = await make.owner()
    contact, path, _ = await a("contact", make, anna, emails=[{"email": "a@b.example"}])
    await anna.post(f"{path}/tags", {"names": ["Warm"]})
    await anna.post(f"{path}/notes", {"body": "Hello"})
    about = {"kind": "contact", "id": contact["id"]}
    activity = (await anna.post("/api/activities", {"kind": "call", "title": "Call", "subject": about})).json
    assert await anna.delete(path) == 204
    assert await anna.get(f"/api/activities/{activity['id']}") == 404
    for table in ("subject", "subject_key", "tagging", "note", "activity"):
        assert await sql(f"SELECT 1 FROM {table} WHERE team_id = $1::text::uuid", anna.team_id) == [], table


@pytest.mark.parametrize("kind", KINDS)
async def test_each_kind_has_fields_of_the_teams_own(kind: str, make: Make):
    anna = await make.owner()
    field = {"entity": kind, "label": "Mood", "type": "select", "options": ["blue", "red"]}
    assert await anna.post("/api/settings/custom-fields", field) == 201
    red, path, room = await a(kind, make, anna, custom={"mood": "red"})
    blue, _, _ = await a(kind, make, anna, custom={"mood": "blue"})
    none, _, _ = await a(kind, make, anna)
    assert red["custom"] == {"mood": "red"}
    collection = path.rpartition("/")[0]

    async def found(query: str) -> list[str]:
        answer = await anna.get(f"{collection}?{query}")
        assert answer == 200, answer
        return [item["id"] for item in answer.json["items"]]

    assert await found("custom.mood=blue") == [blue["id"]]
    assert await found("q=red") == [red["id"]]
    assert await found("sort=custom.mood") == [blue["id"], red["id"], none["id"]]
    assert (await anna.patch(path, {"custom": {"mood": "green"}})).wrong == {"custom.mood": "not_allowed"}
    assert (await anna.patch(path, {"custom": {"mood": "blue"}})).json["custom"] == {"mood": "blue"}
    assert (await make.logged(room))[-1]["changes"] == {"custom": [{"mood": "red"}, {"mood": "blue"}]}
