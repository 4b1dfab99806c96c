"""What is told of forms."""

from __future__ import annotations

from uuid import UUID

from server.core.events import Event, event
from server.core.rooms import Audience
from server.forms.schemas import FormOut
from server.leads.events import LIVE as LEADS
from server.leads.schemas import LeadOut
from server.records.kinds import OwnedEvent

TEAM = {Audience.TEAM}


@event("form.created", says="{actor} made the form {subject}", live=TEAM, webhook=True, shows=FormOut)
class FormCreated(Event):
    """There is a new form."""


@event("form.updated", says="{actor} changed the form {subject}: {changes}", live=TEAM, webhook=True, shows=FormOut)
class FormUpdated(Event):
    """The form asks otherwise, stands elsewhere, or was closed."""


@event("form.deleted", says="{actor} deleted the form “{name}”", live=TEAM, webhook=True)
class FormDeleted(Event):
    """The form and its page are gone; the leads that came by it stay."""

    name: str


@event("lead.received", says="{subject} came by the form “{form_name}”", live=LEADS, webhook=True, shows=LeadOut)
class LeadReceived(OwnedEvent):
    """Somebody sent a form; follows the `lead.created`. What they agreed to is here word for word."""

    form_id: UUID
    form_name: str
    page: str | None
    consent: str | None
    campaign: dict[str, str]
