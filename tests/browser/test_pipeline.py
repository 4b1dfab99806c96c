"""The pipeline in two windows: moved by mouse and keyboard, lost with a reason, won and converted, refused and back."""

from __future__ import annotations

import pytest

from tests.browser.conftest import OpenWindow, Studio
from tests.factories import Make
from tests.helpers.browser import Window
from tests.helpers.processes import until

SUMS = "[...document.querySelectorAll('.column')].map(c => [c.dataset.key, c.querySelector('.count').textContent, "
SUMS += "c.querySelector('.sum').textContent].join(' ')).filter(line => !line.endsWith('–'))"
SAID = "document.querySelector('#announce').textContent"
BECAME = (("contacts", "contact_id"), ("companies", "company_id"), ("projects", "project_id"))
LEADS = {"Ada": ("new", "1000.50", "EUR"), "Bo": ("new", None, "EUR"), "Cy": ("qualified", "300", "USD")}


@pytest.fixture
async def leads(make: Make, studio: Studio) -> dict[str, dict]:
    """Ada and Bo are new, Cy is qualified; Ada and Cy are worth something."""
    return {
        name: await make.lead(
            studio.owner, name=name, company=f"{name} Ltd", status=status, value=value, currency=money
        )
        for name, (status, value, money) in LEADS.items()
    }


async def open_pipeline(window: OpenWindow, studio: Studio) -> tuple[Window, Window]:
    both = await window(studio.owner, "/pipeline"), await window(studio.member, "/pipeline")
    for one in both:
        await one.sees_live()
        await one.until("document.querySelector('.column[data-live]')")  # not the first paint
        await one.sees("qualified", ["Cy"])
    return both


async def stored(studio: Studio, lead: dict) -> dict:
    return (await studio.owner.get(f"/api/leads/{lead['id']}")).json


async def is_stored(studio: Studio, lead: dict, **expected: str) -> None:
    """The page shows a move before it is stored."""

    async def same() -> bool:
        now = await stored(studio, lead)
        return all(now[name] == value for name, value in expected.items())

    await until(same)


async def bring(one: Window, column: str) -> None:
    """Scroll the board until the column is there."""
    await one.look(f"document.querySelector('[data-key={column}]').scrollIntoView()")


async def test_a_lead_that_one_drags_moves_in_the_other_window_with_its_worth(
    window: OpenWindow, studio: Studio, leads: dict[str, dict]
) -> None:
    mara, jonas = await open_pipeline(window, studio)
    await jonas.until(SUMS, ["new 2 €1,000.50", "qualified 1 $300"])
    await mara.drag("Ada", "qualified")
    for one in (mara, jonas):
        await one.sees("qualified", ["Ada", "Cy"])
        await one.sees("new", ["Bo"])
        await one.until(SUMS, ["qualified 2 €1,000.50 + $300"])
        await one.until("document.querySelector('#pipeline-facts').textContent", "3 open · €1,000.50 + $300")
    await is_stored(studio, leads["Ada"], status="qualified")


async def test_who_lost_the_network_comes_back_to_the_same_pipeline(
    window: OpenWindow, studio: Studio, leads: dict[str, dict], make: Make
) -> None:
    mara, jonas = await open_pipeline(window, studio)
    await jonas.network(on=False)
    await jonas.until("document.querySelector('#light').dataset.state", "offline")
    await mara.drag("Bo", "contacted")
    await mara.sees("contacted", ["Bo"])
    await make.lead(studio.owner, name="Di", value="20")
    assert (await studio.owner.delete(f"/api/leads/{leads['Cy']['id']}")) == 204
    await mara.sees("new", ["Di", "Ada"])
    await jonas.sees("qualified", ["Cy"])  # nothing reached it meanwhile
    await jonas.network(on=True)
    await jonas.sees_live()
    for one in (mara, jonas):
        await one.sees("new", ["Di", "Ada"])
        await one.sees("contacted", ["Bo"])
        await one.sees("qualified", [])
        await one.until(SUMS, ["new 2 €1,020.50"])


async def test_a_lead_moves_by_keyboard_and_says_so(window: OpenWindow, studio: Studio, leads: dict[str, dict]) -> None:
    mara, jonas = await open_pipeline(window, studio)
    await mara.look("document.querySelector('[data-key=new] .card').focus()")
    await mara.press("ArrowDown", "Space")
    await mara.until(SAID, "Ada, lifted: New, 2 of 2.")
    await mara.press("ArrowRight")
    await mara.until(SAID, "Ada, now in: Contacted, 1 of 1.")
    await jonas.sees("new", ["Bo", "Ada"])  # nobody hears of a card that is still in the hand
    await mara.press("Space")
    await jonas.sees("contacted", ["Ada"])
    await mara.press("Space", "ArrowLeft", "Escape")
    await mara.until(SAID, "Ada is back in its place.")
    await mara.sees("contacted", ["Ada"])


