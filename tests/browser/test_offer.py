"""The page that a client opens: read without a script, chosen from in two windows, asked about, signed, withdrawn."""

from __future__ import annotations

from typing import Any

from tests.browser.conftest import OpenWindow
from tests.factories import Make
from tests.factories.people import Person
from tests.factories.proposals import Recipient
from tests.helpers.browser import Window
from tests.helpers.letters import mailed
from tests.helpers.processes import until

ITEMS = (
    {"description": "Identity", "unit_price": "1000.00", "tax_rate": "19"},
    {"description": "Photography", "unit_price": "500.00", "kind": "optional", "selected": False},
    {"description": "Film 30 s", "unit_price": "400.00", "kind": "choice", "choice_group": "Film", "selected": True},
    {"description": "Film 60 s", "unit_price": "700.00", "kind": "choice", "choice_group": "Film", "selected": False},
)
SECTIONS = [
    {"key": "heard", "title": "What we heard", "body": "Two **weeks**. <script>document.title = 'hacked'</script>"},
    {"key": "way", "title": "How we work", "body": "In the open. " * 400},
]
TOTAL = "document.querySelector('[data-sum=total] dd')?.textContent"
BAR = "document.querySelector('#bar-total')?.textContent"


async def offered(make: Make, anna: Person, *emails: str, **fields: Any) -> tuple[dict[str, Any], list[Recipient]]:
    to = emails or ("ida@holm.example",)
    return await make.sent(anna, *ITEMS, to=to, title="Brand film", sections=SECTIONS, terms="Net of tax.", **fields)


async def opened(window: OpenWindow, one: Recipient, *, live: bool = True) -> Window:
    it = await window()
    await it.go(f"/p/{one.link}")
    if live:
        await it.until("document.body.dataset.state", "live")
    return it


def box(description: str) -> str:
    return f"[...document.querySelectorAll('[data-item]')].find(i => i.innerText.includes('{description}'))"


async def test_it_is_read_without_a_script(make: Make, window: OpenWindow) -> None:
    _, [ida] = await offered(make, await make.owner(team_name="Studio Nord"))
    it = await window()
    await it.page.setJavaScriptEnabled(False)
    await it.go(f"/p/{ida.link}")
    text = await it.look("document.body.innerText")
    for said in ("Brand film", "Studio Nord", "What we heard", "<script>", "Identity", "€1,590.00", "Net of tax."):
        assert said in text, said
    assert await it.look("document.title") == "Brand film · Studio Nord"
    assert await it.look("document.querySelector('noscript') !== null")


async def test_it_fits_a_phone(make: Make, window: OpenWindow) -> None:
    word = "Donaudampfschifffahrtsgesellschaftskapitänsmützenabzeichen"
    item = {"description": word, "unit_price": "99999999.99", "quantity": "1000", "unit": word, "kind": "optional"}
    german = {"name": "Ida", "email": "ida@holm.example", "language": "de"}
    sections = [{"title": word, "body": f"| {word} | {word} |\n|---|---|\n| 1 | 2 |\n\n```\n{word * 3}\n```"}]
    _, [ida] = await make.sent(await make.owner(), *ITEMS, item, title=word * 2, recipients=[german], sections=sections)
    it = await window()
    await it.page.setViewport({"width": 360, "height": 740, "isMobile": True, "hasTouch": True})
    await it.go(f"/p/{ida.link}")
    await it.until("document.body.dataset.state", "live")
    await it.until("document.documentElement.scrollWidth", 360)
    await it.until("document.fonts.check('16px Inter')")
    await it.look("scrollTo({top: document.documentElement.scrollHeight, behavior: 'instant'})")
    await it.until("document.querySelector('footer').getBoundingClientRect().bottom <= "
                   "document.querySelector('#answer').getBoundingClientRect().top")  # fmt: skip


async def test_a_choice_is_reckoned_in_both_windows(make: Make, window: OpenWindow) -> None:
    _, [ida, per] = await offered(make, await make.owner(), "ida@holm.example", "per@holm.example")
    one, other = await opened(window, ida), await opened(window, per)
    await one.until(TOTAL, "€1,590.00")
    await one.look(f"{box('Photography')}.querySelector('[data-choose]').click()")
    for it in (one, other):
        await it.until(TOTAL, "€2,090.00")
        await it.until(BAR, "€2,090.00")
    await one.look(f"{box('Film 60 s')}.querySelector('[data-choose]').click()")
    await other.until(TOTAL, "€2,390.00")
    assert (await ida.read()).json["totals"]["total"] == "2390.00"
    await one.until("document.querySelector('#answer').dataset.digest", (await ida.read()).json["digest"])


