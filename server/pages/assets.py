"""`/static`: styles, scripts and pictures, in memory, under addresses that change with their content."""

from __future__ import annotations

import gzip
import hashlib
import mimetypes
import time
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from aiohttp import web

from models.errors import NotFound

ROOT = Path(__file__).parents[2] / "templates" / "static"
FOR_EVER = "public, max-age=31536000, immutable"
ASK_AGAIN = "no-cache"
ICON = "favicon.ico"
TEXT = {".css", ".js", ".svg", ".json", ".html", ".map", ".txt"}


@dataclass(frozen=True, slots=True)
class Asset:
    body: bytes
    packed: bytes | None
    media: str
    etag: str


@lru_cache(maxsize=4)
def _assets(_stamp: int) -> tuple[str, dict[str, Asset]]:
    files = {p.relative_to(ROOT).as_posix(): _read(p) for p in sorted(ROOT.rglob("*")) if p.is_file()}
    edition = hashlib.sha256("".join(f"{n}{a.etag}" for n, a in files.items()).encode()).hexdigest()[:12]
    return edition, files


def _read(path: Path) -> Asset:
    body = path.read_bytes()
    packed = gzip.compress(body, 6, mtime=0) if path.suffix in TEXT else None
    media = "text/javascript" if path.suffix == ".js" else mimetypes.guess_type(path.name)[0]
    media = f"{media or 'application/octet-stream'}{'; charset=utf-8' if packed else ''}"
    return Asset(body, packed, media, f'"{hashlib.sha256(body).hexdigest()[:20]}"')


@lru_cache(maxsize=1)
def _newest_change(_second: int) -> int:
    return max(p.stat().st_mtime_ns for p in ROOT.rglob("*"))


def _current() -> tuple[str, dict[str, Asset]]:
    # The newest change names the edition in memory, so that an edited file shows without a restart. It is looked for
    # once in a second: a page asks for thirty files, and each look asks the system for a hundred.
    return _assets(_newest_change(int(time.monotonic())))


@lru_cache(maxsize=1)
def _edition_at_start() -> str:
    return _current()[0]


def address(name: str) -> str:
    """Where a page finds an asset. The edition is in the path, so that a module's relative imports inherit it."""
    return f"/static/~{_edition_at_start()}/{name}"


async def asset(request: web.Request) -> web.StreamResponse:
    """One file of `templates/static`."""
    name = request.match_info.get("name", ICON)
    edition, _, rest = name.partition("/")
    versioned = edition.startswith("~")
    current, files = _current()
    found = files.get(rest if versioned else name)
    if found is None:
        raise NotFound("There is no such file.")
    headers = {"ETag": found.etag, "Vary": "Accept-Encoding", "Content-Type": found.media}
    headers["Cache-Control"] = FOR_EVER if edition == f"~{current}" else ASK_AGAIN
    if request.headers.get("If-None-Match") == found.etag:
        return web.Response(status=304, headers=headers)
    if found.packed is not None and "gzip" in request.headers.get("Accept-Encoding", ""):
        return web.Response(body=found.packed, headers=headers | {"Content-Encoding": "gzip"})
    return web.Response(body=found.body, headers=headers)


def serve(app: web.Application) -> None:
    """Put `/static` into the application, and the icon where browsers look for one unasked."""
    app.router.add_get("/static/{name:.+}", asset)
    app.router.add_get(f"/{ICON}", asset)
