"""A proposal from its first word to its proof, as its two sides see it: one writes and watches, the other signs."""

from __future__ import annotations

import asyncio
import base64
import shutil
import subprocess
from collections.abc import Awaitable, Callable
from pathlib import Path

import aiohttp
from PIL import Image

from tests.browser.conftest import OpenWindow
from tests.browser.test_offer import BAR, box
from tests.browser.test_proposal_editor import LAMP, item, part, put
from tests.factories import Make
from tests.helpers.browser import Window
from tests.helpers.pdfs import words
from tests.helpers.processes import Process

Start = Callable[..., Awaitable[Process]]
STATE = "document.querySelector('#facts [data-state]')?.textContent"
# What the page hands the browser to save, as the tests can read it.
HANDED = """(make => (URL.createObjectURL = file => {
  const reader = Object.assign(new FileReader(), {onload: () => (window.saved = reader.result.split(",")[1])});
  reader.readAsDataURL(file);
  return make.call(URL, file);
}, 1))(URL.createObjectURL)"""


async def write(it: Window) -> None:
    """From the list: a new one, in the editor."""
    await it.click("[data-new]")
    await it.type("#new-title", "Brand film")
    await it.click("#new button[type=submit]")
    await it.until(LAMP, "saved")
    await it.click("#add-section")
    await put(it, part("sections", 1, "title"), "What we heard")
    await put(it, part("sections", 1, "body"), "Two **weeks** by the sea.")
    await item(it, 1, description="Identity", unit_price="1000", tax_rate="19")
    await item(it, 2, description="Photography", unit_price="500", kind="optional")
    await it.press("Tab")
    await it.until("document.querySelector('[data-sum=total] dd')?.textContent", "€1,190.00")
    await it.until(LAMP, "saved")


async def send(it: Window) -> str:
    """By the dialog; answers where the recipient's link leads, with the overview open."""
    await it.click("#send")
    await it.type(".send .recipient input", "Ida Holm")
    await it.type(".send .recipient [type=email]", "ida@holm.example")
    await it.click(".send [type=submit]")
    await it.until("document.querySelector('.sent-links input')?.value.includes('/p/')")
    link = await it.look("document.querySelector('.sent-links input').value.split('/p/')[1]")
    await it.click("#sent .primary")
    await it.until(STATE, "Sent")
    await it.sees_live()
    return f"/p/{link}"


async def sign(it: Window) -> None:
    await it.click("#sign-open")
    await it.type("#name", "Ida Holm")
    await it.click("#consent")
    await it.click("#sign-now")
    await it.until("document.querySelector('#banner .good')?.checkVisibility()")


def pictures(pdf: bytes, place: Path) -> list[Image.Image]:
    """Its pages as poppler draws them; none where that is not installed."""
    if shutil.which("pdftoppm") is None:
        return []
    (place / "signed.pdf").write_bytes(pdf)
    subprocess.run(["pdftoppm", "-png", "-r", "50", str(place / "signed.pdf"), str(place / "page")], check=True)
    drawn: list[Image.Image] = [Image.open(file) for file in sorted(place.glob("page*.png"))]
    assert drawn
    return drawn


async def test_a_proposal_from_its_first_word_to_its_proof(
    make: Make, window: OpenWindow, background: Start, tmp_path: Path
) -> None:
    anna = await make.owner(team_name="Studio Nord")
    await background("tasks.worker")
    seller = await window(anna, "/proposals")
    await write(seller)
    link = await send(seller)

    client = await window()
    await client.go(link)
    await client.until("document.body.dataset.state", "live")
    await client.page.bringToFront()
    await seller.until("document.querySelector('#now').innerText.trim()", "Ida Holm is reading “What we heard”")
    await client.look(f"{box('Photography')}.querySelector('[data-choose]').click()")
    await client.until(BAR, "€1,785.00")
    await seller.until("document.querySelector('#totals [data-id=total] dd').textContent", "€1,785")
    await sign(client)
    await seller.until(STATE, "Accepted")

    await seller.look(HANDED)
    await seller.page._client.send("Page.setDownloadBehavior", {"behavior": "deny"})  # no file on this machine
    await seller.click("#actions [data-id=pdf]")
    await seller.until("window.saved?.length > 0")
    pdf = base64.b64decode(await seller.look("window.saved"))
    text = "".join(words(pdf))
    for said in ("Brandfilm", "Whatweheard", "Photography", "€1,785.00", "IdaHolm", "ida@holm.example"):
        assert said in text, said
    form = aiohttp.FormData()
    form.add_field("file", pdf, filename="signed.pdf", content_type="application/pdf")
    verdict = (await anna.ask("POST", "/api/proposals/verify", data=form)).json
    assert (verdict["genuine"], verdict["chain"]) == (True, {"ok": True, "broken_at": None}), verdict
    for page in await asyncio.to_thread(pictures, pdf, tmp_path):
        assert any(page.convert("L").histogram()[:100]), "a page without ink"
