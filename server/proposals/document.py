"""The document of a proposal: frozen when it is sent, hashed, shown, signed and printed; always made here.

`freeze` gives a draft's content, `canonical` its text and `digest` that text's SHA-256. `shown` is the content of a
version with what the recipient chose: the page, the PDF and what a signature is about are this one dict.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict
from typing import Any
from uuid import UUID

import msgspec

from models.actors import Actor
from models.identity import Team
from models.money import Amounts, Totals, from_minor, to_minor
from models.proposals import Proposal, ProposalVersion
from server.core.relations import visible
from server.core.view import Row
from server.projects.clients import KINDS
from server.proposals import items, totals
from server.settings.business_schemas import BusinessOut

FORMAT = 1  # of the content; another one reads those that were frozen before
ITEM = ("description", "unit", "kind", "choice_group", "selected", "recurring", "position")
DECIMALS = ("quantity", "unit_price", "discount_percent", "tax_rate")
Choices = dict[str, dict[str, Any]]


async def freeze(proposal: Proposal, *, by: Actor) -> Row:
    """All that a recipient sees of the draft as it stands: texts, items, totals, who offers it to whom."""
    stored = await items.all_of(proposal)
    amounts, sums = totals.reckon(stored, {name: getattr(proposal, name) for name in totals.NAMES})
    currency = proposal.currency
    return {
        "format": FORMAT,
        "proposal_id": str(proposal.id),
        "number": proposal.number,
        "version_number": proposal.version_number,
        "title": proposal.title,
        "currency": currency,
        "tax_mode": proposal.tax_mode,
        "discount": None if proposal.discount is None else from_minor(proposal.discount, currency),
        "deposit_percent": None if proposal.deposit_percent is None else f"{proposal.deposit_percent:f}",
        "sections": proposal.sections,
        "terms": proposal.terms,
        "items": [_item(i, a, currency) for i, a in zip(stored, amounts, strict=True)],
        "totals": totals_shown(sums, currency),
        "sender": await _sender(by),
        "client": await _client(proposal.client_id, by),
        "signers": [{n: r[n] for n in ("id", "name", "email", "position")} for r in signers(proposal.recipients)],
    }


def signers(recipients: list[Row]) -> list[Row]:
    """Those of the recipients who are asked to sign, in their order."""
    return [r for r in recipients if r["role"] == "signer"]


def canonical(content: Any) -> str:
    """The one text of a document: keys in order, no spaces, nothing escaped that need not be (as RFC 8785 has it;
    there are no numbers but whole ones)."""
    return json.dumps(content, sort_keys=True, separators=(",", ":"), ensure_ascii=False)


def digest(text: str) -> str:
    """The SHA-256 of a text, in hexadecimal."""
    return hashlib.sha256(text.encode()).hexdigest()


def frozen(version: ProposalVersion) -> Row:
    """What was sent, as it was sent, before anybody chose anything."""
    return json.loads(version.content)


def shown(version: ProposalVersion) -> Row:
    """What was sent, with what the recipient chose: the document whose digest is `version.digest`."""
    return with_choices(frozen(version), version.choices)


def with_choices(content: Row, choices: Choices) -> Row:
    """The content with these choices, and what it then comes to; the content itself where there are none."""
    if not choices:
        return content
    chosen = [item | choices.get(item["id"], {}) for item in content["items"]]
    currency = content["currency"]
    discount = None if content["discount"] is None else to_minor(content["discount"], currency)
    amounts, sums = totals.reckon(chosen, content | {"discount": discount})
    priced = [i | {"amounts": amounts_shown(a, currency)} for i, a in zip(chosen, amounts, strict=True)]
    return content | {"items": priced, "totals": totals_shown(sums, currency)}


def amounts_shown(amounts: Amounts, currency: str) -> Row:
    found = {n: from_minor(v, currency) for n, v in asdict(amounts).items()}
    return found | {"discount": found.pop("discounted")}


def totals_shown(sums: Totals, currency: str) -> Row:
    found = {n: from_minor(v, currency) for n, v in asdict(sums).items()}
    recurring = {n: found.pop(n) for n in ("monthly", "yearly")}
    return found | {"discount": found.pop("discounted"), "recurring": recurring}


def _item(stored: Any, amounts: Amounts, currency: str) -> Row:
    item = {"id": str(stored["id"])} | {n: stored[n] for n in ITEM} | {n: f"{stored[n]:f}" for n in DECIMALS}
    return item | {"amounts": amounts_shown(amounts, currency)}


async def _sender(by: Actor) -> Row:
    row = await BusinessOut.of(Team(id=by.team_id))
    read = {n: msgspec.json.decode(bytes(row[n])) for n in ("address", "tax_ids", "branding")}
    logo = msgspec.json.decode(bytes(row["logo"])) if row["logo"] else None
    return {"name": row["name"], "logo": logo and logo["sha256"]} | read


async def _client(id: UUID | None, by: Actor) -> Row | None:
    for out in KINDS.values():
        if id is not None and (row := (await visible(out, {id}, by)).get(id)):
            return {n: row[n] for n in ("kind", "name", "email", "phone")}
    return None
