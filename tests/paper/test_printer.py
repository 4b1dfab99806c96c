"""The printer with a real Chromium: what it makes, what it refuses, and that nothing gets out."""

from __future__ import annotations

import asyncio
import io
import os
import signal
import sys
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pikepdf
import psutil
import pytest
from aiohttp import web

from server.paper import fonts
from server.paper.engine import RendererUnavailable
from tasks.paper.chromium import ChromiumGone
from tasks.paper.printer import HTML_BYTES, Printer, TooHeavy
from tests.helpers.pdfs import fonts as fonts_of
from tests.helpers.pdfs import words
from tests.helpers.processes import ROOT, gone, until

PAGE = '<!doctype html><html lang="{lang}"><head><title>{title}</title><style>{style}</style></head><body>{body}</body>'
NUMBERED = '@page{size:A4;margin:20mm;@bottom-right{content:counter(page)"/"counter(pages)}}'
HEAVY = '<div style="width:1000000px;height:1000000px"></div><table>' + "<tr><td>x" * 200_000
LONG = "<p>word</p>" * 4000


def page(body: str, *, title: str = "Paper", lang: str = "en", style: str = NUMBERED) -> str:
    return PAGE.format(body=body, title=title, lang=lang, style=style)


async def test_a_document_is_tagged_and_has_a_title_a_language_and_numbered_pages(printer: Printer) -> None:
    body = "<h1>Überschrift</h1><p>eins</p><h1 style='break-before:page'>Zweite</h1>"
    made = await printer.pdf(page(body, title="Angebot", lang="de"))
    assert words(made) == ["1/2Überschrifteins", "2/2Zweite"]
    with pikepdf.open(io.BytesIO(made)) as document:
        root = document.Root
        assert (str(root["/Lang"]), bool(root["/MarkInfo"]["/Marked"])) == ("de", True)
        assert "/StructTreeRoot" in root
        assert str(document.docinfo["/Title"]) == "Angebot"
        with document.open_outline() as outline:
            assert [each.title for each in outline.root] == ["Überschrift", "Zweite"]
        box = [round(float(x)) for x in document.pages[0].mediabox]
    assert box == [0, 0, 595, 842]


@pytest.mark.parametrize("family", fonts.FAMILIES)
async def test_the_bundled_type_is_in_the_file(printer: Printer, family: str) -> None:
    text = "Grüße, Łódź, Привет, Καλημέρα"
    name, _ = fonts.FAMILIES[family]
    style = f'{fonts.embedded(family, text)} body{{font-family:"{name}"}} em{{font-style:italic}}'
    made = await printer.pdf(page(f"<p>{text} <b style='font-weight:600'>{text}</b> <em>x</em>", style=style))
    assert words(made) == [text.replace(" ", "") * 2 + "x"]
    assert {found.partition("-")[0].lower() for found in fonts_of(made)} == {name.replace(" ", "").lower()}


def test_a_document_carries_only_the_type_that_it_needs() -> None:
    assert fonts.embedded("sans", "Plain").count("@font-face") == 3
    assert fonts.embedded("sans", "Łódź Ж Ω").count("@font-face") == 12


@pytest.fixture
async def canary() -> AsyncIterator[tuple[str, list[str]]]:
    """A server that must not be asked, and what it was asked for."""
    asked: list[str] = []

    async def hear(request: web.Request) -> web.Response:
        asked.append(request.path)
        return web.Response(text="caught")

    app = web.Application()
    app.router.add_route("*", "/{tail:.*}", hear)
    runner = web.AppRunner(app)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    yield f"http://127.0.0.1:{runner.addresses[0][1]}", asked
    await runner.cleanup()


WAYS_OUT = """
<link rel=stylesheet href={c}/1><link rel=preload as=image href={c}/2><link rel=prefetch href={c}/3>
<link rel=dns-prefetch href={c}/4><link rel=preconnect href={c}/5><link rel=modulepreload href={c}/6>
<link rel=icon href={c}/7><link rel=manifest href={c}/8><base href={c}/>
<style>@import url({c}/9);@import "file://{secret}";@font-face{{font-family:f;src:url({c}/10)}}
p{{font-family:f;background:url({c}/11);content:url({c}/12);cursor:url({c}/13),auto;list-style:url({c}/14);
border-image:url({c}/15);mask:url({c}/16);filter:url({c}/17#f);shape-outside:url({c}/18)}}</style>
<img src={c}/19 srcset="{c}/20 2x"><picture><source srcset={c}/21><img src={c}/22></picture>
<video src={c}/23 poster={c}/24 autoplay></video><audio src={c}/25 autoplay></audio><track src={c}/26>
<iframe src={c}/27></iframe><iframe srcdoc="<img src={c}/28>"></iframe><frame src={c}/29>
<object data={c}/30></object><embed src={c}/31><input type=image src={c}/32>
<svg><image href={c}/33 /><use href={c}/34#x /><foreignObject><img src={c}/35></foreignObject>
<script href={c}/36></script><style>@import url({c}/37)</style></svg>
<script>fetch("{c}/38");new WebSocket("{c}/39".replace("http","ws"));location="{c}/40"</script>
<body background={c}/41 onload="fetch('{c}/42')"><img src=x onerror="fetch('{c}/43')">
<form action={c}/44><button autofocus onfocus="this.form.submit()"></form><a ping={c}/45 href={c}/46>a</a>
<iframe src="file://{secret}"></iframe><object data="file://{secret}"></object><embed src="file://{secret}">
<img src="file://{secret}"><iframe src="http://169.254.169.254/latest/meta-data/"></iframe>
<iframe src="view-source:file://{secret}"></iframe><iframe src="chrome://version"></iframe>
<img src="data:image/svg+xml,<svg xmlns='http://www.w3.org/2000/svg'><image href='{c}/47'/></svg>"><div>inside</div>
"""


