"""What is true of every endpoint: tokens, parameters, bodies, methods, headers, permissions."""

from __future__ import annotations

import asyncio
import json
import uuid
from types import NoneType
from typing import Annotated, Any, get_args, get_origin
from urllib.parse import urlsplit

import pytest

from server.core.permissions import ROLES, Can, Public
from server.core.routing import Route
from tests.contract.bodies import sent
from tests.contract.registries import API, ROUTES, name_of
from tests.contract.world import World
from tests.helpers.http import Client

METHODS = {"GET", "POST", "PUT", "PATCH", "DELETE"}
HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "strict-origin-when-cross-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
}
PRIVATE = [r for r in API if r.can is not Public]
WITH_BODY = [r for r in API if r.method != "GET" and r.form is None]
LACKING = [r for r in PRIVATE if isinstance(r.can, Can) and r.can not in ROLES["member"]]
# What fields these take is up to a record that each of them names.
OF_THEIR_OWN = {"POST /api/forms/{token}"}
PATHS = sorted({r.path for r in API})


def anywhere(route: Route, ours: World | None = None) -> str:
    """The route's address with ids that nobody has; below a team, in our team: who asks is looked up there first."""
    path = route.path
    if ours is not None and path.startswith("/api/teams/{id}"):
        path = path.replace("{id}", ours.team_id, 1)
    if ours is not None and route.holder is not None:  # likewise of a link
        path = path.replace("{token}", ours.ids["link"])
    for name in route.path_params:
        path = path.replace(f"{{{name}}}", str(uuid.uuid4()))
    return path


def asking(route: Route, ours: World, anyone: Client) -> Client:
    return anyone if route.can is Public else ours.owner


def exact(route: Route) -> dict[str, type]:
    """The body's fields that are numbers or truths, without those that take something else, too."""
    fields = route.body.model_fields.items() if route.body else ()
    kinds = {name: {_bare(t) for t in (get_args(f.annotation) or (f.annotation,))} - {NoneType} for name, f in fields}
    return {name: next(iter(kind)) for name, kind in kinds.items() if kind in ({int}, {bool})}


def _bare(annotation: Any) -> Any:
    return get_args(annotation)[0] if get_origin(annotation) is Annotated else annotation


@pytest.mark.parametrize("route", PRIVATE, ids=name_of)
async def test_without_a_token_nothing_is_answered(route: Route, anyone: Client):
    answer = await anyone.ask(route.method, anywhere(route), json={} if route.body else None)
    assert (answer.status, answer.code) == (401, "token_missing")
    assert answer.headers["WWW-Authenticate"] == "Bearer"


@pytest.mark.parametrize("route", PRIVATE, ids=name_of)
async def test_a_forged_token_is_refused(route: Route, anyone: Client):
    answer = await anyone.holding("aaaa.bbbb.cccc").ask(route.method, anywhere(route), json={} if route.body else None)
    assert (answer.status, answer.code) == (401, "token_invalid")


@pytest.mark.parametrize("route", API, ids=name_of)
async def test_an_unknown_parameter_is_refused(route: Route, ours: World, anyone: Client):
    answer = await asking(route, ours, anyone).ask(route.method, anywhere(route, ours) + "?nobody_knows_this=1")
    assert answer == 422, answer
    assert "nobody_knows_this" in answer.wrong


@pytest.mark.parametrize("route", [r for r in WITH_BODY if name_of(r) not in OF_THEIR_OWN], ids=name_of)
async def test_an_unknown_field_is_refused_by_name(route: Route, ours: World, anyone: Client):
    body = {"nobody_knows_this": 1}
    answer = await asking(route, ours, anyone).ask(route.method, anywhere(route, ours), json=body)
    assert answer == 422, answer
    assert answer.wrong["nobody_knows_this"] == "unknown_field"


@pytest.mark.parametrize("route", WITH_BODY, ids=name_of)
async def test_what_is_not_json_is_refused(route: Route, ours: World, anyone: Client):
    client = asking(route, ours, anyone)
    for body, media, code in (
        (b"{", "application/json", "not_json"),
        (b'{"a": "\\u0000', "application/json", "not_json"),
        (b"[" * 10_000, "application/json", "not_json"),
        (b"{}", "text/plain", "wrong_content_type"),
    ):
        answer = await client.ask(route.method, anywhere(route, ours), data=body, headers={"Content-Type": media})
        assert (answer.status, answer.code) == (400, code), (body[:20], answer)


@pytest.mark.parametrize("route", WITH_BODY, ids=name_of)
async def test_a_body_that_is_no_object_or_has_control_characters_is_refused(route: Route, ours: World, anyone: Client):
    client = asking(route, ours, anyone)
    headers = {"Content-Type": "application/json"}
    for body in (b"[]", b'"text"', b"7", b'{"nobody_knows_this": "\\u0000"}', b'{"a\\u0000": 1}'):
        answer = await client.ask(route.method, anywhere(route, ours), data=body, headers=headers)
        assert answer == 422, (body, answer)


