"""Ask for a mail: a job in the caller's transaction, its contents sealed, sent after the commit."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import msgspec

from server.core.jobs import enqueue
from server.core.seal import seal

KIND = "send_mail"
ATTEMPTS = 40  # the last one more than a day after the first: a mail server that is down over night loses nothing
# Each letter (`templates/<domain>/mail/<name>.html` and `.txt`) and what its context must hold, all of it text that
# can be read by people; `link` is a whole address, made by the caller on `settings().base_url`.
LETTERS: dict[str, frozenset[str]] = {
    "auth/verify": frozenset({"name", "link"}),
    "auth/reset": frozenset({"name", "link"}),
    "auth/email-change": frozenset({"name", "link", "new_email"}),  # to the new address: confirm it
    "auth/email-change-notice": frozenset({"name", "new_email"}),  # to the old address: was it you?
    "auth/email-changed": frozenset({"name", "new_email"}),  # to the old address, once confirmed
    "proposals/sent": frozenset({"name", "team", "proposal", "link", "sender", "message", "expires"}),
    "proposals/code": frozenset({"name", "proposal", "code"}),
    "proposals/your-turn": frozenset({"name", "team", "proposal", "link", "sender"}),
    "proposals/reminder": frozenset({"name", "team", "proposal", "link", "expires"}),
    "proposals/accepted": frozenset({"name", "team", "proposal", "link"}),
    "teams/invitation": frozenset({"team", "inviter", "role", "link"}),
    "contracts/ending": frozenset({"name", "contract", "party", "ends", "link"}),
    "todos/assigned": frozenset({"name", "actor", "task", "project", "due", "link"}),
    "todos/mentioned": frozenset({"name", "actor", "task", "project", "excerpt", "link"}),
    "todos/unblocked": frozenset({"name", "actor", "task", "project", "due", "link"}),
    "todos/due-soon": frozenset({"name", "task", "project", "due", "link"}),
}


class UnknownLetter(TypeError):
    """A mail that no template exists for, or whose context is not what the template asks for: a bug."""


async def send_mail(
    to: str,
    template: str,
    *,
    language: str = "en",
    dedupe: str | None = None,
    team_id: UUID | None = None,
    **context: Any,
) -> UUID | None:
    """Send the letter once the running unit of work has committed; nothing is sent if it rolls back.

    Gives the job's id, or None when a mail with the same `dedupe` was asked for before. The context, which may hold a
    token, is sealed in the row, and the row's arguments are emptied when the mail is out.
    """
    wanted = LETTERS.get(template)
    if wanted is None or wanted != context.keys():
        raise UnknownLetter(f"{template} takes {sorted(wanted or [])}, not {sorted(context)}")
    letter = {"to": to, "template": template, "language": language, "context": context}
    args = {"sealed": seal(KIND, msgspec.json.encode(letter))}
    return await enqueue(KIND, args, queue="mail", dedupe=dedupe, max_attempts=ATTEMPTS, team_id=team_id)
