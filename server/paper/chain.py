"""The chain of what happened to a document: each link carries the hash of the one before it, the first the document's.

It is in the sealed PDF as `evidence.json`, so that it can be checked without us: `hash` is the SHA-256 of the hash
before it (as lower-case hexadecimal) followed by the link as JSON without `hash`, its keys sorted, without white space,
in UTF-8.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from typing import Any

FORMAT = "mediaflow-evidence/1"
NAME = "evidence.json"
Link = dict[str, Any]


def canonical(value: Any) -> str:
    """The one text of a value: keys sorted, no white space, nothing escaped that need not be."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False)


def digest(previous: str, link: Mapping[str, Any]) -> str:
    """The hash of a link behind `previous`."""
    told = {name: value for name, value in link.items() if name != "hash"}
    return hashlib.sha256(f"{previous}{canonical(told)}".encode()).hexdigest()


def chained(start: str, facts: Iterable[Mapping[str, Any]]) -> list[Link]:
    """The facts as links of a chain that begins with the digest of what they are about."""
    links: list[Link] = []
    for number, fact in enumerate(facts, 1):
        link = {"number": number, **fact}
        start = digest(start, link)
        links.append(link | {"hash": start})
    return links


def broken_at(start: str, links: Iterable[Mapping[str, Any]]) -> int | None:
    """The number of the first link that was changed, removed, added or moved; None where all of them hold."""
    for number, link in enumerate(links, 1):
        start = digest(start, link)
        if link.get("hash") != start or link.get("number") != number:
            return number
    return None


def evidence(about: Mapping[str, Any], start: str, facts: Iterable[Mapping[str, Any]]) -> dict[str, Any]:
    """What goes into the PDF: what it is about, and the chain. `head` gives a removed last link away."""
    links = chained(start, facts)
    head = links[-1]["hash"] if links else start
    return {"format": FORMAT, **about, "digest": start, "head": head, "events": links}


def checked(found: Any) -> tuple[bool, int | None]:
    """Whether evidence holds, and the first link that does not (behind the last one, where the end is missing)."""
    try:
        if found["format"] != FORMAT:
            return False, None
        links = found["events"]
        if (at := broken_at(found["digest"], links)) is not None:
            return False, at
        head = links[-1]["hash"] if links else found["digest"]
        return (True, None) if found["head"] == head else (False, len(links) + 1)
    except (KeyError, TypeError, AttributeError):
        return False, None
