"""What people write in a cell of dates, amounts, countries and flags, understood."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime
from math import isfinite
from typing import Any

from babel import Locale

from models.money import places
from server.settings.custom_fields import Field as Own

YES = {"yes", "true", "1", "y", "x", "ja", "j", "wahr", "oui", "vrai", "si", "sí", "on", "☑", "✓"}
NO = {"no", "false", "0", "n", "nein", "falsch", "non", "faux", "off", "-"}
LANGUAGES = ("en", "de", "fr", "es", "it", "pt", "nl", "da", "sv", "nb", "pl", "cs")
NUMERAL = re.compile(r"[+-]?\d+(\.\d+)?(e[+-]?\d+)?", re.IGNORECASE)
SIGNS = re.compile(r"[A-Z]{3}|[$€£¥₣₹₽₺₴₩]|zł|kr\.?")
DATES = ("%Y-%m-%d", "%d.%m.%Y", "%Y/%m/%d", "%d.%m.%y")


class Wrong(ValueError):
    """A cell that its field cannot take; the message is for people."""


def flag(text: str) -> bool:
    """Yes or no, in some languages."""
    if (word := text.casefold()) in YES | NO:
        return word in YES
    raise Wrong(f"{text!r} is neither yes nor no.")


def number(text: str) -> int | float:
    """`1.234,5` and `1,234.50` alike; what programs and our exports write (`12.345`, `1e-05`) stays that."""
    value = float(text if NUMERAL.fullmatch(text) else decimal(text, 0))
    if not isfinite(value):
        raise Wrong(f"{text:.40} is too large.")
    return int(value) if value.is_integer() else value


def amount(text: str, currency: str) -> str:
    """An amount with or without its currency's sign: `€ 1.234,50` → `1234.50`."""
    try:
        digits = places(currency)
    except ValueError:
        digits = 2  # the record's own check says that there is no such currency
    return decimal(SIGNS.sub("", text), digits)


def decimal(text: str, digits: int) -> str:
    """The number with a point before its decimals: the last separator, unless it only groups thousands."""
    plain = re.sub(r"[\s'’\u00a0\u202f]", "", text)
    if not re.fullmatch(r"[+-]?\d[\d.,]*", plain):
        raise Wrong(f"{text!r} is no number.")
    whole, mark, decimals = plain.rpartition(max(",.", key=plain.rfind))
    if not mark or plain.count(mark) > 1 or (digits != 3 and _may_group(whole, decimals)):
        return re.sub(r"[.,]", "", plain)
    return f"{re.sub(r'[.,]', '', whole)}.{decimals}".rstrip(".")


def _may_group(whole: str, decimals: str) -> bool:
    """Whether the only separator may stand between thousands: `1.234`, and not `0.125`."""
    return len(decimals) == 3 and re.fullmatch(r"[+-]?[1-9]\d{0,2}", whole) is not None


def day(text: str) -> str:
    """A date as ISO 8601 or as continental Europe writes it; `01/02/2026` may be two days, and is none."""
    for form in DATES:
        try:
            return datetime.strptime(text[:10], form).date().isoformat()
        except ValueError:
            continue
    raise Wrong(f"{text!r} is no date; write it as 2026-11-21.")


def moment(text: str) -> datetime:
    """A time, which is in UTC unless it says otherwise; or the beginning of a day."""
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        found = datetime.combine(date.fromisoformat(day(text)), datetime.min.time())
    return found if found.tzinfo else found.replace(tzinfo=UTC)


def country(text: str) -> str:
    """A country's code by ISO 3166, from the code or from its name in one of a dozen languages."""
    code = _countries().get(text.casefold())
    if code is None:
        raise Wrong(f"{text!r} is no country that is known here; write its code, such as DE.")
    return code


_by_name: dict[str, str] = {}


def _countries() -> dict[str, str]:
    if not _by_name:
        for language in LANGUAGES:
            for code, name in Locale(language).territories.items():
                if len(code) == 2 and code.isalpha():
                    _by_name.setdefault(name.casefold(), code)
                    _by_name.setdefault(code.casefold(), code)
        _by_name.update({"usa": "US", "uk": "GB", "great britain": "GB", "england": "GB", "u.s.a.": "US"})
    return _by_name


def own_value(found: Own, text: str) -> Any:
    """The text as a value of one of the team's own fields; what it cannot take is refused when it is checked."""
    match found.type:
        case "number":
            return number(text)
        case "money":
            return amount(text, str(found.currency))
        case "boolean":
            return flag(text)
        case "date":
            return day(text)
        case "select":
            return _option(found, text)
        case "multi_select":
            return [_option(found, part.strip()) for part in re.split(r"[;|\n]" if ";" in text else r"[,|\n]", text)]
    return text


def _option(found: Own, text: str) -> str:
    return next((option for option in found.options if option.casefold() == text.casefold()), text)
