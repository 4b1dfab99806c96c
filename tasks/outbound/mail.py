"""Mail by SMTP, or into the mailbox of development where no server is set."""

from __future__ import annotations

from email.headerregistry import Address
from email.message import EmailMessage
from email.utils import format_datetime, parseaddr
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

import aiosmtplib
import msgspec
from jinja2 import TemplateError

from models.clock import now
from models.db import connection
from models.ids import uuid7
from server.config import Settings, settings
from server.core.mail import ATTEMPTS, KIND
from server.core.seal import SealBroken, unseal
from tasks.context import JobContext
from tasks.outbound.letters import Letter, render
from tasks.registry import Args, Permanent, job

SECONDS = 20
PORTS = {"smtp": 25, "smtps": 465}
# How the link to the server is protected: `smtp://…?tls=required`; `auto` takes STARTTLS where the server offers it.
START_TLS: dict[str, bool | None] = {"auto": None, "required": True, "never": False}
KEEP = "INSERT INTO dev_mail (id, at, recipient, subject, text, html, links) VALUES ($1, $2, $3, $4, $5, $6, $7)"


class SendMail(Args):
    """The sealed letter: to whom, which template, its context."""

    sealed: str


@job(KIND, queue="mail", max_attempts=ATTEMPTS, quiet=True, forget=True)
async def send_mail(ctx: JobContext, args: SendMail) -> None:
    """Render the letter and send it; every attempt carries the same Message-ID."""
    try:
        asked: dict[str, Any] = msgspec.json.decode(unseal(KIND, args.sealed))
        letter = render(asked["template"], asked["language"], asked["context"])
    except (SealBroken, TemplateError) as error:
        raise Permanent(f"The letter cannot be made: {type(error).__name__} {error}") from error
    config = settings()
    if config.smtp_url:
        await deliver(config, message(config, ctx, asked["to"], letter))
    elif config.production:
        raise Permanent("SMTP_URL is not set, so no mail can be sent.")
    else:
        async with ctx.unit():
            row = (uuid7(), now(), asked["to"], letter.subject, letter.text, letter.html, letter.links)
            await connection().execute(KEEP, *row)


def message(config: Settings, ctx: JobContext, to: str, letter: Letter) -> EmailMessage:
    """The letter as a message; the same one at every attempt."""
    name, sender = parseaddr(config.mail_from)
    found = EmailMessage()
    found["From"] = Address(name, addr_spec=sender)
    found["To"] = Address(addr_spec=to)
    found["Subject"] = letter.subject
    found["Date"] = format_datetime(ctx.job.created_at)
    found["Message-ID"] = f"<{ctx.key}@{sender.rpartition('@')[2]}>"
    found["Auto-Submitted"] = "auto-generated"
    found.set_content(letter.text)
    found.add_alternative(letter.html, subtype="html")
    return found


async def deliver(config: Settings, mail: EmailMessage) -> None:
    """Hand the message to the server. Raises `Permanent` when it says no for good (5xx)."""
    try:
        async with client(config.smtp_url) as server:
            await server.send_message(mail)
    except aiosmtplib.SMTPAuthenticationError:
        raise  # our credentials, not this mail: worth another try when they are put right
    except aiosmtplib.SMTPRecipientsRefused as error:
        _give_up_on_5xx(error.recipients[0])
        raise
    except aiosmtplib.SMTPResponseException as error:
        _give_up_on_5xx(error)
        raise


def _give_up_on_5xx(error: aiosmtplib.SMTPResponseException | aiosmtplib.SMTPRecipientRefused) -> None:
    if error.code >= 500:
        raise Permanent(f"The mail server refused it: {error.code} {error.message}") from error


def client(url: str) -> aiosmtplib.SMTP:
    """A connection as `SMTP_URL` says: `smtp[s]://user:password@host:port?tls=auto|required|never`."""
    parts = urlsplit(url)
    return aiosmtplib.SMTP(
        hostname=parts.hostname,
        port=parts.port or PORTS[parts.scheme],
        username=unquote(parts.username) if parts.username else None,
        password=unquote(parts.password) if parts.password else None,
        use_tls=parts.scheme == "smtps",
        start_tls=None if parts.scheme == "smtps" else START_TLS[parse_qs(parts.query).get("tls", ["auto"])[0]],
        timeout=SECONDS,
    )
