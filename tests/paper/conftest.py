"""One printer for the tests of a worker, as a worker process has one."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from server.config import Settings
from tasks.paper.printer import Printer
from tests.helpers.browser import chromium_path


@pytest.fixture(scope="session")
async def printer(config: Settings) -> AsyncIterator[Printer]:
    chromium_path(config.chromium_path)  # skips where there is none
    one = Printer.of(config)
    yield one
    await one.close()
