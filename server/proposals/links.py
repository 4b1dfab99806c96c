"""Who comes with a link: the recipient it was mailed to, who may have to prove by a code that they read the address."""

from __future__ import annotations

import hashlib
import hmac
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import jwt
from aiohttp import web

from models.actors import Actor
from models.clock import now
from models.db import connection
from models.errors import AppError, Conflict, NotFound, RateLimited, Unauthorised
from models.proposals import Proposal, ProposalRecipient, ProposalVersion
from server.auth.secrets import digest, new_secret
from server.config import settings
from server.core.edge import ANONYMOUS
from server.core.mail import send_mail
from server.core.unit import unit_of_work
from server.core.view import Row

VERIFIED = "link:verified"  # what a mailed code lets the holder of a link do
AUDIENCE = "mediaflow-link"
PREFIX = "link."  # tells these access tokens from those of a sign-in
TOKEN_LIVES = timedelta(hours=2)
CODE_LIVES = timedelta(minutes=10)
MOST_FAILURES = 5
LOCKED_FOR = timedelta(minutes=15)
CLOSED = ("accepted", "declined")
HOLDER = "SELECT team_id, recipient_id, name FROM proposal_link_holder($1)"
KEEP = "INSERT INTO proposal_link (token_hash, team_id, recipient_id, created_at) VALUES ($1, $2, $3, $4)"
VERSION = "SELECT * FROM proposal_version WHERE team_id = $1 AND proposal_id = $2 AND number = $3"
GONE = "There is no such link."


@dataclass(frozen=True, slots=True)
class Held:
    """What a link opens."""

    recipient: ProposalRecipient
    proposal: Proposal
    version: ProposalVersion

    @property
    def is_open(self) -> bool:
        """Whether it waits for an answer."""
        return self.proposal.status in ("sent", "opened")

    def must_be_open(self) -> None:
        """Raise `Conflict`, saying why, when it can be answered no more."""
        if self.proposal.status == "draft":
            raise Conflict("A newer version is being written; wait for it.", code="being_revised")
        if self.proposal.status == "accepted":
            raise Conflict("It was signed already.", code="already_signed")
        if not self.is_open:
            raise Conflict(f"It was {self.proposal.status} already.", code=f"proposal_{self.proposal.status}")


async def make(recipient: ProposalRecipient) -> str:
    """A new secret for the recipient's next mail; those of earlier mails stay good."""
    token = new_secret()
    await connection().execute(KEEP, digest(token), recipient.team_id, recipient.id, now())
    return token


def address(token: str) -> str:
    """Where the link leads."""
    return f"{settings().base_url}/p/{token}"


async def holder(request: web.Request) -> Actor:
    """The recipient whose link the path names, for the edge. Raises `NotFound`."""
    actor = await _find(request.match_info["token"])
    scheme, _, token = request.headers.get("Authorization", "").partition(" ")
    return _verified(actor, token.strip()) if scheme.lower() == "bearer" and token else actor


async def open_socket(token: str, *, fresh: bool = False) -> tuple[Actor, datetime | None]:
    """The same for sockets, by a link's token or the access token that a code was answered with.

    Raises `Unauthorised`: token_invalid, token_expired, token_revoked.
    """
    try:
        actor = _of_access_token(token) if token.startswith(PREFIX) else await _find(token)
        async with unit_of_work(actor, read_only=True):
            held = await open_link(actor)
    except NotFound as error:
        code = {"link_expired": "token_expired", "link_revoked": "token_revoked"}.get(error.code, "token_invalid")
        raise Unauthorised(error.detail, code=code) from None
    except Unauthorised as error:
        raise Unauthorised(
            error.detail, code="token_invalid" if error.code == "token_missing" else error.code
        ) from None
    return actor, None if held.proposal.status in CLOSED else held.recipient.expires_at


async def open_link(by: Actor, *, lock: bool = False, verify: bool = True) -> Held:
    """What the holder's link opens, the proposal locked if asked for.

    Raises `NotFound` (link_revoked, link_expired), `Unauthorised` where a code has to be proved first.
    """
    recipient = await ProposalRecipient.get_visible(by, id=by.id)
    if recipient.revoked_at is not None:
        raise NotFound("This link was withdrawn.", code="link_revoked")
    found = Proposal.held if lock else Proposal.get_visible
    proposal = await found(by, id=recipient.proposal_id)
    if lock:  # what was true before the lock may not be any more
        recipient = await ProposalRecipient.of_proposal(by, proposal.id, by.id)
    if recipient.revoked_at is not None:
        raise NotFound("This link was withdrawn.", code="link_revoked")
    if proposal.status not in CLOSED and (proposal.status == "expired" or recipient.expires_at <= now()):
        raise NotFound("This link has expired; ask for a new one.", code="link_expired")
    if verify and proposal.require_code and not by.may(VERIFIED):
        raise Unauthorised("Ask for a code by `verify`, and send the token that it is answered with.")
    row = await connection().fetchrow(VERSION, by.team_id, proposal.id, recipient.version_number)
    assert row is not None  # what it was mailed about
    return Held(recipient, proposal, ProposalVersion._init_from_db(**row))


