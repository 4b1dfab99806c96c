"""The search box of every page: from words to a record, by keyboard."""

from __future__ import annotations

from tests.browser.conftest import OpenWindow, Studio
from tests.factories import Make

HITS = "[...document.querySelectorAll('.hit')].map(h => [h.querySelector('.chip'), h.querySelector('b')]"
HITS += ".map(e => e.textContent).join(': '))"


async def test_words_lead_to_people_leads_and_tasks(window: OpenWindow, studio: Studio, make: Make) -> None:
    ida = await make.contact(studio.owner, name="Ida Holm", title="<b>Producer</b>")
    await make.lead(studio.owner, name="Holm & Sons")
    mara = await window(studio.owner, "/projects")
    await mara.sees_live()
    await mara.page.keyboard.down("Control")
    await mara.press("k")
    await mara.page.keyboard.up("Control")
    await mara.until("document.activeElement.id", "finder-q")
    await mara.type("#finder-q", "zzz")
    await mara.until("document.querySelector('#finder-told').textContent.startsWith('Nothing found')")
    await mara.type("#finder-q", "hol")
    await mara.until(f"{HITS}.sort()", ["Contact: Ida Holm", "Lead: Holm & Sons"])
    await mara.until("document.querySelector('.hit mark')?.textContent.startsWith('Holm')")
    await mara.type("#finder-q", "ida prod")
    await mara.until(HITS, ["Contact: Ida Holm"])
    await mara.until("document.querySelector('.hit .muted').textContent.includes('<b>Producer</b>')")  # text, not HTML
    await mara.press("Enter")
    await mara.until("location.pathname", f"/contacts/{ida['id']}")
    await mara.until("document.querySelector('.sheet-head textarea')?.value", "Ida Holm")
    await mara.press("Escape")
    await mara.until("document.querySelector('#sheet').open", False)
    await mara.click("#finder-button")
    await mara.type("#finder-q", "wiref")
    await mara.until(HITS, ["Task: Wireframe"])
    await mara.click(".hit")
    await mara.until("location.pathname", studio.path)
    await mara.until("document.querySelector('.sheet-head textarea')?.value", "Wireframe")
