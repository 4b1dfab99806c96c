"""Files by team and key: whole or not there, and never outside their folder."""

from __future__ import annotations

import asyncio
from io import BytesIO
from pathlib import Path
from uuid import uuid4

import pytest

from models.errors import NotFound, Unavailable
from server.config import Settings
from server.core.storage import Folder, folder_of

OURS, THEIRS = uuid4(), uuid4()


def below(folder: Path) -> list[str]:
    """The names of all files in the folder."""
    return [path.name for path in folder.rglob("*") if path.is_file()]


async def test_a_file_is_kept_read_replaced_and_removed(tmp_path: Path):
    files = Folder(tmp_path)
    assert await files.put(OURS, "logos/a.png", b"first") == 5
    assert await files.put(OURS, "logos/a.png", BytesIO(b"second")) == 6
    with await files.open(OURS, "logos/a.png") as file:
        await files.delete(OURS, "logos/a.png")
        assert file.read() == b"second", "who has it open reads it to its end"
    assert not await files.exists(OURS, "logos/a.png")
    await files.delete(OURS, "logos/a.png")
    with pytest.raises(NotFound):
        await files.open(OURS, "logos/a.png")


async def test_another_teams_file_is_not_there(tmp_path: Path):
    files = Folder(tmp_path)
    await files.put(OURS, "a", b"ours")
    assert not await files.exists(THEIRS, "a")
    with pytest.raises(NotFound):
        await files.open(THEIRS, "a")


@pytest.mark.parametrize(
    "key", ["", "/etc/passwd", "../a", "a/../../b", "a//b", ".hidden", "a/.b", "a\x00", "A", "a\n"]
)
async def test_what_is_no_key_reaches_no_file(tmp_path: Path, key: str):
    files = Folder(tmp_path / "files")
    for do in (files.open, files.delete, files.exists):
        with pytest.raises(ValueError, match="no key"):
            await do(OURS, key)
    with pytest.raises(ValueError, match="no key"):
        await files.put(OURS, key, b"")
    assert below(tmp_path) == []


async def test_writers_at_once_leave_one_whole_file_and_nothing_beside_it(tmp_path: Path):
    files = Folder(tmp_path)
    contents = [bytes([n]) * 300_000 for n in range(8)]
    await asyncio.gather(*(files.put(OURS, "a", c) for c in contents))
    with await files.open(OURS, "a") as file:
        assert file.read() in contents
    assert below(tmp_path) == ["a"]


async def test_a_folder_that_cannot_be_written_is_said_to_be_away(tmp_path: Path):
    (tmp_path / "files").write_text("a file where the folder should be")
    with pytest.raises(Unavailable) as away:
        await Folder(tmp_path / "files").put(OURS, "a", b"")
    assert away.value.code == "storage_unavailable"


def test_the_settings_say_where(tmp_path: Path):
    def config(url: str) -> Settings:
        return Settings(storage_url=url, var_dir=tmp_path)

    assert folder_of(config("")) == tmp_path / "files"
    assert folder_of(config("file:///srv/our%20files")) == Path("/srv/our files")
    with pytest.raises(Unavailable):
        folder_of(config("s3://bucket?endpoint=https://host"))
