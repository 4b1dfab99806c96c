"""The twelve faults in their short form; `make faults SEEDS=n` runs the long one."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from tests.faults import cases  # noqa: F401 - declares them
from tests.faults.scene import CASES, Case, Scene
from tests.faults.world import SHORT, World

SEED = 20261121


@pytest.fixture(scope="module")
async def world(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[World]:
    async with World.open(SHORT, tmp_path_factory.mktemp("faults")) as world:
        yield world


@pytest.mark.parametrize("case", CASES, ids=str)
async def test_nothing_is_lost_doubled_reordered_or_altered(case: Case, world: World):
    seen = await Scene.play(case, world, SEED)
    assert seen.wrong == [], seen
    assert seen.changes > 0
    assert seen.receipts > 0
