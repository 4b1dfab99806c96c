"""The web application: every domain's routes behind one edge."""

from __future__ import annotations

from importlib import import_module

import aiohttp_cors
from aiohttp import web

from server.config import Settings
from server.core import malformed, metrics
from server.core.answers import COMMON, common_lines
from server.core.bell import Bell
from server.core.database import database
from server.core.edge import AUTHENTICATE, SETTINGS, Authenticate, endpoint
from server.core.limits import LIMITER, Limiter
from server.core.middleware import IN_WORDS, edge_middleware, prepare, security_headers
from server.core.routing import registry
from server.forms import origins
from server.pages import assets
from server.pages.render import in_words

# Importing a domain's routes declares them.
DOMAINS = (
    "activity",
    "auth",
    "companies",
    "consultants",
    "contacts",
    "contracts",
    "exports",
    "forms",
    "imports",
    "jobs",
    "leads",
    "mailbox",
    "notifications",
    "pages",
    "paper",
    "projects",
    "proposals",
    "records",
    "search",
    "settings",
    "system",
    "teams",
    "todos",
    "views",
)
# What a page of another origin may read beside the body.
EXPOSED = ["ETag", "Location", "X-Request-Id", "Retry-After", "Idempotency-Replayed"]
EXPOSED += ["RateLimit-Limit", "RateLimit-Remaining", "RateLimit-Reset", "RateLimit-Policy"]


def declare() -> None:
    """Import every domain, and with it its routes and events; background processes need the events too.

    And those who follow the events: each fact that is recorded must find them.
    """
    import_module("server.core.followers")
    for domain in DOMAINS:
        import_module(f"server.{domain}.routes")


def create_app(settings: Settings, authenticate: Authenticate) -> web.Application:
    """The application, not yet started; the database opens with it and closes with it."""
    declare()
    malformed.take_over()
    app = web.Application(middlewares=[edge_middleware(settings)], client_max_size=0)
    app[SETTINGS] = settings
    app[AUTHENTICATE] = authenticate
    app[LIMITER] = Limiter(settings)
    app[IN_WORDS] = in_words
    fixed = security_headers(settings)
    app[COMMON] = common_lines(fixed)
    app.on_response_prepare.append(prepare(fixed))
    app.cleanup_ctx.append(_database)
    app.cleanup_ctx.append(_bell)
    app.cleanup_ctx.append(_metrics_kept_up)
    app.on_cleanup.append(_close_limiter)
    app.router.add_route("OPTIONS", origins.PATH, origins.preflight)  # before those of the configured origins
    for route in sorted(
        registry, key=lambda route: route.path.count("/")
    ):  # aiohttp tries the patterns one after another
        handler = endpoint(route, app)
        app.router.add_route(route.method, route.path, handler)
        if route.method == "GET":
            app.router.add_route("HEAD", route.path, handler)  # the same answer; the server leaves its body out
    assets.serve(app)
    if settings.cors_origins:
        _allow_origins(app, settings)
    return app


async def _database(app: web.Application):
    await database.open(app[SETTINGS])
    yield
    await database.close()


async def _bell(app: web.Application):
    bell = Bell(app[SETTINGS].redis_url)
    await bell.open()
    yield
    await bell.close()


async def _metrics_kept_up(app: web.Application):
    async with metrics.kept_up():
        yield


async def _close_limiter(app: web.Application) -> None:
    await app[LIMITER].close()


def _allow_origins(app: web.Application, settings: Settings) -> None:
    options = aiohttp_cors.ResourceOptions(
        allow_credentials=True,
        allow_headers="*",
        allow_methods=["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE"],
        expose_headers=EXPOSED,
        max_age=600,
    )
    cors = aiohttp_cors.setup(app, defaults=dict.fromkeys(settings.cors_origins, options))
    for route in list(app.router.routes()):
        own = route.resource is not None and route.resource.canonical == origins.PATH
        if not own:
            cors.add(route)
