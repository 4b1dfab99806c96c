"""A lead's end: the contact, company and project that it becomes, in one transaction."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from models.actors import Actor
from models.clock import now
from models.contacts import Company
from models.db import connection
from models.errors import Conflict, wrong
from models.leads import Lead
from models.money import from_minor
from server.companies import service as companies
from server.companies.schemas import CompanyIn, CompanyOut
from server.contacts import service as contacts
from server.contacts.phones import is_e164
from server.contacts.schemas import Consent, ContactIn, EmailEntry, PhoneEntry
from server.core.events import record
from server.core.permissions import Can
from server.core.view import Row
from server.leads import service
from server.leads.events import LeadConverted
from server.leads.schemas import ConvertIn, NewProposal
from server.projects import service as projects
from server.projects.schemas import ProjectIn, ProjectOut
from server.proposals import service as proposals
from server.proposals.schemas import ProposalIn, RecipientIn
from server.records import notes, tags
from server.records.hearers import hearers
from server.settings import custom_fields

# Two leads of one company that is new: the second waits here, and then sees the company that the first one made.
ONE_AT_A_TIME = "SELECT pg_advisory_xact_lock(hashtextextended('company/' || $1::uuid || lower($2::text), 0))"
TAGS = "SELECT tag_id FROM tagging WHERE team_id = $1 AND subject_id = $2"


async def convert(id: UUID, body: ConvertIn, *, by: Actor) -> Row:
    """Win the lead, and make of it a contact, and its company, a project and a proposal if asked for.

    Its tags, notes and activities are the contact's from then on, too. Raises `Conflict` (lead_converted, lead_closed)
    for a lead that was converted before, or is lost.
    """
    by.must(Can.CONTACTS_WRITE)
    lead = await Lead.locked(by, id=id)
    if lead.converted_at is not None:
        raise Conflict("The lead was converted already.", code="lead_converted")
    if lead.status == "lost":
        raise Conflict("The lead is lost; open it again first.", code="lead_closed")
    company = await _company(lead, by) if body.company else None
    contact = await _contact(lead, company, by)
    project = await _project(lead, body.project.name, contact, by) if body.project is not None else None
    proposal = await _proposal(lead, body.proposal, contact, by) if body.proposal else None
    became = {"contact_id": _id(contact), "company_id": _id(company), "project_id": _id(project)}
    row = await service.write(lead, {"status": "won", "converted_at": now(), **became}, by=by)
    event = LeadConverted(**became, hearers=await hearers(lead, by))
    await record(event, about=lead, by=by, data=row)
    return {"lead": row, "contact": contact, "company": company, "project": project, "proposal": proposal}


async def _company(lead: Lead, by: Actor) -> Row:
    """The lead's company: one of that name that the actor sees, else a new one."""
    if lead.company is None:
        raise wrong("company", "required", "The lead has no company.")
    by.must(Can.COMPANIES_WRITE)
    await connection().execute(ONE_AT_A_TIME, by.team_id, lead.company)
    visible = Company.visible_to(by)
    sql = f"SELECT t.id FROM company t WHERE {visible.numbered(1)} AND lower(t.name) = lower(${len(visible.args) + 1})"
    known = await connection().fetchval(f"{sql} ORDER BY t.id LIMIT 1", *visible.args, lead.company)
    if known is not None:
        return await CompanyOut.one(by, known)
    values = CompanyIn(name=lead.company, owner_id=lead.assigned_to_id).model_dump()
    return await companies.create(values | {"custom": await _common("company", lead)}, by=by)


async def _contact(lead: Lead, company: Row | None, by: Actor) -> Row:
    phone = [PhoneEntry(phone=lead.phone)] if is_e164(lead.phone) else []
    made = ContactIn(
        name=lead.name,
        emails=[EmailEntry(email=lead.email)] if lead.email else [],
        phones=phone,
        title=lead.position,
        company_id=_id(company),
        owner_id=lead.assigned_to_id,
        consent=Consent(**lead.consent),
    )
    contact, row = await contacts.create(made.model_dump() | {"custom": await _common("contact", lead)}, by=by)
    if lead.phone and not phone:
        await notes.write(contacts.kind, contact.id, f"Phone, as the lead had it: {lead.phone}", by=by)
    if lead.message:
        await notes.write(contacts.kind, contact.id, lead.message, by=by)
    worn = [r["tag_id"] for r in await connection().fetch(TAGS, lead.team_id, lead.id)]
    return await tags.put_on(contacts.kind, contact.id, worn, [], by=by) if worn else row


async def _project(lead: Lead, name: str, contact: Row, by: Actor) -> Row:
    by.must(Can.PROJECTS_WRITE)
    budget = None if lead.value is None else from_minor(lead.value, lead.currency)
    made = ProjectIn(name=name, client_id=contact["id"], budget=budget, currency=lead.currency)
    return await ProjectOut.of(await projects.create(made.model_dump(), by=by))


async def _proposal(lead: Lead, asked: bool | NewProposal, contact: Row, by: Actor) -> Row:
    by.must(Can.PROPOSALS_WRITE)
    title = (
        asked.title if isinstance(asked, NewProposal) and asked.title else f"Proposal for {lead.company or lead.name}"
    )
    made = ProposalIn(
        title=title[:200],
        client_id=contact["id"],
        lead_id=lead.id,
        currency=lead.currency,
        recipients=[RecipientIn(name=lead.name, email=lead.email)] if lead.email else [],
    )
    return await proposals.create(made, [], by=by)


def _id(made: Row | None) -> Any:
    return None if made is None else made["id"]


async def _common(entity: str, lead: Lead) -> dict[str, Any]:
    """The lead's values of the team's own fields that the other kind has, too: same key, same type."""
    ours, theirs = await custom_fields.fields_of("lead"), await custom_fields.fields_of(entity)
    return {k: v for k, v in lead.custom.items() if k in ours and k in theirs and ours[k].type == theirs[k].type}
