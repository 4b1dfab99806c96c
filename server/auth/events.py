"""What happens to accounts and sessions; written to each membership's own room."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any
from uuid import UUID

from server.core.events import Ending, Event, event
from server.core.rooms import member_room


@event("session.ended", says="A session was signed out")
class SessionEnded(Event):
    """Its sockets are closed at this seq, in every process."""

    session_id: UUID
    reason: str

    def ends(self, about: Any) -> Iterable[Ending]:
        yield Ending(member_room(about.id), "token_revoked", session_id=self.session_id)
