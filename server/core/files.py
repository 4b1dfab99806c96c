"""How many files, and so how many connections, this process may have open."""

from __future__ import annotations

import logging
import resource

ENOUGH = 10_240  # as many sockets as one process is meant to hold, and what it needs besides
log = logging.getLogger(__name__)


def as_many_as_allowed() -> None:
    """Raise our own limit (often 1,024) to what the machine allows; say so where that is little."""
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
    if most < ENOUGH:
        log.warning(
            "this process may open %d files, and each live connection is one: allow %d (ulimit -Hn, LimitNOFILE=)",
            most,
            ENOUGH,
        )
