"""The endpoint of the search box."""

from __future__ import annotations

from server.core.permissions import Can
from server.core.routing import Context, Routes
from server.core.view import Row
from server.search import find
from server.search.schemas import SearchOut, SearchQuery

routes = Routes("/api/search", tag="search")


@routes.get("", can=Can.TEAM_READ, gives=SearchOut)
async def search(ctx: Context, query: SearchQuery) -> Row:
    """Find records of any kind that the caller may see."""
    return await find.search(query, by=ctx.actor)
