"""Checking a PDF that somebody sends: by the offline command, in a process of its own that may fall over it."""

from __future__ import annotations

import asyncio
import json
import sys
import tempfile
from pathlib import Path
from typing import BinaryIO

from models.errors import Unavailable
from server.config import settings
from server.core.view import Row

ROOT = Path(__file__).parents[2]
SECONDS = 25.0
AT_ONCE = asyncio.Semaphore(2)
UNREADABLE = {
    "genuine": False,
    "reason": "unreadable",
    "detail": "The PDF is broken: it cannot be read to its end.",
    "signatures": [],
    "chain": {"ok": False, "broken_at": None},
}


async def checked(file: BinaryIO, known: str) -> Row:
    """What `python -m server.paper.verify` says of the file, with the certificates (PEM) that it should be from."""
    async with AT_ONCE:
        with tempfile.NamedTemporaryFile("w", suffix=".pem") as pem:
            pem.write(known)
            pem.flush()
            return await _run(file, pem.name)


async def _run(file: BinaryIO, known: str) -> Row:
    try:
        clocks = settings().timestamp_certificates
        given = () if clocks is None else ("--authorities", str(clocks.resolve()))
        said = await outside("server.paper.verify", "-", "--known", known, *given, file=file)
    except TimeoutError:
        raise Unavailable("It takes too long to check this PDF.", code="check_timeout") from None
    try:
        return json.loads(said)
    except ValueError:  # it fell over the file, at a bound of memory or time
        return UNREADABLE


async def outside(module: str, *arguments: str, file: BinaryIO | None = None, given: bytes | None = None) -> bytes:
    """What a module's own process says, with nothing of our environment, where the keys are. Raises `TimeoutError`."""
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", module, *arguments),
        cwd=ROOT,
        stdin=asyncio.subprocess.PIPE if file is None else file,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.DEVNULL,
        env={},
    )
    try:
        async with asyncio.timeout(SECONDS):
            said, _ = await process.communicate(given)
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
    return said
