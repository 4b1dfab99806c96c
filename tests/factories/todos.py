"""Tasks."""

from __future__ import annotations

import itertools
from typing import Any

from tests.factories.people import Person
from tests.factories.projects import Projects

_names = itertools.count(1)


class Todos(Projects):
    async def task(self, owner: Person, project: dict[str, Any] | None = None, **fields: Any) -> dict[str, Any]:
        """A task of the project, or of none."""
        body = {"title": f"Task {next(_names)}", "project_id": project and project["id"]} | fields
        answer = await owner.post("/api/tasks", body)
        assert answer == 201, answer
        return answer.json

    async def depends(self, owner: Person, task: dict[str, Any], on: dict[str, Any]) -> None:
        """Make the task wait for another one."""
        answer = await owner.post(f"/api/tasks/{task['id']}/dependencies", {"depends_on_id": on["id"]})
        assert answer == 201, answer
