"""Contacts and companies in the browser: searched, filtered, endless; what one edits the other sees at once."""

from __future__ import annotations

import json

import pytest

from tests.browser.conftest import OpenWindow, Studio
from tests.factories import Make
from tests.helpers.browser import Window

NAMES = "[...document.querySelectorAll('.row-name b')].map(b => b.textContent)"
TIER = "[...document.querySelectorAll('#sheet select')].find(s => [...s.options].some(o => o.value === 'Gold'))"
HANDED = "(make => (URL.createObjectURL = file => (file.text().then(t => (window.saved = t)), make.call(URL, file))))"
HANDED += "(URL.createObjectURL)"  # what the browser is given to save
HEADS = "[...document.querySelectorAll('[role=columnheader]')].map(h => h.textContent)"


def cell(name: str, column: str) -> str:
    """What stands in this column of the row of that name."""
    row = f"[...document.querySelectorAll('.tbody .tr')].find(r => r.textContent.includes({json.dumps(name)}))"
    return f"{row}?.querySelector('[data-column={json.dumps(column)}]').innerText.trim()"


@pytest.fixture
async def people(make: Make, studio: Studio) -> dict[str, dict]:
    """Ida works at Holm and is tagged, Per is a vendor of Jonas's, Zoe came last."""
    owner = studio.owner
    holm = await make.company(owner, name="Holm & Sons")
    ida = await make.contact(owner, name="Ida Holm", company_id=holm["id"], emails=[{"email": "ida@holm.example"}])
    tagged = await owner.post(f"/api/contacts/{ida['id']}/tags", {"names": ["Press"]})
    assert tagged == 200, tagged
    per = await make.contact(owner, name="Per Lund", kind="vendor", owner_id=studio.member.id)
    return {"Holm": holm, "Ida": ida, "Per": per, "Zoe": await make.contact(owner, name="Zoe Amari")}


async def both(window: OpenWindow, studio: Studio) -> tuple[Window, Window]:
    mara, jonas = await window(studio.owner, "/contacts"), await window(studio.member, "/contacts")
    for one in (mara, jonas):
        await one.sees_live()
        await one.until(NAMES, ["Zoe Amari", "Per Lund", "Ida Holm"])
    return mara, jonas


async def opened(one: Window, record: dict) -> None:
    await one.click(f"[data-id='{record['id']}'] .row-link")
    await one.until("document.querySelector('#sheet').open")


async def test_contacts_are_searched_filtered_and_sorted(
    window: OpenWindow, studio: Studio, people: dict[str, dict]
) -> None:
    mara, _ = await both(window, studio)
    await mara.until(cell("Ida Holm", "company"), "Holm & Sons")
    await mara.type("#q", "hol")
    await mara.until(NAMES, ["Ida Holm"])
    await mara.until("document.querySelector('#facts').textContent", "1 contact")
    await mara.type("#q", "nobody at all")
    await mara.until("document.querySelector('#none').innerText.startsWith('Nothing found')")
    await mara.type("#q", " ")
    await mara.until(NAMES, ["Zoe Amari", "Per Lund", "Ida Holm"])
    await mara.select("#kind", "vendor")
    await mara.until(NAMES, ["Per Lund"])
    await mara.select("#kind", "")
    await mara.select("#owner", studio.member.id)
    await mara.until(NAMES, ["Per Lund"])
    await mara.select("#owner", "")
    await mara.until("document.querySelectorAll('#tag option').length", 2)
    await mara.select("#tag", await mara.look("document.querySelector('#tag option:last-child').value"))
    await mara.until(NAMES, ["Ida Holm"])
    await mara.select("#tag", "")
    await mara.until(NAMES, ["Zoe Amari", "Per Lund", "Ida Holm"])
    await mara.click("[data-column=name] .sort")
    await mara.until(NAMES, ["Ida Holm", "Per Lund", "Zoe Amari"])
    await mara.until("document.querySelector('.th [data-column=name]').ariaSort", "ascending")
    await mara.click("[data-column=name] .sort")
    await mara.until(NAMES, ["Zoe Amari", "Per Lund", "Ida Holm"])
    await mara.until("location.search", "?sort=-name")


