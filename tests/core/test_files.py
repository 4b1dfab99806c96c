"""A process takes as many files as the machine grants."""

from __future__ import annotations

import subprocess
import sys

import pytest

ASKS = """
import logging, resource
from server.core.files import as_many_as_allowed
logging.basicConfig()
resource.setrlimit(resource.RLIMIT_NOFILE, ({own}, {most}))
as_many_as_allowed()
print(resource.getrlimit(resource.RLIMIT_NOFILE))
"""


@pytest.mark.parametrize(("most", "says"), [(300, "may open 300 files"), (10_240, "")])
def test_the_own_limit_is_raised_to_what_is_allowed_and_little_is_said(most: int, says: str):
    code = ASKS.format(own=100, most=most)
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == f"({most}, {most})\n"
    assert says in done.stderr
    assert bool(done.stderr) == bool(says)
