"""The team's side of proposals: the list that shows who reads, and one of them while it is read, asked about, ended."""

from __future__ import annotations

import json
from typing import Any

from tests.browser.conftest import OpenWindow
from tests.browser.editing import LAMP
from tests.browser.test_offer import offered, opened
from tests.factories import Make
from tests.factories.people import Person
from tests.helpers.browser import Window

TITLES = "[...document.querySelectorAll('.row-name b')].map(b => b.textContent)"


def cell(title: str, column: str) -> str:
    """What stands in this column of the proposal of that title."""
    row = f"[...document.querySelectorAll('.tbody .tr')].find(r => r.textContent.includes({json.dumps(title)}))"
    return f"{row}?.querySelector('[data-column={column}]').innerText.trim()"


async def watching(window: OpenWindow, person: Person, path: str = "/proposals") -> Window:
    it = await window(person, path)
    await it.sees_live()
    await it.until("document.querySelector('#main').ariaBusy", "false")
    return it


async def reads(window: OpenWindow, recipient: Any) -> Window:
    it = await opened(window, recipient)
    await it.page.bringToFront()
    return it


async def test_the_list_says_who_reads_at_this_moment(make: Make, window: OpenWindow) -> None:
    anna = await make.owner(team_name="Studio Nord")
    holm = await make.company(anna, name="Holm & Sons")
    await make.proposal(anna, title="Annual report")
    _, [ida] = await offered(make, anna, client_id=holm["id"])
    seller = await watching(window, anna)
    await seller.until(TITLES, ["Brand film", "Annual report"])
    for column, text in {"client": "Holm & Sons", "status": "Sent", "value": "€1,590"}.items():
        await seller.until(cell("Brand film", column), text)
    client = await reads(window, ida)
    await seller.until(f"{cell('Brand film', 'name')}.split('\\n')[1]", "Ida is reading “What we heard”")
    await seller.until(cell("Brand film", "status"), "Seen")
    await seller.until("document.querySelector('[data-figure=seen]').textContent", "1 (100 %)")
    await seller.click(".toggle")
    await seller.until(TITLES, ["Brand film"])
    await client.page.goto("about:blank")
    await seller.until(TITLES, [])
    await seller.click(".toggle")
    await seller.until(cell("Brand film", "name"), "Brand film")


async def test_states_change_under_ones_eyes(make: Make, window: OpenWindow) -> None:
    anna = await make.owner()
    proposal, [ida] = await offered(make, anna)
    seller = await watching(window, anna)
    await seller.page.select("#status", "sent,opened")
    await seller.until("location.search", "?status=sent%2Copened")
    await seller.until(TITLES, ["Brand film"])
    later, _ = await offered(make, anna, "per@holm.example")
    assert (await anna.post(f"/api/proposals/{later['id']}/withdraw")) == 200
    await seller.until(TITLES, ["Brand film"])
    await make.signed(anna, ida)
    await seller.until(TITLES, [])
    await seller.page.select("#status", "accepted")
    await seller.until(cell("Brand film", "status"), "Accepted")
    await seller.until("document.querySelector('[data-figure=value]').textContent", "€1,590")
    assert proposal["status"] == "sent"


async def test_the_list_is_searched_and_sorted(make: Make, window: OpenWindow) -> None:
    anna = await make.owner()
    for title in ("Annual report", "Zine", "Brand film"):
        await make.proposal(anna, title=title)
    seller = await watching(window, anna)
    await seller.until(TITLES, ["Brand film", "Zine", "Annual report"])
    await seller.click("[data-column=name] .sort")
    await seller.until(TITLES, ["Annual report", "Brand film", "Zine"])
    await seller.type("#q", "zin")
    await seller.until(TITLES, ["Zine"])
    await seller.until("document.querySelector('#facts').textContent", "1 proposal")


