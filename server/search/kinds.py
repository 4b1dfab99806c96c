"""The kinds of records that are found; a new one has a line here, and `mediaflow_findable` in its migration."""

from __future__ import annotations

from dataclasses import dataclass

from models.base import Record
from models.consultants import Consultant
from models.contacts import Company, Contact
from models.contracts import Contract
from models.leads import Lead
from models.projects import Project
from models.proposals import Proposal
from models.records import Note, Owned
from models.todos import Comment, Task
from server.core.permissions import Can
from server.records.schemas import TAG_NAMES
from server.settings import custom_fields

NOTHING = "NULL::text"


@dataclass(frozen=True, slots=True)
class Found:
    """A kind that is found: `can` is who may read it, `subject` SQL over `t` for the record that it hangs on."""

    model: type[Record]
    can: Can | None
    subject: tuple[str, str] = (NOTHING, "NULL::uuid")

    @property
    def kind(self) -> str:
        return self.model.noun

    @property
    def texts(self) -> str:
        """SQL over `t`: the record's title and texts as `f`, without values of the team's fields that are deleted."""
        row = "t"
        if "custom" in self.model._meta.fields_map:
            shown = custom_fields.shown(self.kind)
            row = f"jsonb_populate_record(t, jsonb_build_object('custom', {shown}))"
        return f"{self.model.table()}_found({row}) f"

    @property
    def tags(self) -> str:
        return TAG_NAMES if issubclass(self.model, Owned) else NOTHING


KINDS: dict[str, Found] = {
    found.kind: found
    for found in (
        Found(Contact, Can.CONTACTS_READ),
        Found(Company, Can.COMPANIES_READ),
        Found(Lead, Can.LEADS_READ),
        Found(Consultant, Can.CONSULTANTS_READ),
        Found(Contract, Can.CONTRACTS_READ),
        Found(Project, Can.PROJECTS_READ),
        Found(Proposal, Can.PROPOSALS_READ),
        Found(Task, Can.TASKS_READ),
        Found(Note, None, ("t.subject_kind", "t.subject_id")),
        Found(Comment, Can.TASKS_READ, ("'task'", "t.task_id")),
    )
}
