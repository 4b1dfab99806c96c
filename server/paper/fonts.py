"""The bundled type (SIL Open Font License, in `templates/static/vendor/fonts`): linked by pages, inside paper."""

from __future__ import annotations

import base64
from collections.abc import Callable
from functools import cache
from pathlib import Path

FOLDER = Path(__file__).parents[2] / "templates" / "static" / "vendor" / "fonts"
# What a team may choose, the name in CSS, and what the files begin with.
FAMILIES = {"sans": ("Inter", "inter"), "serif": ("Source Serif 4", "source-serif-4")}
FACES = ((400, "normal"), (400, "italic"), (600, "normal"))
# As the packages say them: a browser takes only the files that the text needs, and so does `embedded`.
RANGES = {
    "latin": (
        "U+0000-00FF,U+0131,U+0152-0153,U+02BB-02BC,U+02C6,U+02DA,U+02DC,U+0304,U+0308,U+0329,U+2000-206F,U+20AC,"
        "U+2122,U+2191,U+2193,U+2212,U+2215,U+FEFF,U+FFFD"
    ),
    "latin-ext": (
        "U+0100-02BA,U+02BD-02C5,U+02C7-02CC,U+02CE-02D7,U+02DD-02FF,U+0304,U+0308,U+0329,U+1D00-1DBF,U+1E00-1E9F,"
        "U+1EF2-1EFF,U+2020,U+20A0-20AB,U+20AD-20C0,U+2113,U+2C60-2C7F,U+A720-A7FF"
    ),
    "cyrillic": "U+0301,U+0400-045F,U+0490-0491,U+04B0-04B1,U+2116",
    "greek": "U+0370-0377,U+037A-037F,U+0384-038A,U+038C,U+038E-03A1,U+03A3-03FF",
}


def linked(address: Callable[[str], str]) -> str:
    """`@font-face` rules for a page, which loads what it needs from this server."""
    return "".join(_rules(family, tuple(RANGES), lambda name: address(f"vendor/fonts/{name}")) for family in FAMILIES)


def embedded(family: str, text: str) -> str:
    """`@font-face` rules for a document that reaches nothing: the family's files that `text` needs are in them."""
    letters = {ord(letter) for letter in set(text)}
    return _embedded(family, tuple(s for s in RANGES if s == "latin" or not letters.isdisjoint(_covered(s))))


@cache
def _embedded(family: str, subsets: tuple[str, ...]) -> str:
    return _rules(family, subsets, _inside)


def _rules(family: str, subsets: tuple[str, ...], source: Callable[[str], str]) -> str:
    name, file = FAMILIES[family]
    return "".join(
        f'@font-face{{font-family:"{name}";font-weight:{weight};font-style:{style};font-display:swap;'
        f'src:url({source(f"{file}-{subset}-{weight}-{style}.woff2")})format("woff2");unicode-range:{RANGES[subset]}}}\n'
        for subset in subsets
        for weight, style in FACES
    )


def _inside(name: str) -> str:
    return f"data:font/woff2;base64,{base64.b64encode((FOLDER / name).read_bytes()).decode()}"


@cache
def _covered(subset: str) -> frozenset[int]:
    points: set[int] = set()
    for part in RANGES[subset].split(","):
        first, _, last = part.removeprefix("U+").partition("-")
        points.update(range(int(first, 16), int(last or first, 16) + 1))
    return frozenset(points)
