"""The editor of proposals: two who write at once, without the network, over each other."""

from __future__ import annotations

import asyncio

from tests.browser.conftest import OpenWindow
from tests.browser.editing import LAMP, TOTAL, item, opened, part, put, value
from tests.factories import Make
from tests.helpers.processes import until


async def test_what_one_writes_the_other_sees_and_their_own_stays(make: Make, window: OpenWindow) -> None:
    anna = await make.owner(name="Anna Berg")
    ben = await make.member(anna, "manager", name="Ben Okafor")
    item_ = {"description": "Film", "unit_price": "100.00"}
    proposal = await make.proposal(
        anna, item_, {"description": "Cut", "unit_price": "50.00"}, sections=[{"key": "why", "title": "Why"}]
    )
    hers, his = await opened(window, anna, proposal), await opened(window, ben, proposal)
    await put(hers, part("sections", 1, "body"), "Because")
    await put(his, part("items", 1, "unit_price"), "120")
    for it in (hers, his):
        await it.until(TOTAL, "€170.00")
        await it.until(value(part("items", 1, "unit_price")), "120")
        await it.until(value(part("sections", 1, "body")), "Because")
        await it.until(LAMP, "saved")
    await hers.page.focus("#items > :nth-child(1) .handle")
    await hers.press("ArrowDown")
    await his.until(value(part("items", 1, "description")), "Cut")
    await hers.until("document.activeElement.matches('#items > :nth-child(2) .handle')")
    await hers.click("#items > :nth-child(1) [data-act=remove]")
    await his.until("document.querySelectorAll('#items > *').length", 1)
    await his.until(TOTAL, "€120.00")
    await hers.click("#sections > :nth-child(1) [data-act=copy]")
    await his.until("document.querySelectorAll('#sections > *').length", 2)
    await his.until(value(part("sections", 2, "body")), "Because")


async def test_a_conflict_is_told_and_settled_without_loss(make: Make, window: OpenWindow) -> None:
    anna = await make.owner(name="Anna Berg")
    ben = await make.member(anna, "manager", name="Ben Okafor")
    proposal = await make.proposal(anna, title="Film", terms="30 days", sections=[{"key": "why", "body": "One"}])
    it = await opened(window, anna, proposal)
    path = f"/api/proposals/{proposal['id']}"
    await it.network(on=False)
    await put(it, "[data-path=terms]", "14 days")
    await put(it, part("sections", 1, "body"), "One and a half")
    await put(it, "[data-path=title]", "Brand film")
    await it.until(LAMP, "offline")
    sections = [{"key": "why", "body": "Two"}]
    assert await ben.patch(path, {"terms": "Net of tax", "currency": "USD", "sections": sections}) == 200
    await it.network(on=True)
    # What only one of them touched is saved; of the rest each sees what the other wrote, and hers is still there.
    await it.until("document.querySelectorAll('.dispute blockquote').length", 2)
    await it.until(
        "[...document.querySelectorAll('.dispute blockquote')].map(q => q.textContent)", ["Two", "Net of tax"]
    )
    await it.until("document.querySelector('[data-path=currency]').value", "USD")
    await it.until(LAMP, "disputed")
    await it.until(value("[data-path=terms]"), "14 days")
    await it.click("#terms [data-settle=mine]")
    await it.click("#sections [data-settle=theirs]")
    await it.until(value(part("sections", 1, "body")), "Two")
    await it.until(LAMP, "saved")
    stored = (await anna.get(path)).json
    assert (stored["title"], stored["terms"], stored["sections"][0]["body"]) == ("Brand film", "14 days", "Two")


