"""A proposal on paper: its document as HTML that reaches nothing, in the reader's language, with totals as they are."""

from __future__ import annotations

import base64
from collections.abc import Sequence
from datetime import date, datetime
from functools import cache
from pathlib import Path
from typing import Any

import jinja2
from babel import Locale
from markupsafe import Markup

from models.money import from_minor, places, to_minor
from server.core.view import Row
from server.paper import fonts
from server.paper.markdown import html
from server.paper.reader import Reader

TEMPLATES = Path(__file__).parents[2] / "templates"
PRIMARY, ACCENT = "#1d2440", "#4f46e5"
# Sections of these kinds have a place of their own; the first for prices has the lines.
COVER, PRICING = "cover", ("pricing", "items")
DARK, LIGHT = "#14151f", "#ffffff"


@cache
def environment() -> jinja2.Environment:
    env = jinja2.Environment(
        loader=jinja2.FileSystemLoader(TEMPLATES),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    env.filters |= {"markdown": html, "css": css}
    return env


def css(text: str) -> Markup:
    """A text between the quotes of a style sheet, which knows no HTML: whatever could mean something is its code."""
    return Markup("".join(c if c.isalnum() else f"\\{ord(c):x} " for c in text))


def printable(
    document: Row,
    reader: Reader,
    *,
    logo: bytes | None = None,
    expires: date | datetime | None = None,
    sent: datetime | None = None,
    signatures: Sequence[Row] = (),
    certificate: Row | None = None,
) -> str:
    """The document as HTML to be printed. With `certificate`, what proves the signatures is its last page."""
    given = view(document, reader, expires=expires, sent=sent) | {
        "logo": picture(logo),
        "signatures": [s | {"drawing": picture(s.get("drawing"))} for s in signatures],
        "certificate": certificate,
    }
    text = environment().get_template("paper/proposal.html").render(given, faces="")
    family = given["look"]["family"]
    return text.replace("/* faces */", fonts.embedded(family, text), 1)


def view(document: Row, reader: Reader, *, expires: date | datetime | None, sent: datetime | None) -> Row:
    """What paper and page say of a document alike."""
    sections = document["sections"]
    return {
        "document": document,
        "reader": reader,
        "words": reader.words,
        "look": look(document["sender"].get("branding") or {}),
        "cover": [s for s in sections if s["kind"] == COVER],
        "sections": [s for s in sections if s["kind"] != COVER],
        "priced": next((s["key"] for s in sections if s["kind"] in PRICING), None),
        "lines": lines(document, reader),
        "sums": sums(document, reader),
        "place": postal(document["sender"].get("address") or {}, reader.locale),
        "expires": expires,
        "sent": sent,
    }


def look(branding: Row) -> Row:
    """The team's colours and type; text on a colour is dark or light, whichever can be read on it."""
    primary, accent = branding.get("primary_color") or PRIMARY, branding.get("accent_color") or ACCENT
    family = branding.get("font") or "sans"
    return {
        "primary": primary,
        "accent": accent,
        "on_primary": _readable_on(primary),
        "on_accent": _readable_on(accent),
        "family": family,
        "font": fonts.FAMILIES[family][0],
    }


def _readable_on(colour: str) -> str:
    """By the relative luminance of WCAG 2."""
    channels = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    red, green, blue = (c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels)
    luminance = 0.2126 * red + 0.7152 * green + 0.0722 * blue
    return DARK if luminance > 0.36 else LIGHT


def lines(document: Row, reader: Reader) -> list[Row]:
    """The items as lines: each says what it costs, and whether it counts."""
    currency = document["currency"]
    return [
        item
        | {
            "counts": item["kind"] == "fixed" or item["selected"],
            "quantity_shown": reader.number(item["quantity"]),
            "price_shown": unit_price(item["unit_price"], currency, reader),
            "tax_shown": reader.percent(item["tax_rate"]),
            "discount_shown": reader.percent(item["discount_percent"]) if float(item["discount_percent"]) else "",
            "amount_shown": reader.money(_amount(item["amounts"], document), currency),
            "period": getattr(reader.words, item["recurring"], ""),
        }
        for item in document["items"]
    ]


def _amount(amounts: Row, document: Row) -> str:
    """Lines add up to the subtotal, from which the discount on the whole is taken once; with taxes in, to the total."""
    if document["tax_mode"] == "inclusive":
        return amounts["gross"]
    currency = document["currency"]
    return from_minor(sum(to_minor(amounts[n], currency) for n in ("net", "discount")), currency)


def unit_price(price: str, currency: str, reader: Reader) -> str:
    """A price with all the places that it has, and no fewer than its currency."""
    whole, _, decimals = price.partition(".")
    decimals = decimals.rstrip("0").ljust(places(currency), "0")
    if len(decimals) <= places(currency):
        return reader.money(f"{whole}.{decimals}" if decimals else whole, currency)
    return f"{reader.number(f'{whole}.{decimals}')} {currency}"


def sums(document: Row, reader: Reader) -> list[Row]:
    """The totals in their order, as (name, amount, weight); those that are nothing are left out."""
    totals, currency, words = document["totals"], document["currency"], reader.words

    def line(key: str, name: str, amount: str, weight: str = "") -> Row:
        return {"key": key, "name": name, "amount": reader.money(amount, currency), "weight": weight}

    found = [line("subtotal", words.subtotal, totals["subtotal"])]
    if float(totals["discount"]):
        found.append(line("discount", words.discount, "-" + totals["discount"]))
    found.append(line("tax", words.tax, totals["tax"]))
    found.append(line("total", words.total, totals["total"], "strong"))
    for period in ("monthly", "yearly"):
        if float(totals["recurring"][period]):
            name = f"{words.recurring}, {getattr(words, period)}"
            found.append(line(period, name, totals["recurring"][period]))
    if float(totals["deposit"]):
        found.append(line("deposit", words.deposit, totals["deposit"], "accent"))
    return found


def postal(address: Row, locale: Locale) -> list[str]:
    """An address as lines."""
    country = locale.territories.get(address.get("country") or "", "")
    town = " ".join(filter(None, (address.get("postal_code"), address.get("city"))))
    parts: list[Any] = [address.get("line1"), address.get("line2"), town, address.get("region"), country]
    return [str(part) for part in parts if part]


def picture(png: bytes | None) -> str | None:
    """A PNG that is in the document itself."""
    return f"data:image/png;base64,{base64.b64encode(png).decode()}" if png else None
