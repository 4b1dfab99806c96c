"""Documents of proposals as they are frozen, and what is done to them."""

from __future__ import annotations

from typing import Any


def line(description: str = "Identity", price: str = "950", amount: str = "950.00", **more: Any) -> dict[str, Any]:
    """An item with its amounts; nothing is reckoned here."""
    amounts = {"net": amount, "tax": "0.00", "gross": amount, "discount": "0.00"}
    shape = {"unit": None, "kind": "fixed", "choice_group": None, "selected": True, "recurring": "none", "position": 0}
    numbers = {"quantity": "1", "unit_price": price, "discount_percent": "0", "tax_rate": "19"}
    return {"id": description[:8], "description": description, "amounts": amounts} | shape | numbers | more


def document(**more: Any) -> dict[str, Any]:
    totals = {"subtotal": "25790.00", "discount": "500.00", "tax": "4805.10", "total": "30095.10"}
    found = {
        "format": 1,
        "proposal_id": "0199a3c1-6d52-7b10-8f4e-2f6d1c9be001",
        "number": "P-2026-0042",
        "version_number": 2,
        "title": "A new identity",
        "currency": "EUR",
        "tax_mode": "exclusive",
        "sections": [{"key": "a", "kind": "text", "title": "What we heard", "body": "**Two** weeks.", "position": 0}],
        "terms": "1. Net of tax.",
        "items": [line()],
        "totals": totals | {"deposit": "12038.04", "recurring": {"monthly": "214.20", "yearly": "0.00"}},
        "sender": {
            "name": "Studio Nord & Söhne",
            "address": {"line1": "Kaistraße 12", "postal_code": "20457", "city": "Hamburg", "country": "DE"},
            "tax_ids": [{"kind": "USt-IdNr.", "value": "DE123456789"}],
            "branding": {"primary_color": "#ffee00", "accent_color": None},
        },
        "client": {"kind": "company", "name": "Northwind", "email": None, "phone": None},
        "signers": [{"id": "1", "name": "Bo Ångström", "email": "bo@northwind.example", "position": 0}],
    }
    return found | more
