"""A file of 50,000 contacts: how quickly it is in, out again in each format, and taken back; and the memory for it."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import aiohttp
import psutil

from tests.bench.place import Place, wait_for
from tests.bench.report import Figures
from tests.bench.rest import sign_in

FEWER = 5000  # what is done one by one is measured with fewer
FORMATS = ("csv", "xlsx", "vcf")


@dataclass
class Found:
    """What was measured, by its name: a rate in records/s, or the most memory that was held."""

    rates: dict[str, float] = field(default_factory=dict)
    memory: dict[str, float] = field(default_factory=dict)

    def table(self) -> str:
        lines = [f"{name:34} {rate:10,.0f} records/s" for name, rate in self.rates.items()]
        return "\n".join(lines + [f"{name:34} {mib:10,.0f} MiB" for name, mib in self.memory.items()])

    def figures(self) -> Figures:
        figures = Figures()
        for name, value in (self.rates | self.memory).items():
            figures.add(name.replace(" ", "_"), value)
        return figures


async def measure(place: Place, rows: int) -> Found:
    """One web process and one worker, as they are started by default."""
    found = Found()
    with place.process("server") as (web, port), place.process("tasks.worker", alone=False) as (worker, _):
        wait_for(f"http://127.0.0.1:{port}/api/health")
        headers = {"Authorization": f"Bearer {sign_in(port)['access_token']}"}
        timeout = aiohttp.ClientTimeout(300)
        async with aiohttp.ClientSession(f"http://127.0.0.1:{port}", headers=headers, timeout=timeout) as session:
            before = {p.pid: _mib(p) for p in (web, worker)}
            async with _most(web, worker) as most:
                await _through(session, found, rows)
            for name, process in (("memory of the web process", web), ("memory of the worker", worker)):
                found.memory[name] = most[process.pid]
                found.memory[f"{name} before"] = before[process.pid]
    return found


async def _through(session: aiohttp.ClientSession, found: Found, rows: int) -> None:
    await _import(session, found, "import of new contacts", rows, "a")
    for format in FORMATS:
        began = time.perf_counter()
        async with session.get(f"/api/contacts/export?format={format}") as answer:
            answer.raise_for_status()
            async for _ in answer.content.iter_any():
                pass
        found.rates[f"export as {format}"] = rows / (time.perf_counter() - began)
    fewer = min(rows, FEWER)
    await _import(session, found, "import that changes contacts", fewer, "a", title="Director")
    taken = await _import(session, Found(), "", fewer, "b")
    began = time.perf_counter()
    async with session.post(f"/api/imports/{taken}/undo", json={}) as answer:
        job = await _ended(session, (await answer.json())["job_id"])
    assert job["result"]["removed"] == fewer, job
    found.rates["taking back"] = fewer / (time.perf_counter() - began)


async def _import(session: aiohttp.ClientSession, found: Found, name: str, rows: int, mark: str, **more: str) -> str:
    form = aiohttp.FormData()
    form.add_field("file", _file(rows, mark, **more), filename="people.csv")
    began = time.perf_counter()
    async with session.post("/api/contacts/import", data=form) as answer:
        told = await answer.json()
        assert answer.status == 202, told
    job = await _ended(session, told["job_id"])
    assert job["result"]["created"] + job["result"]["updated"] == rows, job
    found.rates[name] = rows / (time.perf_counter() - began)
    return told["import_id"]


def _file(rows: int, mark: str, title: str = "Producer") -> bytes:
    lines = ["External ID,Name,Email,Phone,Job title,City,Country,Company,Tags"]
    for n in range(rows):
        person = f"{mark}-{n},Person {n} of {mark},{mark}{n}@north.example,+4930{10_000_000 + n}"
        lines.append(f"{person},{title},Kiel,DE,Firm {n % 500},VIP")
    return "\n".join(lines).encode()


async def _ended(session: aiohttp.ClientSession, job_id: str) -> Any:
    while True:
        async with session.get(f"/api/jobs/{job_id}") as answer:
            job = await answer.json()
        if job["state"] in ("done", "dead"):
            assert job["state"] == "done", job
            return job
        await asyncio.sleep(0.1)


@asynccontextmanager
async def _most(*processes: psutil.Process) -> AsyncIterator[dict[int, float]]:
    """The most resident memory that each process holds meanwhile, in MiB."""
    most: dict[int, float] = {}

    async def look() -> None:
        while True:
            for process in processes:
                most[process.pid] = max(most.get(process.pid, 0), _mib(process))
            await asyncio.sleep(0.1)

    looking = asyncio.create_task(look())
    try:
        yield most
    finally:
        looking.cancel()


def _mib(process: psutil.Process) -> float:
    return process.memory_info().rss / 1024 / 1024
