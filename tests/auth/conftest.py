"""Here passwords are hashed as they are outside of tests."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.helpers import hashes


@pytest.fixture(scope="package", autouse=True)
def true_hashes(cheap_hashes: None) -> Iterator[None]:
    with hashes.made_by(hashes.TRUE):
        yield