async def test_the_list_that_is_shown_is_exported(window: OpenWindow, studio: Studio, people: dict[str, dict]) -> None:
    mara, _ = await both(window, studio)
    await mara.type("#q", "hol")
    await mara.until(NAMES, ["Ida Holm"])
    await mara.page._client.send("Page.setDownloadBehavior", {"behavior": "deny"})  # no file on this machine
    await mara.look(HANDED)
    await mara.click("#export-button")
    async with mara.told("Contacts exported."):
        await mara.click("[data-format=csv]")
    await mara.until("window.saved?.includes('Ida Holm')")
    await mara.until("[window.saved.includes('Per Lund'), window.saved.trim().split('\\n').length]", [False, 2])


async def test_what_one_edits_the_other_sees_in_the_row_and_in_the_sheet(
    window: OpenWindow, studio: Studio, people: dict[str, dict]
) -> None:
    mara, jonas = await both(window, studio)
    await opened(mara, people["Zoe"])
    await mara.until("location.pathname", f"/contacts/{people['Zoe']['id']}")
    await mara.click(".lines + .add-line")
    await mara.type(".lines [type=email]", "no address")
    await mara.press("Tab")
    await mara.until("document.querySelector('.lines .error')?.checkVisibility()")
    await mara.type(".lines [type=email]", "zoe@amari.example")
    await mara.press("Tab")
    await jonas.until(cell("Zoe Amari", "emails"), "zoe@amari.example")
    await mara.until("document.querySelector('.lines .error').hidden")
    await opened(jonas, people["Zoe"])
    await mara.type(".sheet-head textarea", "Zoe Amari-Lund")
    await mara.press("Enter")
    await jonas.until("document.querySelector('.sheet-head textarea').value", "Zoe Amari-Lund")
    await mara.type(".picker input", "holm")
    await mara.until("document.querySelector('.suggest li')?.textContent", "Holm & Sons")
    await mara.press("Enter")
    await jonas.until(cell("Zoe Amari-Lund", "company"), "Holm & Sons")
    await jonas.until("document.querySelector('.picker input').value", "Holm & Sons")
    await mara.type(".tag-input", "Film")
    await mara.press("Enter")
    await jonas.until(cell("Zoe Amari-Lund", "tags"), "Film")
    stored = (await studio.owner.get(f"/api/contacts/{people['Zoe']['id']}")).json
    assert (stored["name"], stored["company_id"]) == ("Zoe Amari-Lund", people["Holm"]["id"])
    assert ([e["email"] for e in stored["emails"]], [t["name"] for t in stored["tags"]]) == (
        ["zoe@amari.example"],
        ["Film"],
    )
    tag = f"/api/tags/{stored['tags'][0]['id']}"
    assert (await studio.owner.put(tag, {"name": "Cinema", "color": "#cc3300"})) == 200
    await jonas.until(cell("Zoe Amari-Lund", "tags"), "Cinema")
    assert (await studio.owner.delete(tag)) == 204
    await jonas.until(cell("Zoe Amari-Lund", "tags"), "")


async def test_a_new_contact_comes_up_in_the_other_window(
    window: OpenWindow, studio: Studio, people: dict[str, dict]
) -> None:
    mara, jonas = await both(window, studio)
    await jonas.click("[data-column=name] .sort")
    await jonas.until(NAMES, ["Ida Holm", "Per Lund", "Zoe Amari"])
    await mara.click(".bar [data-new]")
    await mara.click("#new [type=submit]")
    await mara.until("document.activeElement.name", "name")
    await mara.type("#new [name=name]", "Bo Ek")
    await mara.type("#new [name='phones[0].phone']", "twelve")
    await mara.press("Enter")
    await mara.until("document.querySelector('#new .alert').innerText.includes('country')")
    await mara.type("#new [name='phones[0].phone']", "+49 30 901820")
    await mara.type("#new-company", "Ek Film")
    await mara.until("document.querySelector('#new .suggest li')?.textContent", "Add “Ek Film”")
    await mara.press("Enter")
    await mara.until("document.querySelector('#new-company').value", "Ek Film")
    await mara.click("#new [type=submit]")
    await mara.until("document.querySelector('#sheet').open")
    await mara.until("document.querySelector('.sheet-head textarea').value", "Bo Ek")
    # Where it would stand among the names only the server knows: it is announced, and comes when asked for.
    await jonas.until("document.querySelector('#news').textContent", "1 new contact: show")
    await jonas.click("#news")
    await jonas.until(NAMES, ["Bo Ek", "Ida Holm", "Per Lund", "Zoe Amari"])
    await jonas.until(cell("Bo Ek", "phones"), "+4930901820")
    await jonas.until(cell("Bo Ek", "company"), "Ek Film")
    gone = await studio.owner.delete(f"/api/contacts/{people['Per']['id']}")
    assert gone == 204, gone
    await jonas.until(NAMES, ["Bo Ek", "Ida Holm", "Zoe Amari"])


