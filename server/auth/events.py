"""What happens to accounts and sessions; written to each membership's own room."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any
from uuid import UUID

from server.core.events import Ending, Event, event
from server.core.rooms import Audience, member_room


@event("session.ended", says="A session was signed out")
class SessionEnded(Event):
    """Its sockets are closed at this seq, in every process."""

    session_id: UUID
    reason: str

    def ends(self, about: Any) -> Iterable[Ending]:
        yield Ending(member_room(about.id), "token_revoked", session_id=self.session_id)


@event("user.updated", says="{actor} changed their profile", live={Audience.SUBJECT})
class UserUpdated(Event):
    """Heard by the person alone, in each of their teams, as all `user.` facts are."""


@event("user.email_verified", says="{actor} confirmed their address", live={Audience.SUBJECT})
class EmailVerified(Event):
    """Inviting is allowed from now on."""


@event("user.email_changed", says="{actor} changed their address", live={Audience.SUBJECT})
class EmailChanged(Event):
    """The new address is confirmed."""

    email: str


@event("user.password_changed", says="{actor} changed their password", live={Audience.SUBJECT})
class PasswordChanged(Event):
    """All other sessions have ended."""


@event("user.two_factor_enabled", says="{actor} turned the second factor on", live={Audience.SUBJECT})
class TwoFactorEnabled(Event):
    """Each sign-in asks for a code from now on."""


@event("user.two_factor_disabled", says="{actor} turned the second factor off", live={Audience.SUBJECT})
class TwoFactorDisabled(Event):
    """The password alone is enough again."""
