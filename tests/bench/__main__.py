"""Run the benchmarks, print their tables and write `bench.json`: `make bench`, `make bench ARGS="--only live"`."""

from __future__ import annotations

import argparse
import sys

import uvloop

from tests.bench import crm, held, imports, live, rest
from tests.bench.place import seeded_place
from tests.bench.report import Figures

PARTS = ("rest", "live", "imports", "crm")
ASKED_FOR = ("held",)  # takes more than a minute


def main() -> None:
    parser = argparse.ArgumentParser(prog="make bench")
    parser.add_argument("--count", type=int, default=2000, help="requests of each kind")
    parser.add_argument("--changes", type=int, default=200, help="changes whose way to the clients is timed")
    parser.add_argument("--rows", type=int, default=50_000, help="rows of the file that is imported")
    parser.add_argument(
        "--only", choices=PARTS + ASKED_FOR, help="measure this part; bench.json keeps the others' figures"
    )
    options = parser.parse_args()
    uvloop.install()
    parts = (options.only,) if options.only else PARTS
    figures = uvloop.run(_run(parts, options.count, options.changes, options.rows))
    figures.write(keep=options.only is not None)


async def _run(parts: tuple[str, ...], count: int, changes: int, rows: int) -> Figures:
    figures = Figures()
    with seeded_place() as place:
        if "rest" in parts:
            found = await rest.measure(place, count)
            sys.stdout.write(rest.table(found) + "\n\n")
            figures |= _requests(found)
        if "live" in parts:
            heard = await live.measure(place, changes)
            sys.stdout.write(heard.table() + "\n")
            figures |= heard
        if "held" in parts:
            many = await held.measure(place)
            sys.stdout.write(many.table() + "\n")
            figures |= many
        if "imports" in parts:
            brought = await imports.measure(place, rows)
            sys.stdout.write("\n" + brought.table() + "\n")
            figures |= brought.figures()
        if "crm" in parts:  # the last: it fills the place
            at_scale = await crm.measure(place, min(count, 200))
            sys.stdout.write("\n" + crm.table(at_scale) + "\n")
            for name, measured in at_scale.items():
                figures.add(f"crm {name} p95_ms", measured.percentile(0.95))
    return figures


def _requests(found: dict[str, rest.Found]) -> Figures:
    """Stock python-socketio has no REST: these have the constant handler's cost instead, and its multiples."""
    figures = Figures()
    for name, one in found.items():
        figures.add(
            f"{name}_cpu_us",
            one.measured.cpu_us,
            constant=one.constant_us,
            multiple=one.multiple,
            constant_at_its_pace=one.paced_us,
            multiple_at_its_pace=one.paced_multiple,
        )
    return figures


if __name__ == "__main__":
    main()