async def test_a_lead_is_lost_with_a_reason_or_not_at_all(
    window: OpenWindow, studio: Studio, leads: dict[str, dict]
) -> None:
    mara = await window(studio.owner, "/pipeline")
    await mara.sees_live()
    await mara.click(f"[data-id='{leads['Cy']['id']}']")
    await mara.until("document.querySelector('#sheet').open")
    await mara.select(".sheet-top select", "lost")
    await mara.click("#lost [data-close]")
    await mara.until("document.querySelector('.sheet-top select').value", "qualified")
    await mara.sees("qualified", ["Cy"])
    await mara.select(".sheet-top select", "lost")
    await mara.click("#lost [type=submit]")
    await mara.until("document.querySelector('#lost .alert').checkVisibility()")
    await mara.type("#lost-reason", "Too expensive")
    await mara.press("Enter")
    await mara.sees("lost", ["Cy"])
    await mara.until("document.querySelectorAll('.card.pending').length", 0)
    await is_stored(studio, leads["Cy"], status="lost", lost_reason="Too expensive")


async def test_a_won_lead_becomes_a_contact_a_company_and_a_project(
    window: OpenWindow, studio: Studio, leads: dict[str, dict]
) -> None:
    mara, jonas = await open_pipeline(window, studio)
    await bring(mara, "lost")
    await mara.drag("Cy", "won")
    await mara.until("document.querySelector('#convert').open")
    await jonas.sees("won", ["Cy"])
    await mara.click("#convert [name=project]")
    await mara.type("#convert-project-name", "Cy's film")
    await mara.press("Enter")
    made = "[...document.querySelectorAll('.made')].map(a => a.querySelector('b').textContent)"
    await mara.until(made, ["Cy", "Cy Ltd", "Cy's film"])
    await jonas.until("document.querySelector('[data-key=won] .card .chip')?.textContent", "Client")
    became = (await stored(studio, leads["Cy"]))["converted"]
    await mara.until(
        "[...document.querySelectorAll('.made')].map(a => a.getAttribute('href'))",
        [f"/{kind}/{became[key]}" for kind, key in BECAME],
    )
    await mara.click("#convert-result [data-close]")
    # A client stays won: the rule refuses the move, and says so.
    await mara.look("document.querySelector('[data-key=won] .card').focus()")
    async with mara.told("toast bad: ", "it stays won"):
        await mara.press("Space", "ArrowLeft", "Space")
    await mara.sees("won", ["Cy"])
    await mara.sees("negotiation", [])


async def test_a_lead_is_added_edited_and_talked_about_in_both_windows(
    window: OpenWindow, studio: Studio, leads: dict[str, dict]
) -> None:
    mara, jonas = await open_pipeline(window, studio)
    await mara.click("#new-lead")
    await mara.type("[data-key=new] textarea", "Eve")
    await mara.press("Enter")
    await jonas.sees("new", ["Eve", "Bo", "Ada"])
    for one in (mara, jonas):
        await one.click(f"[data-id='{leads['Ada']['id']}']")
        await one.until("document.querySelector('#sheet').open")
    await mara.type(".sheet-side [inputmode=decimal]", "12.345")
    await mara.press("Tab")
    await mara.until("document.querySelector('.sheet-side .error:not([hidden])')?.textContent.includes('decimal')")
    await mara.type(".sheet-side [inputmode=decimal]", "2500")
    await mara.press("Tab")
    await jonas.until("document.querySelector('.sheet-side [inputmode=decimal]').value", "2500.00")
    await mara.type(".tag-input", "Film")
    await mara.press("Enter")
    await jonas.until("document.querySelector('.tag-box .chip')?.textContent", "Film")
    await jonas.type(".log-line input", "Asked for a quote")
    await jonas.press("Enter")
    await mara.until("document.querySelector('.feed').textContent.includes('Asked for a quote')")
    await mara.type("#sheet .compose textarea", "Wants it by **Friday**")
    await mara.click("#sheet .compose button")
    await jonas.until("document.querySelector('#sheet .comment strong')?.textContent", "Friday")


