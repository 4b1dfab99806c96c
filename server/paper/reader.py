"""How somebody reads: numbers, money, dates and times as their language and time zone have them."""

from __future__ import annotations

import copy
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal
from functools import cached_property
from zoneinfo import ZoneInfo

from babel import Locale, UnknownLocaleError
from babel.dates import format_date, format_datetime
from babel.numbers import format_decimal, format_percent

from models.money import places
from server.paper.words import Words, words


@dataclass(frozen=True)
class Reader:
    """Somebody who reads a document: `language` as `de` or `de-CH`, `timezone` by its IANA name."""

    language: str
    timezone: str

    @cached_property
    def locale(self) -> Locale:
        for name in (self.language, self.language.partition("-")[0]):
            try:
                return Locale.parse(name, sep="-")
            except (ValueError, UnknownLocaleError):
                continue
        return Locale("en")

    @cached_property
    def zone(self) -> ZoneInfo:
        return ZoneInfo(self.timezone)

    @cached_property
    def words(self) -> Words:
        """The document's own words, in English where the language has none."""
        return words(self.locale.language)

    @cached_property
    def written_in(self) -> str:
        """The language that the document's own words are in."""
        return self.language if words(self.locale.language) is not words("en") else "en"

    def money(self, amount: str, currency: str) -> str:
        """An amount with exactly the places that it has in the API."""
        pattern = copy.copy(self.locale.currency_formats["standard"])
        pattern.frac_prec = (places(currency), places(currency))
        return pattern.apply(Decimal(amount), self.locale, currency=currency, currency_digits=False)

    def number(self, value: str) -> str:
        return format_decimal(Decimal(value).normalize(), locale=self.locale, decimal_quantization=False)

    def percent(self, value: str) -> str:
        return format_percent(Decimal(value).normalize() / 100, locale=self.locale, decimal_quantization=False)

    def day(self, value: date | datetime | str) -> str:
        """A day; of a moment, the day that it is where they are."""
        found = datetime.fromisoformat(value) if isinstance(value, str) else value
        if isinstance(found, datetime) and found.tzinfo is not None:
            found = found.astimezone(self.zone)
        return format_date(found, "long", locale=self.locale)

    def moment(self, value: datetime | str, *, utc: bool = False) -> str:
        """A moment to the second, with its zone."""
        found = datetime.fromisoformat(value) if isinstance(value, str) else value
        zone = UTC if utc else self.zone
        written = format_datetime(found, "d MMM y, HH:mm:ss", tzinfo=zone, locale=self.locale)
        return f"{written} {found.astimezone(zone):%Z}"
