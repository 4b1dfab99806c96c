"""How long a document takes to print: `python -m tests.bench.paper`, alone on the machine.

The first page with a cold browser, then a proposal of three pages with a warm one: the median and the 95th percentile.
"""

from __future__ import annotations

import argparse
import asyncio
import io
import statistics
import sys
import time

import pikepdf

from server.config import settings
from server.paper.proposal import printable
from server.paper.reader import Reader
from tasks.paper.printer import Printer
from tests.paper.documents import document, line

GOAL_COLD, GOAL_WARM = 5.0, 0.7
TEXT = "We begin with two weeks of listening: interviews with your team and your clients. " * 24


def three_pages() -> str:
    sections = [{"key": "a", "kind": "text", "title": "What we heard", "body": TEXT, "position": 0}]
    items = [line(f"Item {n}") for n in range(6)]
    return printable(document(sections=sections, items=items, terms=None), Reader("en", "UTC"))


async def main(times: int) -> None:
    printer, html = Printer.of(settings()), three_pages()
    try:
        began = time.perf_counter()
        await printer.pdf("<p>first</p>")
        cold = time.perf_counter() - began
        took = []
        made = b""
        for _ in range(times):
            began = time.perf_counter()
            made = await printer.pdf(html)
            took.append(time.perf_counter() - began)
    finally:
        await printer.close()
    with pikepdf.open(io.BytesIO(made)) as pdf:
        pages = len(pdf.pages)
    p95 = statistics.quantiles(took, n=20)[-1]
    sys.stdout.write(
        f"first page, cold       {cold * 1000:7.0f} ms   goal {GOAL_COLD * 1000:.0f}\n"
        f"{pages} pages, warm: p50    {statistics.median(took) * 1000:7.0f} ms\n"
        f"{pages} pages, warm: p95    {p95 * 1000:7.0f} ms   goal {GOAL_WARM * 1000:.0f}\n"
    )


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--times", type=int, default=60)
    asyncio.run(main(parser.parse_args().times))
