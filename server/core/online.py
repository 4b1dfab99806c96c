"""Who is online: asked of the sockets, which live above this layer and put their answer here."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from uuid import UUID

from server.core.rooms import team_room


async def _nobody(room: str) -> set[str]:
    return set()


# The process's sockets answer here: the ids of the people in a room, in all processes. Without sockets nobody is.
people_in: Callable[[str], Awaitable[set[str]]] = _nobody


async def online(team_id: UUID) -> set[str]:
    """The ids of the team's users who have a live socket, as far as this process knows."""
    return await people_in(team_room(team_id))
