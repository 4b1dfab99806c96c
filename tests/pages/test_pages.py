"""What the server paints before any script runs, for whom, and how assets are kept."""

from __future__ import annotations

import base64
import hashlib
import json
import re
from datetime import timedelta
from pathlib import Path

import pytest

from models.clock import now
from tests.factories import Make
from tests.factories.people import PASSWORD, Person
from tests.helpers.http import Answer, Client

STATIC = Path(__file__).parents[2] / "templates" / "static"
DOORS = ["/sign-in", "/register", "/forgot-password", "/reset-password", "/verify-email", "/accept-invite"]
SOME_ID = "0190a000-0000-7000-8000-000000000000"
PEOPLE = [f"/{kinds}{one}" for kinds in ("contacts", "companies") for one in ("", f"/{SOME_ID}")]
ROOMS = [
    "/projects",
    f"/projects/{SOME_ID}",
    "/my-work",
    "/pipeline",
    "/proposals",
    f"/proposals/{SOME_ID}",
    *PEOPLE,
    f"/proposals/{SOME_ID}/edit",
    "/settings",
]


async def cookie(anyone: Client, person: Person) -> dict[str, str]:
    """The browser's cookie after signing in."""
    body = {"email": person.user["email"], "password": PASSWORD}
    answer = await anyone.post("/api/auth/login", body, headers={"X-Session": "cookie"})
    return {"Cookie": answer.headers["Set-Cookie"].split(";")[0]}


def text(answer: Answer) -> str:
    """What a reader sees of a page."""
    assert answer == 200, answer
    return " ".join(re.sub(r"<[^>]+>", " ", answer.body.decode()).split())


@pytest.mark.parametrize("path", ["/nothing", "/projects/nothing", "/projects/nothing/at/all"])
async def test_an_address_that_is_not_there_is_said_to_people_in_a_page(anyone: Client, path: str) -> None:
    answer = await anyone.get(path, headers={"Accept": "text/html,application/xhtml+xml,*/*;q=0.8"})
    assert (answer.status, answer.headers["Content-Type"]) == (404, "text/html; charset=utf-8")
    assert "To my projects" in answer.body.decode()
    assert answer.headers["X-Request-Id"]
    for program in ({}, {"Accept": "application/json"}):
        assert (await anyone.get(path, headers=program)).code == "not_found"
    nothing = await anyone.get("/api/nothing", headers={"Accept": "text/html"})
    assert (nothing.status, nothing.headers["Content-Type"]) == (404, "application/problem+json")


@pytest.mark.parametrize("path", [*DOORS, *ROOMS])
async def test_every_page_is_html_that_runs_no_foreign_script(anyone: Client, path: str) -> None:
    answer = await anyone.get(f"{path}?token=abc&utm_source=mail")
    assert answer == 200
    assert answer.headers["Content-Type"] == "text/html; charset=utf-8"
    assert answer.headers["Cache-Control"] == "no-store"
    policy = dict(part.strip().split(" ", 1) for part in answer.headers["Content-Security-Policy"].split(";"))
    assert (policy["default-src"], policy["frame-ancestors"]) == ("'self'", "'none'")
    assert "script-src" not in policy
    assert "unsafe" not in answer.headers["Content-Security-Policy"]
    page = answer.body.decode()
    assert not re.search(r"<script(?![^>]*\bsrc=)|\sstyle=|\son\w+=", page)
    assert re.findall(r'(?:src|href)="(?!/|\?|#)([^"]*)"', page) == []
    assert "<noscript>" in page


async def test_home_leads_to_the_projects(anyone: Client) -> None:
    answer = await anyone.get("/")
    assert (answer.status, answer.headers["Location"]) == (302, "/projects")


async def test_the_first_paint_shows_the_visitors_own_data(make: Make, anyone: Client) -> None:
    owner = await make.owner(name="Mara Lindqvist", team_name="Studio <Nord>")
    project = (await owner.post("/api/projects", {"name": "Rebrand & <site>", "description": "New identity"})).json
    due = (now() - timedelta(days=3)).isoformat().replace("+00:00", "Z")
    task = {"title": "Logo <b>first</b> round", "assignee_ids": [owner.id], "due_at": due, "labels": ["design"]}
    assert (await owner.post(f"/api/projects/{project['id']}/tasks", task)) == 201
    sent = await cookie(anyone, owner)

    projects = text(await anyone.get("/projects", headers=sent))
    for shown in ("Rebrand &amp; &lt;site&gt;", "New identity", "0 %", "Mara Lindqvist", "Studio &lt;Nord&gt;"):
        assert shown in projects
    board = text(await anyone.get(f"/projects/{project['id']}", headers=sent))
    for shown in ("To do", "Done", "Logo &lt;b&gt;first&lt;/b&gt; round", "design", "medium priority"):
        assert shown in board
    work = text(await anyone.get("/my-work", headers=sent))
    assert re.search(r"Overdue 1 .*Logo &lt;b&gt;first&lt;/b&gt; round .*Rebrand &amp; &lt;site&gt;", work)


async def test_a_task_on_no_board_is_no_link(make: Make, anyone: Client) -> None:
    owner = await make.owner()
    task = await make.task(owner, title="Call the printer", assignee_ids=[owner.id])
    assert task["project_id"] is None
    page = (await anyone.get("/my-work", headers=await cookie(anyone, owner))).body.decode()
    assert '<span class="row-title">Call the printer</span>' in page
    assert "/projects/None" not in page


