"""A fact as a sentence, by what its event class says."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from datetime import datetime
from string import Formatter
from types import NoneType
from typing import Any

from server.core.events import catalogue

Json = dict[str, Any]
Change = tuple[str, Any, Any]
VALUE_CHARACTERS = 60
UNTOLD = {"rank", "completed_at"}  # follow from what else is told
ENDING = re.compile(r"_(ids|id|at|on)$")
TIME = re.compile(r"\d{4}-\d\d-\d\d(T\d\d:\d\d)?")


class _Words(Formatter):
    """Fills `{name}` and leaves out what an older fact does not carry."""

    def get_value(self, key: int | str, args: Any, kwargs: Any) -> Any:
        return kwargs.get(str(key), "")


def sentence(type: str, actor: Json, kind: str, data: Json | None, changes: Json | None, detail: Json | None) -> str:
    """What happened, in one line: `Ana moved “Logo draft”: status from todo to doing`."""
    declared = catalogue.get(type)
    says = declared.says if declared is not None else f"{{actor}}: {type}"
    words = {name: _shown(value) for name, value in (detail or {}).items()}
    words |= {"actor": actor.get("name") or "Someone", "subject": label(kind, data), "changes": changed(changes)}
    return " ".join(_Words().vformat(says, (), words).split())


def label(kind: str, data: Json | None) -> str:
    """What a record is called: its name or title (a contact's title is what they do), else its kind."""
    name = (data or {}).get("name") or (data or {}).get("title")
    return f"“{name}”" if name else f"the {kind.replace('_', ' ')}"


def changed(changes: Json | None) -> str:
    """`status from todo to doing, due set to 1 Dec 2026`."""
    told = [(name, old, new) for name, (old, new) in (changes or {}).items() if name not in UNTOLD]
    if changes and not told:
        return "its place"
    return ", ".join(_change(ENDING.sub("", name).replace("_", " "), old, new) for name, old, new in _parts(told))


def _parts(told: Iterable[Change]) -> Iterator[Change]:
    """The changes; one of an object, such as `custom`, as those of the fields in it that differ."""
    for name, old, new in told:
        if {type(old), type(new)} <= {dict, NoneType}:
            within = [(key, (old or {}).get(key), (new or {}).get(key)) for key in {**(old or {}), **(new or {})}]
            yield from (part for part in within if part[1] != part[2])
        else:
            yield name, old, new


def _change(name: str, old: Any, new: Any) -> str:
    if isinstance(old, list | dict) or isinstance(new, list | dict):
        return name
    if new is None:
        return f"{name} removed"
    return f"{name} set to {_shown(new)}" if old is None else f"{name} from {_shown(old)} to {_shown(new)}"


def _shown(value: Any) -> str:
    match value:
        case None:
            return "nothing"
        case bool():
            return "yes" if value else "no"
        case list():
            return ", ".join(map(_shown, value))
        case str() if TIME.match(value):
            return _time(value)
        case _:
            text = str(value)
            return text if len(text) <= VALUE_CHARACTERS else text[: VALUE_CHARACTERS - 1] + "…"


def _time(text: str) -> str:
    try:
        at = datetime.fromisoformat(text)
    except ValueError:
        return text
    day = f"{at.day} {at:%b %Y}"
    return day if len(text) == len("2026-12-01") else f"{day}, {at:%H:%M} UTC"
