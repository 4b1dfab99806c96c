"""Money: integer minor units beside an ISO 4217 currency; decimal strings outside; one rounding rule.

What lines come to, with discounts, taxes and a deposit, is said once, too: `price`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Context, Decimal, InvalidOperation, localcontext
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


# ---- what lines come to ----


@dataclass(frozen=True, slots=True)
class Line:
    """A line of an offer or a bill; one that does not `count` was not chosen, and has amounts nevertheless."""

    quantity: Decimal
    unit_price: Decimal
    discount_percent: Decimal = Decimal(0)
    tax_rate: Decimal = Decimal(0)
    counts: bool = True
    recurring: str = "none"

    @property
    def once(self) -> bool:
        return self.counts and self.recurring == "none"


@dataclass(frozen=True, slots=True)
class Amounts:
    """A line's minor units: `net + tax == gross`, after its discount and its share (`discounted`) of the whole's."""

    net: int
    tax: int
    gross: int
    discounted: int


@dataclass(frozen=True, slots=True)
class Totals:
    """Minor units of what is paid once: `subtotal - discounted + tax == total`; `monthly`, `yearly` come on top."""

    subtotal: int
    discounted: int
    tax: int
    total: int
    deposit: int
    monthly: int
    yearly: int


def price(
    lines: Sequence[Line],
    currency: str,
    *,
    inclusive: bool = False,
    discount: int = 0,
    deposit_percent: Decimal = Decimal(0),
) -> tuple[list[Amounts], Totals]:
    """What each line and the whole come to. Raises `ValueError` where an amount is too large.

    Each line is rounded once (quantity × price less its discount), then its tax is, and sums add rounded lines. The
    discount on the whole is taken off what is paid once, each line's share by `allocate`, before the tax; where prices
    include the tax, so does the discount. It is never more than what it is taken from.
    """
    with localcontext(Context(prec=80)):  # products and quotients of all that fits in are exact to far below a unit
        listed = [_listed(line, currency) for line in lines]
        shares = _shares(lines, listed, discount)
        amounts = [_amounts(*of, inclusive) for of in zip(lines, listed, shares, strict=True)]
        once = [a for line, a in zip(lines, amounts, strict=True) if line.once]
        total = sum(a.gross for a in once)
        deposit = int(round_half_up(total * deposit_percent / 100))
    if any(abs(a.gross) > MAX_MINOR for a in amounts) or abs(total) > MAX_MINOR:
        raise ValueError("is too large")
    discounted = sum(a.discounted for a in once)
    subtotal = sum(a.net for a in once) + discounted
    monthly, yearly = (
        sum(a.gross for line, a in zip(lines, amounts, strict=True) if line.counts and line.recurring == period)
        for period in ("monthly", "yearly")
    )
    return amounts, Totals(subtotal, discounted, sum(a.tax for a in once), total, deposit, monthly, yearly)


def _listed(line: Line, currency: str) -> int:
    kept = 1 - line.discount_percent / 100
    return int(round_half_up((line.quantity * line.unit_price * kept).scaleb(places(currency))))


def _shares(lines: Sequence[Line], listed: list[int], discount: int) -> list[int]:
    """Each line's share of the discount; lines that take something off have none."""
    weights = [max(0, n) if line.once else 0 for line, n in zip(lines, listed, strict=True)]
    most = sum(n for line, n in zip(lines, listed, strict=True) if line.once)
    taken = min(discount, max(0, most))
    return allocate(taken, weights) if taken else [0] * len(lines)


def _amounts(line: Line, listed: int, share: int, inclusive: bool) -> Amounts:
    before, after = (_taxed(n, line.tax_rate, inclusive) for n in (listed, listed - share))
    return Amounts(after[0], after[1], after[0] + after[1], before[0] - after[0])


def _taxed(amount: int, rate: Decimal, inclusive: bool) -> tuple[int, int]:
    """The net amount and its tax."""
    tax = int(round_half_up(amount * rate / (100 + rate if inclusive else 100)))
    return (amount - tax if inclusive else amount), tax
