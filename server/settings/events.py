"""What is told of the team's settings."""

from __future__ import annotations

from server.core.events import Event, event
from server.core.rooms import Audience
from server.settings.business_schemas import BusinessOut
from server.settings.custom_field_schemas import CustomFieldOut

TEAM = {Audience.TEAM}


@event("custom_field.created", says="{actor} added the field “{label}”", live=TEAM, shows=CustomFieldOut)
class CustomFieldCreated(Event):
    """Records of its kind have one more field."""

    label: str


@event("custom_field.updated", says="{actor} changed the field “{label}”", live=TEAM, shows=CustomFieldOut)
class CustomFieldUpdated(Event):
    """The field is called or ordered otherwise, or takes other values."""

    label: str


@event("custom_field.deleted", says="{actor} deleted the field “{label}”", live=TEAM)
class CustomFieldDeleted(Event):
    """Records show no values of it any more."""

    entity: str
    key: str
    label: str


@event("business.updated", says="{actor} changed the business settings: {changes}", live=TEAM, shows=BusinessOut)
class BusinessUpdated(Event):
    """What documents say of the business changed; so may have the team's currency."""