async def test_what_came_while_the_network_was_away_is_there_afterwards(
    window: OpenWindow, studio: Studio, people: dict[str, dict], make: Make
) -> None:
    _, jonas = await both(window, studio)
    await jonas.network(on=False)
    await jonas.until("document.querySelector('#light').dataset.state", "offline")
    await make.contact(studio.owner, name="Una Berg")
    changed = await studio.owner.patch(f"/api/contacts/{people['Per']['id']}", {"name": "Per Lundgren"})
    assert changed == 200, changed
    await jonas.until(NAMES, ["Zoe Amari", "Per Lund", "Ida Holm"])
    await jonas.network(on=True)
    await jonas.sees_live()
    await jonas.until(NAMES, ["Una Berg", "Zoe Amari", "Per Lundgren", "Ida Holm"])


async def test_a_long_list_goes_on_as_one_scrolls(window: OpenWindow, studio: Studio, make: Make) -> None:
    for n in range(130):
        await make.contact(studio.owner, name=f"Contact {n:03}")
    mara = await window(studio.owner, "/contacts?sort=name")
    await mara.until("document.querySelector('#facts').textContent", "130 contacts")
    await mara.until("document.querySelectorAll('.tbody .tr').length >= 60")
    await mara.until("(scrollTo(0, document.body.scrollHeight), document.querySelectorAll('.tbody .tr').length)", 130)
    await mara.until(f"{NAMES}.join()", ",".join(f"Contact {n:03}" for n in range(130)))
    await mara.until("document.querySelector('#more').hidden")


async def test_the_teams_own_fields_are_columns_and_fields(
    window: OpenWindow, studio: Studio, people: dict[str, dict]
) -> None:
    field = {"entity": "contact", "label": "Tier", "type": "select", "options": ["Gold", "Silver"]}
    assert (await studio.owner.post("/api/settings/custom-fields", field)) == 201
    mara, jonas = await both(window, studio)
    await jonas.until(f"{HEADS}.includes('Tier')")
    await opened(mara, people["Ida"])
    await mara.until(f"{TIER} !== undefined")
    await mara.look(f"(s => (s.value = 'Gold', s.dispatchEvent(new Event('change'))))({TIER})")
    await jonas.until(cell("Ida Holm", "custom.tier"), "Gold")
    await jonas.click("#columns-button")
    await jonas.click("#columns label:last-child input")
    await jonas.until(f"{HEADS}.includes('Added')", False)
    await jonas.go("/contacts")
    await jonas.until(f"{HEADS}.includes('Tier')")
    await jonas.until(f"{HEADS}.includes('Added')", False)


async def test_a_company_is_listed_opened_and_has_its_people(
    window: OpenWindow, studio: Studio, people: dict[str, dict]
) -> None:
    mara = await window(studio.owner, f"/companies/{people['Holm']['id']}")
    await mara.until("document.querySelector('#sheet').open")
    await mara.until("document.querySelector('#sheet .item a')?.textContent", "Ida Holm")
    await mara.type("[placeholder='studio-north.example']", "holm.example")
    await mara.press("Tab")
    await mara.until(cell("Holm & Sons", "domain"), "holm.example")
    await mara.press("Escape")
    await mara.until("location.pathname", "/companies")
    await mara.click(".bar [data-new]")
    await mara.type("#new [name=name]", "Ek Film")
    await mara.press("Enter")
    await mara.until(NAMES, ["Ek Film", "Holm & Sons"])


async def test_who_is_kept_to_their_own_contacts_sees_theirs(
    window: OpenWindow, studio: Studio, people: dict[str, dict]
) -> None:
    team = f"/api/teams/{studio.owner.team_id}"
    assert (await studio.owner.patch(team, {"settings": {"access": {"contacts": "own"}}})) == 200
    jonas = await window(studio.member, "/contacts")
    await jonas.sees_live()
    await jonas.until(NAMES, ["Per Lund"])
    zoe = f"/api/contacts/{people['Zoe']['id']}"
    assert (await studio.owner.patch(zoe, {"owner_id": studio.member.id, "name": "Zoe A."})) == 200
    await jonas.until(NAMES, ["Zoe A.", "Per Lund"])
    assert (await studio.owner.patch(zoe, {"owner_id": None})) == 200
    await jonas.until(NAMES, ["Per Lund"])
