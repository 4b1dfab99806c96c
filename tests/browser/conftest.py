"""A Chromium for the session, a window for each person in a test."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable

import pytest
from pyppeteer.browser import Browser

from server.config import Settings
from tests.factories import Make
from tests.factories.people import PASSWORD, Person
from tests.helpers.browser import Window, chromium_path, start_chromium

# What the network's own failures and refusals make the console say; everything else is a mistake of ours.
EXPECTED = ("Failed to load resource", "WebSocket connection to", "net::ERR_INTERNET_DISCONNECTED")
OpenWindow = Callable[..., Awaitable[Window]]


@pytest.fixture(scope="session")
async def chromium(config: Settings, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Browser]:
    browser = await start_chromium(chromium_path(config.chromium_path), tmp_path_factory.mktemp("chromium"))
    yield browser
    await browser.close()


@pytest.fixture
async def window(chromium: Browser, url: str) -> AsyncIterator[OpenWindow]:
    """`await window(person, "/projects")`: a window in which the person signed in; without one, an empty window."""
    opened: list[Window] = []

    async def open_window(person: Person | None = None, path: str = "") -> Window:
        one = await Window.of(chromium, url)
        opened.append(one)
        if person is not None:
            await one.enter(person.user["email"], PASSWORD, person.team_id)
        if path:
            await one.go(path)
        return one

    yield open_window
    complaints = [c for one in opened for c in one.complaints if not any(e in c for e in EXPECTED)]
    for one in opened:
        await one.close()
    assert complaints == []


class Studio:
    """Two people and a project with a few tasks, made over REST."""

    def __init__(self, owner: Person, member: Person, project: dict, tasks: dict[str, dict]) -> None:
        self.owner, self.member, self.project, self.tasks = owner, member, project, tasks

    @property
    def path(self) -> str:
        return f"/projects/{self.project['id']}"

    async def move(self, title: str, status: str) -> None:
        answer = await self.owner.patch(f"/api/tasks/{self.tasks[title]['id']}/move", {"status": status})
        assert answer == 200, answer


@pytest.fixture
async def studio(make: Make) -> Studio:
    """Mara owns the team, Jonas is on the project; three tasks to do, one in progress."""
    owner = await make.owner(name="Mara Lindqvist", team_name="Studio Nord")
    member = await make.member(owner, name="Jonas Okafor")
    project = (await owner.post("/api/projects", {"name": "Northwind rebrand"})).json
    put_on = await owner.post(f"/api/projects/{project['id']}/members", {"user_id": member.id})
    assert put_on == 201, put_on
    tasks = {}
    for title, status in {"Moodboard": "todo", "Interviews": "todo", "Wireframe": "todo", "Logo": "doing"}.items():
        answer = await owner.post(f"/api/projects/{project['id']}/tasks", {"title": title, "status": status})
        assert answer == 201, answer
        tasks[title] = answer.json
    return Studio(owner, member, project, tasks)
