"""Real people with real tokens: signing out, changing roles, and what nobody told."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any
from uuid import UUID

from models import clock
from tests.factories import Make
from tests.factories.people import PASSWORD, Person
from tests.helpers.http import Client
from tests.realtime.conftest import Connect
from tests.realtime.listener import Listener


async def _session(sql: Callable[..., Any], person: Person) -> UUID:
    [row] = await sql("SELECT id FROM auth_session WHERE user_id = $1", UUID(person.id))
    return row["id"]


async def test_ready_names_the_session_the_person_and_their_rooms(
    make: Make, connect: Connect, sql: Callable[..., Any]
):
    ann = await make.owner(name="Ann")
    [ready] = (await connect(ann)).all("ready")
    assert ready["session"] == str(await _session(sql, ann))
    assert ready["user"] == {"id": ann.id, "name": "Ann"}
    assert set(ready["rooms"]) == {f"member:{ann.member_id}", f"team:{ann.team_id}"}


async def test_signing_out_closes_the_sockets_of_that_session(make: Make, connect: Connect, url: str):
    ann, bob = await make.owner(), await make.owner()
    leaving, staying = await connect(ann), await connect(bob)
    assert await ann.post("/api/auth/logout") == 204
    assert await leaving.heard("closed") == {"code": "token_revoked"}
    await leaving.heard("disconnect")
    assert (await Listener().refused(url, {"token": ann.token}))["data"] == {"code": "token_revoked"}
    assert staying.all("closed") == []


async def test_ending_a_session_from_another_device_closes_its_sockets_alone(make: Make, connect: Connect):
    ann = await make.owner()
    body = {"email": ann.user["email"], "password": PASSWORD}
    phone = Person.of(ann, (await ann.post("/api/auth/login", body)).json)
    lost, kept = await connect(phone), await connect(ann)
    listed = (await ann.get("/api/auth/sessions")).json["items"]
    [theirs] = [s["id"] for s in listed if not s["current"]]
    assert await ann.delete(f"/api/auth/sessions/{theirs}") == 204
    assert await lost.heard("closed") == {"code": "token_revoked"}
    assert (await kept.heard("session.ended"))["detail"] == {"session_id": theirs, "reason": "signed_out"}
    assert kept.all("closed") == []


async def test_a_stolen_refresh_token_closes_the_thiefs_socket(make: Make, connect: Connect, anyone: Client):
    ann = await make.owner()
    stolen = {"refresh_token": ann.refresh_token}
    thief = await connect(Person.of(anyone, (await anyone.post("/api/auth/refresh", stolen)).json))
    clock.move(timedelta(seconds=11))
    try:
        assert await anyone.post("/api/auth/refresh", stolen) == 401
    finally:
        clock.reset()
    assert await thief.heard("closed") == {"code": "token_revoked"}


async def test_a_session_that_ended_without_a_word_is_noticed(
    make: Make, connect: Connect, sql: Callable[..., Any], sockets_with: Callable[..., Any]
):
    ann = await make.owner()
    listener = await connect(ann, await sockets_with(session_check_seconds=0.2))
    await sql("UPDATE auth_session SET ended_at = now() WHERE user_id = $1", UUID(ann.id))
    assert await listener.heard("closed") == {"code": "token_revoked"}


async def test_a_narrower_role_loses_the_rooms_it_may_not_read(
    make: Make, connect: Connect, sql: Callable[..., Any], sockets_with: Callable[..., Any]
):
    ann = await make.owner()
    listener = await connect(ann, await sockets_with(session_check_seconds=0.2))
    everything = f"projects:{ann.team_id}"
    assert (await listener.join(everything))["ok"] is True
    await _demote(sql, ann)
    assert await listener.heard("room.closed") == {"room": everything, "seq": 0, "code": "permission_denied"}
    assert await listener.join(everything) == {"ok": False, "code": "not_found"}
    assert (await listener.join(f"team:{ann.team_id}"))["ok"] is True


async def test_a_join_asks_the_role_as_it_is_now(make: Make, connect: Connect, sql: Callable[..., Any]):
    ann = await make.owner()
    listener = await connect(ann)
    await _demote(sql, ann)
    assert await listener.join(f"projects:{ann.team_id}") == {"ok": False, "code": "not_found"}
    assert (await listener.join(f"team:{ann.team_id}"))["ok"] is True


async def _demote(sql: Callable[..., Any], person: Person) -> None:
    await sql(
        "UPDATE member SET role = 'member', role_version = role_version + 1 WHERE id = $1", UUID(person.member_id)
    )


async def test_a_join_after_the_session_ended_closes_the_socket(make: Make, connect: Connect, sql: Callable[..., Any]):
    ann = await make.owner()
    listener = await connect(ann)
    await sql("UPDATE auth_session SET ended_at = now() WHERE user_id = $1", UUID(ann.id))
    await listener.socket.emit("join", {"room": f"team:{ann.team_id}"})
    assert await listener.heard("closed") == {"code": "token_revoked"}
