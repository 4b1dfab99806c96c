"""What is told of projects, their people and milestones."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any
from uuid import UUID

from server.core.events import Ending, Event, event
from server.core.permissions import SCOPED_ROLES
from server.core.rooms import Audience, project_room
from server.projects.schemas import MilestoneOut, ProjectOut

PUBLIC = {Audience.PROJECT, Audience.PROJECTS}


@event("project.created", says="{actor} created the project {subject}", live=PUBLIC, webhook=True, shows=ProjectOut)
class ProjectCreated(Event):
    """There is a new project; `copied_from` names the one it was duplicated from."""

    copied_from: UUID | None = None


@event("project.updated", says="{actor} changed {subject}: {changes}", live=PUBLIC, webhook=True, shows=ProjectOut)
class ProjectUpdated(Event):
    """The project's own fields changed."""


@event("project.archived", says="{actor} archived {subject}", live=PUBLIC, webhook=True, shows=ProjectOut)
class ProjectArchived(Event):
    """The project was put away; follows its `project.updated`."""


@event("project.deleted", says="{actor} deleted the project “{name}”", live=PUBLIC, webhook=True)
class ProjectDeleted(Event):
    """The project is gone, with all that was in it."""

    name: str

    def ends(self, about: Any) -> Iterable[Ending]:
        yield Ending(project_room(about.id), "deleted")


class _Membership(Event):
    user_id: UUID
    member_id: UUID
    name: str

    def members(self) -> Iterable[UUID]:
        return (self.member_id,)


@event(
    "project.member_added",
    says="{actor} put {name} on {subject}",
    live=PUBLIC | {Audience.MEMBERS},
    notify=True,
    webhook=True,
    shows=ProjectOut,
)
class ProjectMemberAdded(_Membership):
    """A person is on the project now."""


@event("project.member_removed", says="{actor} took {name} off {subject}", live=PUBLIC, webhook=True, shows=ProjectOut)
class ProjectMemberRemoved(_Membership):
    """A person is off the project; who saw it only for being on it leaves its room at once."""

    role: str

    def ends(self, about: Any) -> Iterable[Ending]:
        sees_all = self.role not in SCOPED_ROLES
        yield Ending(project_room(about.id), "removed", user_id=self.user_id, recheck=sees_all)


@event(
    "milestone.created",
    says="{actor} added the milestone {subject}",
    live={Audience.PROJECT},
    webhook=True,
    shows=MilestoneOut,
)
class MilestoneCreated(Event):
    """The project has a new milestone."""


@event(
    "milestone.updated",
    says="{actor} changed the milestone {subject}: {changes}",
    live={Audience.PROJECT},
    webhook=True,
    shows=MilestoneOut,
)
class MilestoneUpdated(Event):
    """A milestone changed, or was reached."""


@event(
    "milestone.deleted",
    says="{actor} removed the milestone {subject}",
    live={Audience.PROJECT},
    webhook=True,
    shows=MilestoneOut,
)
class MilestoneDeleted(Event):
    """A milestone is gone; `data` is what it was."""