async def test_a_question_is_answered_live(make: Make, window: OpenWindow) -> None:
    anna = await make.owner(name="Anna Berg")
    proposal, [ida] = await offered(make, anna)
    it = await opened(window, ida)
    await it.type("#body", "Is *music* in it?")
    await it.click("#question button")
    await it.until("document.querySelector('#thread em')?.textContent", "music")
    path = f"/api/proposals/{proposal['id']}/comments"
    assert await anna.post(path, {"body": "Only between us", "visibility": "team"}) == 201
    assert await anna.post(path, {"body": "It is.", "visibility": "client"}) == 201
    await it.until("document.querySelector('#thread').innerText.includes('It is.')")
    assert "between us" not in await it.look("document.body.innerText")


async def test_what_the_network_swallows_is_said_and_not_lost(make: Make, window: OpenWindow) -> None:
    _, [ida] = await offered(make, await make.owner())
    it = await opened(window, ida)
    await it.type("#body", "Is music in it?")
    await it.network(on=False)
    await it.click("#question button")
    await it.until("document.querySelector('#question .problem').checkVisibility()")
    assert await it.look("document.querySelector('#body').value") == "Is music in it?"
    await it.click("#pdf")
    await it.until("document.querySelector('#answer .problem').checkVisibility()")
    await it.network(on=True)
    await it.click("#question button")
    await it.until("document.querySelector('#thread').innerText.includes('Is music in it?')")


async def test_a_choice_that_was_not_taken_is_said_and_tried_again(make: Make, window: OpenWindow) -> None:
    german = {"name": "Ida", "email": "ida@holm.example", "language": "de"}
    _, [ida] = await offered(make, await make.owner(), recipients=[german])
    it = await opened(window, ida)
    await it.network(on=False)
    await it.look(f"{box('Photography')}.querySelector('[data-choose]').click()")
    said = "document.querySelector('#choosing').checkVisibility() && document.querySelector('#choosing').innerText"
    await it.until(f"({said} || '').startsWith('Der Server ist nicht zu erreichen')")
    await it.look(f"{box('Film 60 s')}.querySelector('[data-choose]').click()")
    await it.until(f"{box('Photography')}.querySelector('[data-choose]').checked")
    await it.until("document.querySelector('#sign-open').disabled")
    await it.network(on=True)
    await it.until(f"({TOTAL}).replace(/\\s/g, ' ')", "2.390,00 €")
    await it.until("document.querySelector('#choosing').hidden")
    await it.until("document.querySelector('#sign-open').disabled", False)
    assert (await ida.read()).json["totals"]["total"] == "2390.00"
    await it.look(  # what cannot be chosen is said, and drawn as it is
        f"(() => {{ const q = {box('Photography')}.querySelector('[data-quantity]'); q.value = '0';"
        " q.dispatchEvent(new Event('change', {bubbles: true})); })()"
    )
    await it.until(f"({said} || '').includes('prüfen Sie Ihre Eingabe')")
    await it.until(f"{box('Photography')}.querySelector('[data-quantity]').value", "1")


async def test_two_places_for_prices_have_one_list_of_items(make: Make, window: OpenWindow) -> None:
    places = [{"key": "a", "kind": "pricing", "title": "Prices"}, {"key": "b", "kind": "pricing", "title": "Again"}]
    _, [ida] = await make.sent(await make.owner(), *ITEMS, sections=places)
    it = await opened(window, ida)
    assert await it.look("document.querySelectorAll('[data-item]').length") == len(ITEMS)
    assert await it.look("[...document.querySelectorAll('main h2')].map(h => h.textContent).slice(0, 2)") == [
        "Prices",
        "Again",
    ]


