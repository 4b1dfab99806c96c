"""Money: exact, rounded half up, split without losing a cent."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.money import allocate, from_minor, round_half_up, to_minor


@pytest.mark.parametrize(
    ("minor", "currency", "text"),
    [
        (123450, "EUR", "1234.50"),
        (1234, "JPY", "1234"),
        (1250, "KWD", "1.250"),
        (-5, "EUR", "-0.05"),
        (0, "EUR", "0.00"),
    ],
)
def test_each_currency_has_its_own_places(minor: int, currency: str, text: str):
    assert from_minor(minor, currency) == text
    assert to_minor(text, currency) == minor


@pytest.mark.parametrize("text", ["1.234", "NaN", "Infinity", "1e30", "abc", ""])
def test_what_is_no_amount_is_refused(text: str):
    with pytest.raises(ValueError, match=r"^(is|has)"):
        to_minor(text, "EUR")


def test_half_rounds_away_from_zero():
    assert [round_half_up(Decimal(v)) for v in ("0.5", "1.5", "2.5", "-2.5")] == [1, 2, 3, -3]


@given(st.integers(-(10**12), 10**12), st.lists(st.integers(0, 10**6), min_size=1).filter(any))
def test_allocation_never_loses_a_cent(total: int, weights: list[int]):
    parts = allocate(total, weights)
    assert sum(parts) == total
    for part, weight in zip(parts, weights, strict=True):
        assert abs(part - Decimal(total) * weight / sum(weights)) < 1
