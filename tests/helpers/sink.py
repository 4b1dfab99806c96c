"""A mail server on this machine, which can be down."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from email.message import EmailMessage
from email.parser import BytesParser
from email.policy import default
from typing import Any

from aiosmtpd.controller import Controller

from tests.helpers.patience import PATIENCE_SECONDS


class Sink:
    """A mail server that keeps what it accepts, after the answers it was told to give first."""

    def __init__(self, port: int) -> None:
        self.port, self.url = port, f"smtp://127.0.0.1:{port}?tls=never"
        self.answers: dict[str, list[str]] = {}
        self.offered: list[EmailMessage] = []
        self.kept: list[EmailMessage] = []

    @contextmanager
    def up(self) -> Iterator[None]:
        """It answers; outside of this it is down."""
        controller = Controller(self, hostname="127.0.0.1", port=self.port, ready_timeout=PATIENCE_SECONDS)
        controller.start()
        yield
        controller.stop()

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:
        message = BytesParser(policy=default).parsebytes(envelope.content)
        self.offered.append(message)
        if answers := self.answers.get(message["To"]):
            return answers.pop(0)
        self.kept.append(message)
        return "250 kept"

    def of(self, to: str) -> tuple[list[EmailMessage], list[EmailMessage]]:
        """What was offered for the recipient, and what was kept of it."""
        return [m for m in self.offered if m["To"] == to], [m for m in self.kept if m["To"] == to]
