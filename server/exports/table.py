"""A list as a file: read page by page in one snapshot, written to the disk, and sent once it is whole.

So an error is still a problem document, a slow client holds no connection to the database, and the memory is a page's.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import msgspec
from aiohttp import web
from slugify import slugify

from models.actors import Actor
from models.clock import today
from server.config import settings
from server.core import cursors
from server.core.exports import MEDIA, ExportQuery, Format
from server.core.multipart import unnamed_file
from server.core.pages import ListQuery
from server.core.tables import Csv, Writer, Xlsx
from server.core.unit import unit_of_work
from server.core.view import Row
from server.exports.cards import Vcf
from server.imports.fields import CREATED, UPDATED, Noun, catalogue

Page = Callable[[ListQuery, Actor], Awaitable[Row]]
AT_ONCE = 1000
WRITERS: dict[Format, Callable[..., Writer]] = {"csv": Csv, "xlsx": Xlsx, "vcf": Vcf}
# Each holds a connection to the database while it reads.
_few = asyncio.Semaphore(2)


async def exported(noun: Noun, kinds: str, page: Page, query: ExportQuery, by: Actor) -> web.Response:
    """The answer with the whole list as a file."""
    file = unnamed_file()
    async with _few:
        writer = await asyncio.to_thread(WRITERS[query.format], file, str(settings().var_dir), noun)
        async with unit_of_work(by, read_only=True, snapshot=True):
            await _write(noun, page, query.listed, by, writer)
        await asyncio.to_thread(writer.end)
    file.seek(0)
    name = f"{slugify(kinds)}-{today():%Y-%m-%d}.{query.format}"
    headers = {"Content-Disposition": f'attachment; filename="{name}"', "Cache-Control": "no-store"}
    charset = None if query.format == "xlsx" else "utf-8"
    return web.Response(body=file, content_type=MEDIA[query.format], charset=charset, headers=headers)


async def _write(noun: Noun, page: Page, query: ListQuery, by: Actor, writer: Writer) -> None:
    fields = [field for field in (*await catalogue(noun), CREATED, UPDATED) if field.show]
    await asyncio.to_thread(writer.rows, [[field.label for field in fields]])
    shows = [field.show for field in fields if field.show]
    query.limit = AT_ONCE
    while True:
        found = await page(query, by)
        await asyncio.to_thread(_put, writer, found["items"], shows)
        if found["next_cursor"] is None:
            return
        query.cursor = cursors.decode(found["next_cursor"])


def _put(writer: Writer, items: list[Any], shows: list[Callable[[Any], Any]]) -> None:
    rows = msgspec.json.decode(msgspec.json.encode(items))
    writer.rows([show(row) for show in shows] for row in rows)