async def test_nothing_in_a_document_reaches_anything(
    printer: Printer, canary: tuple[str, list[str]], tmp_path: Path
) -> None:
    address, asked = canary
    secret = tmp_path / "secret.html"
    secret.write_text("topsecret")
    made = await printer.pdf(page(WAYS_OUT.format(c=address, secret=secret)))
    text = "".join(words(made))
    assert "inside" in text
    assert "topsecret" not in text
    assert "caught" not in text
    assert asked == []


@pytest.mark.parametrize(
    "refresh", ['<meta http-equiv="refresh" content="0;url={c}/refresh">', "<META content='>' http-equiv=refresh"]
)
async def test_a_document_cannot_go_elsewhere(printer: Printer, canary: tuple[str, list[str]], refresh: str) -> None:
    made = await printer.pdf(page(refresh.format(c=canary[0]) + "<p>" + LONG))
    assert "word" in words(made)[-1]
    assert canary[1] == []


async def test_a_document_beyond_the_memory_is_given_up_and_the_next_one_printed(printer: Printer) -> None:
    with pytest.raises(TooHeavy, match=r"more than 1024 MiB|longer than"):
        await printer.pdf(page(HEAVY))
    assert words(await printer.pdf(page("next"))) == ["1/1next"]


async def test_a_document_beyond_the_time_is_given_up(printer: Printer) -> None:
    hasty = replace(printer, seconds=0.5, memory=2**36, turn=asyncio.Lock(), chromium=None)
    with pytest.raises(TooHeavy, match=r"longer than 0\.5 s"):
        await hasty.pdf(page(HEAVY))
    assert hasty.chromium is None
    with pytest.raises(TooHeavy, match="8 MiB"):
        await hasty.pdf("x" * (HTML_BYTES + 1))


async def test_style_without_end_ends(printer: Printer) -> None:
    endless = "*{animation:a 1ms infinite;transition:all 9s}@keyframes a{from{width:1px}to{width:9999px}}"
    nested = "".join(f".a{n}{{width:calc(var(--x{n})*2);--x{n}:calc(var(--x{n + 1})*2)}}" for n in range(500))
    made = await printer.pdf(page("<div class=a0>" * 300 + "deep", style=endless + nested + ":root{--x:var(--x)}"))
    assert "deep" in "".join(words(made))


async def test_a_chromium_that_is_killed_in_the_middle_is_replaced(printer: Printer) -> None:
    await printer.pdf(page("warm"))
    assert printer.chromium is not None
    killed, before = printer.chromium, printer.chromium.pages
    os.killpg(killed.process.pid, signal.SIGSTOP)  # or it may be done before it is killed
    printing = asyncio.create_task(printer.pdf(page(LONG)))
    await until(lambda: _is(killed.pages > before))
    os.killpg(killed.process.pid, signal.SIGKILL)
    assert "word" in words(await printing)[0]
    assert printer.chromium is not killed
    assert not killed.folder.exists()


async def test_a_chromium_that_never_lives_is_told(printer: Printer, tmp_path: Path) -> None:
    broken = tmp_path / "chromium"
    broken.write_text("#!/bin/sh\necho 'No usable sandbox!' >&2\nexit 1\n")
    broken.chmod(0o755)
    one = replace(printer, path=str(broken), turn=asyncio.Lock(), chromium=None)
    with pytest.raises(ChromiumGone, match="No usable sandbox!"):
        await one.pdf(page("x"))


async def test_without_a_chromium_it_says_how_to_get_one(printer: Printer) -> None:
    none = replace(printer, path="/nowhere/chromium", turn=asyncio.Lock(), chromium=None)
    with pytest.raises(RendererUnavailable, match="apt install chromium") as told:
        await none.pdf(page("x"))
    assert (told.value.status, told.value.code) == (503, "renderer_unavailable")


PRINTS = """
import asyncio, sys
from server.config import settings
from tasks.paper.printer import Printer

async def main():
    printer = Printer.of(settings())
    await printer.pdf("<p>x")
    print(printer.chromium.process.pid, flush=True)
    await asyncio.sleep(600)

asyncio.run(main())
"""


async def test_chromium_ends_with_a_worker_that_is_killed_and_knows_none_of_its_secrets(printer: Printer) -> None:
    child = await asyncio.create_subprocess_exec(
        *(sys.executable, "-c", PRINTS),
        cwd=ROOT,
        stdout=asyncio.subprocess.PIPE,
        env=os.environ | {"SECRET_KEY": "x" * 40},
    )
    assert child.stdout is not None
    pid = int(await asyncio.wait_for(child.stdout.readline(), 60))
    family = [psutil.Process(pid), *psutil.Process(pid).children(recursive=True)]
    assert "SECRET_KEY" not in family[0].environ()
    child.kill()
    await child.wait()
    await until(lambda: _is(all(map(gone, family))))


async def _is(true: bool) -> bool:
    return true
