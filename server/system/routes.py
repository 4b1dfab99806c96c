"""Probes, metrics and documents; none asks for a user's token, none is counted against a limit."""

from __future__ import annotations

from typing import Any

from aiohttp import web

from models.errors import Unauthorised, Unavailable
from server.config import settings
from server.core.permissions import Public
from server.core.routing import Context, Routes
from server.system import checks, documents, numbers, reference
from server.system.schemas import HealthOut, ReadyOut

routes = Routes("", tag="system")
OPEN = {"can": Public, "limit": "none"}


@routes.get("/api/health", gives=HealthOut, **OPEN)
async def health() -> dict[str, str]:
    """The process answers."""
    return {"status": "ok"}


@routes.get("/api/ready", gives=ReadyOut, raises=(Unavailable,), **OPEN)
async def ready() -> dict[str, Any]:
    """What the process needs, each with its state; 503 only without the database."""
    found = await checks.everything(settings())
    if found["database"]["state"] != "up":
        error = Unavailable("The database cannot be reached right now.", code="database_unavailable")
        error.extra = {"checks": found}
        raise error
    up = all(check["state"] == "up" for check in found.values())
    return {"status": "ready" if up else "degraded", "checks": found}


@routes.get("/metrics", gives=str, media="text/plain", raises=(Unauthorised,), **OPEN)
async def metrics(ctx: Context) -> web.Response:
    """Metrics for Prometheus: from this machine, or with the metrics token."""
    numbers.allow(ctx.request, settings().metrics_token.get_secret_value())
    return web.Response(body=await numbers.exposition(), content_type="text/plain", charset="utf-8")


@routes.get("/api/openapi.json", gives=dict[str, Any], also=(304,), **OPEN)
async def openapi(ctx: Context) -> web.Response:
    """The OpenAPI 3.1 document of every endpoint."""
    return documents.rest().answer(ctx.request)


@routes.get("/api/asyncapi.json", gives=dict[str, Any], also=(304,), **OPEN)
async def asyncapi(ctx: Context) -> web.Response:
    """The AsyncAPI 3.0 document of every socket event."""
    return documents.live().answer(ctx.request)


@routes.get("/api/docs", gives=str, media="text/html", **OPEN)
async def docs(ctx: Context) -> web.Response:
    """The endpoints and problems, to browse."""
    return reference.endpoints(ctx.request)


@routes.get("/api/docs/events", gives=str, media="text/html", **OPEN)
async def events(ctx: Context) -> web.Response:
    """The rooms, events and commands of the socket, to browse."""
    return reference.events(ctx.request)