@pytest.mark.parametrize("route", [r for r in WITH_BODY if exact(r)], ids=name_of)
async def test_true_is_no_number_and_a_text_is_neither(route: Route, ours: World, anyone: Client):
    client = asking(route, ours, anyone)
    for name, kind in exact(route).items():
        for wrong in {int: (True, "1", 1.0), bool: (1, "true")}[kind]:
            answer = await client.ask(route.method, anywhere(route, ours), json={name: wrong})
            assert answer.wrong[name] == f"{kind.__name__}_type", (name, wrong, answer)


async def test_a_body_that_is_not_encoded_as_it_says_is_refused_and_ends_its_connection(ours: World, anyone: Client):
    for encoding in ("gzip", "deflate"):
        headers = {"Content-Type": "application/json", "Content-Encoding": encoding}
        for who, refused in ((ours.owner, (400, "wrong_encoding")), (anyone, (401, "token_missing"))):
            answer = await who.ask("POST", "/api/projects", data=b"no archive", headers=headers)
            assert (answer.status, answer.code, answer.headers["Connection"]) == (*refused, "close")


@pytest.mark.parametrize(
    ("sent", "code"),
    [
        (b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03 a client that speaks TLS\r\n\r\n", "malformed_request"),
        (b"GET / HTTP/1.1\r\nHo st: studio\r\n\r\n", "malformed_request"),
        (b"POST /api/teams HTTP/1.1\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n", "malformed_request"),
        (b"GET /%s HTTP/1.1\r\nHost: studio\r\n\r\n" % (b"a" * 9000), "head_too_long"),
        (b"GET / HTTP/1.1\r\nHost: studio\r\nX-Long: %s\r\n\r\n" % (b"a" * 9000), "head_too_long"),
    ],
)
async def test_what_is_no_http_is_refused_by_a_problem_document_and_ends_its_connection(
    url: str, sent: bytes, code: str
):
    place = urlsplit(url)
    reader, writer = await asyncio.open_connection(place.hostname, place.port)
    writer.write(sent)
    head, _, body = (await reader.read()).partition(b"\r\n\r\n")
    writer.close()
    lines = dict(line.split(": ", 1) for line in head.decode().split("\r\n")[1:])
    assert lines["Content-Type"].startswith("application/problem+json")
    assert {n: lines.get(n) for n in HEADERS} == HEADERS
    problem = json.loads(body)
    assert (problem["status"], problem["code"], problem["request_id"]) == (400, code, lines["X-Request-Id"])


@pytest.mark.parametrize("path", PATHS)
async def test_a_method_that_is_not_there_is_a_problem(path: str, ours: World):
    here = next(r for r in API if r.path == path)
    known = {r.method for r in API if _same(r.path, path)}
    for method in METHODS - known:
        answer = await ours.owner.ask(method, anywhere(here))
        assert (answer.status, answer.code) == (405, "method_not_allowed"), answer
        assert set(answer.headers["Allow"].split(",")) >= known - {""}


def _same(one: str, other: str) -> bool:
    """Whether the other's addresses are this one's, too: `/api/tasks/mine` is one of `/api/tasks/{id}`."""
    a, b = one.split("/"), other.split("/")
    return len(a) == len(b) and all(x == y or x.startswith("{") for x, y in zip(a, b, strict=True))


@pytest.mark.parametrize("route", ROUTES, ids=name_of)
async def test_every_answer_names_its_request_and_carries_the_security_headers(route: Route, anyone: Client):
    answer = await anyone.ask(route.method, anywhere(route), headers={"X-Request-Id": "a-request-of-mine"})
    assert answer.headers["X-Request-Id"] == "a-request-of-mine"
    assert {n: answer.headers.get(n) for n in HEADERS} == HEADERS
    assert "default-src 'self'" in answer.headers["Content-Security-Policy"]


@pytest.mark.parametrize("path", ["/api", "/api/nothing", "/api/tasks/nothing/at/all", "/api/projects/x/y"])
async def test_an_address_that_is_not_there_is_a_problem(path: str, ours: World):
    answer = await ours.owner.get(path)
    assert (answer.status, answer.code) == (404, "not_found")


@pytest.mark.parametrize("route", [r for r in PRIVATE if r.path_params], ids=name_of)
async def test_an_id_that_is_none_is_not_found(route: Route, ours: World):
    path = route.path
    for name in route.path_params:
        path = path.replace(f"{{{name}}}", "not-an-id")
    answer = await ours.owner.ask(route.method, path, **sent(route, ours))
    assert answer == 404, answer


@pytest.mark.parametrize("route", LACKING, ids=name_of)
async def test_a_role_without_the_permission_gets_403_for_what_it_sees_and_404_for_the_rest(
    route: Route, ours: World, theirs: World
):
    answer = await ours.member.ask(route.method, ours.path(route), **sent(route, ours))
    assert (answer.status, answer.code) == (403, "permission_denied"), answer
    assert answer.json["permission"] == str(route.can)
    if "id" in route.path_params:
        hidden = await ours.member.ask(route.method, ours.path(route, theirs.ids, "id"), **sent(route, ours))
        assert (hidden.status, hidden.code) == (404, "not_found"), hidden
