"""The twelve faults; importing this package declares them."""

from __future__ import annotations

from tests.faults.cases import (  # noqa: F401
    bus,
    clocks,
    crowd,
    follower,
    joins,
    kills,
    postgres,
    redis,
    retention,
    rights,
    slow,
    snapshots,
)
