"""A proposal on paper: its totals as they are, in the reader's language, and whatever is written in it is only text."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest

from server.paper.markdown import html
from server.paper.proposal import lines, look, printable
from server.paper.reader import Reader
from server.paper.words import ENGLISH, LANGUAGES, NAMES
from tasks.paper.printer import Printer
from tests.helpers.pdfs import words
from tests.paper.documents import document, line

BERLIN = Reader("de-DE", "Europe/Berlin")


def flat(text: str) -> str:
    return "".join(text.split())


async def test_it_says_what_the_api_says_in_the_readers_way(printer: Printer) -> None:
    sent = datetime(2026, 11, 20, 23, 30, tzinfo=UTC)  # in Berlin it is the 21st already
    made = await printer.pdf(printable(document(), BERLIN, expires=date(2026, 12, 24), sent=sent))
    cover, *rest = words(made)
    text = "".join(rest)
    for said in ("A new identity", "P-2026-0042", "Northwind", "21. November 2026", "24. Dezember 2026", "30.095,10 €"):
        assert flat(said) in cover, said
    for said in ("25.790,00 €", "-500,00 €", "4.805,10 €", "30.095,10 €", "214,20 €", "12.038,04 €", "Zwischensumme"):
        assert flat(said) in text, said
    for said in ("What we heard", "Two weeks.", "Net of tax.", "Bo Ångström", "Kaistraße 12", "DE123456789"):
        assert flat(said) in text, said


@pytest.mark.parametrize(
    ("language", "currency", "amount", "said"),
    [
        ("en", "EUR", "1234.50", "€1,234.50"),
        ("de-CH", "CHF", "1234.50", "CHF 1’234.50"),
        ("en", "JPY", "1234", "¥1,234"),
        ("en", "KWD", "1234.500", "KWD 1,234.500"),
        ("en", "EUR", "-0.50", "-€0.50"),
        ("xx", "USD", "1000000.00", "$1,000,000.00"),
    ],
)
def test_money_has_the_places_that_it_has(language: str, currency: str, amount: str, said: str) -> None:
    assert flat(Reader(language, "UTC").money(amount, currency)) == flat(said)


def test_a_price_keeps_all_of_its_places() -> None:
    shown = printable(document(items=[line(price="0.012345")]), Reader("en", "UTC"))
    assert "0.012345 EUR" in shown
    assert "€950.00" in printable(document(items=[line(price="950.000000")]), Reader("en", "UTC"))


HOSTILE = '<script>x</script><img src=x onerror=x>"><svg onload=x></style></title>{{ 7*7 }}\\" } body{display:none}'


async def test_whatever_is_written_is_only_text(printer: Printer) -> None:
    """Hostile words in every field stand there as words."""
    sender = document()["sender"] | {"name": HOSTILE, "tax_ids": [{"kind": HOSTILE, "value": HOSTILE}]}
    section = {"key": "a", "kind": "text", "title": HOSTILE, "body": HOSTILE, "position": 0}
    cover = section | {"kind": "cover"}
    hostile = document(
        title=HOSTILE,
        number=HOSTILE,
        terms=HOSTILE,
        sections=[section, cover],
        sender=sender | {"address": {"line1": HOSTILE, "city": HOSTILE}},
        client={"kind": "company", "name": HOSTILE, "email": None, "phone": None},
        items=[line(HOSTILE, unit=HOSTILE, kind="choice", choice_group=HOSTILE)],
        signers=[{"id": "1", "name": HOSTILE, "email": HOSTILE, "position": 0}],
    )
    shown = printable(hostile, BERLIN)
    for opened in ("<script", "<img", "<svg"):
        assert opened not in shown
    assert shown.count("</style>") == 1
    text = "".join(words(await printer.pdf(shown)))
    # title, cover, number, client, sender, section, its text, terms, item, unit, group, signer and her address, …
    assert text.count("<script>x</script>") >= 14
    assert "{{7*7}}" in text


@pytest.mark.parametrize(
    ("markdown", "made"),
    [
        ("# Big", "<h3>Big</h3>\n"),
        ("## Big\n### Small", "<h3>Big</h3>\n<h4>Small</h4>\n"),
        ("<b>x</b>", "<p>&lt;b&gt;x&lt;/b&gt;</p>\n"),
        ("![pixel](https://spy.example/p.gif)", "<p>pixel</p>\n"),
        ("[x](javascript:alert(1))", "<p>[x](javascript:alert(1))</p>\n"),
        ("[x](https://a.example)", '<p><a href="https://a.example" rel="noopener noreferrer nofollow">x</a></p>\n'),
        ("~~old~~ **new**", "<p><s>old</s> <strong>new</strong></p>\n"),
        ("", ""),
    ],
)
def test_markdown_becomes_safe_html(markdown: str, made: str) -> None:
    assert html(markdown) == made


async def test_five_hundred_items_are_all_there(printer: Printer) -> None:
    items = [line(f"Item {n} of many", amount=f"{n}.00") for n in range(500)]
    text = "".join(words(await printer.pdf(printable(document(items=items), Reader("en", "UTC")))))
    assert all(f"Item{n}ofmany" in text for n in (0, 250, 499))
    assert text.count("ofmany") == 500


async def test_what_has_no_end_leaves_the_other_columns_their_place(printer: Printer) -> None:
    """A unit or a word of sixty letters made a column of single letters, and fifteen pages of this."""
    word = "Donaudampfschifffahrtsgesellschaftskapitänsmützenabzeichen"
    items = [line(word * 2, unit=word), line("x" * 300, "99999999.99", kind="choice", choice_group="W" * 60)]
    made = words(await printer.pdf(printable(document(title=word * 3, items=items), BERLIN)))
    assert len(made) <= 5
    assert flat("99.999.999,99 €") in "".join(made)


def test_text_on_a_colour_can_be_read() -> None:
    assert look({"primary_color": "#ffee00"})["on_primary"] == "#14151f"
    assert look({"primary_color": "#112233"})["on_primary"] == "#ffffff"


def test_every_language_has_every_word() -> None:
    for language, said in LANGUAGES.items():
        for name in NAMES:
            same = {"draft", "version", "optional", "user_agent", "name"}
            assert language == "en" or name in same or getattr(said, name) != getattr(ENGLISH, name), (language, name)


@pytest.mark.parametrize(("mode", "shown"), [("exclusive", "€950.00"), ("inclusive", "€1,011.50")])
def test_lines_add_up_to_the_subtotal_before_the_discount_on_the_whole_or_to_the_total_with_tax(mode, shown):
    amounts = {"net": "850.00", "tax": "161.50", "gross": "1011.50", "discount": "100.00"}
    [said] = lines(document(items=[line(amounts=amounts)], tax_mode=mode), Reader("en", "UTC"))
    assert said["amount_shown"] == shown
