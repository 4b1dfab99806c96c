"""The second factor: time-based one-time passwords (RFC 6238) and one-time recovery codes."""

from __future__ import annotations

import hmac
import secrets
from typing import Any
from uuid import UUID

import msgspec
import segno
from pyotp import random_base32
from pyotp.totp import TOTP

from models.clock import now
from models.db import connection
from models.errors import Conflict, Unauthorised, wrong
from server.auth.about import record_everywhere
from server.auth.events import TwoFactorDisabled, TwoFactorEnabled
from server.auth.secrets import digest
from server.core.seal import SealBroken, seal, unseal

ISSUER = "MediaFlow"
STEP_SECONDS = 30
CHALLENGE_SECONDS = 300
RECOVERY_CODES = 10
ALPHABET = "abcdefghjkmnpqrstuvwxyz23456789"  # nothing that is read as something else
FIND = """
SELECT id, email, password_hash, two_factor, totp_secret, totp_last_step, recovery_hashes
FROM app_user WHERE id = $1 AND deactivated_at IS NULL FOR UPDATE
"""

# No code of a new secret has been used yet.
START = "UPDATE app_user SET totp_secret = $2, totp_last_step = 0 WHERE id = $1"


def challenge(account: Any) -> str:
    """What a sign-in whose password was right has to bring back with its code, within five minutes."""
    until = now().timestamp() + CHALLENGE_SECONDS
    content = {"user": str(account["id"]), "until": until, "password": digest(account["password_hash"]).hex()}
    return seal("two-factor-challenge", msgspec.json.encode(content))


def challenged(text: str) -> tuple[UUID, str]:
    """The account of a challenge, and a digest of the password hash it was given for. Raises `Unauthorised`."""
    try:
        content: Any = msgspec.json.decode(unseal("two-factor-challenge", text))
    except SealBroken:
        content = {"until": 0}
    if content["until"] < now().timestamp():
        raise Unauthorised("Sign in with the password again.", code="token_invalid")
    return UUID(content["user"]), content["password"]


async def start(user_id: UUID) -> dict[str, str]:
    """Begin enrolment: the secret, its address for an authenticator, and that as a QR code. Raises `Conflict`."""
    found: Any = await connection().fetchrow(FIND, user_id)
    if found["two_factor"]:
        raise Conflict("The second factor is on already.", code="two_factor_on")
    secret = random_base32()
    sealed = seal(_purpose(user_id), secret.encode())
    await connection().execute(START, user_id, sealed)
    uri = TOTP(secret).provisioning_uri(name=found["email"], issuer_name=ISSUER)
    return {"secret": secret, "otpauth_uri": uri, "qr_svg": segno.make(uri).svg_inline(scale=4)}


async def finish(user_id: UUID, code: str) -> list[str]:
    """Turn it on with a first code; the recovery codes, shown once. Raises `Invalid`, `Conflict`."""
    found: Any = await connection().fetchrow(FIND, user_id)
    if found["two_factor"]:
        raise Conflict("The second factor is on already.", code="two_factor_on")
    if found["totp_secret"] is None:
        raise Conflict("Start with 2fa/enable.", code="two_factor_not_started")
    step = _step(found, code)
    if step is None:
        raise wrong("code", "code_wrong", "This is not the code that the authenticator shows now.")
    codes = [_recovery_code() for _ in range(RECOVERY_CODES)]
    sql = """UPDATE app_user SET two_factor = true, totp_last_step = $2, recovery_hashes = $3, version = version + 1,
        updated_at = $4 WHERE id = $1"""
    await connection().execute(sql, user_id, step, [_hash(c) for c in codes], now())
    await record_everywhere(TwoFactorEnabled(), user_id)
    return codes


async def disable(user_id: UUID) -> None:
    """Turn it off."""
    sql = """UPDATE app_user SET two_factor = false, totp_secret = NULL, recovery_hashes = '{}', version = version + 1,
        updated_at = $2 WHERE id = $1"""
    await connection().execute(sql, user_id, now())
    await record_everywhere(TwoFactorDisabled(), user_id)


async def passes(user_id: UUID, code: str, password: str = "") -> bool:
    """Whether the code is good now: a TOTP code never used before, or a recovery code, which is used up.

    With a challenge's `password` no code is good once that password has been changed.
    """
    found: Any = await connection().fetchrow(FIND, user_id)
    if found is None or not found["two_factor"]:
        return False
    if password and password != digest(found["password_hash"]).hex():
        return False
    step = _step(found, code)
    if step is not None:
        await connection().execute("UPDATE app_user SET totp_last_step = $2 WHERE id = $1", user_id, step)
        return True
    hashes, used = list(found["recovery_hashes"]), _hash(code)
    if used not in hashes:
        return False
    hashes.remove(used)
    await connection().execute("UPDATE app_user SET recovery_hashes = $2 WHERE id = $1", user_id, hashes)
    return True


def _purpose(user_id: UUID) -> str:
    return f"totp:{user_id}"


def _step(found: Any, code: str) -> int | None:
    """The step whose code this is: the present one or a neighbour (clocks differ), and later than the last used."""
    try:
        totp = TOTP(unseal(_purpose(found["id"]), found["totp_secret"]).decode())
    except SealBroken:
        return None
    present, shown = int(now().timestamp()) // STEP_SECONDS, code.strip().encode()
    for step in (present, present - 1, present + 1):
        if step > found["totp_last_step"] and hmac.compare_digest(totp.at(step * STEP_SECONDS).encode(), shown):
            return step
    return None


def _recovery_code() -> str:
    letters = "".join(secrets.choice(ALPHABET) for _ in range(12))
    return f"{letters[:4]}-{letters[4:8]}-{letters[8:]}"


def _hash(code: str) -> str:
    return digest(code.strip().lower()).hex()
