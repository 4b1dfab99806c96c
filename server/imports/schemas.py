"""What requests carry and REST shows of imports."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, ClassVar, Literal
from uuid import UUID

from pydantic import BaseModel, Json, StringConstraints

from models.imports import Import
from server.core.multipart import File, Form
from server.core.schemas import In
from server.core.view import Out, column
from server.imports.fields import Noun
from server.imports.reading.source import Format
from server.imports.reading.text import Known

State = Literal["previewed", "running", "done", "failed", "undone"]
Duplicates = Literal["update", "skip"]
Header = Annotated[str, StringConstraints(max_length=300)]
Target = Annotated[str, StringConstraints(max_length=100)]
Mapping = dict[Header, Target | None]
# A job that was cancelled, or that died, cannot say so itself.
ENDED = "EXISTS (SELECT 1 FROM job j WHERE j.id = t.job_id AND j.state IN ('dead', 'cancelled'))"
STATE = f"CASE WHEN t.state = 'running' AND {ENDED} THEN 'failed' ELSE t.state END"
ERRORS = "CASE WHEN t.failed > 0 THEN '/api/imports/' || t.id || '/errors' END"


class ImportIn(Form):
    """A CSV file, an Excel workbook or vCards.

    `mapping` says which column is which field (`{"E-Mail": "email", "Notes": null}`); columns that it does not name are
    what their headers suggest. `dry_run` only looks: the import can be started afterwards. `duplicates` says what
    becomes of rows about records that are there already. An `encoding` is found out where it is not given.
    """

    file: File
    mapping: Json[Mapping] | None = None
    dry_run: bool = False
    encoding: Known | None = None
    duplicates: Duplicates = "update"


class StartIn(In):
    """What to do otherwise than in the dry run: columns that are not named stay what they were there."""

    mapping: Mapping | None = None
    duplicates: Duplicates | None = None


class ImportAccepted(BaseModel):
    """The import, and the job that does it."""

    import_id: UUID
    job_id: UUID


class ImportJob(BaseModel):
    job_id: UUID


class ImportTarget(BaseModel):
    """A field that a column may be."""

    name: str
    label: str


class ImportColumn(BaseModel):
    """A column of the file: what it is taken for (null: left out), and some of what it holds."""

    name: str
    field: str | None
    samples: list[str]


class ImportProblem(BaseModel):
    field: str
    code: str
    message: str


class ImportTried(BaseModel):
    """What becomes of a row, and its values as they were understood."""

    row: int
    outcome: Literal["created", "updated", "skipped", "failed"]
    record_id: UUID | None
    values: dict[str, Any]
    errors: list[ImportProblem]


class ImportOut(Out, of=Import):
    """An import. After a dry run the counts say what would be done; `fields` are what columns may be."""

    settled: ClassVar[str] = "t.state <> 'running'"

    id: UUID
    version: int
    created_at: datetime
    updated_at: datetime
    kind: Noun
    state: Annotated[State, column(STATE)]
    dry_run: bool
    file_name: str
    format: Format
    encoding: str | None
    delimiter: str | None
    duplicates: Duplicates
    fields: Annotated[list[ImportTarget], column("t.targets", json=True)]
    columns: list[ImportColumn]
    preview: list[ImportTried]
    total: int
    created: int
    updated: int
    skipped: int
    failed: int
    error: str | None
    errors_url: Annotated[str | None, column(ERRORS)]
    job_id: UUID
    undo_job_id: UUID | None
    finished_at: datetime | None
