"""Windows of a headless Chromium: what a person sees and does, said in a few words."""

from __future__ import annotations

import asyncio
import json
import os
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from pyppeteer import launch
from pyppeteer.browser import Browser
from pyppeteer.errors import ElementHandleError

from server.auth.cookies import MODE, NAME
from server.paper.engine import find_engine
from tasks.paper.chromium import UNSEEN
from tests.helpers.http import Client
from tests.helpers.patience import PATIENCE_SECONDS

PYPPETEERS = "--disable-features=site-per-process"  # of several such flags Chromium reads the last
FLAGS = [
    "--headless",
    f"{PYPPETEERS},{UNSEEN}",
    "--no-sandbox",
    "--disable-gpu",
    "--force-prefers-reduced-motion",  # a light that breathes keeps a core busy
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-dev-shm-usage",
    # Who says that they are a machine is none who reads; a page's own override does not reach what it says at its end.
    "--user-agent=Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 Chrome/156.0 Safari/537.36",
]
NO_BROWSER = "no Chromium on this machine, and no root to install one; see .ci/run"


def chromium_path(configured: str = "") -> str:
    """Where Chromium is on this machine; without one, whoever may not install one skips the test."""
    path = find_engine(configured)
    if path is None and os.geteuid() != 0:
        pytest.skip(NO_BROWSER)
    assert path is not None, "install Chromium first: .ci/run does"
    return path


async def start_chromium(path: str, profile: Path) -> Browser:
    """A browser with a profile of its own; close it with `await browser.close()`."""
    return await launch(
        executablePath=path,
        args=FLAGS,
        ignoreDefaultArgs=[PYPPETEERS],
        userDataDir=str(profile),
        autoClose=False,
        handleSIGINT=False,
        handleSIGTERM=False,
        handleSIGHUP=False,
        defaultViewport={"width": 1440, "height": 900},
    )


