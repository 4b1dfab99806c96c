"""The edge: from a request to its handler and back; here requests are authorised, parsed, bounded and committed."""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable
from functools import lru_cache
from typing import Any
from uuid import UUID

import asyncpg
import structlog
from aiohttp import web

from models.actors import NOBODY, Actor
from models.errors import FieldError, Findings, Invalid, Merged, NotFound, Unauthorised
from models.ids import Uuid
from server.config import Settings
from server.core import bodies, idempotency, limits, multipart
from server.core.answers import respond
from server.core.bodies import validated
from server.core.deadlines import Deadline
from server.core.exports import ExportQuery
from server.core.filters import CONTROL
from server.core.pages import parse_include
from server.core.permissions import Can, Public
from server.core.pipeline import InVain, RoleChanged
from server.core.request_keys import ADDRESS, REQUEST_ID
from server.core.routing import Context, Route
from server.core.schemas import In
from server.core.unit import Unit, unit_of_work
from server.core.view import Shown

Run = Callable[[Context, dict[str, Any], bool], Awaitable[web.StreamResponse]]
Authenticate = Callable[..., Awaitable[Actor]]
SETTINGS = web.AppKey("settings", Settings)
AUTHENTICATE = web.AppKey("authenticate", object)
ANONYMOUS = Actor(kind="client", id=NOBODY, name="", team_id=NOBODY)
HANDLING = Deadline(30.0)
RETRIES = 3
UUID_TEXT = re.compile(r"[0-9a-fA-F]{8}(-?[0-9a-fA-F]{4}){3}-?[0-9a-fA-F]{12}")
VERSION = re.compile(r"[0-9]{1,18}")  # not `\d` and not any length: `int` refuses some of what those let through
log = structlog.get_logger(__name__)


def endpoint(route: Route, app: web.Application) -> Callable[[web.Request], Awaitable[web.StreamResponse]]:
    """The aiohttp handler of a route."""
    run = _without_transaction if route.tx == "none" else _in_transaction
    is_counted = route.limit != "none" and app[limits.LIMITER].on

    async def handle(request: web.Request) -> web.StreamResponse:
        actor = await _who(request, route)
        if is_counted:
            await limits.check(request, route, actor)
        context = Context(request, actor, route, request[REQUEST_ID], request[ADDRESS])
        arguments = _arguments(route, context)
        if route.method != "GET":
            await _take_body(route, request, arguments)
        with HANDLING:
            return await _until_settled(run, context, arguments)

    handle.__name__ = route.handler.__name__
    return handle


async def _until_settled(run: Run, context: Context, arguments: dict[str, Any]) -> web.StreamResponse:
    """The answer, tried again where what was taken for granted does not hold."""
    route, request = context.route, context.request
    tries, hopeful = 0, route.form is None  # what was uploaded must not be stored before it is known to be new
    while True:
        try:
            return await run(context, arguments, hopeful)
        except InVain:
            hopeful = False
        except RoleChanged:  # what the old role was let do, the present one may have to be refused
            context.actor = await _permitted(route, request, await _authenticate(request, route, fresh=True))
        except NotFound:
            await _follow(route, request, context.actor)
            raise
        except (asyncpg.DeadlockDetectedError, asyncpg.SerializationError):
            if (tries := tries + 1) == RETRIES:
                raise


# ---- who asks ----


async def _who(request: web.Request, route: Route) -> Actor:
    if route.holder is not None:
        return await route.holder(request)
    if route.can is Public:
        return ANONYMOUS
    return await _permitted(route, request, await _authenticate(request, route))


async def _authenticate(request: web.Request, route: Route, *, fresh: bool = False) -> Actor:
    scheme, _, token = request.headers.get("Authorization", "").partition(" ")
    if not token:
        raise Unauthorised("Sign in: send an access token as `Authorization: Bearer …`.", code="token_missing")
    if scheme.lower() != "bearer":
        raise Unauthorised("Only the Bearer scheme is known here.", code="token_invalid")
    authenticate: Any = request.app[AUTHENTICATE]
    team = {"team_id": _uuid(request.match_info["id"])} if route.of_team else {}
    return await authenticate(token.strip(), fresh=fresh, **team)


async def _permitted(route: Route, request: web.Request, actor: Actor) -> Actor:
    """The actor, as they are now, if the route lets them in.

    404 before 403: who cannot see the record must not learn that it exists.
    """
    if not isinstance(route.can, Can) or actor.may(route.can):
        return actor
    try:
        async with unit_of_work(actor, read_only=True):
            if route.about is not None and "id" in request.match_info:
                await route.about.get_visible(actor, id=_uuid(request.match_info["id"]))
    except RoleChanged:
        return await _permitted(route, request, await _authenticate(request, route, fresh=True))
    actor.must(route.can)
    return actor


@lru_cache(maxsize=1024)
def _uuid(text: str) -> UUID:
    if not UUID_TEXT.fullmatch(text):  # `UUID` lets line breaks and braces through
        raise NotFound("There is no such record.")
    return Uuid(text)


# ---- what is asked ----


def _arguments(route: Route, context: Context) -> dict[str, Any]:
    request = context.request
    arguments: dict[str, Any] = {}
    for name, kind in route.path_params.items():
        text = request.match_info[name]
        arguments[name] = _uuid(text) if kind is UUID else text
    if request.rel_url.raw_query_string or route.reads_query:
        _check_query(route, context, arguments)
    return arguments


