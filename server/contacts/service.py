"""A contact's life: made, changed, removed."""

from __future__ import annotations

from uuid import UUID

from models.actors import Actor
from models.contacts import Company, Contact
from models.db import connection
from models.errors import Conflict, Findings
from models.leads import Lead
from server.contacts import phones
from server.contacts.events import ContactCreated, ContactDeleted, ContactLeft, ContactMerged, ContactUpdated
from server.contacts.schemas import ContactOut
from server.core.problems import constraint
from server.core.view import Row
from server.records import life
from server.records.kinds import Kind, with_merged


async def thread(id: UUID, by: Actor) -> list[UUID]:
    """The contact's id, those of the contacts and leads that became it: what hung on them is its own, too."""
    ids = await with_merged(id, by)
    if not by.may(f"{Lead.kinds}:read"):
        return ids
    visible = Lead.visible_to(by)
    sql = f"SELECT t.id FROM lead t WHERE t.contact_id = $1 AND {visible.numbered(2)}"
    return [*ids, *(row["id"] for row in await connection().fetch(sql, id, *visible.args))]


kind = Kind(
    Contact,
    ContactOut,
    ContactCreated,
    ContactUpdated,
    ContactDeleted,
    ContactLeft,
    thread=thread,
    merged=ContactMerged,
)

constraint("contact_external", lambda: Conflict("Another contact has this external id.", code="external_id_taken"))


async def create(values: Row, *, by: Actor) -> tuple[Contact, Row]:
    """Make a contact."""
    findings = Findings()
    with findings:
        values = await prepared(values, by=by)
    return await life.add(kind, values, by=by, findings=findings)


async def prepared(values: Row, *, by: Actor) -> Row:
    """A new contact's values as columns. Raises `Invalid`."""
    findings = Findings()
    with findings:
        await life.check_visible("company_id", Company, values["company_id"], by=by)
    with findings:
        numbers = await phones.normalise(values["phones"], values["address"]["country"], by=by)
        values = values | {"phones": numbers}
    findings.settle()
    return values


async def change(id: UUID, values: Row, *, by: Actor, replace: bool = False) -> Row:
    """Change these fields, or `replace` them all."""
    contact = await Contact.locked(by, id=id)
    values, findings = life.merged(contact, values, "address", "consent"), Findings()
    if "phones" in values:
        with findings:
            country = values.get("address", contact.address)["country"]
            values["phones"] = await phones.normalise(values["phones"], country, by=by)
    if values.get("company_id") != contact.company_id:
        with findings:
            await life.check_visible("company_id", Company, values.get("company_id"), by=by)
    return await life.change(kind, contact, values, by=by, replace=replace, findings=findings)
