"""The registries that the contract tests walk, and the document held against every answer."""

from __future__ import annotations

from functools import cache
from typing import Any

import server.__main__  # noqa: F401 - the process's main names every part of the house
from server.app import declare
from server.core.documents import openapi
from server.core.routing import Route, registry

declare()
ROUTES: list[Route] = [r for r in registry if not r.hidden]
API = [r for r in ROUTES if r.path.startswith("/api/")]


@cache
def document() -> dict[str, Any]:
    return openapi()


def name_of(route: Route) -> str:
    return f"{route.method} {route.path}"
