"""Money: integer minor units beside an ISO 4217 currency; decimal strings outside; one rounding rule."""

from __future__ import annotations

from decimal import ROUND_HALF_UP, Decimal, InvalidOperation
from functools import lru_cache

from iso4217 import Currency

MAX_MINOR = 10**15  # far above any invoice, far below bigint


@lru_cache(maxsize=256)
def places(currency: str) -> int:
    """Decimal places of a currency by ISO 4217's own table. Raises `ValueError` for an unknown one."""
    try:
        return Currency(currency).exponent or 0
    except ValueError:
        raise ValueError(f"{currency} is not a currency of ISO 4217") from None


def from_minor(minor: int, currency: str) -> str:
    """`123450, "EUR"` → `"1234.50"`; `1234, "JPY"` → `"1234"`."""
    digits = places(currency)
    return f"{Decimal(minor).scaleb(-digits):.{digits}f}"


@lru_cache
def _by_places() -> dict[int, list[str]]:
    found: dict[int, list[str]] = {}
    for currency in Currency:
        found.setdefault(currency.exponent or 0, []).append(currency.code)
    return found


def in_units(minor: str, currency: str) -> str:
    """`from_minor` as SQL over these two expressions."""
    cases = " ".join(
        f"WHEN {currency} IN ({', '.join(repr(code) for code in codes)}) THEN "
        + (f"({minor} * 1e-{digits}::numeric)::text" if digits else f"({minor})::text")
        for digits, codes in sorted(_by_places().items())
        if digits != 2
    )
    return f"CASE {cases} ELSE ({minor} * 0.01)::text END"


def to_minor(amount: str | Decimal, currency: str) -> int:
    """`"1234.50", "EUR"` → `123450`. Raises `ValueError` when it has more places than the currency, or no number."""
    try:
        value = Decimal(amount)
    except InvalidOperation:
        raise ValueError("is not a decimal number") from None
    if not value.is_finite():
        raise ValueError("is not a finite number")
    scaled = value.scaleb(places(currency))
    if scaled != scaled.to_integral_value():
        raise ValueError(f"has more decimal places than {currency} has")
    if abs(scaled) > MAX_MINOR:
        raise ValueError("is too large")
    return int(scaled)


def round_half_up(value: Decimal, digits: int = 0) -> Decimal:
    """The one rounding rule: half away from zero."""
    return value.quantize(Decimal(1).scaleb(-digits), rounding=ROUND_HALF_UP)


def allocate(total: int, weights: list[int]) -> list[int]:
    """Split minor units by weights so that the parts sum to the total: no cent is lost or made.

    The parts are floored, and what is left goes one unit each to the largest remainders, earlier ones first.
    """
    whole = sum(weights)
    if whole <= 0 or any(w < 0 for w in weights):
        raise ValueError("weights must not be negative and must not all be zero")
    sign, total = (-1, -total) if total < 0 else (1, total)
    parts = [total * w // whole for w in weights]
    order = sorted(range(len(weights)), key=lambda i: (-(total * weights[i] % whole), i))
    for i in order[: total - sum(parts)]:
        parts[i] += 1
    return [sign * p for p in parts]