async def test_it_is_signed_once_under_what_is_shown(make: Make, window: OpenWindow) -> None:
    anna = await make.owner()
    proposal, [ida] = await offered(make, anna)
    it = await opened(window, ida)
    await it.click("#sign-open")
    await it.until("document.querySelector('#signing').open")
    await it.type("#name", "Ida Holm")
    await it.until("document.querySelector('#typed').textContent", "Ida Holm")
    x, y, width, height = await it.look(
        "(() => { const b = document.querySelector('#drawing').getBoundingClientRect();"
        " return [b.x, b.y, b.width, b.height]; })()"
    )
    await it.page.mouse.move(x + width / 4, y + height / 2)
    await it.page.mouse.down()
    await it.page.mouse.move(x + width / 2, y + height / 4, steps=5)
    await it.page.mouse.up()
    await it.click("#consent")
    await it.click("#sign-now")
    await it.until("document.querySelector('#banner .good')?.checkVisibility()")
    await it.until("document.querySelector('.signed')?.checkVisibility()")
    await it.until("!document.querySelector('#sign-open')")
    shown = (await anna.get(f"/api/proposals/{proposal['id']}")).json
    assert shown["status"] == "accepted"
    rows = await make.sql("SELECT name, drawing IS NOT NULL AS drawn FROM proposal_signature WHERE digest = $1",
                          (await ida.read()).json["digest"])  # fmt: skip
    assert [(r["name"], r["drawn"]) for r in rows] == [("Ida Holm", True)]


async def test_a_no_has_a_reason(make: Make, window: OpenWindow) -> None:
    anna = await make.owner()
    proposal, [ida] = await offered(make, anna)
    it = await opened(window, ida)
    await it.click("#decline-open")
    await it.type("#reason", "Too early")
    await it.click("#decline-now")
    await it.until("document.querySelector('#banner .notice')?.checkVisibility()")
    assert (await anna.get(f"/api/proposals/{proposal['id']}")).json["decline_reason"] == "Too early"


async def test_a_newer_version_is_told_and_a_withdrawn_link_closes_the_page(make: Make, window: OpenWindow) -> None:
    anna = await make.owner()
    proposal, [ida] = await offered(make, anna)
    path = f"/api/proposals/{proposal['id']}"
    it = await opened(window, ida)
    assert await anna.post(f"{path}/revise") == 200
    await it.until("document.querySelector('#banner .notice')?.checkVisibility()")
    assert await anna.patch(path, {"title": "Brand film, again"}) == 200
    assert await anna.post(f"{path}/send") == 200
    await it.until("document.querySelector('#news').checkVisibility()")
    await it.click("#show-news")
    await it.until("document.querySelector('h1')?.textContent", "Brand film, again")
    await it.until("document.body.dataset.state", "live")
    assert await anna.post(f"{path}/withdraw") == 200
    await it.until("document.querySelector('#closed')?.checkVisibility()")
    await it.go(f"/p/{ida.link}")
    await it.until("document.querySelector('#closed')?.dataset.code", "link_revoked")


async def test_reading_is_heard_by_section(make: Make, window: OpenWindow) -> None:
    anna = await make.owner()
    proposal, [ida] = await offered(make, anna)
    it = await opened(window, ida)
    await it.page.bringToFront()

    async def visit() -> Any:
        items = (await anna.get(f"/api/proposals/{proposal['id']}/views")).json["items"]
        read = items and items[0]["confidence"] != "none" and "heard" in {s["key"] for s in items[0]["sections"]}
        return read and (await anna.get(f"/api/proposals/{proposal['id']}")).json["status"] == "opened"

    await until(visit)


async def test_a_protected_one_opens_by_its_code(make: Make, window: OpenWindow) -> None:
    _, [ida] = await offered(make, await make.owner(), "ida@coded.example", require_code=True)
    it = await opened(window, ida, live=False)
    assert "Identity" not in await it.look("document.body.innerText")
    await it.click("#ask button")
    await it.until("document.querySelector('#prove').checkVisibility()")
    code = (await mailed(make.sql, "ida@coded.example", "proposals/code"))["code"]
    await it.type("#code", f"{(int(code) + 1) % 10**6:06}")
    await it.click("#prove button")
    await it.until("document.querySelector('#problem').checkVisibility()")
    await it.look("document.querySelector('#code').value = ''")
    await it.type("#code", code)
    await it.click("#prove button")
    await it.until("document.body.dataset.state", "live")
    await it.look(f"{box('Photography')}.querySelector('[data-choose]').click()")
    await it.until(TOTAL, "€2,090.00")
    await it.page.reload({"waitUntil": "domcontentloaded"})  # what was proved holds for as long as the tab is open
    await it.until("document.body.dataset.state", "live")
    await it.until(TOTAL, "€2,090.00")
