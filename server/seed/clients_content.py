"""Whom the demo agency knows: companies with their people, consultants, contracts. Days count from today.

The telephone numbers are of the blocks that are kept free for stories; nobody can be reached by them.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

ContactKind = Literal["client", "vendor", "freelancer", "consultant"]
HAMBURG, BERLIN, MUNICH, COLOGNE = "+494066969", "+493023125", "+498999998", "+492214710"


@dataclass(frozen=True, slots=True)
class DemoCompany:
    """`people` are names and what they do; `project` is the demo project that is done for it."""

    name: str
    domain: str
    city: str
    phones: str
    owner: str
    people: tuple[tuple[str, str], ...] = ()
    part_of: str | None = None
    kind: ContactKind = "client"
    project: str | None = None
    tags: tuple[str, ...] = ()
    note: str | None = None


C = DemoCompany
LUMEN, KERN = "Lumen Opticians AG", "Kern & Sohn"

COMPANIES = (
    C(
        "Harbour Coffee Roasters",
        "harbour-coffee.example",
        "Hamburg",
        HAMBURG,
        "anna",
        (("Mara Petersen", "Founder"), ("Tom Iversen", "Head roaster"), ("Jule Brandt", "Marketing")),
        project="Harbour Coffee: brand film",
        tags=("Key account", "Film"),
        note="Mara decides, Jule writes the mails. Never before ten: they roast in the morning.",
    ),
    C(
        LUMEN,
        "lumen-opticians.example",
        "Berlin",
        BERLIN,
        "lena",
        (("Dr. Ines Albrecht", "Managing director"), ("Paul Weiss", "Digital"), ("Nadia Roth", "Purchasing")),
        project="Lumen Opticians: website relaunch",
        tags=("Key account", "Web"),
        note="Eleven shops, one budget. Invoices go to purchasing with the order's number.",
    ),
    C(
        "Lumen Hamburg",
        "hamburg.lumen-opticians.example",
        "Hamburg",
        HAMBURG,
        "lena",
        (("Kai Otten", "Shop"), ("Birte Lohse", "Eye tests")),
        LUMEN,
    ),
    C("Lumen Bremen", "bremen.lumen-opticians.example", "Bremen", HAMBURG, "lena", (("Rike Ahlers", "Shop"),), LUMEN),
    C(
        "Alpenglow Festival",
        "alpenglow.example",
        "Munich",
        MUNICH,
        "lena",
        (("Vroni Huber", "Programme"), ("Sepp Maier", "Tickets"), ("Lisa Gruber", "Sponsors")),
        project="Alpenglow Festival: poster and tickets",
        tags=("Event", "Print"),
    ),
    C(
        KERN,
        "kern-und-sohn.example",
        "Cologne",
        COLOGNE,
        "anna",
        (("Friedrich Kern", "Owner"), ("Clara Kern", "Finance"), ("Bernd Schulte", "Investor relations")),
        project="Kern & Sohn: annual report",
        tags=("Key account", "Print"),
        note="The figures arrive late every year. Plan a week of air before the printer.",
    ),
    C(
        "Kern Logistics",
        "logistik.kern-und-sohn.example",
        "Duisburg",
        COLOGNE,
        "anna",
        (("Olga Lang", "Fleet"), ("Timo Reich", "Depot")),
        KERN,
    ),
    C(
        "Elbe Public Works",
        "elbe-works.example",
        "Hamburg",
        HAMBURG,
        "marco",
        (("Henning Voss", "Communication"), ("Aylin Demir", "Procurement"), ("Karl Reuter", "Press")),
        tags=("Tender",),
    ),
    C(
        "Bakery Ohm",
        "bakery-ohm.example",
        "Berlin",
        BERLIN,
        "jonas",
        (("Emil Ohm", "Baker"), ("Frieda Ohm", "Office"), ("Lotte Ohm", "Shop")),
        tags=("Local",),
    ),
    C(
        "Northwind Sails",
        "northwind-sails.example",
        "Kiel",
        HAMBURG,
        "jonas",
        (("Swantje Jansen", "Owner"), ("Ole Thomsen", "Workshop"), ("Jens Harms", "Sales")),
        tags=("Web", "Local"),
    ),
    C(
        "Museum of Everyday Things",
        "everyday-museum.example",
        "Berlin",
        BERLIN,
        "lena",
        (("Dr. Leonie Hart", "Director"), ("Samuel Keller", "Exhibitions"), ("Mina Sato", "Education")),
        tags=("Culture",),
    ),
    C(
        "Offset North Printers",
        "offset-north.example",
        "Hamburg",
        HAMBURG,
        "lena",
        (("Uwe Lorenz", "Sales"), ("Gabi Stein", "Prepress")),
        kind="vendor",
        tags=("Print",),
        note="Proofs by noon are back the next day. FSC paper costs four per cent more.",
    ),
    C(
        "Lens & Light Rental",
        "lens-light.example",
        "Berlin",
        BERLIN,
        "anna",
        (("Marek Nowak", "Counter"), ("Zoe Fischer", "Dispatch"), ("Ben Adam", "Repairs")),
        kind="vendor",
        tags=("Film",),
    ),
    C(
        "Soundroom",
        "soundroom.example",
        "Hamburg",
        HAMBURG,
        "jonas",
        (("Ada Winter", "Mixing"), ("Rolf Haas", "Studio")),
        kind="vendor",
    ),
)

# Who works for themselves: name, what they do, city's numbers, skills, rate for a day, free from and until in days.
FREELANCERS = (
    ("Amir Haddad", "Camera", BERLIN, ("Camera", "Drone", "Light"), "620.00", 0, 45),
    ("Siv Berg", "Editor", HAMBURG, ("Editing", "Colour grading"), "540.00", 10, None),
    ("Tilda Moreau", "Illustrator", COLOGNE, ("Illustration", "Lettering"), "480.00", -20, 90),
    ("Jan Kubik", "Developer", BERLIN, ("CalDAV", "TypeScript", "Accessibility"), "760.00", 30, 120),
)

# Title, company, status, value, begins and ends in days, notice in days.
CONTRACTS: tuple[tuple[str, str, Any, str, int, int | None, int], ...] = (
    ("Website care", LUMEN, "active", "1450.00", -349, 16, 30),
    ("Framework for films", "Harbour Coffee Roasters", "active", "36000.00", -120, 245, 60),
    ("Annual report, three years", KERN, "active", "79200.00", -400, 695, 90),
    ("Print on call", "Offset North Printers", "active", "12000.00", -30, 335, 30),
    ("Poster and tickets", "Alpenglow Festival", "draft", "7800.00", 0, 60, 14),
    ("Hosting of the old shop", "Northwind Sails", "terminated", "480.00", -800, -70, 30),
)

# Kind, days ago, company, title, what was said, by whom.
ACTIVITIES = (
    (
        "meeting",
        22,
        "Harbour Coffee Roasters",
        "Kick-off in the roastery",
        "They want the harbour, not the machines.",
        "anna",
    ),
    ("call", 6, "Harbour Coffee Roasters", "Permit for the drone", "Mara knows the harbour master.", "lena"),
    ("meeting", 9, LUMEN, "Steering group", "Booking pages before the shop finder.", "lena"),
    ("email", 4, LUMEN, "Calendar interface", "Their supplier answers within the week.", "marco"),
    ("call", 3, "Alpenglow Festival", "Poster, second draft", "The mountains larger, please.", "lena"),
    ("call", 2, KERN, "Figures", "Cash flow comes on Monday.", "anna"),
    ("meeting", 14, "Elbe Public Works", "Tender: questions", "Two lots, we can do both.", "marco"),
    ("email", 11, "Museum of Everyday Things", "Idea for the spring", "An exhibition about things in pockets.", "lena"),
)
