"""Files: kept by team and key, on a disk that all processes of the installation share.

    await storage().put(by.team_id, f"logos/{id}.png", upload.file)
    file = await storage().open(by.team_id, f"logos/{id}.png")      # may be the body of an answer as it is

A key is made by us, never by a client: what a client calls a file is text for people. A file is whole or not there.
"""

from __future__ import annotations

import asyncio
import os
import re
import shutil
import tempfile
from contextlib import suppress
from io import BytesIO
from pathlib import Path
from typing import BinaryIO, Protocol
from urllib.parse import unquote, urlsplit
from uuid import UUID

from models.errors import NotFound, Unavailable
from server.config import Settings, settings

# Each part begins with a letter or a digit, so that none is `..`, hidden, or one of our own unfinished files.
KEY = re.compile(r"[a-z0-9][a-z0-9._-]{0,99}(/[a-z0-9][a-z0-9._-]{0,99}){0,7}")
PIECE = 1024 * 1024


class Storage(Protocol):
    """Where files are kept. All of it may raise `Unavailable` (storage_unavailable)."""

    async def put(self, team_id: UUID, key: str, content: BinaryIO | bytes) -> int:
        """Keep the content under the key, in place of what was there; gives its size."""
        ...

    async def open(self, team_id: UUID, key: str) -> BinaryIO:
        """The file, to read. Raises `NotFound`."""
        ...

    async def delete(self, team_id: UUID, key: str) -> None:
        """Remove the file; one that is not there is gone already."""
        ...

    async def exists(self, team_id: UUID, key: str) -> bool:
        """Whether there is such a file."""
        ...


def storage() -> Storage:
    """The storage that the settings name. Raises `Unavailable` for one that cannot be used yet."""
    return Folder(folder_of(settings()))


def folder_of(config: Settings) -> Path:
    """The folder that files lie in: that of STORAGE_URL, or one under VAR_DIR."""
    address = urlsplit(config.storage_url)
    if address.scheme not in ("", "file"):
        raise Unavailable(f"Files cannot be kept at {address.scheme}:// yet.", code="storage_unavailable")
    return Path(unquote(address.path)) if address.scheme else config.var_dir / "files"


class Folder:
    """Files in a folder of this machine, or of a disk that all machines have mounted."""

    def __init__(self, root: Path) -> None:
        self.root = root

    async def put(self, team_id: UUID, key: str, content: BinaryIO | bytes) -> int:
        """Keep the content under the key, in place of what was there; gives its size."""
        source = BytesIO(content) if isinstance(content, bytes) else content
        try:
            return await asyncio.to_thread(_write, source, self._path(team_id, key))
        except OSError as error:
            raise _away() from error

    async def open(self, team_id: UUID, key: str) -> BinaryIO:
        """The file, to read. Raises `NotFound`."""
        try:
            return await asyncio.to_thread(self._path(team_id, key).open, "rb")
        except FileNotFoundError:
            raise NotFound("There is no such file.") from None
        except OSError as error:
            raise _away() from error

    async def delete(self, team_id: UUID, key: str) -> None:
        """Remove the file; one that is not there is gone already."""
        try:
            await asyncio.to_thread(self._path(team_id, key).unlink, missing_ok=True)
        except OSError as error:
            raise _away() from error

    async def exists(self, team_id: UUID, key: str) -> bool:
        """Whether there is such a file."""
        return await asyncio.to_thread(self._path(team_id, key).is_file)

    def _path(self, team_id: UUID, key: str) -> Path:
        if not KEY.fullmatch(key):
            raise ValueError(f"{key!r} is no key of a file")
        return self.root / str(team_id) / key


def _write(source: BinaryIO, path: Path) -> int:
    """Write beside the place and move there: a crash leaves the old file or the new one."""
    path.parent.mkdir(parents=True, exist_ok=True)
    source.seek(0)
    number, unfinished = tempfile.mkstemp(prefix=".", dir=path.parent)
    try:
        with os.fdopen(number, "wb") as file:
            shutil.copyfileobj(source, file, PIECE)
            size = file.tell()
            file.flush()
            os.fsync(file.fileno())
        os.replace(unfinished, path)
    except BaseException:
        with suppress(OSError):
            os.unlink(unfinished)
        raise
    return size


def _away() -> Unavailable:
    return Unavailable("Files cannot be read or written right now.", code="storage_unavailable", retry_after=30)
