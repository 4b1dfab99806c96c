"""The registries that the contract tests walk."""

from __future__ import annotations

from server.core.routing import Route, registry
from tests.helpers.contract import document

document()
ROUTES: list[Route] = [r for r in registry if not r.hidden]
JSON = "application/json"
API = [r for r in ROUTES if r.path.startswith("/api/")]
# What answers only after others have done something; the domains' own tests do it.
NOT_YET = {"GET /api/proposals/{id}/certificate"}  # nobody has signed


def name_of(route: Route) -> str:
    return f"{route.method} {route.path}"


def is_read(route: Route) -> bool:
    """Whether it shows the world something in JSON; files have tests of their own."""
    return route.method == "GET" and route.media == JSON and name_of(route) not in NOT_YET