async def test_painting_a_page_does_not_use_the_refresh_token_up(make: Make, anyone: Client) -> None:
    sent = await cookie(anyone, await make.owner())
    for _ in range(2):
        assert "Person" in text(await anyone.get("/projects", headers=sent))
    assert (await anyone.post("/api/auth/refresh", headers=sent)) == 200


async def test_another_teams_board_is_painted_for_nobody(make: Make, anyone: Client) -> None:
    owner, stranger = await make.owner(), await make.owner()
    project = (await owner.post("/api/projects", {"name": "Secret campaign"})).json
    for headers in (await cookie(anyone, stranger), {}, {"Cookie": "mf_refresh=nonsense"}):
        assert "Secret campaign" not in text(await anyone.get(f"/projects/{project['id']}", headers=headers))


async def test_a_session_that_ended_paints_nothing(make: Make, anyone: Client) -> None:
    owner = await make.owner(team_name="Studio Nord")
    sent = await cookie(anyone, owner)
    assert "Studio Nord" in text(await anyone.get("/projects", headers=sent))
    login = (await anyone.post("/api/auth/refresh", headers=sent)).json
    assert (await anyone.holding(login["access_token"]).post("/api/auth/logout")) == 204
    assert "Studio Nord" not in text(await anyone.get("/projects", headers=sent))


async def test_a_page_names_assets_that_are_kept_for_ever(anyone: Client) -> None:
    page = (await anyone.get("/projects")).body.decode()
    names = set(re.findall(r'(?:src|href)="(/static/[^"#]+)', page))
    assert {name.rsplit("/", 1)[1] for name in names} == {
        "app.css", "icon.svg", "icons.svg", "projects.js", "socket.io.min.js",
    }  # fmt: skip
    for name in names:
        answer = await anyone.get(name)
        assert (answer.status, answer.headers["Cache-Control"]) == (200, "public, max-age=31536000, immutable")


async def test_browsers_that_ask_unasked_get_our_icon(anyone: Client) -> None:
    answer = await anyone.get("/favicon.ico")
    assert (answer.status, answer.headers["Cache-Control"]) == (200, "no-cache")
    assert answer.headers["Content-Type"] in ("image/vnd.microsoft.icon", "image/x-icon")
    assert answer.body == (STATIC / "favicon.ico").read_bytes()


async def test_an_asset_without_its_edition_is_asked_for_again(anyone: Client) -> None:
    answer = await anyone.get("/static/mediaflow.js")
    assert answer == 200
    assert (answer.headers["Cache-Control"], answer.headers["Content-Type"]) == (
        "no-cache",
        "text/javascript; charset=utf-8",
    )
    assert answer.body == (STATIC / "mediaflow.js").read_bytes()
    again = await anyone.get("/static/mediaflow.js", headers={"If-None-Match": answer.headers["ETag"]})
    assert (again.status, again.body) == (304, b"")
    assert (await anyone.get("/static/~000000000000/mediaflow.js")).headers["Cache-Control"] == "no-cache"


@pytest.mark.parametrize("path", ["nothing.js", "../app.py", "%2e%2e/%2e%2e/pyproject.toml", "vendor", "~x/"])
async def test_what_is_no_asset_is_not_found(anyone: Client, path: str) -> None:
    answer = await anyone.get(f"/static/{path}")
    assert (answer.status, answer.code) == (404, "not_found")


def test_vendored_files_are_the_ones_of_their_lock() -> None:
    vendor = STATIC / "vendor"
    for package in json.loads((vendor / "vendor.lock.json").read_text()).values():
        for name, locked in package["files"].items():
            digest = hashlib.sha512((vendor / name).read_bytes()).digest()
            assert locked == f"sha512-{base64.b64encode(digest).decode()}"


def test_the_browser_client_stays_small_and_alone() -> None:
    source = (STATIC / "mediaflow.js").read_text()
    assert source.count("\n") < 300
    assert not re.search(r"^\s*import\b|\bimport\(", source, re.MULTILINE)


async def test_a_preview_is_shown_to_the_team_and_to_nobody_else(make: Make, anyone: Client) -> None:
    anna, bert = await make.owner(team_name="Studio Nord"), await make.owner()
    item = {"description": "Film", "unit_price": "100.00", "tax_rate": "19"}
    recipients = [{"name": "Ida", "email": "ida@preview.example", "language": "de"}]
    proposal = await make.proposal(anna, item, title="Film <b>", recipients=recipients)
    path = f"/proposals/{proposal['id']}/preview"
    answer = await anyone.get(path, headers=await cookie(anyone, anna))
    assert "Film &lt;b&gt;" in text(answer)
    assert "119,00 €" in text(answer)  # as Ida reads
    assert "Entwurf" in text(answer)
    assert "<script" not in answer.body.decode()
    assert "frame-ancestors 'self'" in answer.headers["Content-Security-Policy"]
    sent = await anna.post(f"/api/proposals/{proposal['id']}/send")
    assert sent == 200
    assert sent.json["number"] in text(await anyone.get(path, headers=await cookie(anyone, anna)))
    assert await anyone.get(path, headers=await cookie(anyone, bert)) == 404
    nobody = await anyone.get(path)
    assert (nobody.status, nobody.headers["Location"]) == (302, f"/sign-in?next={path}")
    assert await anyone.get(path, headers={"Cookie": "mf_refresh=spent"}) == 302
