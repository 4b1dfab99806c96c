"""The edge: from a request to its handler and back; here requests are authorised, parsed, bounded and committed."""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable
from typing import Any
from uuid import UUID

import asyncpg
import msgspec
import structlog
from aiohttp import web
from pydantic import BaseModel

from models.actors import NOBODY, Actor
from models.errors import FieldError, Invalid, Merged, NotFound, Unauthorised
from server.config import Settings
from server.core import bodies, idempotency, limits, multipart
from server.core.bodies import validated
from server.core.deadlines import Deadline
from server.core.exports import ExportQuery
from server.core.filters import CONTROL
from server.core.jobs import Later
from server.core.pages import parse_include
from server.core.permissions import Can, Public
from server.core.pipeline import InVain, RoleChanged
from server.core.request_keys import ADDRESS, REQUEST_ID
from server.core.routing import Context, Route
from server.core.schemas import In
from server.core.unit import Unit, unit_of_work
from server.core.view import Shown

Authenticate = Callable[..., Awaitable[Actor]]
SETTINGS = web.AppKey("settings", Settings)
AUTHENTICATE = web.AppKey("authenticate", object)
ANONYMOUS = Actor(kind="client", id=NOBODY, name="", team_id=NOBODY)
HANDLING = Deadline(30.0)
RETRIES = 3
VERSION = re.compile(r"[0-9]{1,18}")  # not `\d` and not any length: `int` refuses some of what those let through
_encode = msgspec.json.Encoder().encode
log = structlog.get_logger(__name__)


def endpoint(route: Route) -> Callable[[web.Request], Awaitable[web.StreamResponse]]:
    """The aiohttp handler of a route."""

    async def handle(request: web.Request) -> web.StreamResponse:
        actor = await _who(request, route)
        await limits.check(request, route, actor)
        context = Context(request, actor, route, request[REQUEST_ID], request[ADDRESS])
        arguments = await _arguments(route, context)
        with HANDLING:
            while True:
                try:
                    return await _run(route, context, arguments)
                except RoleChanged:  # what the old role was let do, the present one may have to be refused
                    context.actor = await _permitted(route, request, await _authenticate(request, route, fresh=True))
                except NotFound:
                    await _follow(route, request, context.actor)
                    raise

    handle.__name__ = route.handler.__name__
    return handle


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


def _uuid(text: str) -> UUID:
    try:
        return UUID(text)
    except ValueError:
        raise NotFound("There is no such record.") from None


# ---- what is asked ----


async def _arguments(route: Route, context: Context) -> dict[str, Any]:
    request = context.request
    arguments: dict[str, Any] = {}
    for name, kind in route.path_params.items():
        text = request.match_info[name]
        arguments[name] = _uuid(text) if kind is UUID else text
    _check_query(route, context, arguments)
    if route.form is not None:
        arguments["body"] = await multipart.received(request, route.form, route.max_body)
    elif route.body is not None:
        arguments["body"] = await bodies.parsed(
            request, route.body, route.body_required, route.max_body, html_forms=route.html_forms
        )
    elif route.method != "GET":
        await bodies.parsed(request, In, False, route.max_body)  # what nobody reads must not be taken for read
    return arguments


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
    given = dict(query)
    if route.includes and "include" in given:
        context.include = parse_include(given.pop("include"))
        if unknown := [n for n in context.include if n not in route.includes]:
            known = ", ".join(route.includes)
            raise Invalid(FieldError("include", "unknown_relation", f"{unknown[0]!r} is not one of: {known}."))
    if route.query is not None:
        arguments["query"] = validated(route.query, given)
    elif given:
        raise Invalid(*(FieldError(k, "unknown_parameter", "This endpoint has no such parameter.") for k in given))


def if_match(request: web.Request) -> frozenset[int] | None:
    """The versions that the caller is ready to change, or None: any."""
    header = request.headers.get("If-Match")
    if header is None or header.strip() == "*" or request.method not in ("PUT", "PATCH", "DELETE"):
        return None
    tags = (part.strip().removeprefix("W/").strip('"') for part in header.split(","))
    return frozenset(int(t) if VERSION.fullmatch(t) else -1 for t in tags)