class Window:
    """One window of one person: its cookies are its own. What its console complains of is kept in `complaints`."""

    def __init__(self, context: Any, page: Any, url: str) -> None:
        self.context, self.page, self.url = context, page, url
        self.complaints: list[str] = []
        page.on("pageerror", lambda error: self.complaints.append(str(error)))
        page.on("console", lambda message: message.type == "error" and self.complaints.append(message.text))

    @classmethod
    async def of(cls, browser: Browser, url: str) -> Window:
        context = await browser.createIncognitoBrowserContext()
        page = await context.newPage()
        page.setDefaultNavigationTimeout(PATIENCE_SECONDS * 1000)
        await page._client.send("Network.disable")  # of every file a page asks for it would be told five times
        return cls(context, page, url)

    async def close(self) -> None:
        await self.context.close()

    # ---- what one does ----

    async def go(self, path: str) -> None:
        await self.page.goto(self.url + path, {"waitUntil": "domcontentloaded"})

    async def sign_in(self, email: str, password: str) -> None:
        """By the form, as people do."""
        await self.go("/sign-in")
        await self.type("#email", email)
        await self.type("#password", password)
        await self.click("form[data-form=sign-in] button")

    async def enter(self, email: str, password: str, team_id: str) -> None:
        """Signed in without the form, in one of the person's teams: with the cookie that the form would bring."""
        agent = {"User-Agent": await self.page.evaluate("() => navigator.userAgent"), MODE: "cookie"}
        async with Client.open(self.url) as anyone:
            answer = await anyone.post("/api/auth/login", {"email": email, "password": password}, headers=agent)
            assert answer == 200, answer
            person = anyone.holding(answer.json["access_token"])
            answer = await person.post(f"/api/teams/{team_id}/switch", headers=agent)
            assert answer == 200, answer
        cookie = answer.cookies[NAME]
        await self.page.setCookie(
            {"url": self.url, "name": NAME, "value": cookie.value, "httpOnly": True, "sameSite": "Strict"}
        )

    async def type(self, selector: str, text: str) -> None:
        await self.until(f"document.querySelector({json.dumps(selector)})?.checkVisibility()")
        await self.page.focus(selector)
        await self.page.evaluate("s => document.querySelector(s).select?.()", selector)
        await self.page.keyboard.type(text)

    async def click(self, selector: str) -> None:
        for attempt in range(5):
            found = f"document.querySelector({json.dumps(selector)})"
            await self.until(f"{found}?.checkVisibility()")
            await self.look(f"{AT_REST}(() => {found})")
            try:
                await self.page.click(selector)
                return
            except ElementHandleError:  # painted anew between the look and the click
                if attempt == 4:
                    raise

    async def select(self, selector: str, value: str) -> None:
        """One of the options, once it is there."""
        await self.until(
            f"[...document.querySelector({json.dumps(selector)}).options].some(o => o.value === '{value}')"
        )
        await self.page.select(selector, value)

    async def press(self, *keys: str) -> None:
        for key in keys:
            await self.page.keyboard.press(key)

    async def drag(self, title: str, column: str) -> None:
        """A card by the mouse to the top of a column."""
        x, y = await self._middle(f"{CARD}({json.dumps(title)})")
        to_x, to_y = await self._middle(f"document.querySelector('[data-key={column}] .cards')", top=True)
        mouse = self.page.mouse
        await mouse.move(x, y)
        await mouse.down()
        await mouse.move(x + 12, y + 12, steps=3)
        await mouse.move(to_x, to_y, steps=8)
        await mouse.up()

    async def _middle(self, element: str, *, top: bool = False) -> tuple[float, float]:
        await self.until(element)
        box = await self.look(f"{AT_REST}(() => {element})")
        return box[0] + box[2] / 2, box[1] + (4 if top else box[3] / 2)

    async def network(self, *, on: bool) -> None:
        """Pull the plug, or put it back."""
        conditions = {"offline": not on, "latency": 0, "downloadThroughput": -1, "uploadThroughput": -1}
        await self.page._client.send("Network.enable")
        await self.page._client.send("Network.emulateNetworkConditions", conditions)

    # ---- what one sees ----

    async def look(self, expression: str) -> Any:
        """What the expression is now; for what the page is about to draw, say `until`."""
        return await self.page.evaluate(f"() => {expression}")

    async def until(self, expression: str, is_: Any = None) -> Any:
        """Wait until the expression is true, or equals `is_`; fail with what it was instead."""
        end = time.monotonic() + PATIENCE_SECONDS
        seen: Any = None
        while time.monotonic() < end:
            try:
                seen = await self.look(f"!!({expression})" if is_ is None else expression)
            except Exception as error:  # the page is on its way to another address
                seen = repr(error)
            if seen == (True if is_ is None else is_):
                return seen
            await asyncio.sleep(0.04)
        shown = await self.look("document.body.innerText.slice(0, 1500)")
        raise AssertionError(f"{expression} is {seen!r}, not {is_!r}; the page says: {shown}; {self.complaints}")

    @asynccontextmanager
    async def told(self, *words: str) -> AsyncIterator[None]:
        """What is done in here brings up a line with these words; it goes by itself, perhaps before one looks."""
        await self.page.evaluate(NOTE_WHAT_PASSES)
        yield
        await self.until(f"[...passing].some(said => {json.dumps(words)}.every(word => said.includes(word)))")

    async def sees_live(self) -> None:
        await self.until("document.querySelector('#light')?.dataset.state", "live")

    async def titles(self, column: str) -> list[str]:
        return await self.look(titles_in(column))

    async def sees(self, column: str, titles: list[str]) -> None:
        await self.until(titles_in(column), titles)


CARD = "(title => [...document.querySelectorAll('.card[data-id]')].find(c => c.textContent.includes(title)))"


# Where an element is once it no longer moves; it may be on its way because of somebody else.
AT_REST = """(find => new Promise(done => {
  const look = last => {
    const {x, y, width, height} = find()?.getBoundingClientRect() ?? {};
    const box = [x, y, width, height];
    x !== undefined && box.join() === last ? done(box) : setTimeout(look, 50, box.join());
  };
  look();
}))"""
NOTE_WHAT_PASSES = """() => {
  window.passing = new Set();
  new MutationObserver(() => {
    for (const line of document.querySelectorAll("#typing")) passing.add(line.textContent);
    for (const toast of document.querySelectorAll(".toast")) passing.add(`${toast.className}: ${toast.innerText}`);
  }).observe(document, {childList: true, subtree: true, characterData: true});
}"""


def titles_in(column: str) -> str:
    return f"[...document.querySelectorAll('[data-key={column}] .card .title')].map(t => t.textContent)"