async def test_the_board_is_asked_for_one_owner_and_for_words(
    window: OpenWindow, studio: Studio, leads: dict[str, dict]
) -> None:
    given = await studio.owner.patch(f"/api/leads/{leads['Bo']['id']}/assign", {"assigned_to_id": studio.member.id})
    assert given == 200, given
    mara = await window(studio.owner, "/pipeline")
    await mara.sees_live()
    await mara.until("document.querySelectorAll('#owner option').length", 3)
    await mara.select("#owner", studio.member.id)
    await mara.sees("new", ["Bo"])
    await mara.sees("qualified", [])
    again = await studio.owner.patch(f"/api/leads/{leads['Cy']['id']}/assign", {"assigned_to_id": studio.member.id})
    assert again == 200, again
    await mara.sees("qualified", ["Cy"])  # given to them just now
    await mara.select("#owner", "")
    await mara.sees("new", ["Bo", "Ada"])
    await mara.type("#q", "ada lt")
    await mara.sees("qualified", [])
    await mara.sees("new", ["Ada"])
    await mara.until(SUMS, ["new 1 €1,000.50"])
    await mara.type("#q", "nobody")
    await mara.until("document.querySelector('#no-leads').innerText.startsWith('Nothing found')")


async def test_who_is_kept_to_their_own_leads_sees_theirs_and_hears_of_them(
    window: OpenWindow, studio: Studio, leads: dict[str, dict]
) -> None:
    path = f"/api/teams/{studio.owner.team_id}"
    assert (await studio.owner.patch(path, {"settings": {"access": {"leads": "own"}}})) == 200
    jonas = await window(studio.member, "/pipeline")
    await jonas.sees_live()
    await jonas.until("document.querySelector('#no-leads').innerText.startsWith('No lead yet')")
    cy = f"/api/leads/{leads['Cy']['id']}"
    assert (await studio.owner.patch(f"{cy}/assign", {"assigned_to_id": studio.member.id})) == 200
    await jonas.sees("qualified", ["Cy"])
    await jonas.until(SUMS, ["qualified 1 $300"])
    assert (await studio.owner.patch(cy, {"status": "contacted"})) == 200
    await jonas.sees("contacted", ["Cy"])
    assert (await studio.owner.patch(f"{cy}/assign", {"assigned_to_id": None})) == 200
    await jonas.sees("contacted", [])
    await jonas.until(SUMS, [])
    assert (await studio.owner.patch(path, {"settings": {"access": {"leads": "all"}}})) == 200
    await jonas.sees("new", ["Bo", "Ada"])


async def test_a_lead_that_is_moved_back_at_once_is_back(
    window: OpenWindow, studio: Studio, leads: dict[str, dict]
) -> None:
    mara, jonas = await open_pipeline(window, studio)
    await mara.look("document.querySelector('[data-key=qualified] .card').focus()")
    # Sent on its way, and back before the first answer has come.
    await mara.press("Space", "ArrowRight", "Space", "Space", "ArrowLeft", "Space")
    await mara.until("document.querySelectorAll('.card.pending, .card.lifted').length", 0)
    for one in (mara, jonas):
        await one.sees("qualified", ["Cy"])
        await one.until(SUMS, ["new 2 €1,000.50", "qualified 1 $300"])
    await is_stored(studio, leads["Cy"], status="qualified")


async def test_of_a_long_stage_the_rest_is_counted(window: OpenWindow, studio: Studio, make: Make) -> None:
    for n in range(104):
        await make.lead(studio.owner, name=f"Lead {n}", value="0.10")
    mara = await window(studio.owner, "/pipeline")
    await mara.sees_live()
    await mara.until(SUMS, ["new 104 €10.40"])
    await mara.until("document.querySelector('[data-key=new] .rest').textContent", "4 more. Search to see them.")
    # One of those that are not shown changes: it comes up, and the sum stays exact.
    first = (await studio.owner.get("/api/leads?sort=created_at&limit=1")).json["items"][0]
    moved = await studio.owner.patch(f"/api/leads/{first['id']}", {"status": "won", "value": "7"})
    assert moved == 200, moved
    await mara.sees("won", ["Lead 0"])
    await mara.until(SUMS, ["new 103 €10.30", "won 1 €7"])
    gone = (await studio.owner.get("/api/leads?sort=created_at&limit=2")).json["items"][1]
    assert (await studio.owner.delete(f"/api/leads/{gone['id']}")) == 204
    await mara.until(SUMS, ["new 102 €10.20", "won 1 €7"])
    await mara.until("document.querySelector('[data-key=new] .rest').textContent", "2 more. Search to see them.")
