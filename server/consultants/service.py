"""A consultant, and the contact behind them."""

from __future__ import annotations

from datetime import date
from uuid import UUID

from models.actors import Actor
from models.consultants import Consultant
from models.contacts import Contact
from models.errors import Conflict, Findings, wrong
from server.consultants.events import ConsultantCreated, ConsultantDeleted, ConsultantMerged, ConsultantUpdated
from server.consultants.schemas import PERSON, ConsultantIn, ConsultantOut, ConsultantPatch
from server.contacts import service as contacts
from server.contacts.schemas import ContactIn
from server.core import amounts
from server.core.permissions import Can
from server.core.problems import constraint
from server.core.view import Row
from server.records import life
from server.records.kinds import Kind

kind = Kind(Consultant, ConsultantOut, ConsultantCreated, ConsultantUpdated, ConsultantDeleted, merged=ConsultantMerged)

constraint(
    "consultant_team_id_contact_id_key",
    lambda: Conflict("This contact is a consultant already.", code="consultant_exists"),
)


async def create(body: ConsultantIn, *, by: Actor) -> Row:
    """Make a consultant of a contact, or of a new one. Raises `Conflict` (consultant_exists)."""
    values, findings = body.model_dump(exclude=PERSON), Findings()
    with findings:
        if body.contact_id is None:
            values["contact_id"] = await _new_person(body, by)
        await life.check_visible("contact_id", Contact, values["contact_id"], by=by)
    with findings:
        check_dates(values["available_from"], values["available_until"])
    with findings:
        values = await amounts.given(values, "day_rate", by=by)
    _, row = await life.add(kind, values, by=by, findings=findings)
    return row


async def change(id: UUID, body: ConsultantPatch, *, by: Actor, replace: bool = False) -> Row:
    """Change what was sent, or `replace` all that is the consultant's own; of the person what was sent."""
    consultant = await Consultant.locked(by, id=id)
    sent, findings = body.model_dump(exclude=PERSON) if replace else life.sent(body), Findings()
    if sent.pop("contact_id", None) not in (None, consultant.contact_id):
        findings.add("contact_id", "read_only", "A consultant stays the same person.")
    renamed: dict[str, list[str]] = {}
    with findings:
        renamed = await _change_person(consultant, body, by) if body.person else {}
    values = {name: value for name, value in sent.items() if name not in PERSON}
    with findings:
        check_dates(
            values.get("available_from", consultant.available_from),
            values.get("available_until", consultant.available_until),
        )
    with findings:
        values = await amounts.changed(consultant, values, "day_rate", by=by)
    return await life.change(kind, consultant, values, by=by, replace=replace, beside=renamed, findings=findings)


async def _new_person(body: ConsultantIn, by: Actor) -> UUID:
    by.must(Can.CONTACTS_WRITE)
    person = ContactIn(kind="consultant", **{name: getattr(body, name) for name in body.person})
    contact, _ = await contacts.create(person.model_dump(), by=by)
    return contact.id


async def _change_person(consultant: Consultant, body: ConsultantPatch, by: Actor) -> dict[str, list[str]]:
    """Change the contact; gives what of it the consultant shows, as a change."""
    by.must(Can.CONTACTS_WRITE)
    had = await consultant.label()
    sent = {n: v for n, v in life.sent(body, "address").items() if n in PERSON}
    has = (await contacts.change(consultant.contact_id, sent, by=by))["name"]
    return {"name": [had, has]} if has != had else {}


def check_dates(start: date | None, end: date | None) -> None:
    """Raise `Invalid` when the end lies before the start."""
    if start is not None and end is not None and end < start:
        raise wrong("available_until", "before_start", "Lies before available_from.")
