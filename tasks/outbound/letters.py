"""Letters from templates: subject, text and HTML with its styles inlined, in the reader's language where there is one.

A letter `auth/verify` is `templates/auth/mail/verify.html` and `.txt`; `verify.de.html` is the German one.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date
from functools import cache
from html import unescape
from pathlib import Path
from typing import Any

import css_inline
from jinja2 import Environment, FileSystemLoader, StrictUndefined, Template, pass_context
from jinja2.runtime import Context

from server.config import settings
from server.paper.reader import Reader

TEMPLATES = Path(__file__).resolve().parents[2] / "templates"
HREF = re.compile(r'href="(https?://[^"]+)"')


@dataclass(frozen=True, slots=True)
class Letter:
    """What a person gets; `links` are the addresses in it, in order."""

    subject: str
    text: str
    html: str
    links: list[str]


@cache
def _environment(autoescape: bool) -> Environment:
    made = Environment(
        loader=FileSystemLoader(TEMPLATES),
        autoescape=autoescape,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    made.filters["day"] = _day
    return made


@pass_context
def _day(context: Context, day: str) -> str:
    """`2026-11-30` as the reader writes it; what is no day stays as it is."""
    try:
        return Reader(context["language"], "UTC").day(date.fromisoformat(day))
    except ValueError:
        return day


@cache
def _inliner() -> css_inline.CSSInliner:
    return css_inline.CSSInliner(keep_style_tags=True, load_remote_stylesheets=False)


def render(name: str, language: str, context: dict[str, Any]) -> Letter:
    """The letter, ready to be sent. Raises jinja2's errors for a template that is missing or asks for more."""
    given = context | {"base_url": settings().base_url, "language": language}
    plain, rich = _template(name, language, "txt"), _template(name, language, "html")
    subject = " ".join("".join(plain.blocks["subject"](plain.new_context(given))).split())
    html = _inliner().inline(rich.render(given | {"subject": subject}))
    text = re.sub(r"\n{3,}", "\n\n", plain.render(given)).strip() + "\n"
    links = list(dict.fromkeys(unescape(link) for link in HREF.findall(html)))
    return Letter(subject, text, html, links)


def _template(name: str, language: str, ending: str) -> Template:
    domain, letter = name.split("/")
    base = f"{domain}/mail/{letter}"
    choices = [f"{base}.{language}.{ending}", f"{base}.{language.split('-')[0]}.{ending}", f"{base}.{ending}"]
    return _environment(ending == "html").select_template(choices)
