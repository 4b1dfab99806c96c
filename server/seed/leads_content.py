"""Who may become clients of the demo agency, over all stages of the pipeline."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

LeadStatus = Literal["new", "contacted", "qualified", "proposal", "negotiation", "won", "lost"]


@dataclass(frozen=True, slots=True)
class DemoLead:
    """`said` is a call, meeting or e-mail: kind, days ago, title."""

    name: str
    company: str
    status: LeadStatus
    value: str | None
    owner: str | None
    score: int = 40
    source: str = "manual"
    tags: tuple[str, ...] = ()
    said: tuple[str, int, str] | None = None
    lost_reason: str | None = None
    message: str | None = None


L = DemoLead

LEADS = (
    L("Carla Neumann", "Tidal Yoga", "new", "4200.00", None, 20, "form", message="A site with bookings, by spring?"),
    L("Georg Falk", "Falk Bicycles", "new", "9800.00", "jonas", 35, "form", message="Our catalogue needs new photos."),
    L("Hanna Wolff", "Wolff Interiors", "new", None, None, 15, "referral"),
    L("Ibrahim Kaya", "Kaya Foods", "new", "15000.00", "lena", 50, "fair", ("Film",)),
    L("Nele Krüger", "Tea & Tonic", "new", "3100.00", "jonas", 25, "newsletter"),
    L(
        "Oskar Lindqvist",
        "Fjell Outdoor",
        "contacted",
        "22000.00",
        "anna",
        55,
        "referral",
        ("Film",),
        ("call", 3, "Intro"),
    ),
    L(
        "Petra Sommer",
        "Sommer Law",
        "contacted",
        "6500.00",
        "lena",
        30,
        "manual",
        ("Web",),
        ("email", 5, "Sent references"),
    ),
    L("Quentin Roy", "Roy Chocolates", "contacted", "8700.00", "jonas", 45, "fair", (), ("call", 1, "Wants samples")),
    L(
        "Rosa Klein",
        "Kita Sunbeam",
        "contacted",
        "1900.00",
        None,
        20,
        "form",
        message="Very small, but lovely children.",
    ),
    L(
        "Stefan Adler",
        "Adler Windows",
        "qualified",
        "18500.00",
        "anna",
        60,
        "manual",
        ("Web",),
        ("meeting", 6, "Workshop"),
    ),
    L("Tamara Busch", "Busch Hotels", "qualified", "46000.00", "lena", 75, "referral", ("Film", "Key account")),
    L(
        "Ulrich Hahn",
        "Hahn Tools",
        "qualified",
        "12400.00",
        "marco",
        50,
        "manual",
        ("Web",),
        ("call", 8, "Budget is there"),
    ),
    L("Viola Engel", "Engel Ceramics", "qualified", "5400.00", "jonas", 55, "newsletter", ("Print",)),
    L("Wanda Pohl", "Pohl Pharmacies", "proposal", "31000.00", "lena", 70, "fair", ("Web",), ("meeting", 4, "Pitch")),
    L(
        "Xaver Lehner",
        "Lehner Brewery",
        "proposal",
        "27500.00",
        "anna",
        65,
        "referral",
        ("Film",),
        ("call", 2, "Questions"),
    ),
    L("Yasmin Farah", "Farah Textiles", "proposal", "14200.00", "jonas", 60, "manual", ("Print",)),
    L(
        "Zacharias Blum",
        "Blum Gardens",
        "proposal",
        "7600.00",
        "lena",
        45,
        "form",
        message="Like the film for the roastery.",
    ),
    L("Agnes Vogt", "Vogt Instruments", "negotiation", "52000.00", "anna", 85, "referral", ("Key account",)),
    L(
        "Bastian Graf",
        "Graf Energy",
        "negotiation",
        "38000.00",
        "marco",
        80,
        "fair",
        ("Tender",),
        ("meeting", 1, "Terms"),
    ),
    L("Cosima Reis", "Opera Studio", "negotiation", "16800.00", "lena", 75, "manual", ("Culture",)),
    L("Dennis Holz", "Holz Carpentry", "won", "5200.00", "jonas", 90, "referral", ("Local",), ("call", 12, "Yes!")),
    L("Edda Frost", "Frost Ice Cream", "won", "11900.00", "lena", 95, "form", ("Print",), ("meeting", 20, "Signed")),
    L("Fabian Kurz", "Kurz Dental", "lost", "9400.00", "jonas", 30, "manual", lost_reason="Chose a cheaper offer"),
    L("Greta Lang", "Lang Realty", "lost", "24000.00", "anna", 40, "fair", lost_reason="Project put off to next year"),
    L(
        "Hugo Metz",
        "Metz Motors",
        "lost",
        "33000.00",
        "marco",
        50,
        "referral",
        lost_reason="Wanted everything by Monday",
    ),
)