async def _take_body(route: Route, request: web.Request, arguments: dict[str, Any]) -> None:
    if route.form is not None:
        arguments["body"] = await multipart.received(request, route.form, route.max_body)
    elif route.body is not None:
        arguments["body"] = await bodies.parsed(
            request, route.body, route.body_required, route.max_body, html_forms=route.html_forms
        )
    else:
        await bodies.parsed(request, In, False, route.max_body)  # what nobody reads must not be taken for read


def _check_query(route: Route, context: Context, arguments: dict[str, Any]) -> None:
    query = context.request.query
    if wrong := [k for k, v in query.items() if CONTROL.search(k) or CONTROL.search(v)]:
        raise Invalid(*(FieldError(CONTROL.sub("", k), "invalid_character", "Has a control character.") for k in wrong))
    if route.wants_export and route.listing is not None:
        arguments["query"] = ExportQuery.parse(route.listing, query)
        return
    if route.wants_list and route.listing is not None:
        arguments["query"] = parsed = route.listing.parse(query)
        context.include = parsed.include
        return
    given, findings = dict(query), Findings()
    if route.includes and "include" in given:
        context.include = parse_include(given.pop("include"))
        if unknown := [n for n in context.include if n not in route.includes]:
            known = ", ".join(route.includes)
            findings.add("include", "unknown_relation", f"{unknown[0]!r} is not one of: {known}.")
    if route.query is not None:
        with findings:
            arguments["query"] = validated(route.query, given)
    else:
        for name in given:
            findings.add(name, "unknown_parameter", "This endpoint has no such parameter.")
    findings.settle()


def if_match(request: web.Request) -> frozenset[int] | None:
    """The versions that the caller is ready to change, or None: any."""
    header = request.headers.get("If-Match")
    if header is None or header.strip() == "*" or request.method not in ("PUT", "PATCH", "DELETE"):
        return None
    tags = (part.strip().removeprefix("W/").strip('"') for part in header.split(","))
    return frozenset(int(t) if VERSION.fullmatch(t) else -1 for t in tags)


# ---- the transaction ----


async def _without_transaction(context: Context, arguments: dict[str, Any], hopeful: bool) -> web.StreamResponse:
    """The answer of a handler that opens its own transactions; the token is checked before."""
    _check_team(context, arguments)
    if context.route.can is not Public:
        async with unit_of_work(context.actor, read_only=True):
            pass
    return await _answer(context, arguments)


async def _in_transaction(context: Context, arguments: dict[str, Any], hopeful: bool) -> web.StreamResponse:
    _check_team(context, arguments)
    request, route, kept = context.request, context.route, None
    async with unit_of_work(
        context.actor,
        read_only=route.tx != "write",
        snapshot=route.tx == "snapshot",
        request_id=context.request_id,
        address=context.address,
        target=arguments.get("id"),
        if_match=if_match(request) if route.method != "GET" else None,
    ) as unit:
        if route.method == "POST":
            kept = await idempotency.begin(unit, route, request, context.actor, hopeful=hopeful)
            if kept is not None and kept.response is not None:
                return kept.response
        unit.kept, unit.hopeful, unit.may_be_whole = kept, hopeful, route.whole
        response = await _answer(context, arguments)
        if kept is not None and not unit.has_ended:
            kept.keep(response)
    return response


async def _answer(context: Context, arguments: dict[str, Any]) -> web.StreamResponse:
    route = context.route
    result = await (route.handler(ctx=context, **arguments) if route.wants_context else route.handler(**arguments))
    hopes = "If-None-Match" in context.request.headers
    return respond(route, context.request, result, anew=hopes and await _changes_unversioned(context, result))


def _check_team(context: Context, arguments: dict[str, Any]) -> None:
    # Asked of each actor anew: who was let go meanwhile acts for their token's own team again, not for this one.
    if context.route.of_team and (arguments["id"] != context.actor.team_id or not context.actor.in_team):
        raise NotFound("There is no such team.")


async def _follow(route: Route, request: web.Request, actor: Actor) -> None:
    """Raise `Merged` where the path's record was merged into another one, with that one's address."""
    if route.about is None or not route.about.mergeable or "id" not in route.path_params:
        return
    old = request.match_info["id"]
    async with unit_of_work(actor, read_only=True):
        id = await route.about.successor(actor, _uuid(old))
    if id is not None:
        raise Merged("The record was merged into another one.", headers={"Location": _moved(request, old, id)})


def _moved(request: web.Request, old: str, id: UUID) -> str:
    path = request.rel_url.raw_path.replace(f"/{old}", f"/{id}", 1)
    return f"{path}?{request.rel_url.raw_query_string}".rstrip("?")


# ---- the answer ----


async def _changes_unversioned(context: Context, result: Any) -> bool:
    """Whether the record may look otherwise than when the caller got its version."""
    if context.route.method != "GET":
        return False
    if isinstance(result, Shown):
        result = result.row()
    if not isinstance(result, dict) or "version" not in result:
        return False
    is_settled = getattr(context.route.gives, "is_settled", None)
    return bool(context.include) or (is_settled is not None and not await is_settled(result))


async def respond_once(context: Context, unit: Unit, work: Callable[[], Awaitable[Any]]) -> web.StreamResponse:
    """The answer to the work, or the one that the request's key got before; for routes that open their own units."""
    kept = await idempotency.begin(unit, context.route, context.request, context.actor)
    if kept is not None and kept.response is not None:
        return kept.response
    response = respond(context.route, context.request, await work())
    if kept is not None:
        kept.keep(response)
    return response
