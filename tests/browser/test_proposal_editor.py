"""The editor of proposals: written by hand, saved by itself, by two at once, without the network; then sent."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path
from typing import Any

from tests.browser.conftest import OpenWindow
from tests.factories import Make
from tests.factories.people import Person
from tests.helpers.browser import Window
from tests.helpers.letters import mailed
from tests.helpers.pictures import picture
from tests.helpers.processes import until

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


async def test_a_whole_proposal_is_written_by_hand(make: Make, window: OpenWindow) -> None:
    anna = await make.owner(team_name="Studio Nord")
    holm = await make.company(anna, name="Holm & Sons")
    proposal = await make.proposal(anna, title="Draft")
    it = await opened(window, anna, proposal)
    await put(it, "[data-path=title]", "Brand film")
    await it.type(".details .picker input", "holm")
    await it.until("document.querySelector('.suggest li')?.textContent", "Holm & Sons")
    await it.press("Enter")
    await it.click("#add-section")
    await put(it, part("sections", 1, "title"), "What we heard")
    await put(it, part("sections", 1, "body"), "Two weeks")
    await it.look("document.querySelector('#sections textarea').select()")
    await it.click("[data-tool=bold]")
    await it.until(value(part("sections", 1, "body")), "**Two weeks**")
    await it.click("#add-section")
    await put(it, part("sections", 2, "title"), "How we work")
    await item(
        it,
        1,
        description="Identity",
        quantity="2",
        unit="days",
        unit_price="1,250.50",
        discount_percent="10",
        tax_rate="19",
    )
    await item(it, 2, description="Photography", unit_price="500", kind="optional")
    await item(it, 3, description="Film 30 s", unit_price="400", kind="choice")
    await item(it, 4, description="Film 60 s", unit_price="700", kind="choice")
    await item(it, 5, description="Hosting", unit_price="19.90", recurring="monthly")
    await put(it, "[data-path=discount]", "50.90")
    await put(it, "[data-path=terms]", "Net of tax.")
    await it.press("Tab")
    # 2 × 1250.50 less a tenth is 2250.90; with the film 2650.90, less 50.90: 2600.00, and a fifth less one of it tax.
    await it.until(TOTAL, "€3,094.00")
    await it.until("document.querySelector('[data-sum=monthly] dd')?.textContent", "€23.68")
    await it.until(LAMP, "saved")
    stored = (await anna.get(f"/api/proposals/{proposal['id']}?include=items")).json
    assert (stored["title"], stored["client_id"], stored["discount"], stored["totals"]["total"]) == (
        "Brand film", holm["id"], "50.90", "3094.00",
    )  # fmt: skip
    assert [s["title"] for s in stored["sections"]] == ["What we heard", "How we work"]
    assert [(i["description"], i["unit_price"], i["choice_group"], i["selected"]) for i in stored["items"]] == [
        ("Identity", "1250.50", None, True),
        ("Photography", "500", None, False),
        ("Film 30 s", "400", "Package", True),
        ("Film 60 s", "700", "Package", False),
        ("Hosting", "19.90", None, True),
    ]
    await it.page.reload({"waitUntil": "domcontentloaded"})
    await it.until(TOTAL, "€3,094.00")
    for selector, text in {
        "[data-path=title]": "Brand film",
        ".details .picker input": "Holm & Sons",
        part("sections", 1, "body"): "**Two weeks**",
        part("sections", 2, "title"): "How we work",
        part("items", 4, "description"): "Film 60 s",
        part("items", 1, "discount_percent"): "10",
        "[data-path=terms]": "Net of tax.",
    }.items():
        await it.until(value(selector), text)


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


async def test_a_refused_value_is_told_where_it_stands(make: Make, window: OpenWindow) -> None:
    anna = await make.owner()
    proposal = await make.proposal(anna, {"description": "Film", "unit_price": "100.00"})
    it = await opened(window, anna, proposal)
    await put(it, part("items", 1, "quantity"), "0")
    await it.until("document.querySelector('#items .told .error')?.textContent", "Must be more than zero.")
    await put(it, "[data-path=currency]", "XXZ")
    await it.until("document.querySelectorAll('.told .error').length", 2)
    await put(it, "[data-path=title]", "Still saved")
    await it.until(LAMP, "refused")

    async def saved() -> bool:
        return (await anna.get(f"/api/proposals/{proposal['id']}")).json["title"] == "Still saved"

    assert await until(saved, 30)
    await put(it, part("items", 1, "quantity"), "3")
    await put(it, "[data-path=currency]", "JPY")
    await it.press("Tab")
    await it.until(LAMP, "saved")
    await it.until(TOTAL, "¥300")


async def test_it_is_sent_and_frozen(make: Make, window: OpenWindow) -> None:
    anna = await make.owner(team_name="Studio Nord")
    ida = await make.contact(anna, name="Ida Holm", emails=[{"email": "ida@sent.example", "primary": True}])
    proposal = await make.proposal(
        anna, {"description": "Film", "unit_price": "100.00"}, title="Film", client_id=ida["id"]
    )
    it = await opened(window, anna, proposal)
    await put(it, "[data-path=title]", "Brand film")
    await it.click("#send")
    await it.until("document.querySelector('.send [type=email]')?.value", "ida@sent.example")
    await it.until("document.querySelector('#send-title').textContent", "Send “Brand film”")
    await it.click("#send-add")
    await it.type(".recipient:nth-child(2) input", "Per Lund")
    await it.type(".recipient:nth-child(2) [type=email]", "nobody")
    await it.type(".send textarea", "As we said.")
    await it.click(".send [type=submit]")
    await it.until("document.querySelector('.recipient:nth-child(2) .error:not([hidden])')?.checkVisibility()")
    await it.type(".recipient:nth-child(2) [type=email]", "per@sent.example")
    await it.click(".recipient:nth-child(2) [aria-label=Earlier]")
    await it.until(
        "[...document.querySelectorAll('.recipient .place')].map(p => p.textContent)", ["1. Signs", "2. Signs"]
    )
    await it.click(".send [type=submit]")
    await it.until("document.querySelectorAll('.sent-links input').length", 2)
    links = await it.look("[...document.querySelectorAll('.sent-links input')].map(i => i.value)")
    stored = (await anna.get(f"/api/proposals/{proposal['id']}")).json
    assert [r["name"] for r in stored["recipients"]] == ["Per Lund", "Ida Holm"]
    letter = await mailed(make.sql, "ida@sent.example", "proposals/sent")
    assert (letter["link"], letter["message"]) == (links[1], "As we said.")
    client = await window(None, f"/p/{letter['link'].rpartition('/')[2]}")
    await client.until("document.querySelector('h1')?.textContent", "Brand film")
    await it.click("#sent .primary")
    await it.until("location.pathname", f"/proposals/{proposal['id']}")
    it = await opened(window, anna, proposal)
    await it.until("document.querySelector('#frozen').checkVisibility()")
    await it.until("document.querySelector('[data-path=title]').matches(':disabled')")
    await it.click("#revise")
    await it.until("document.querySelector('#frozen').hidden")
    await put(it, "[data-path=title]", "Brand film, again")
    await it.until(LAMP, "saved")
    assert (await anna.get(f"/api/proposals/{proposal['id']}")).json["version_number"] == 2


PAGE = "document.querySelector('#preview iframe.shown')?.contentDocument"


async def test_the_preview_is_the_clients_page_in_the_teams_look(
    make: Make, window: OpenWindow, tmp_path: Path
) -> None:
    anna = await make.owner(team_name="Studio Nord")
    proposal = await make.proposal(anna, {"description": "Film", "unit_price": "100.00"}, title="Film")
    it = await opened(window, anna, proposal)
    await it.until(f"{PAGE}?.querySelector('h1')?.textContent", "Film")
    await it.click("#add-section")
    await put(it, part("sections", 1, "title"), "What we heard")
    await put(it, part("sections", 1, "body"), "Two **weeks** <script>")
    await it.until(f"{PAGE}?.querySelector('main section strong')?.textContent", "weeks")
    await it.until(f"{PAGE}?.querySelector('[data-sum=total] dd')?.textContent", "€100.00")
    await it.until(f"{PAGE}?.querySelectorAll('script, form, dialog').length", 0)
    logo = tmp_path / "logo.png"
    logo.write_bytes(picture())
    await it.click("#more-button")
    await it.click("#look")
    await it.until("document.querySelector('#ask').open")
    await (await it.page.querySelector("#ask [type=file]")).uploadFile(str(logo))
    await it.until(f"{PAGE}?.querySelector('img.logo')?.naturalWidth > 0")
    await it.look("document.querySelector('#ask [name=primary_color]').value = '#aa3311'")
    await choose(it, "#ask [name=font]", "serif")
    await it.click("#ask [type=submit]")
    style = f"getComputedStyle({PAGE}?.querySelector('.hero') ?? document.body)"
    await it.until(f"{style}.backgroundColor", "rgb(170, 51, 17)")
    await it.until(f"{style}.fontFamily.includes('Source Serif')")
    await it.click("#preview-button")
    await it.until("document.querySelector('#preview').hidden")


async def test_a_template_is_kept_and_begun_with(make: Make, window: OpenWindow) -> None:
    anna = await make.owner(team_name="Studio Nord")
    holm = await make.company(anna, name="Holm & Sons")
    item_ = {"description": "Film", "unit_price": "100.00"}
    it = await opened(window, anna, await make.proposal(anna, item_, title="Film", client_id=holm["id"]))
    await put(it, "[data-path=terms]", "{{why}} and for ")
    await it.page.focus("[data-path=terms]")
    await it.press("End")
    await it.click("#terms .pop-anchor > button")
    await it.click("#terms [data-insert='{{client.name}}']")
    await it.until(value("[data-path=terms]"), "{{why}} and for {{client.name}}")
    await it.click("#more-button")
    await it.click("#keep-template")
    await it.type("#ask [name=name]", "Short film")
    await it.click("#ask [type=submit]")
    await it.until("document.querySelector('.toast span')?.textContent", "“Short film” is a template now.")
    [template] = (await anna.get("/api/proposal-templates")).json["items"]
    assert (template["variables"], len(template["items"])) == (["client.name", "why"], 1)
    await it.click("#more-button")
    await it.click("#from-template")
    await it.until("document.querySelector('#new')?.open")
    await choose(it, "#new-template", template["id"])
    await it.type("[name='variables.why']", "For money")
    await it.click("#new [type=submit]")
    await it.until(value("[data-path=terms]"), "For money and for Holm & Sons")
    await it.until(TOTAL, "€100.00")


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