# ---- proving it by a code ----


async def send_code(by: Actor) -> Row:
    """Mail the recipient a code. Raises `RateLimited` while they are locked out."""
    held = await open_link(by, lock=True, verify=False)
    recipient = held.recipient
    _check_lock(recipient)
    code = f"{secrets.randbelow(10**6):06}"
    await recipient.change(code_hash=_code_hash(recipient.id, code), code_expires_at=now() + CODE_LIVES)
    await send_mail(
        recipient.email,
        "proposals/code",
        language=recipient.language,
        name=recipient.name,
        proposal=held.proposal.title,
        code=code,
    )
    return {"sent": True, "expires_in": int(CODE_LIVES.total_seconds()), "access_token": None}


async def try_code(code: str, by: Actor) -> Row | AppError:
    """The token that the right code is worth, once; else what to answer after the failure was counted."""
    recipient = (await open_link(by, lock=True, verify=False)).recipient
    _check_lock(recipient)
    good = recipient.code_hash is not None and hmac.compare_digest(
        bytes(recipient.code_hash), _code_hash(recipient.id, code)
    )
    if good and recipient.code_expires_at is not None and recipient.code_expires_at > now():
        await recipient.change(code_hash=None, code_expires_at=None, code_failures=0, code_locked_until=None)
        token, life = _issue(by)
        return {"sent": False, "expires_in": life, "access_token": token}
    failures = recipient.code_failures + 1
    if failures < MOST_FAILURES:
        await recipient.change(code_failures=failures)
        return Unauthorised("This code is wrong, or has expired.", code="credentials_wrong")
    # The code is gone with it: who guesses has to wait, and to have a new one mailed.
    await recipient.change(code_failures=0, code_locked_until=now() + LOCKED_FOR, code_hash=None, code_expires_at=None)
    return _locked(now() + LOCKED_FOR)


def _check_lock(recipient: ProposalRecipient) -> None:
    if recipient.code_locked_until is not None and recipient.code_locked_until > now():
        raise _locked(recipient.code_locked_until)


def _locked(until: datetime) -> RateLimited:
    seconds = max(1, int((until - now()).total_seconds()))
    return RateLimited(
        f"Too many wrong codes; try again in {seconds} s.", code="code_locked", headers={"Retry-After": str(seconds)}
    )


def _code_hash(id: UUID, code: str) -> bytes:
    key = settings().secret_key.get_secret_value().encode()
    return hmac.new(key, f"proposal code {id} {code}".encode(), hashlib.sha256).digest()


# ---- tokens ----


async def _find(token: str) -> Actor:
    async with unit_of_work(ANONYMOUS, read_only=True) as unit:
        row = await unit.conn.fetchrow(HOLDER, digest(token))
    if row is None:
        raise NotFound(GONE)
    return Actor(kind="client", id=row["recipient_id"], name=row["name"], team_id=row["team_id"])


def _issue(by: Actor) -> tuple[str, int]:
    life = int(TOKEN_LIVES.total_seconds())
    claims = {"aud": AUDIENCE, "sub": str(by.id), "team": str(by.team_id), "name": by.name}
    claims |= {"exp": int(now().timestamp()) + life}
    return PREFIX + jwt.encode(claims, settings().secret_key.get_secret_value(), algorithm="HS256"), life


def _verified(actor: Actor, token: str) -> Actor:
    found = _of_access_token(token)
    if found.id != actor.id:
        raise Unauthorised("This token is another link's.", code="token_invalid")
    return found


def _of_access_token(token: str) -> Actor:
    # The expiry is compared with our own clock, which tests move.
    options: Any = {"require": ["exp", "sub"], "verify_exp": False}
    key = settings().secret_key.get_secret_value()
    if not (token.isascii() and token.startswith(PREFIX)):
        raise Unauthorised("This is not a token of ours.", code="token_invalid")
    try:
        claims = jwt.decode(token.removeprefix(PREFIX), key, algorithms=["HS256"], audience=AUDIENCE, options=options)
    except jwt.PyJWTError:
        raise Unauthorised("This is not a token of ours.", code="token_invalid") from None
    if claims["exp"] <= now().timestamp():
        raise Unauthorised("The token has expired; ask for another code.", code="token_expired")
    team, id = UUID(claims["team"]), UUID(claims["sub"])
    return Actor(kind="client", id=id, name=claims["name"], team_id=team, can=frozenset({VERIFIED}))
