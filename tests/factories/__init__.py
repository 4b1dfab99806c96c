"""Factories: whoever and whatever a test needs, made through the front door where that is quick."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

from tests.factories.contacts import Contacts
from tests.factories.proposals import Proposals
from tests.factories.todos import Todos
from tests.helpers.http import Client


class Make(Todos, Contacts, Proposals):
    """All factories in one: each domain adds its mixin here."""

    def __init__(self, anyone: Client, sql: Callable[..., Awaitable[Any]]) -> None:
        self.anyone, self.sql = anyone, sql
