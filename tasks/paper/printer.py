"""HTML to PDF by one warm Chromium: one page at a time, nothing reachable, bounded in time, memory and size."""

from __future__ import annotations

import asyncio
import base64
import os
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from typing import Any

from pyppeteer.connection import CDPSession
from pyppeteer.errors import NetworkError

from server.config import Settings
from server.paper.engine import HELP, RendererUnavailable, find_engine
from tasks.paper.chromium import Chromium, ChromiumGone
from tasks.registry import Permanent

BLANK = "about:blank"
HTML_BYTES = 8 * 1024 * 1024
PDF_BYTES = 32 * 1024 * 1024
CHUNK_BYTES = 1024 * 1024
RECYCLE_PAGES = 50  # a browser that printed so many is replaced: what leaks leaks a little
META = re.compile(r"<meta\b[^>]*>?", re.IGNORECASE)  # a refresh leaves the page without any script
PRINT: dict[str, Any] = {
    "printBackground": True,
    "preferCSSPageSize": True,
    "generateTaggedPDF": True,
    "generateDocumentOutline": True,
    "transferMode": "ReturnAsStream",
}
# The fonts of the document come with it and are decoded beside the layout; what is not there in time is not there.
READING_SECONDS = 0.01
SETTLED = "Promise.all([document.fonts.ready, ...[...document.images].map(i => i.decode().catch(() => 0))])"


class TooHeavy(Permanent):
    """The document takes more than a document may: trying again cannot help."""


@dataclass(slots=True)
class Printer:
    """The process's printer. The browser starts with the first page and stays."""

    path: str
    seconds: float
    memory: int
    sandbox: bool
    turn: asyncio.Lock = field(default_factory=asyncio.Lock)
    chromium: Chromium | None = None

    @classmethod
    def of(cls, settings: Settings) -> Printer:
        sandbox = settings.chromium_sandbox == "on" and os.geteuid() != 0  # as root, Chromium has none
        memory = settings.render_memory_mb * 2**20
        return cls(settings.chromium_path, settings.render_seconds, memory, sandbox)

    async def pdf(self, html: str) -> bytes:
        """The document as a tagged PDF. Its fonts and pictures are in it as `data:`; nothing else is fetched or run.

        Raises `RendererUnavailable` without a Chromium, `ChromiumGone` when it ends twice in the middle of it, and
        `TooHeavy` for a document beyond the bounds.
        """
        if len(html.encode()) > HTML_BYTES:
            raise TooHeavy(f"The document has more than {HTML_BYTES // 2**20} MiB.")
        async with self.turn:
            with suppress(NetworkError, ChromiumGone):  # it was killed, by itself or by another: a new one may do
                return await self._bounded(html)
            try:
                return await self._bounded(html)
            except NetworkError as error:
                raise ChromiumGone(f"Chromium ended while it was printing: {error}") from error

    async def close(self) -> None:
        if self.chromium is not None:
            await self.chromium.close()
            self.chromium = None

    async def _bounded(self, html: str) -> bytes:
        browser = await self._browser()
        browser.pages += 1
        try:
            async with asyncio.timeout(self.seconds), browser.watched(), _page(browser) as page:
                return await _printed(page, html)
        except BaseException as error:
            # Whatever it still does, it does not do it to the next document.
            fault = browser.fault
            await self.close()
            if fault == "memory":
                raise TooHeavy(f"The document takes more than {self.memory // 2**20} MiB to print.") from error
            if isinstance(error, TimeoutError):
                raise TooHeavy(f"The document takes longer than {self.seconds:g} s to print.") from error
            raise

    async def _browser(self) -> Chromium:
        found = self.chromium
        if found is not None and (not found.is_open or found.pages >= RECYCLE_PAGES):
            await self.close()
            found = None
        if found is None:
            path = find_engine(self.path)
            if path is None:
                raise RendererUnavailable(HELP)
            found = self.chromium = await Chromium.start(path, sandbox=self.sandbox, memory=self.memory)
        return found


@asynccontextmanager
async def _page(browser: Chromium) -> AsyncIterator[CDPSession]:
    """An empty page that shares nothing with any other, may run no script, and whose every request is refused."""
    wire = browser.wire
    context = (await wire.send("Target.createBrowserContext", {"disposeOnDetach": True}))["browserContextId"]
    target = await wire.send("Target.createTarget", {"url": BLANK, "browserContextId": context})
    page = await wire.createSession({"targetId": target["targetId"], "type": "page"})
    page.on("Fetch.requestPaused", lambda asked: _refuse(page, asked["requestId"]))
    await asyncio.gather(
        page.send("Page.enable"),
        page.send("Fetch.enable", {"patterns": [{"urlPattern": "*"}]}),
        page.send("Emulation.setScriptExecutionDisabled", {"value": True}),
        page.send("Page.setDownloadBehavior", {"behavior": "deny"}),
    )
    yield page
    await wire.send("Target.disposeBrowserContext", {"browserContextId": context})


def _refuse(page: CDPSession, request: str) -> None:
    """Not awaited: the answer to it says nothing that we need."""
    try:
        page.send("Fetch.failRequest", {"requestId": request, "errorReason": "BlockedByClient"})
    except NetworkError:
        return


async def _printed(page: CDPSession, html: str) -> bytes:
    frame = (await page.send("Page.getFrameTree"))["frameTree"]["frame"]["id"]
    await page.send("Page.setDocumentContent", {"frameId": frame, "html": META.sub("", html)})
    # What was refused may still hold up the reading of what comes after it.
    while await _asked(page, "document.readyState") == "loading":  # noqa: ASYNC110 - nothing of ours tells when
        await asyncio.sleep(READING_SECONDS)
    await _asked(page, SETTLED)
    await _at_home(page)
    printed = await page.send("Page.printToPDF", PRINT)
    return await _read(page, printed["stream"])


async def _asked(page: CDPSession, expression: str) -> Any:
    """What the expression, or what it promises, comes to."""
    said = await page.send("Runtime.evaluate", {"expression": expression, "awaitPromise": True, "returnByValue": True})
    return said["result"].get("value")


async def _at_home(page: CDPSession) -> None:
    """Raises `TooHeavy` when the document went elsewhere after all: it would be blank."""
    frame = (await page.send("Page.getFrameTree"))["frameTree"]["frame"]
    if frame["url"] != BLANK:
        raise TooHeavy(f"The document tried to go to {frame.get('unreachableUrl') or frame['url']}.")


async def _read(page: CDPSession, stream: str) -> bytes:
    parts: list[bytes] = []
    size = 0
    while True:
        part = await page.send("IO.read", {"handle": stream, "size": CHUNK_BYTES})
        parts.append(base64.b64decode(part["data"]) if part.get("base64Encoded") else part["data"].encode())
        size += len(parts[-1])
        if size > PDF_BYTES:
            raise TooHeavy(f"The PDF has more than {PDF_BYTES // 2**20} MiB.")
        if part["eof"]:
            await page.send("IO.close", {"handle": stream})
            return b"".join(parts)
