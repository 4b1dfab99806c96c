"""The pages beside the board: my work, projects."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from tests.browser.conftest import OpenWindow, Studio
from tests.helpers.processes import until


@pytest.mark.usefixtures("one_hour")
async def test_my_work_is_sorted_by_when_it_is_due(window: OpenWindow, studio: Studio) -> None:
    noon = datetime.now(UTC).replace(hour=12, minute=0, second=0, microsecond=0)
    for title, days in {"Moodboard": -2, "Interviews": 0, "Wireframe": 3, "Logo": 30}.items():
        due = (noon + timedelta(days=days)).isoformat().replace("+00:00", "Z")
        change = {"assignee_ids": [studio.member.id], "due_at": due}
        answer = await studio.owner.patch(f"/api/tasks/{studio.tasks[title]['id']}", change)
        assert answer == 200, answer
    one = await window(studio.member, "/my-work")
    groups = "[...document.querySelectorAll('#work section')].map(s => [s.querySelector('h2').textContent, "
    groups += "[...s.querySelectorAll('.row-main a')].map(a => a.textContent).join()].join(': '))"
    await one.until(groups, ["Overdue: Moodboard", "Today: Interviews", "This week: Wireframe", "Later: Logo"])
    await one.click(".late[data-id] .tick")  # drawn by the page's own code: the first paint is about to be replaced
    await one.until(groups, ["Today: Interviews", "This week: Wireframe", "Later: Logo"])

    async def done() -> bool:  # the page shows it ticked before it is stored
        task = (await studio.owner.get(f"/api/tasks/{studio.tasks['Moodboard']['id']}")).json
        return task["status"] == "done" and task["completed_at"] is not None

    await until(done)


async def test_a_project_is_made_found_and_opened(window: OpenWindow, studio: Studio) -> None:
    one = await window(studio.owner, "/projects")
    await one.click("#new-project")
    await one.type("#p-name", "Harbour film")
    await one.click("#project-dialog [type=submit]")
    await one.until("document.querySelector('#project-name')?.textContent", "Harbour film")
    await one.until("document.querySelectorAll('.column[data-live]').length", 4)
    await one.go("/projects")
    await one.type("#q", "harb")
    await one.until("[...document.querySelectorAll('.project h2')].map(h => h.innerText).join()", "Harbour film")
