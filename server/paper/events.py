"""What is told of paper."""

from __future__ import annotations

from server.core.events import Event, event
from server.core.rooms import Audience


@event("team.certificate_replaced", says="{actor} set the certificate that seals documents", live={Audience.TEAM})
class CertificateReplaced(Event):
    """Documents are sealed with the team's own certificate from now on."""

    fingerprint: str
    subject: str
