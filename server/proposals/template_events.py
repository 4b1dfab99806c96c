"""What is told of templates of proposals."""

from __future__ import annotations

from server.core.events import Event, event
from server.core.rooms import Audience
from server.proposals.template_schemas import TemplateOut


@event(
    "proposal_template.created",
    says="{actor} made the template {subject}",
    live={Audience.PROPOSALS},
    shows=TemplateOut,
)
class TemplateCreated(Event):
    """There is a new template."""


@event(
    "proposal_template.updated",
    says="{actor} changed the template {subject}",
    live={Audience.PROPOSALS},
    shows=TemplateOut,
)
class TemplateUpdated(Event):
    """A template begins otherwise."""


@event("proposal_template.deleted", says="{actor} removed the template “{name}”", live={Audience.PROPOSALS})
class TemplateDeleted(Event):
    """A template is gone."""

    name: str
