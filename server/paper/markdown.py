"""Markdown that strangers wrote, as HTML that can only be text: no markup, pictures, scripts or styles of theirs."""

from __future__ import annotations

import nh3
from markdown_it import MarkdownIt
from markupsafe import Markup

TAGS = {
    *("p", "br", "hr", "h3", "h4", "h5", "h6", "ul", "ol", "li", "blockquote", "pre", "code", "em", "strong", "s", "a"),
    *("table", "thead", "tbody", "tr", "th", "td"),
}
ATTRIBUTES = {"a": {"href", "title"}, "ol": {"start"}, "th": {"align"}, "td": {"align"}}
SCHEMES = {"http", "https", "mailto", "tel"}
REL = "noopener noreferrer nofollow"
_reader = MarkdownIt("commonmark", {"html": False}).enable(["table", "strikethrough"])


def html(text: str | None) -> Markup:
    """The text as HTML. Its headings stand below those of the document: its largest ones are an h3."""
    tokens = _reader.parse(text or "")
    largest = min((int(token.tag[1]) for token in tokens if token.type == "heading_open"), default=1)
    for token in tokens:
        if token.type in ("heading_open", "heading_close"):
            token.tag = f"h{min(6, int(token.tag[1]) - largest + 3)}"
        for inner in token.children or ():
            if inner.type == "image":  # its words stay
                inner.type, inner.tag, inner.children = "text", "", None
    made = _reader.renderer.render(tokens, _reader.options, {})
    return Markup(nh3.clean(made, tags=TAGS, attributes=ATTRIBUTES, url_schemes=SCHEMES, link_rel=REL))
