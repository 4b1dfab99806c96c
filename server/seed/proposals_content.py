"""What the demo agency offers: texts and prices as an agency writes them."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Literal


@dataclass(frozen=True, slots=True)
class DemoProposal:
    """To somebody at a company, or to a lead of that name."""

    title: str
    state: Literal["draft", "sent", "accepted"]
    owner: str
    signer: str
    email: str
    sections: tuple[tuple[str, str, str], ...]
    items: tuple[dict[str, Any], ...]
    company: str | None = None
    message: str | None = None
    terms: str | None = "Prices are net. Payable within **14 days**; two rounds of changes are included."
    deposit_percent: Decimal | None = None
    open_for: int = 30


def item(description: str, price: str, **more: Any) -> dict[str, Any]:
    return {"description": description, "unit_price": Decimal(price), "tax_rate": Decimal(19)} | more


PROPOSALS = (
    DemoProposal(
        "Vogt Instruments: a trade fair film",
        "draft",
        "anna",
        "Agnes Vogt",
        "agnes@vogt.example",
        (
            ("cover", "Instruments that nobody sees", "A film for **Vogt Instruments** at the spring fair."),
            (
                "text",
                "What we heard",
                "Your instruments are in every second operating room, and nobody knows the name.",
            ),
        ),
        (item("Concept and script", "4800"), item("Shooting day", "3900", quantity=Decimal(3), unit="days")),
    ),
    DemoProposal(
        "Harbour Coffee: autumn campaign",
        "sent",
        "anna",
        "Mara Petersen",
        "mara.petersen@harbour-coffee.example",
        (
            ("cover", "Before ten, it's roasting", "An autumn campaign for **Harbour Coffee Roasters**."),
            (
                "text",
                "What we heard",
                "The film brought people to the shop. Now they should subscribe:\n\n"
                "- one idea that carries for three months\n- posters in the harbour, short films on the phone",
            ),
            ("text", "How we work", "We begin with one morning in the roastery. A week later you see two directions."),
        ),
        (
            item("Idea and key visual", "5200"),
            item("Posters, three motifs", "2400"),
            item("Short films, 3 × 10 s", "3600", kind="choice", choice_group="Film", selected=True),
            item("Short films, 6 × 10 s", "5900", kind="choice", choice_group="Film", selected=False),
            item("Photographs for the shop", "1350", kind="optional", selected=False),
            item("Looking after the channels", "890", kind="optional", selected=False, recurring="monthly"),
        ),
        company="Harbour Coffee Roasters",
        message="Dear Mara, here is what we talked about. Choose what you like: the total follows.",
        deposit_percent=Decimal(30),
    ),
    DemoProposal(
        "Lumen Opticians: photographs of eleven shops",
        "accepted",
        "lena",
        "Dr. Ines Albrecht",
        "ines.albrecht@lumen-opticians.example",
        (
            ("cover", "Eleven shops, one look", "Photographs for **Lumen Opticians**."),
            ("text", "What you get", "Twelve pictures of each shop, and portraits of all who work there."),
        ),
        (
            item("Shop", "640", quantity=Decimal(11), unit="shops"),
            item("Portraits", "95", quantity=Decimal(48), unit="people"),
            item("Travel", "780"),
        ),
        company="Lumen Opticians AG",
        deposit_percent=Decimal(50),
    ),
)
