"""What imports need to know of each kind of record: its shape, and how its domain makes and changes it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from models.actors import Actor
from models.leads import Lead
from server.companies import service as companies
from server.companies.schemas import CompanyPatch
from server.contacts import service as contacts
from server.contacts.schemas import ContactPatch
from server.core.schemas import In
from server.core.view import Row
from server.imports.fields import Noun
from server.leads import service as leads
from server.leads.schemas import LeadPatch
from server.records.kinds import Kind


@dataclass(frozen=True, slots=True)
class Spec:
    """`shape` takes a row's values, `nested` are those of which a row may have a part.

    `prepare` gives a new record's checked values as columns; `change` is the domain's own.
    """

    kind: Kind
    shape: type[In]
    nested: tuple[str, ...]
    prepare: Callable[..., Awaitable[Row]]
    change: Callable[..., Awaitable[Row]]


async def _lead(id: UUID, values: Row, *, by: Actor) -> Row:
    return await leads.revise(await Lead.locked(by, id=id), values, by=by)  # nobody wants a notice for each of them


SPECS: dict[Noun, Spec] = {
    "contact": Spec(contacts.kind, ContactPatch, ("address", "consent"), contacts.prepared, contacts.change),
    "company": Spec(companies.kind, CompanyPatch, ("address", "billing"), companies.prepared, companies.change),
    "lead": Spec(leads.kind, LeadPatch, (), leads.prepared, _lead),
}


def write_permission(noun: Any) -> str:
    """What one must be allowed to import such records."""
    return str(SPECS[noun].kind.write)