# ---- the transaction ----


async def _run(route: Route, context: Context, arguments: dict[str, Any]) -> web.StreamResponse:
    request = context.request
    # Asked of each actor anew: who was let go meanwhile acts for their token's own team again, not for this one.
    if route.of_team and (arguments["id"] != context.actor.team_id or not context.actor.in_team):
        raise NotFound("There is no such team.")
    if route.tx == "none":
        if route.can is not Public:
            async with unit_of_work(context.actor, read_only=True):
                pass  # the handler opens its own transactions; the token is checked before
        result = await route.handler(**_with_context(route, context, arguments))
        return respond(route, request, result, anew=await _changes_unversioned(context, result))
    tries, hopeful = 0, route.form is None  # what was uploaded must not be stored before it is known to be new
    while True:
        try:
            return await _in_transaction(route, context, arguments, hopeful=hopeful)
        except InVain:
            hopeful = False
        except (asyncpg.DeadlockDetectedError, asyncpg.SerializationError):
            if (tries := tries + 1) == RETRIES:
                raise


async def _in_transaction(
    route: Route, context: Context, arguments: dict[str, Any], *, hopeful: bool
) -> web.StreamResponse:
    request = context.request
    async with unit_of_work(
        context.actor,
        read_only=route.tx != "write",
        snapshot=route.tx == "snapshot",
        request_id=context.request_id,
        address=context.address,
        target=arguments.get("id"),
        if_match=if_match(request),
    ) as unit:
        kept = await idempotency.begin(unit, route, request, context.actor, hopeful=hopeful)
        if kept is not None and kept.response is not None:
            return kept.response
        unit.kept, unit.hopeful, unit.may_be_whole = kept, hopeful, route.whole
        result = await route.handler(**_with_context(route, context, arguments))
        response = respond(route, request, result, anew=await _changes_unversioned(context, result))
        if kept is not None and not unit.has_ended:
            kept.keep(response)
    return response


def _with_context(route: Route, context: Context, arguments: dict[str, Any]) -> dict[str, Any]:
    return {"ctx": context, **arguments} if "ctx" in route.handler.__code__.co_varnames else arguments


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
    """Whether the record may look otherwise than when the caller got its version; asked where 304 is hoped for."""
    if "If-None-Match" not in context.request.headers or context.route.method != "GET":
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


def respond(route: Route, request: web.Request, result: Any, *, anew: bool = False) -> web.StreamResponse:
    """A handler's result as an answer: `None` is 204, a record carries its ETag, a new one its Location.

    `anew` sends a record although the caller holds this version of it.
    """
    if isinstance(result, web.StreamResponse):
        return result
    if isinstance(result, Later):
        return web.Response(body=_encode(result), status=202, content_type="application/json")
    if result is None:
        return web.Response(status=204 if route.status == 200 else route.status)
    headers = {"Content-Type": "application/json"}
    if isinstance(result, BaseModel):
        result = result.model_dump(mode="json")
    version = result.version if isinstance(result, Shown) else isinstance(result, dict) and result.get("version")
    if version:
        headers["ETag"] = f'"{version}"'
        if request.method in ("GET", "HEAD") and not anew and _not_modified(request, headers["ETag"]):
            return web.Response(status=304, headers={"ETag": headers["ETag"]})
    if route.status == 201 and isinstance(result, dict | Shown):
        headers["Location"] = route.location_of(request, result if isinstance(result, dict) else result.row())
    body = result.json if isinstance(result, Shown) else _encode(result)
    return web.Response(body=body, status=route.status, headers=headers)


def _not_modified(request: web.Request, etag: str) -> bool:
    header = request.headers.get("If-None-Match")
    return header is not None and any(t.strip().removeprefix("W/") in (etag, "*") for t in header.split(","))
