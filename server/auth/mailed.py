"""Tokens that travel by mail: confirm an address, choose a new password, move to another address."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from uuid import UUID

from models.clock import now
from models.db import connection
from models.errors import Conflict, wrong
from models.ids import uuid7
from server.auth import sessions
from server.auth.about import outdate_tokens, record_everywhere
from server.auth.events import EmailChanged, EmailVerified, PasswordChanged
from server.auth.secrets import digest, new_secret
from server.config import settings
from server.core.mail import send_mail

LIVES = {"verify": timedelta(days=7), "reset": timedelta(hours=1), "email_change": timedelta(hours=24)}
PERSON = "SELECT id, email, name, language, email_verified FROM app_user WHERE deactivated_at IS NULL AND "

ADD = """
INSERT INTO mailed_token (id, user_id, kind, token_hash, email, created_at, expires_at)
VALUES ($1, $2, $3, $4, $5, $6, $7)
"""
VERIFY = """
UPDATE app_user SET email_verified = true, version = version + 1, updated_at = $2 WHERE id = $1 AND NOT email_verified
"""
# A newer mail makes the older ones of its kind worthless.
OUTDATE = "UPDATE mailed_token SET used_at = $3 WHERE user_id = $1 AND kind = ANY($2) AND used_at IS NULL"
USE = """
UPDATE mailed_token SET used_at = $2 WHERE token_hash = $1 AND used_at IS NULL AND expires_at > $2 AND kind = ANY($3)
RETURNING user_id, kind, email
"""


async def _link(user_id: UUID, kind: str, email: str, page: str) -> str:
    token, at = new_secret(), now()
    await connection().execute(OUTDATE, user_id, [kind], at)
    await connection().execute(ADD, uuid7(), user_id, kind, digest(token), email, at, at + LIVES[kind])
    return f"{settings().base_url}/{page}?token={token}"


async def person(user_id: UUID) -> Any:
    return await connection().fetchrow(PERSON + "id = $1", user_id)


async def send_verification(user_id: UUID) -> UUID | None:
    """Mail a link that confirms the account's address; gives the job. None when it is confirmed already."""
    found = await person(user_id)
    if found["email_verified"]:
        return None
    link = await _link(user_id, "verify", found["email"], "verify-email")
    return await send_mail(found["email"], "auth/verify", language=found["language"], name=found["name"], link=link)


async def send_reset(email: str) -> None:
    """Mail a link to choose a new password, where there is an account with this address."""
    found = await connection().fetchrow(PERSON + "lower(email) = lower($1)", email)
    if found is not None:
        link = await _link(found["id"], "reset", found["email"], "reset-password")
        await send_mail(found["email"], "auth/reset", language=found["language"], name=found["name"], link=link)


async def send_email_change(user_id: UUID, new_email: str) -> UUID | None:
    """Mail a link to the new address, and word of it to the old one."""
    found = await person(user_id)
    link = await _link(user_id, "email_change", new_email, "verify-email")
    words = {"name": found["name"], "new_email": new_email}
    await send_mail(found["email"], "auth/email-change-notice", language=found["language"], **words)
    return await send_mail(new_email, "auth/email-change", language=found["language"], link=link, **words)


async def confirm(token: str) -> None:
    """Confirm the address that the token was mailed to. Raises `Invalid` for a token that is no good."""
    used = await _use(token, "verify", "email_change")
    if used["kind"] == "verify":
        await connection().execute(VERIFY, used["user_id"], now())
        await outdate_tokens(used["user_id"])
        await record_everywhere(EmailVerified(), used["user_id"])
        return
    await _change_email(used["user_id"], used["email"])


async def _change_email(user_id: UUID, email: str) -> None:
    old = await person(user_id)
    taken = await connection().fetchval("SELECT 1 FROM app_user WHERE lower(email) = lower($1)", email)
    if taken:
        raise Conflict("There is another account with this address.", code="email_taken")
    await connection().execute(
        "UPDATE app_user SET email = $2, email_verified = true, version = version + 1, updated_at = $3 WHERE id = $1",
        user_id,
        email,
        now(),
    )
    await connection().execute(OUTDATE, user_id, list(LIVES), now())
    await outdate_tokens(user_id)
    await record_everywhere(EmailChanged(email=email), user_id)
    words = {"name": old["name"], "new_email": email}
    await send_mail(old["email"], "auth/email-changed", language=old["language"], **words)


async def reset_password(token: str, password_hash: str) -> None:
    """Set a new password with a mailed token; every session ends. Raises `Invalid` for a token that is no good."""
    used = await _use(token, "reset")
    await set_password(used["user_id"], password_hash)
    # Whoever reads the mail owns the address.
    await connection().execute(VERIFY, used["user_id"], now())


async def set_password(user_id: UUID, password_hash: str, *, keep: UUID | None = None) -> None:
    """Store the new password; all sessions but `keep` end, and links mailed before are worthless.

    A change of address under way ends, too: whoever knew the old password may have begun it.
    """
    await connection().execute(
        "UPDATE app_user SET password_hash = $2, version = version + 1, updated_at = $3 WHERE id = $1",
        user_id,
        password_hash,
        now(),
    )
    await connection().execute(OUTDATE, user_id, ["reset", "email_change"], now())
    await record_everywhere(PasswordChanged(), user_id)
    await sessions.end(user_id, "password_changed", but=keep)


async def _use(token: str, *kinds: str) -> Any:
    used = await connection().fetchrow(USE, digest(token), now(), list(kinds))
    if used is None:
        raise wrong("token", "token_invalid", "This link has been used or has expired; ask for a new one.")
    return used
