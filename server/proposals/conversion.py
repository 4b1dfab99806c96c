"""What follows a yes: a project with its tasks and people, and the draft of the first invoice, in one transaction."""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal
from typing import Any
from uuid import UUID

from models.actors import Actor
from models.clock import now
from models.errors import Conflict
from models.money import allocate, from_minor, round_half_up, to_minor
from models.projects import Project
from models.proposals import Proposal
from server.core.events import record
from server.core.permissions import Can
from server.core.view import Row
from server.projects import people
from server.projects import service as projects
from server.projects.schemas import ProjectIn, ProjectOut
from server.proposals import document, sending
from server.proposals.conversion_schemas import ConvertProposalIn, InvoiceOut
from server.proposals.events import InvoiceDrafted, ProposalConverted
from server.proposals.schemas import ProposalOut
from server.todos import service as todos
from server.todos.schemas import TaskIn

MAX_TITLE = 200


async def convert(id: UUID, body: ConvertProposalIn, *, by: Actor) -> Row:
    """Make a project of the accepted proposal, or fill the one that it is for.

    Raises `Conflict`: not_accepted, already_converted.
    """
    proposal = await Proposal.locked(by, id=id)
    if proposal.status != "accepted":
        raise Conflict("Only what was accepted becomes a project.", code="not_accepted")
    if proposal.converted_at is not None:
        raise Conflict("It was made a project already.", code="already_converted")
    by.must(Can.PROJECTS_WRITE)
    version = await sending.latest(proposal)
    assert version is not None  # it was accepted
    shown = document.shown(version)
    project = await _project(proposal, body, by)
    for user_id in body.member_ids:
        if user_id != by.id:  # who makes a project is on it
            await people.put_on(project.id, user_id, by=by)
    tasks = [await _task(item, project.id, by) for item in shown["items"] if taken(item)]
    invoice = await _invoice(proposal, shown, project.id, by) if body.invoice else None
    changes, row = await ProposalOut.change(proposal, {"converted_at": now(), "project_id": project.id})
    fact = ProposalConverted(
        made_project_id=project.id, invoice_id=invoice["id"] if invoice else None, tasks=len(tasks)
    )
    await record(fact, about=proposal, by=by, changes=changes, data=row)
    return {"proposal": row, "project": await ProjectOut.of(project), "tasks": tasks, "invoice": invoice}


def taken(item: Row) -> bool:
    """Whether the item is part of what was agreed."""
    return item["kind"] == "fixed" or item["selected"]


async def _project(proposal: Proposal, body: ConvertProposalIn, by: Actor) -> Project:
    if proposal.project_id is not None:
        return await Project.locked(by, id=proposal.project_id)
    made = ProjectIn(
        name=body.name or proposal.title,
        client_id=proposal.client_id,
        budget=from_minor(proposal.total, proposal.currency),
        currency=proposal.currency,
        start_on=body.start_on,
        due_on=body.due_on,
    )
    return await projects.create(made.model_dump(), by=by)


async def _task(item: Row, project_id: UUID, by: Actor) -> Row:
    first, _, rest = item["description"].partition("\n")
    unit = f" {item['unit']}" if item["unit"] else ""
    about = "\n\n".join(filter(None, (rest.strip(), f"{item['quantity']}{unit}")))
    made = TaskIn(title=first[:MAX_TITLE], project_id=project_id, description=about)
    return await todos.create(made.model_dump(), by=by)


async def _invoice(proposal: Proposal, shown: Row, project_id: UUID, by: Actor) -> Row:
    kind = "deposit" if proposal.deposit else "full"
    lines = list(_deposit(shown) if kind == "deposit" else _full(shown))
    sums = {n: sum(to_minor(line[n], proposal.currency) for line in lines) for n in ("net", "tax")}
    invoice, row = await InvoiceOut.add(
        by,
        kind=kind,
        proposal_id=proposal.id,
        project_id=project_id,
        client_id=proposal.client_id,
        currency=proposal.currency,
        lines=lines,
        subtotal=sums["net"],
        tax=sums["tax"],
        total=sums["net"] + sums["tax"],
        created_by=by.id if by.kind == "user" else None,
    )
    await record(InvoiceDrafted(record_id=proposal.id), about=invoice, by=by, data=row)
    return row


def _full(shown: Row) -> Iterable[Row]:
    """What is paid once, item by item."""
    for item in _once(shown):
        kept = {n: item[n] for n in ("description", "quantity", "unit", "unit_price", "tax_rate")}
        yield kept | {n: item["amounts"][n] for n in ("net", "tax", "gross")}


def _deposit(shown: Row) -> Iterable[Row]:
    """The deposit, split over the rates of tax as what it is part of is, to the last unit."""
    currency = shown["currency"]
    by_rate: dict[str, int] = {}
    for item in _once(shown):
        gross = to_minor(item["amounts"]["gross"], currency)
        by_rate[item["tax_rate"]] = by_rate.get(item["tax_rate"], 0) + gross
    rates = {rate: gross for rate, gross in by_rate.items() if gross > 0}
    shares = allocate(to_minor(shown["totals"]["deposit"], currency), list(rates.values()))
    for rate, share in zip(rates, shares, strict=True):
        tax = int(round_half_up(share * Decimal(rate) / (100 + Decimal(rate))))
        amounts: dict[str, Any] = {"net": share - tax, "tax": tax, "gross": share}
        words = f"Deposit of {shown['deposit_percent']} % on {shown['number']}"
        line = {"description": words, "quantity": "1", "unit": None, "tax_rate": rate}
        line |= {n: from_minor(v, currency) for n, v in amounts.items()}
        yield line | {"unit_price": line["net"]}


def _once(shown: Row) -> list[Row]:
    return [item for item in shown["items"] if taken(item) and item["recurring"] == "none"]
