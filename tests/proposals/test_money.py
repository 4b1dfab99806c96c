"""What lines come to: exact, to the last unit, in every currency."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from models.money import MAX_MINOR, Line, places, price, round_half_up

CURRENCIES = st.sampled_from(["EUR", "JPY", "KWD", "USD", "CLF"])
PERCENT = st.decimals(0, 100, places=3)
LINES = st.lists(
    st.builds(
        Line,
        quantity=st.decimals(Decimal("0.000001"), 10_000, places=6),
        unit_price=st.decimals(-10_000, 100_000, places=6),
        discount_percent=PERCENT,
        tax_rate=PERCENT,
        counts=st.booleans(),
        recurring=st.sampled_from(["none", "none", "monthly", "yearly"]),
    ),
    max_size=40,
)
RULES = st.fixed_dictionaries(
    {"inclusive": st.booleans(), "discount": st.integers(0, 10**9), "deposit_percent": PERCENT}
)


@given(LINES, CURRENCIES, RULES)
@settings(max_examples=300)
def test_the_parts_are_the_whole(lines, currency, rules):
    amounts, totals = price(lines, currency, **rules)
    once = [a for line, a in zip(lines, amounts, strict=True) if line.once]
    assert all(a.net + a.tax == a.gross for a in amounts)
    assert sum(a.gross for a in once) == totals.total
    assert sum(a.tax for a in once) == totals.tax
    assert totals.subtotal - totals.discounted + totals.tax == totals.total
    for period, total in (("monthly", totals.monthly), ("yearly", totals.yearly)):
        of_it = (a.gross for n, a in zip(lines, amounts, strict=True) if n.counts and n.recurring == period)
        assert sum(of_it) == total


@given(LINES, CURRENCIES, st.integers(0, 10**9))
@settings(max_examples=200)
def test_the_whole_discount_is_given_and_never_more_than_there_is(lines, currency, discount):
    _, before = price(lines, currency)
    _, after = price(lines, currency, discount=discount)
    assert after.subtotal == before.subtotal
    assert after.discounted == min(discount, max(0, before.subtotal))


@given(LINES, CURRENCIES, st.integers(0, 10**9))
@settings(max_examples=200)
def test_where_prices_include_the_tax_the_discount_does_too(lines, currency, discount):
    _, before = price(lines, currency, inclusive=True)
    _, after = price(lines, currency, inclusive=True, discount=discount)
    assert after.total == before.total - min(discount, max(0, before.total))


@given(st.decimals(0, 10_000, places=6), st.decimals(0, 10_000, places=6), PERCENT, CURRENCIES)
@settings(max_examples=200)
def test_a_line_is_rounded_once_and_half_away_from_zero(quantity, unit_price, off, currency):
    if quantity == 0:
        return
    exact = Fraction(quantity) * Fraction(unit_price) * (1 - Fraction(off) / 100) * 10 ** places(currency)
    for sign in (1, -1):
        [amount], _ = price([Line(quantity, sign * unit_price, off)], currency)
        assert amount.net == sign * ((2 * exact.numerator + exact.denominator) // (2 * exact.denominator))


@pytest.mark.parametrize(("currency", "net", "tax"), [("EUR", 333, 63), ("JPY", 3, 1), ("KWD", 3330, 633)])
def test_currencies_have_their_own_places(currency, net, tax):
    [amount], totals = price([Line(Decimal(3), Decimal("1.11"), tax_rate=Decimal(19))], currency)
    assert (amount.net, amount.tax, totals.total) == (net, tax, net + tax)


def test_the_shares_of_a_discount_go_to_the_largest_remainders():
    lines = [Line(Decimal(1), Decimal("33.33"), tax_rate=Decimal(rate)) for rate in (0, 7, 19)]
    amounts, totals = price(lines, "EUR", discount=1000)
    assert [a.discounted for a in amounts] == [334, 333, 333]
    assert [a.net for a in amounts] == [2999, 3000, 3000]
    assert (totals.subtotal, totals.discounted, totals.tax, totals.total) == (9999, 1000, 780, 9779)


def test_inclusive_prices_keep_what_people_read():
    amounts, totals = price([Line(Decimal(1), Decimal("119.00"), tax_rate=Decimal(19))], "EUR", inclusive=True)
    assert (amounts[0].net, amounts[0].tax, amounts[0].gross, totals.subtotal) == (10000, 1900, 11900, 10000)


def test_what_is_free_and_what_takes_off_count_too():
    lines = [Line(Decimal(1), Decimal(n)) for n in (100, 0, -30)]
    amounts, totals = price(lines, "EUR", discount=10_000, deposit_percent=Decimal(50))
    assert [a.net for a in amounts] == [3000, 0, -3000]
    assert (totals.subtotal, totals.discounted, totals.total, totals.deposit) == (7000, 7000, 0, 0)


def test_five_hundred_lines_of_a_third_are_exact():
    _, totals = price([Line(Decimal("0.333333"), Decimal("0.05"))] * 500, "EUR", deposit_percent=Decimal(30))
    assert (totals.total, totals.deposit) == (1000, 300)


def test_what_cannot_be_stored_is_refused():
    with pytest.raises(ValueError, match="too large"):
        price([Line(Decimal(10**9), Decimal(10**12))], "EUR")
    assert round_half_up(Decimal(MAX_MINOR)) == MAX_MINOR
