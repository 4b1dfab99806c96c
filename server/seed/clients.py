"""Whom the demo agency knows, made through the services in one transaction."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from uuid import UUID

from models.actors import Actor
from models.clock import now, today
from models.db import connection
from server.companies import service as companies
from server.companies.schemas import CompanyIn
from server.consultants import service as consultants
from server.consultants.schemas import ConsultantIn
from server.contacts import service as contacts
from server.contacts.schemas import ContactIn
from server.contracts import service as contracts
from server.contracts.schemas import ContractIn
from server.core.unit import unit_of_work
from server.forms import service as forms
from server.forms.schemas import FormIn
from server.leads import service as leads
from server.leads.schemas import LeadIn
from server.projects import service as projects
from server.records import activities, notes, tags
from server.records.schemas import ActivityIn
from server.seed.clients_content import ACTIVITIES, COMPANIES, CONTRACTS, FREELANCERS, DemoCompany
from server.seed.leads_content import LEADS, DemoLead

THERE = "SELECT 1 FROM company WHERE name = $1"
PROJECT = "SELECT id FROM project WHERE name = $1 AND client_id IS NULL"


async def work(people: dict[str, Actor]) -> None:
    """The clients, vendors and leads, once: all of them, or none."""
    by_name = {actor.name.split()[0].lower(): actor for actor in people.values()}
    anna = by_name["anna"]
    async with unit_of_work(anna) as unit:
        if await unit.conn.fetchval(THERE, COMPANIES[0].name):
            return
        made: dict[str, UUID] = {}
        for company in COMPANIES:
            made[company.name] = await _company(company, made, by_name)
        await _freelancers(by_name["lena"])
        await _contracts(made, by_name["lena"])
        for kind, days, name, title, words, who in ACTIVITIES:
            await _log("company", made[name], kind, days, title, by_name[who], words)
        for place, lead in enumerate(LEADS):
            await _lead(lead, place, by_name)
        await _form(by_name)


async def _company(wanted: DemoCompany, made: dict[str, UUID], people: dict[str, Actor]) -> UUID:
    by = people[wanted.owner]
    body = CompanyIn(
        name=wanted.name,
        domain=wanted.domain,
        parent_id=made[wanted.part_of] if wanted.part_of else None,
        address={"city": wanted.city, "country": "DE"},  # type: ignore[arg-type]  # pydantic makes it an Address
        owner_id=by.id,
    )
    row = await companies.create(body.model_dump(), by=by)
    if wanted.tags:
        await tags.put_on(companies.kind, row["id"], [], list(wanted.tags), by=by)
    if wanted.note:
        await notes.write(companies.kind, row["id"], wanted.note, by=by)
    for place, (name, title) in enumerate(wanted.people):
        number = f"{wanted.phones}{len(made) * 10 + place:03}"
        person = _person(name, title, wanted.domain, number) | {"kind": wanted.kind, "company_id": row["id"]}
        await contacts.create(ContactIn(**person, owner_id=by.id).model_dump(), by=by)
    if wanted.project and (project_id := await connection().fetchval(PROJECT, wanted.project)):
        await projects.change(project_id, {"client_id": row["id"]}, by=people["anna"])
    return row["id"]


def _person(name: str, title: str, domain: str, number: str) -> dict[str, Any]:
    mailbox = name.removeprefix("Dr. ").lower().replace(" ", ".").replace("ü", "ue")
    return {
        "name": name,
        "title": title,
        "emails": [{"email": f"{mailbox}@{domain}", "label": "work"}],
        "phones": [{"phone": number, "label": "work"}],
    }


async def _freelancers(by: Actor) -> None:
    for place, (name, title, phones, skills, rate, begins, ends) in enumerate(FREELANCERS):
        domain = f"{name.split()[-1].lower()}.example"
        person = ContactIn(**_person(name, title, domain, f"{phones}{900 + place}"), kind="freelancer", owner_id=by.id)
        contact, _ = await contacts.create(person.model_dump(), by=by)
        body = ConsultantIn(
            contact_id=contact.id,
            skills=list(skills),
            day_rate=rate,
            available_from=today() + timedelta(days=begins),
            available_until=None if ends is None else today() + timedelta(days=ends),
        )
        await consultants.create(body, by=by)


async def _contracts(made: dict[str, UUID], by: Actor) -> None:
    for title, company, status, value, begins, ends, notice in CONTRACTS:
        body = ContractIn(
            title=title,
            company_id=made[company],
            status=status,
            value=value,
            start_on=today() + timedelta(days=begins),
            end_on=None if ends is None else today() + timedelta(days=ends),
            notice_days=notice,
        )
        await contracts.create(body.model_dump(), by=by)


async def _lead(wanted: DemoLead, place: int, people: dict[str, Actor]) -> None:
    by = people[wanted.owner or "lena"]
    mailbox = wanted.name.split()[0].lower()
    body = LeadIn(
        name=wanted.name,
        email=f"{mailbox}@{wanted.company.split()[0].lower()}.example",
        phone=f"+492214710{place + 500}",
        company=wanted.company,
        status=wanted.status,
        lost_reason=wanted.lost_reason,
        score=wanted.score,
        source=wanted.source,
        value=wanted.value,
        assigned_to_id=by.id if wanted.owner else None,
        message=wanted.message,
    )
    lead = await leads.create(body.model_dump(), by=by)
    if wanted.tags:
        await tags.put_on(leads.kind, lead["id"], [], list(wanted.tags), by=by)
    if wanted.said:
        kind, days, title = wanted.said
        await _log("lead", lead["id"], kind, days, title, by)


async def _log(
    subject: str, id: UUID, kind: str, days_ago: int, title: str, by: Actor, words: str | None = None
) -> None:
    body = ActivityIn(
        kind=kind,  # type: ignore[arg-type]  # the content has the kinds that there are
        title=title,
        description=words,
        at=now() - timedelta(days=days_ago, hours=2),
        subject={"kind": subject, "id": id},  # type: ignore[arg-type]  # pydantic makes it a SubjectIn
    )
    await activities.log(body.model_dump(), by=by)


async def _form(people: dict[str, Actor]) -> None:
    body = FormIn(
        name="Contact",
        title="Tell us about your project",
        intro="A few words are enough. We answer within a day.",
        assigned_to_id=people["lena"].id,
        consent_text="You may write to me about my request.",
        consent_required=True,
    )
    await forms.create(body.model_dump(), by=people["anna"])