async def test_what_is_written_without_the_network_is_kept_and_sent(make: Make, window: OpenWindow) -> None:
    anna = await make.owner()
    proposal = await make.proposal(anna, {"description": "Film", "unit_price": "100.00"})
    it = await opened(window, anna, proposal)
    await it.network(on=False)
    await put(it, "[data-path=terms]", "Payable at once")
    await item(it, 2, description="Cut", unit_price="50")
    await it.until(LAMP, "offline")
    await it.network(on=True)
    await it.until(LAMP, "saved")
    await it.until(TOTAL, "€150.00")
    assert [i["description"] for i in (await anna.get(f"/api/proposals/{proposal['id']}/items")).json["items"]] == [
        "Film",
        "Cut",
    ]
    # Closed before it could be sent: one is asked, and when it is opened again it is there, and goes out.
    asked: list[str] = []
    it.page.on("dialog", lambda dialog: (asked.append(dialog.type), asyncio.ensure_future(dialog.accept())))
    await it.network(on=False)
    await put(it, "[data-path=title]", "Brand film")
    await it.until(LAMP, "offline")
    await it.page.goto("about:blank")
    assert asked == ["beforeunload"]
    await it.network(on=True)
    await it.go(f"/proposals/{proposal['id']}/edit")
    await it.until(value("[data-path=title]"), "Brand film")
    await it.until(LAMP, "saved")

    async def saved() -> bool:
        return (await anna.get(f"/api/proposals/{proposal['id']}")).json["title"] == "Brand film"

    assert await until(saved, 30)


async def test_a_note_stays_with_the_team(make: Make, window: OpenWindow) -> None:
    anna = await make.owner()
    ben = await make.member(anna, "manager", name="Ben Okafor")
    proposal = await make.proposal(anna)
    hers, his = await opened(window, anna, proposal), await opened(window, ben, proposal)
    await hers.type("#notes textarea", "He knows the *price*.")
    await hers.click("#notes .button")
    await his.until("document.querySelector('#notes .comment em')?.textContent", "price")
    [note] = (await ben.get(f"/api/proposals/{proposal['id']}/comments")).json["items"]
    assert note["visibility"] == "team"


async def test_items_are_put_into_order_by_the_mouse(make: Make, window: OpenWindow) -> None:
    anna = await make.owner()
    proposal = await make.proposal(anna, *({"description": name, "unit_price": "1"} for name in "ABC"))
    it = await opened(window, anna, proposal)
    names = "[...document.querySelectorAll('#items .what')].map(t => t.value)"
    await it.until(names, ["A", "B", "C"])
    middle = "(box => [box.x + box.width / 2, box.y + box.height / 2])"
    handle = "document.querySelector('#items > :nth-child({}) .handle').getBoundingClientRect()"
    await it.look("document.querySelector('#add-item').scrollIntoView({block: 'end'})")
    x, y = await it.look(f"{middle}({handle.format(1)})")
    below = await it.look("document.querySelector('#items > :nth-child(3)').getBoundingClientRect().bottom")
    mouse = it.page.mouse
    await mouse.move(x, y)
    await mouse.down()
    await mouse.move(x, below - 6, steps=6)
    await it.until(names, ["B", "C", "A"])
    await mouse.up()
    await it.until(LAMP, "saved")

    async def stored() -> bool:
        rows = (await anna.get(f"/api/proposals/{proposal['id']}/items")).json["items"]
        return [row["description"] for row in rows] == ["B", "C", "A"]

    assert await until(stored, 30)


async def test_what_is_written_in_a_section_that_somebody_removes_is_kept(make: Make, window: OpenWindow) -> None:
    anna = await make.owner()
    ben = await make.member(anna, "manager", name="Ben Okafor")
    sections = [{"key": "why", "title": "Why", "body": "One"}, {"key": "how", "title": "How"}]
    proposal = await make.proposal(anna, {"description": "Film", "unit_price": "100.00"}, sections=sections)
    path = f"/api/proposals/{proposal['id']}"
    [film] = (await anna.get(f"{path}/items")).json["items"]
    it = await opened(window, anna, proposal)
    await it.network(on=False)
    await put(it, part("sections", 1, "body"), "One and a half")
    await put(it, part("items", 1, "unit_price"), "120")
    await it.until(LAMP, "offline")
    assert await ben.patch(path, {"sections": sections[1:]}) == 200
    assert await ben.delete(f"{path}/items/{film['id']}") == 204
    await it.network(on=True)
    await it.until(LAMP, "saved")
    await it.until(value(part("sections", 1, "title")), "Why")
    await it.until(value(part("sections", 1, "body")), "One and a half")
    await it.until(TOTAL, "€120.00")
    stored = (await anna.get(f"{path}?include=items")).json
    assert [s["title"] for s in stored["sections"]] == ["Why", "How"]
    assert [(i["description"], i["unit_price"]) for i in stored["items"]] == [("Film", "120")]
