"""What is done about facts: each follower gets each fact it wants once, in one transaction with its effect.

`fact.py` is what a follower is given, `audit.py` the trail, `notify.py` the in-app notifications, `mail.py` the mails,
`seal.py` the sealing of what was signed. A follower is named in `server/core/followers.py`, where it also says what it
wants, and listed here.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from tasks.followers import audit, mail, notify, seal
from tasks.followers.fact import Fact


@dataclass(frozen=True, slots=True)
class Follower:
    """`ordered` followers get the facts of one team in their order, several at a time; the others get each alone."""

    name: str
    handle: Callable[[list[Fact]], Awaitable[None]]
    ordered: bool = False


FOLLOWERS = (
    Follower("audit", audit.append, ordered=True),
    Follower("notify", notify.notify),
    Follower("mail", mail.mail),
    Follower("seal", seal.seal),
)