async def test_one_is_begun_from_a_template_for_a_lead(make: Make, window: OpenWindow) -> None:
    anna = await make.owner(name="Anna Berg")
    made = {"name": "Film", "title": "A film for {{client.name}}", "terms": "By {{deadline}}."}
    assert await anna.post("/api/proposal-templates", made) == 201
    kite = await make.company(anna, name="Kite Coffee")
    lead = (await anna.post("/api/leads", {"name": "Ida Holm", "company": "Kite", "email": "ida@kite.example"})).json
    seller = await watching(window, anna, f"/proposals?new&lead_id={lead['id']}")
    await seller.until("document.querySelector('#new').open")
    await seller.until("document.querySelector('#new-title').value", "Proposal for Kite")
    template = await seller.look("document.querySelector('#new-template option:last-child').value")
    await seller.page.select("#new-template", template)
    await seller.until("document.querySelectorAll('.variables input').length", 2)
    await seller.type("#new-client", "kite")
    await seller.until("document.querySelector('.suggest li')?.textContent", "Kite Coffee")
    await seller.press("Enter")
    await seller.until("document.querySelectorAll('.variables input').length", 1)
    await seller.click("#new button[type=submit]")
    await seller.until("document.querySelector('#new .alert').checkVisibility()")
    await seller.type("[name='variables.deadline']", "May")
    await seller.click("#new button[type=submit]")
    await seller.until("/^\\/proposals\\/[0-9a-f-]{36}\\/edit$/.test(location.pathname)")
    [draft] = (await anna.get("/api/proposals")).json["items"]
    assert (draft["title"], draft["terms"], draft["client_id"]) == ("Proposal for Kite", "By May.", kite["id"])
    assert (draft["lead_id"], [r["email"] for r in draft["recipients"]]) == (lead["id"], ["ida@kite.example"])


async def test_who_may_not_read_proposals_is_told_so(make: Make, window: OpenWindow) -> None:
    anna = await make.owner()
    member = await make.member(anna)
    it = await window(member, "/proposals")
    await it.until("document.querySelector('#main h2')?.textContent", "Proposals are closed to you")


async def test_who_asks_twice_for_a_new_one_gets_one(make: Make, window: OpenWindow) -> None:
    anna = await make.owner()
    seller = await watching(window, anna, "/proposals?new")
    await seller.type("#new-title", "Brand film")
    await seller.look("[1, 2].forEach(() => document.querySelector('#new form').requestSubmit())")
    await seller.until(LAMP, "saved")
    assert [one["title"] for one in (await anna.get("/api/proposals")).json["items"]] == ["Brand film"]


# ---- one proposal ----


async def overview(window: OpenWindow, anna: Person, proposal: dict[str, Any]) -> Window:
    return await watching(window, anna, f"/proposals/{proposal['id']}")


async def confirm(it: Window, action: str) -> None:
    await it.click(f"#actions [data-id={action}]")
    await it.click("#sure-yes")


async def test_the_map_grows_while_somebody_reads(make: Make, window: OpenWindow) -> None:
    anna = await make.owner()
    proposal, [ida] = await offered(make, anna)
    seller = await overview(window, anna, proposal)
    await seller.until("[...document.querySelectorAll('.map-title')].map(t => t.textContent)",
                       ["What we heard", "How we work", "Terms"])  # fmt: skip
    await seller.until("document.querySelector('#visits-none').checkVisibility()")
    client = await reads(window, ida)
    await seller.until("document.querySelector('#now').innerText.trim()", "Ida is reading “What we heard”")
    await seller.until("document.querySelector('#facts [data-state]').textContent", "Seen")
    await seller.until("Number(document.querySelector('.map [data-id=heard]').dataset.ms) > 0")
    await client.look("document.querySelector('[data-section=way]').scrollIntoView()")
    await seller.until("Number(document.querySelector('.map [data-id=way]').dataset.ms) > 0")
    await seller.until("document.querySelector('.visit').dataset.confidence", "high")
    await seller.until("document.querySelector('.addressee .reading')?.checkVisibility()")
    await client.page.goto("about:blank")
    await seller.until("document.querySelector('#now').hidden")
    await seller.until("document.querySelector('.addressee').innerText.includes('opened')")


