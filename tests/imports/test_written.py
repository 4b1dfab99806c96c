"""What people write in cells."""

from __future__ import annotations

import pytest

from server.imports.written import Wrong, amount, number


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("7", 7),
        ("-2,5", -2.5),
        ("1.234,5", 1234.5),
        ("1,234.50", 1234.5),
        ("1,234", 1234),
        ("1.234.567", 1234567),
        ("1 234", 1234),
        # As our own exports have them: they come back as they were.
        ("12.345", 12.345),
        ("0.125", 0.125),
        ("1e-05", 0.00001),
        ("0,125", 0.125),
        ("1234,567", 1234.567),
    ],
)
def test_numbers(text: str, value: float):
    assert number(text) == value


@pytest.mark.parametrize(
    ("text", "currency", "value"),
    [
        ("€ 1.234,50", "EUR", "1234.50"),
        ("1,234.50 USD", "USD", "1234.50"),
        ("1.234", "EUR", "1234"),
        ("-1.234", "EUR", "-1234"),
        ("1.250", "KWD", "1.250"),
        ("0.125", "EUR", "0.125"),  # which the amount's own check refuses: 125 it is not
        ("1'234", "CHF", "1234"),
        ("900", "ZZZ", "900"),
    ],
)
def test_amounts(text: str, currency: str, value: str):
    assert amount(text, currency) == value


@pytest.mark.parametrize("text", ["", "many", "1e", "--1", ".5", "1e999"])
def test_what_is_no_number_is_said(text: str):
    with pytest.raises(Wrong):
        number(text)
