"""A worker for the tests of a module, and files handed in through the front door."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from server.config import Settings
from tests.factories.people import Person
from tests.helpers.databases import in_database
from tests.helpers.http import Answer
from tests.helpers.processes import beside, until


@pytest.fixture(scope="module")
async def worker(config: Settings, url: str, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[None]:
    """One worker beside all tests of the module."""
    folder: Path = tmp_path_factory.mktemp("worker")
    async with beside(config, folder, in_database(config.database_url), datetime.now(UTC)) as start:
        await start("tasks.worker")
        yield


async def sent(person: Person, kinds: str, content: bytes | str, name: str = "people.csv", **fields: Any) -> Answer:
    """The answer to a file."""
    form = aiohttp.FormData(default_to_multipart=True)
    form.add_field("file", content.encode() if isinstance(content, str) else content, filename=name)
    for field, value in fields.items():
        form.add_field(field, value if isinstance(value, str) else json.dumps(value))
    return await person.ask("POST", f"/api/{kinds}/import", data=form)


async def ended(person: Person, job_id: str, seconds: float = 60) -> Any:
    """The job, once it has ended."""

    async def state() -> Any:
        job = (await person.get(f"/api/jobs/{job_id}")).json
        return job if job["state"] in ("done", "dead", "cancelled") else None

    return await until(state, seconds)


async def imported(person: Person, kinds: str, content: bytes | str, **fields: Any) -> Any:
    """The import, once its job has ended."""
    answer = await sent(person, kinds, content, **fields)
    assert answer == 202, answer
    await ended(person, answer.json["job_id"])
    return (await person.get(f"/api/imports/{answer.json['import_id']}")).json


async def undone(person: Person, import_id: str) -> Any:
    """What the job that takes an import back gives."""
    answer = await person.post(f"/api/imports/{import_id}/undo")
    assert answer == 202, answer
    job = await ended(person, answer.json["job_id"])
    assert job["state"] == "done", job
    return job["result"]


def counts(found: Any) -> tuple[int, ...]:
    """Created, updated, skipped, failed."""
    return tuple(found[name] for name in ("created", "updated", "skipped", "failed"))


async def people(person: Person, query: str = "") -> dict[str, Any]:
    """The contacts that the person sees, by name."""
    answer = await person.get(f"/api/contacts?limit=200&include=company&{query}")
    return {c["name"]: c for c in answer.json["items"]}
