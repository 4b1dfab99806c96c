"""What the demo agency is working on. Days count from today, so that it is always in the middle of things."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

Status = Literal["todo", "doing", "review", "done"]
Priority = Literal["low", "medium", "high", "urgent"]
ProjectStatus = Literal["planned", "active", "on_hold", "completed", "archived"]


@dataclass(frozen=True, slots=True)
class DemoTask:
    title: str
    status: Status = "todo"
    people: tuple[str, ...] = ()
    due_in: int | None = None
    priority: Priority = "medium"
    hours: int | None = None
    labels: tuple[str, ...] = ()
    after: tuple[str, ...] = ()
    checklist: tuple[str, ...] = ()
    ticked: int = 0
    description: str | None = None
    said: tuple[tuple[str, str], ...] = ()
    worked: tuple[tuple[str, int, int, str], ...] = ()  # who, days ago, minutes, note


@dataclass(frozen=True, slots=True)
class DemoProject:
    name: str
    people: tuple[str, ...]
    description: str
    color: str
    budget: str
    starts_in: int
    lasts: int
    status: ProjectStatus = "active"
    tasks: tuple[DemoTask, ...] = field(default=())


T = DemoTask

PROJECTS = (
    DemoProject(
        "Harbour Coffee: brand film",
        ("anna", "lena", "jonas"),
        "A 90-second film for the new roastery, with cut-downs for social media.",
        "#c2410c",
        "18500.00",
        -24,
        52,
        tasks=(
            T("Kick-off with the roastery", "done", ("anna",), -22, hours=2, labels=("client",)),
            T("Write the treatment", "done", ("lena",), -16, "high", 8, ("script",), ("Kick-off with the roastery",)),
            T("Script, second version", "done", ("lena",), -9, "high", 6, ("script",), ("Write the treatment",)),
            T(
                "Storyboard the opening",
                "review",
                ("jonas",),
                1,
                "high",
                10,
                ("design",),
                ("Script, second version",),
                ("Harbour at dawn", "Beans falling", "First cup", "End card"),
                3,
                "Twelve frames, 16:9, with notes on movement. The harbour shot decides the mood.",
                (
                    ("jonas", "First eight frames are up. The dawn shot needs a higher angle, I think."),
                    ("lena", "@Jonas Lind agreed, try the crane view. The client loves the beans."),
                ),
                (("jonas", 2, 190, "Frames 1 to 5"), ("jonas", 1, 150, "Frames 6 to 8")),
            ),
            T("Scout the harbour at dawn", "done", ("jonas",), -4, hours=5, labels=("location",)),
            T("Book the camera crew", "doing", ("anna",), 2, "urgent", 2, ("production",)),
            T(
                "Permit for the drone",
                "doing",
                ("lena",),
                3,
                "urgent",
                3,
                ("production", "legal"),
                checklist=("Form sent", "Insurance attached", "Harbour master's stamp"),
                ticked=2,
                said=(("lena", "The harbour master answers by Friday. @Anna Berger could you call him once more?"),),
            ),
            T(
                "Shooting day",
                "todo",
                ("anna", "jonas"),
                8,
                "high",
                12,
                ("production",),
                ("Storyboard the opening", "Book the camera crew", "Permit for the drone"),
            ),
            T("Rough cut", "todo", ("jonas",), 14, hours=16, labels=("edit",), after=("Shooting day",)),
            T("Music and sound", "todo", (), 17, hours=8, labels=("edit",), after=("Rough cut",)),
            T("Colour grading", "todo", ("jonas",), 19, hours=6, labels=("edit",), after=("Rough cut",)),
            T("Cut-downs for social media", "todo", ("lena",), 24, "low", 8, ("edit",), ("Colour grading",)),
            T("Deliver the masters", "todo", ("anna",), 27, hours=1, labels=("client",), after=("Music and sound",)),
        ),
    ),
    DemoProject(
        "Lumen Opticians: website relaunch",
        ("lena", "marco", "jonas", "anna"),
        "New site with online appointments for eleven shops; the old one goes dark at the end of the quarter.",
        "#1d4ed8",
        "42000.00",
        -40,
        85,
        tasks=(
            T("Interviews in three shops", "done", ("lena",), -34, hours=9, labels=("research",)),
            T("Site map", "done", ("lena",), -27, hours=5, labels=("ux",), after=("Interviews in three shops",)),
            T("Wireframes: shop finder", "done", ("jonas",), -18, "high", 12, ("ux",), ("Site map",)),
            T(
                "Wireframes: booking an eye test",
                "review",
                ("jonas",),
                0,
                "high",
                14,
                ("ux",),
                ("Site map",),
                ("Choose a shop", "Choose a time", "Who is it for", "Confirmation"),
                4,
                "Four steps at most. Must work with one thumb.",
                (
                    ("marco", "Step three and four could be one page, then it is three in all."),
                    ("jonas", "Done, see version 3. @Lena Vogel please check the wording."),
                ),
                (("jonas", 3, 240, "Steps one and two"), ("jonas", 1, 210, "Version 3")),
            ),
            T("Design system: type and colour", "doing", ("jonas",), 4, "medium", 16, ("design",)),
            T("Photo shoot in the flagship shop", "todo", ("anna",), 11, hours=8, labels=("photo",)),
            T(
                "Connect the appointment calendar",
                "doing",
                ("marco",),
                6,
                "urgent",
                20,
                ("backend",),
                description="Their calendar speaks CalDAV. Two-way, five minutes at most behind.",
                said=(("marco", "Reading works. Writing fails for recurring slots, asked their supplier."),),
                worked=(("marco", 2, 300, "Reading the slots"), ("marco", 1, 180, "Recurring slots")),
            ),
            T("Shop finder with map", "todo", ("marco",), 13, hours=12, after=("Wireframes: shop finder",)),
            T("Booking pages", "todo", ("marco",), 20, "high", 24, ("frontend",), ("Wireframes: booking an eye test",)),
            T("Texts for eleven shops", "todo", ("lena",), 16, hours=11, labels=("copy",)),
            T("Accessibility check", "todo", ("marco",), 27, hours=6, labels=("qa",), after=("Booking pages",)),
            T("Redirects from the old site", "todo", ("marco",), 31, "low", 4, ("seo",)),
            T("Training for the shops", "todo", ("lena",), 38, hours=6, labels=("client",), after=("Booking pages",)),
            T("Go live", "todo", ("marco", "lena"), 44, "high", 3, (), ("Accessibility check",)),
        ),
    ),
    DemoProject(
        "Alpenglow Festival: poster and tickets",
        ("lena", "jonas"),
        "Poster, ticket design and a wristband for the summer festival.",
        "#7c3aed",
        "7800.00",
        -12,
        30,
        tasks=(
            T("Mood board", "done", ("jonas",), -10, hours=4, labels=("design",)),
            T(
                "Three poster drafts",
                "review",
                ("jonas",),
                -1,
                "high",
                9,
                ("design",),
                ("Mood board",),
                said=(("lena", "The second one. The client wants the mountains larger."),),
                worked=(("jonas", 4, 320, "Drafts one and two"),),
            ),
            T("Fee for the illustrator", "doing", ("lena",), 0, "urgent", 1, ("money",)),
            T("Final poster", "todo", ("jonas",), 5, "high", 6, ("design",), ("Three poster drafts",)),
            T("Ticket with a number and a code", "todo", ("jonas",), 9, hours=5, labels=("design", "print")),
            T("Wristband in four colours", "todo", (), 12, "low", 3, ("print",)),
            T("Proof from the printer", "todo", ("lena",), 14, labels=("print",), after=("Final poster",)),
            T("Print run", "todo", ("lena",), 17, "high", 1, ("print",), ("Proof from the printer",)),
        ),
    ),
    DemoProject(
        "Kern & Sohn: annual report",
        ("anna", "lena", "marco"),
        "Sixty pages in print and as an accessible PDF; figures arrive late, as every year.",
        "#0f766e",
        "26400.00",
        -60,
        75,
        tasks=(
            T("Contract signed", "done", ("anna",), -58, hours=1, labels=("legal",)),
            T("Concept: ten years in pictures", "done", ("lena",), -45, "high", 10, ("concept",)),
            T("Grid and style sheets", "done", ("lena",), -36, hours=12, labels=("layout",)),
            T("Portraits of the board", "done", ("anna",), -28, hours=7, labels=("photo",)),
            T("Chapter 1: letter to the owners", "done", ("lena",), -14, labels=("layout",)),
            T("Chapter 2: markets", "review", ("lena",), -2, "high", 9, ("layout",)),
            T(
                "Chapter 3: figures",
                "doing",
                ("marco",),
                3,
                "urgent",
                14,
                ("layout", "data"),
                checklist=("Balance sheet", "Profit and loss", "Cash flow", "Notes"),
                ticked=1,
                said=(
                    ("marco", "Balance sheet is in. Cash flow comes on Monday, they say."),
                    ("anna", "I have asked for a fixed date, @Marco Rossi. Tables first, charts when it is final."),
                ),
                worked=(("marco", 1, 260, "Tables for the balance sheet"),),
            ),
            T("Charts", "todo", ("marco",), 6, hours=8, labels=("data",), after=("Chapter 3: figures",)),
            T("Proofreading", "todo", (), 9, hours=10, labels=("copy",), after=("Chapter 2: markets", "Charts")),
            T("Accessible PDF", "todo", ("marco",), 12, hours=9, labels=("pdf",), after=("Proofreading",)),
            T("Hand over to the printer", "todo", ("anna",), 14, "high", 2, ("print",), ("Proofreading",)),
            T("Delivery to the meeting", "todo", ("anna",), 15, "urgent", 1, (), ("Hand over to the printer",)),
        ),
    ),
    DemoProject(
        "Studio: our own website",
        ("marco", "anna", "lena", "jonas"),
        "The cobbler's children get shoes at last.",
        "#475569",
        "0.00",
        -90,
        200,
        "on_hold",
        tasks=(
            T("Collect twelve case studies", "doing", ("lena",), 30, "low", 12, ("copy",)),
            T("Write about ourselves", "todo", ("anna",), 40, "low", 4, ("copy",)),
            T("Choose the typeface", "done", ("jonas",), -50, labels=("design",)),
            T("Home page draft", "review", ("jonas",), 7, "low", 6, ("design",), ("Choose the typeface",)),
            T("Portrait photos of the four of us", "todo", ("jonas",), 21, "low", 3, ("photo",)),
            T("Measure the page speed", "todo", ("marco",), 45, "low", 2, ("qa",)),
            T("Imprint and privacy", "todo", ("marco",), 50, "low", 2, ("legal",)),
            T("Newsletter sign-up", "todo", (), None, "low", 3),
            T("Ask clients for quotes", "todo", ("anna",), 28, "low", 2, ("client",)),
            T("Send the first newsletter", "todo", (), None, "low", 3, (), ("Newsletter sign-up",)),
            T("Move the domain", "todo", ("marco",), 60, "low", 1, (), ("Imprint and privacy",)),
            T("Celebrate", "todo", ("anna", "marco", "lena", "jonas"), 61, "low", 4, (), ("Move the domain",)),
        ),
    ),
)
