"""Two teams with something of everything each."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

import pytest

from tests.contract.world import World, world
from tests.factories import Make
from tests.helpers.databases import in_database
from tests.helpers.http import Client


@pytest.fixture(scope="session")
async def making(anyone: Client, database_url: str) -> Make:
    return Make(anyone, in_database(database_url))


@pytest.fixture(scope="session")
async def ours(making: Make, anyone: Client) -> World:
    """The team on whose behalf the tests ask."""
    return await world(making, anyone)


@pytest.fixture(scope="session")
async def theirs(making: Make, anyone: Client) -> World:
    """The team whose things must stay out of reach; no test changes it."""
    return await world(making, anyone)


@pytest.fixture(scope="session")
async def worn(making: Make, anyone: Client) -> World:
    """The team that is written to, as long as that leaves it whole."""
    return await world(making, anyone)


Spare = Callable[[], Awaitable[World]]


@pytest.fixture
def spare(making: Make, anyone: Client) -> Spare:
    """`await spare()` gives a team that the test may take apart."""
    return lambda: world(making, anyone)
