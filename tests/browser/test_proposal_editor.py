"""The editor of proposals: written by hand, refused, seen as the client will, kept as a template, sent."""

from __future__ import annotations

from pathlib import Path

from tests.browser.conftest import OpenWindow
from tests.browser.editing import LAMP, TOTAL, choose, item, opened, part, put, value
from tests.factories import Make
from tests.helpers.letters import mailed
from tests.helpers.pictures import picture
from tests.helpers.processes import until


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


async def test_an_items_amount_is_not_less_for_the_discount_on_the_whole(make: Make, window: OpenWindow) -> None:
    anna = await make.owner()
    proposal = await make.proposal(anna, {"description": "Film", "unit_price": "1000.00"}, discount="100.00")
    it = await opened(window, anna, proposal)
    await it.until("document.querySelector('#items .amount')?.textContent", "€1,000.00")
    await it.until(TOTAL, "€900.00")


async def test_what_is_not_theirs_to_read_is_no_empty_form(make: Make, window: OpenWindow) -> None:
    anna = await make.owner()
    proposal = await make.proposal(anna)
    it = await window(await make.member(anna), f"/proposals/{proposal['id']}/edit")
    await it.until("document.querySelector('#main h2')?.textContent", "This proposal is closed to you")
    await it.until("document.querySelector('.edit-bar, fieldset') === null")


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
    async with it.told("“Short film” is a template now."):
        await it.click("#ask [type=submit]")
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
