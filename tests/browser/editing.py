"""What one does in the editor of proposals."""

from __future__ import annotations

import json
from typing import Any

from tests.browser.conftest import OpenWindow
from tests.factories.people import Person
from tests.helpers.browser import Window

LAMP = "document.querySelector('#saved').dataset.state"
TOTAL = "document.querySelector('[data-sum=total] dd')?.textContent"


async def opened(window: OpenWindow, person: Person, proposal: dict[str, Any]) -> Window:
    it = await window(person, f"/proposals/{proposal['id']}/edit")
    await it.sees_live()
    await it.until(LAMP, "saved")
    return it


def part(list_: str, at: int, name: str) -> str:
    """The control of this value of the part at that place."""
    place = f"#{list_} > :nth-child({at})"
    return f"{place} [data-path$='/{name}']"


def value(selector: str) -> str:
    return f"document.querySelector({json.dumps(selector)})?.value"


async def put(it: Window, selector: str, text: str) -> None:
    await it.type(selector, text)
    await it.until(value(selector), text)


async def choose(it: Window, selector: str, option: str) -> None:
    await it.until(f"document.querySelector({json.dumps(selector)})?.checkVisibility()")
    await it.page.select(selector, option)


async def item(it: Window, at: int, **values: str) -> None:
    """A new item at the end, written by hand."""
    await it.click("#add-item")
    await it.until(f"document.activeElement === document.querySelector({json.dumps(part('items', at, 'description'))})")
    for name, text in values.items():
        if name in ("kind", "recurring"):
            await choose(it, part("items", at, name), text)
        else:
            await put(it, part("items", at, name), text)
