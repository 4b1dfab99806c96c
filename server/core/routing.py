"""Routes whose handler's signature is the contract; a route without a permission does not import."""

from __future__ import annotations

import inspect
import re
import typing
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Literal
from uuid import UUID

from aiohttp import web
from pydantic import BaseModel

from models.actors import Actor
from models.base import Versioned
from models.errors import AppError
from server.core.exports import ExportQuery
from server.core.multipart import Form
from server.core.pages import Listing, ListQuery
from server.core.permissions import Can, Public, SignedIn
from server.core.view import Out

Needs = Can | type[Public] | type[SignedIn]
Transaction = Literal["read", "write", "snapshot", "none"]
Handler = Callable[..., Awaitable[Any]]
Holder = Callable[[web.Request], Awaitable[Actor]]


@dataclass(slots=True)
class Context:
    """What a handler may know of its request. `actor` is nobody's on public routes."""

    request: web.Request
    actor: Actor
    route: Route
    request_id: str
    address: str
    include: tuple[str, ...] = ()


@dataclass(frozen=True)
class Route:
    """One endpoint, as declared; the edge runs it and the documents are made from it.

    `media` is the answer's media type, `raises` the problems beyond those that every such route can meet, `also` the
    statuses beside `status` that it answers without a body, such as 304; `later` says that it may leave the work to a
    job (202), `html_forms` that it takes the body of a plain HTML form, too, `whole` that a change of one record is all
    that its transaction does, and the record its answer: it may be one statement (`at_once.py`). With `of_team`, `{id}`
    names the team that the caller acts in, whichever of their teams the token is for. `holder` tells who comes with the
    public link that the path names, and acts as its team's client.
    """

    method: str
    path: str
    handler: Handler
    can: Needs
    tag: str
    tx: Transaction
    about: type[Versioned] | None
    location: str
    limit: str
    listing: Listing | None
    body: type[BaseModel] | None
    body_required: bool
    query: type[BaseModel] | None
    wants_list: bool
    wants_export: bool
    path_params: dict[str, type]
    of_team: bool
    gives: Any = None
    status: int = 200
    secret: bool = False
    holder: Holder | None = None
    hidden: bool = False
    max_body: int = 1024 * 1024
    media: str = "application/json"
    raises: tuple[type[AppError], ...] = ()
    also: tuple[int, ...] = ()
    later: bool = False
    whole: bool = False
    html_forms: bool = False

    @property
    def summary(self) -> str:
        """The promise of the handler, which is its docstring's first line."""
        return (inspect.getdoc(self.handler) or "").split("\n")[0]

    def location_of(self, request: web.Request, names: Mapping[str, Any]) -> str:
        """Where a new record is found; `of` is what it was made below."""
        return self.location.format_map({"of": request.match_info.get("id"), **names})

    @cached_property
    def form(self) -> type[Form] | None:
        """The body of a route that takes files."""
        return self.body if self.body is not None and issubclass(self.body, Form) else None

    @cached_property
    def includes(self) -> tuple[str, ...]:
        gives = self.gives
        return gives.includes if isinstance(gives, type) and issubclass(gives, Out) and self.method == "GET" else ()

    @cached_property
    def reads_query(self) -> bool:
        """Whether there is something to read where no query is given, too."""
        return self.query is not None or self.wants_list or self.wants_export

    @cached_property
    def wants_context(self) -> bool:
        return "ctx" in inspect.signature(self.handler).parameters


registry: list[Route] = []


class Routes:
    """The endpoints below one prefix.

    `about` is the record that `{id}` names: a caller without the permission gets 404 when they cannot see it, and
    403 when they can.
    """

    def __init__(self, prefix: str, *, tag: str, about: type[Versioned] | None = None, of_team: bool = False) -> None:
        self.prefix, self.tag, self.about, self.of_team = prefix, tag, about, of_team

    def get(self, path: str = "", *, can: Needs, **options: Any) -> Callable[[Handler], Handler]:
        return self._add("GET", path, can, {"tx": "read"} | options)

    def post(self, path: str = "", *, can: Needs, **options: Any) -> Callable[[Handler], Handler]:
        return self._add("POST", path, can, options)

    def put(self, path: str = "", *, can: Needs, **options: Any) -> Callable[[Handler], Handler]:
        return self._add("PUT", path, can, options)

    def patch(self, path: str = "", *, can: Needs, **options: Any) -> Callable[[Handler], Handler]:
        return self._add("PATCH", path, can, options)

    def delete(self, path: str = "", *, can: Needs, **options: Any) -> Callable[[Handler], Handler]:
        return self._add("DELETE", path, can, {"status": 204} | options)

    def _add(self, method: str, path: str, can: Needs, options: dict[str, Any]) -> Callable[[Handler], Handler]:
        def declare(handler: Handler) -> Handler:
            registry.append(_route(self, method, path, can, handler, **options))
            return handler

        return declare


def _route(
    routes: Routes,
    method: str,
    path: str,
    can: Needs,
    handler: Handler,
    *,
    tx: Transaction = "write",
    about: type[Versioned] | None = None,
    location: str = "",
    limit: str = "",
    listing: Listing | None = None,
    **options: Any,
) -> Route:
    """Read the declaration and the handler's signature. Raises `TypeError` at import for what makes no sense."""
    if not (isinstance(can, Can) or can in (Public, SignedIn)):
        raise TypeError(f"{handler.__qualname__}: name the permission")
    if not inspect.getdoc(handler):
        raise TypeError(f"{handler.__qualname__}: say what it does")
    full = routes.prefix + path
    return Route(
        method=method,
        path=full,
        handler=handler,
        can=can,
        tag=routes.tag,
        tx="none" if can is Public and "holder" not in options else tx,
        about=about or routes.about,
        location=location or f"{routes.prefix}/{{id}}",
        limit=limit or ("public" if can is Public else "api"),
        listing=listing,
        of_team=routes.of_team and "{id}" in full,
        **_signature(handler, full, listing),
        **options,
    )


def _signature(handler: Handler, full: str, listing: Listing | None) -> dict[str, Any]:
    """What the handler's parameters say of its route."""
    hints = typing.get_type_hints(handler, include_extras=True)
    names = re.findall(r"\{(\w+)\}", full)
    params = list(inspect.signature(handler).parameters)
    if unknown := set(params) - {"ctx", "body", "query", *names}:
        raise TypeError(f"{handler.__qualname__}: {unknown} is neither ctx, body, query nor in {full}")
    body, query = hints.get("body"), hints.get("query")
    optional_body = body is not None and type(None) in typing.get_args(body)
    if optional_body:
        body = next(a for a in typing.get_args(body) if a is not type(None))
    wants_list, wants_export = query is ListQuery, query is ExportQuery
    if (wants_list or wants_export) and listing is None:
        raise TypeError(f"{handler.__qualname__}: a query of a list needs listing=")
    return {
        "body": body,
        "body_required": not optional_body,
        "query": None if wants_list or wants_export else query,
        "wants_list": wants_list,
        "wants_export": wants_export,
        "path_params": {n: hints.get(n, UUID) for n in names},
    }
