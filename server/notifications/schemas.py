"""What REST shows of a notification."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

from models.notifications import Notification
from server.core.view import Out, column


class NotificationOut(Out, of=Notification):
    id: UUID
    version: int
    created_at: datetime
    updated_at: datetime
    type: str
    title: str
    body: str
    subject: Annotated[
        dict[str, Any], column("jsonb_build_object('kind', t.subject_kind, 'id', t.subject_id)", json=True)
    ]
    project_id: UUID | None
    read_at: datetime | None
