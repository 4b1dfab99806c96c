"""What a recipient chooses of a sent version: options, one of a group, quantities; and what it then comes to."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from models.actors import Actor
from models.errors import Conflict, FieldError, Invalid
from models.money import to_minor
from server.core.events import record
from server.core.view import Row
from server.proposals import document, keepers, links, public, totals
from server.proposals.document import Choices
from server.proposals.events import ProposalChosen
from server.proposals.public_schemas import Choice, OptionsIn
from server.proposals.schemas import ProposalOut


async def choose(body: OptionsIn, *, by: Actor) -> Row:
    """Choose; both sides see at once what it comes to.

    Raises `Conflict` (already_signed) once anybody has signed, `Invalid` for what is not there to be chosen.
    """
    held = await links.open_link(by, lock=True)
    held.must_be_open()
    proposal, version = held.proposal, held.version
    if await public.signatures(version):
        raise Conflict("Somebody has signed it as it is.", code="already_signed")
    content = document.frozen(version)
    choices = _chosen(content, version.choices, body.items)
    shown = document.with_choices(content, choices)
    if to_minor(shown["totals"]["total"], content["currency"]) < 0:
        raise Conflict("What is left is less than nothing.", code="total_negative")
    digest = document.digest(document.canonical(shown))
    if digest == version.digest:
        return await public.of_holder(held)
    sums = asdict(_sums(shown))
    await version.change(choices=choices, digest=digest, total=sums["total"])
    changes, row = await ProposalOut.change(proposal, sums, touch=True)
    fact = ProposalChosen(recipient_id=by.id, name=by.name, digest=digest, link_ids=await keepers.links(proposal))
    shared = await public.shared_out(proposal, version)
    await record(fact, about=proposal, by=by, changes=changes, data=row, public=shared)
    return await public.of_holder(held)


def _sums(shown: Row) -> Any:
    currency = shown["currency"]
    discount = None if shown["discount"] is None else to_minor(shown["discount"], currency)
    return totals.reckon(shown["items"], shown | {"discount": discount})[1]


def _chosen(content: Row, had: Choices, asked: list[Choice]) -> Choices:
    """All choices: those made before, and these; what is as it was sent is no choice."""
    sent = {item["id"]: item for item in content["items"]}
    choices, errors = {id: dict(c) for id, c in had.items()}, []
    for at, choice in enumerate(asked):
        item = sent.get(str(choice.id))
        if item is None or item["kind"] == "fixed":
            errors.append(FieldError(f"items[{at}].id", "not_an_option", "There is nothing to choose of this item."))
        elif item["kind"] == "choice" and choice.selected is False:
            errors.append(FieldError(f"items[{at}].selected", "choose_another", "Select another one of the group."))
        else:
            _take(sent, choices, item, choice)
    if errors:
        raise Invalid(*errors)
    kept = {id: {n: v for n, v in c.items() if v != sent[id][n]} for id, c in choices.items()}
    return {id: c for id, c in kept.items() if c}


def _take(sent: dict[str, Row], choices: Choices, item: Row, choice: Choice) -> None:
    mine = choices.setdefault(item["id"], {})
    if choice.quantity is not None:
        mine["quantity"] = f"{choice.quantity:f}"
    if choice.selected is not None:
        mine["selected"] = choice.selected
    if choice.selected and item["kind"] == "choice":
        for other in sent.values():
            if other["choice_group"] == item["choice_group"] and other["id"] != item["id"]:
                choices.setdefault(other["id"], {})["selected"] = False