async def test_a_question_is_answered_and_a_note_stays_here(make: Make, window: OpenWindow) -> None:
    anna = await make.owner(name="Anna Berg")
    proposal, [ida] = await offered(make, anna)
    seller, client = await overview(window, anna, proposal), await reads(window, ida)
    await client.type("#body", "Is music in it?")
    await client.click("#question button")
    await seller.until("document.querySelector('.comment .body')?.innerText.trim()", "Is music in it?")
    await seller.type("#body", "Only the cheap kind")
    await seller.click("[data-visibility=team].button")
    await seller.until("document.querySelector('.comment.note .chip')?.textContent", "Note, only for the team")
    await seller.type("#body", "It is.")
    await seller.click("[data-visibility=client].button")
    await client.until("document.querySelector('#thread').innerText.includes('It is.')")
    await client.until("!document.body.innerText.includes('cheap kind')")
    await seller.until("[...document.querySelectorAll('.comment')].map(c => c.dataset.visibility)",
                       ["client", "team", "client"])  # fmt: skip


async def test_what_is_withdrawn_closes_at_the_clients(make: Make, window: OpenWindow) -> None:
    anna = await make.owner()
    proposal, [ida] = await offered(make, anna)
    seller, client = await overview(window, anna, proposal), await reads(window, ida)
    await confirm(seller, "withdraw")
    await client.until("document.querySelector('#closed')?.checkVisibility()")
    await seller.until("document.querySelector('#facts [data-state]').textContent", "Withdrawn")
    await seller.until("!document.querySelector('#actions [data-id=withdraw]')")


async def test_a_draft_is_sent_from_its_page(make: Make, window: OpenWindow) -> None:
    anna = await make.owner()
    line = {"description": "Film", "unit_price": "100.00"}
    proposal = await make.proposal(anna, line, recipients=[{"name": "Ida", "email": "ida@holm.example"}])
    seller = await overview(window, anna, proposal)
    await seller.until("!document.querySelector('[data-visibility=client].button').checkVisibility()")
    await seller.click("#actions [data-id=send]")
    await seller.click(".send [type=submit]")
    await seller.click("#sent .primary")
    await seller.until("document.querySelector('#facts [data-state]')?.textContent", "Sent")
    await seller.until("document.querySelector('.addressee').innerText.includes('not opened yet')")


async def test_it_is_signed_and_made_a_project(make: Make, window: OpenWindow) -> None:
    anna = await make.owner()
    proposal, [ida] = await offered(make, anna)
    seller = await overview(window, anna, proposal)
    await make.signed(anna, ida)
    await seller.until("document.querySelector('#facts [data-state]').textContent", "Accepted")
    await seller.until("document.querySelector('.addressee .good')?.innerText.startsWith('signed')")
    await seller.click("#actions [data-id=certificate]")
    await seller.until("document.querySelector('.signature h3')?.textContent", "Ida Holm")
    await seller.click("dialog[open] [data-close]")
    await confirm(seller, "convert")
    await seller.until("location.pathname.startsWith('/projects/')")
    shown = (await anna.get(f"/api/proposals/{proposal['id']}")).json
    assert shown["project_id"] == (await seller.look("location.pathname.split('/')[2]"))


async def test_versions_are_compared_and_links_given_again(make: Make, window: OpenWindow) -> None:
    anna = await make.owner()
    proposal, [ida] = await offered(make, anna)
    path = f"/api/proposals/{proposal['id']}"
    assert await anna.post(f"{path}/revise") == 200
    assert await anna.patch(path, {"title": "Brand film, again"}) == 200
    ids = [one["id"] for one in (await anna.get(f"{path}/items")).json["items"]]
    assert await anna.patch(f"{path}/items/reorder", {"item_ids": ids[::-1]}) == 200
    assert await anna.post(f"{path}/send") == 200
    seller = await overview(window, anna, proposal)
    await seller.click("[data-number='1'] [aria-label^=Compare]")
    await seller.until("document.querySelector('#compared ins')?.textContent", "Brand film, again")
    await seller.until("document.querySelector('#compared').textContent.includes('are in another order')")
    await seller.click("#compared [data-close]")
    await seller.look("(navigator.clipboard.writeText = text => ((window.copied = text), Promise.resolve()), 1)")
    await seller.click(".addressee [aria-label^=Copy]")
    await seller.until("window.copied?.includes('/p/')")
    link = await seller.look("window.copied.split('/p/')[1]")
    ida.link = link
    assert (await ida.read()).json["title"] == "Brand film, again"
