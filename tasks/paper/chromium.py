"""One Chromium: started without network, files or secrets, watched for its memory, killed with all of its processes."""

from __future__ import annotations

import asyncio
import logging
import os
import shutil
import signal
import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import Any, Self

import psutil

from models.errors import Unavailable
from tasks.paper.wire import Pipes

START_SECONDS = 30.0
WATCH_SECONDS = 0.2
MESSAGE_BYTES = 64 * 1024 * 1024
LOG = "chromium.log"
# The shell moves our two pipes to where Chromium looks for them, and becomes Chromium.
ON_PIPES = 'exec "$0" "$@" 3<&0 4>&1 </dev/null >/dev/null'
# Each window would bring two pages of the browser's own, in processes of their own: half of what a document costs.
UNSEEN = "WebUIOmniboxPopup,WebUIOmniboxAimPopup"
FLAGS = (
    "--headless",
    "--remote-debugging-pipe",
    # No name resolves, nothing is dialled: the wall behind the page's own one in `printer.py`.
    "--host-resolver-rules=MAP * ~NOTFOUND",
    "--proxy-server=127.0.0.1:9",
    "--proxy-bypass-list=<-loopback>",
    "--block-new-web-contents",
    "--disable-background-networking",
    "--disable-breakpad",
    "--disable-component-update",
    "--disable-default-apps",
    "--disable-dev-shm-usage",
    "--disable-extensions",
    f"--disable-features={UNSEEN}",
    "--disable-gpu",
    "--disable-sync",
    "--font-render-hinting=none",
    "--force-color-profile=srgb",
    "--hide-scrollbars",
    "--mute-audio",
    "--no-default-browser-check",
    "--no-first-run",
    "--no-pings",
)
KEPT = ("PATH", "LANG", "LC_ALL", "TZ", "TMPDIR", "FONTCONFIG_PATH", "FONTCONFIG_FILE")
log = logging.getLogger(__name__)


class ChromiumGone(Unavailable):
    """Chromium does not start, or ended in the middle of a page; another time it may not."""

    code = "renderer_unavailable"


class Chromium:
    """A running browser. `pages` counts what it printed; `fault` says why it was killed, if it was by us."""

    def __init__(self, process: asyncio.subprocess.Process, wire: Pipes, folder: Path, memory: int) -> None:
        self.process, self.wire, self.folder = process, wire, folder
        self.pages = 0
        self.fault = ""
        self._memory = memory

    @classmethod
    async def start(cls, path: str, *, sandbox: bool, memory: int) -> Self:
        """A browser that answers. Raises `ChromiumGone`, with what the browser said when it would not start."""
        folder = Path(await asyncio.to_thread(tempfile.mkdtemp, prefix="mediaflow-chromium-"))
        flags = [*FLAGS, f"--user-data-dir={folder}", *([] if sandbox else ["--no-sandbox"]), "about:blank"]
        with (folder / LOG).open("wb") as said:
            try:
                process = await asyncio.create_subprocess_exec(
                    *("/bin/sh", "-c", ON_PIPES, path, *flags),
                    stdin=asyncio.subprocess.PIPE,
                    stdout=asyncio.subprocess.PIPE,
                    stderr=said,
                    limit=MESSAGE_BYTES,
                    start_new_session=True,  # one signal reaches all of its processes
                    # Not our environment: the keys of the house are in it.
                    env={n: os.environ[n] for n in KEPT if n in os.environ} | {"HOME": str(folder)},
                )
            except OSError as error:
                raise ChromiumGone(f"{path} does not start: {error.strerror}") from error
        assert process.stdout is not None
        assert process.stdin is not None
        found = cls(process, Pipes(process.stdout, process.stdin), folder, memory)
        try:
            async with asyncio.timeout(START_SECONDS):
                await found.wire.send("Browser.getVersion")
        except BaseException as error:
            words = (folder / LOG).read_text(errors="replace").strip().splitlines()[-3:]
            await found.close()
            if not isinstance(error, Exception):
                raise
            raise ChromiumGone(f"{path} does not start: {' '.join(words) or repr(error)}") from error
        return found

    @property
    def is_open(self) -> bool:
        return self.wire.is_open and not self.fault

    def kill(self, fault: str) -> None:
        """End all of its processes now."""
        self.fault = self.fault or fault
        with suppress(ProcessLookupError):
            os.killpg(self.process.pid, signal.SIGKILL)

    async def close(self) -> None:
        """End it and forget its folder."""
        self.kill("closed")
        self.wire.end()
        await self.process.wait()
        await asyncio.to_thread(shutil.rmtree, self.folder, True)

    @asynccontextmanager
    async def watched(self) -> AsyncIterator[None]:
        """Kill it when it takes too much memory meanwhile. An idle one is not looked at: a look costs."""
        watch = asyncio.create_task(self._watch())
        try:
            yield
        finally:
            watch.cancel()

    async def _watch(self) -> None:
        while True:
            await asyncio.sleep(WATCH_SECONDS)
            used = await asyncio.to_thread(memory_of, self.process.pid)
            if used > self._memory:
                log.warning("Chromium took %d MiB for one document and is killed", used // 2**20)
                return self.kill("memory")


def memory_of(pid: int) -> int:
    """The bytes of a process and all below it, with what they share counted once."""
    total = 0
    with suppress(psutil.Error):
        root = psutil.Process(pid)
        for one in (root, *root.children(recursive=True)):
            with suppress(psutil.Error):
                # a named tuple with fields by platform; `pss` is Linux's
                info: Any = one.memory_full_info()
                total += getattr(info, "pss", info.uss)
    return total
