"""Who follows the log: each event that one of these wants gets a delivery row with it, handed over by the dispatcher.

Every process that records facts must know them, so they are named here; what they do is in `tasks/followers/`.
"""

from __future__ import annotations

from server.core.events import Event, follower

# Facts about the telling itself, and about work that another fact started.
NOT_AUDITED = ("notification.", "job.")
SIGNED = "proposal.accepted"  # its document is sealed at once, not when somebody first asks for it


def _is_audited(event: type[Event]) -> bool:
    return not event.type.startswith(NOT_AUDITED)


def _is_told(event: type[Event]) -> bool:
    return event.notify


def _is_mailed(event: type[Event]) -> bool:
    return event.mail


follower("audit", _is_audited)
follower("notify", _is_told)
follower("mail", _is_mailed)
follower("seal", lambda event: event.type == SIGNED)
