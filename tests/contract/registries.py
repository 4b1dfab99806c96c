"""The registries that the contract tests walk."""

from __future__ import annotations

from server.core.routing import Route, registry
from tests.helpers.contract import document

document()
ROUTES: list[Route] = [r for r in registry if not r.hidden]
JSON = "application/json"
API = [r for r in ROUTES if r.path.startswith("/api/")]


def name_of(route: Route) -> str:
    return f"{route.method} {route.path}"
