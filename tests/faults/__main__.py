"""`make faults SEEDS=n CASES=1,9`: the long form, each case with n seeds; fails if a client was let down."""

from __future__ import annotations

import asyncio
import os
import sys
import tempfile
import time
import traceback
from pathlib import Path

import uvloop

from tests.faults import cases  # noqa: F401 - declares them
from tests.faults.scene import CASES, Case, Scene, Seen
from tests.faults.world import LONG, World

PATIENCE = 180.0
LINE = "{:<46} {:>10} {:>8} {:>9} {:>5}  {:<6} {}"


async def main(seeds: int, numbers: set[int]) -> int:
    bad = 0
    with tempfile.TemporaryDirectory(prefix="mediaflow-faults-") as folder:
        os.chmod(folder, 0o755)  # the database drops to an unprivileged account
        async with World.open(LONG, Path(folder)) as world:
            _print(LINE.format("case", "seed", "changes", "receipts", "s", "", "fault seen"))
            for seed in range(seeds):
                for case in CASES:
                    if not numbers or case.number in numbers:
                        bad += not await _play(case, world, seed)
    return bad


async def _play(case: Case, world: World, seed: int) -> bool:
    began = time.monotonic()
    try:
        async with asyncio.timeout(PATIENCE):
            seen = await Scene.play(case, world, seed)
    except Exception as error:
        [*_, last] = traceback.extract_tb(error.__traceback__)
        where = f"{Path(last.filename).name}:{last.lineno} {last.line}"
        seen = Seen("", wrong=[f"{type(error).__name__} at {where} {error}"])
    verdict = "WRONG" if seen.wrong else "ok"
    seconds = round(time.monotonic() - began)
    _print(LINE.format(str(case), seed, seen.changes, seen.receipts, seconds, verdict, seen.fault))
    for wrong in seen.wrong:
        _print(f"     {wrong}")
    return not seen.wrong


def _print(line: str) -> None:
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    asked = {int(n) for n in os.environ.get("CASES", "").split(",") if n}
    sys.exit(1 if uvloop.run(main(int(os.environ.get("SEEDS") or 1), asked)) else 0)
