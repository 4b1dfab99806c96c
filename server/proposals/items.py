"""The items of a draft: added, changed, put into another order, removed; the totals follow each time."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from models.actors import Actor
from models.base import Condition
from models.db import connection
from models.errors import Conflict, wrong
from models.proposals import Proposal, ProposalItem
from server.core.events import record
from server.core.view import Row
from server.proposals import totals
from server.proposals.events import ItemCreated, ItemDeleted, ItemsReordered, ItemUpdated, ProposalUpdated
from server.proposals.item_schemas import MAX_ITEMS, ItemIn, ItemOut
from server.proposals.schemas import ProposalOut

ORDER = "t.position, t.id"
LAST = "SELECT coalesce(max(position) + 1, 0) FROM proposal_item WHERE team_id = $1 AND proposal_id = $2"
# Room for one at a place: what stood there and behind it moves on.
MAKE_ROOM = """
UPDATE proposal_item SET position = position + 1 WHERE team_id = $1 AND proposal_id = $2 AND position >= $3
"""
NUMBER = """
UPDATE proposal_item i SET position = n.place - 1
FROM unnest($3::uuid[]) WITH ORDINALITY AS n(id, place)
WHERE i.team_id = $1 AND i.proposal_id = $2 AND i.id = n.id AND i.position <> n.place - 1
"""
# The one that is asked for, else the one that was chosen already, else the first.
ONE_CHOSEN = """
UPDATE proposal_item i SET selected = c.place = 1, version = i.version + (i.id <> ALL($4))::int
FROM (SELECT id, row_number() OVER (PARTITION BY choice_group
          ORDER BY id = ANY($3) DESC, id <> ALL($4) AND selected DESC, selected DESC, position, id) AS place
      FROM proposal_item WHERE team_id = $1 AND proposal_id = $2 AND kind = 'choice') c
WHERE i.team_id = $1 AND i.id = c.id AND i.selected <> (c.place = 1)
RETURNING i.id
"""
VISIBLE = "t.proposal_id = ANY({0})"


async def of_many(ids: list[UUID], by: Actor) -> dict[UUID, list[Row]]:
    """The items of these proposals, in their order."""
    found: dict[UUID, list[Row]] = {}
    for row in await ItemOut.many(Condition(VISIBLE, (ids,)), order=ORDER):
        found.setdefault(row["proposal_id"], []).append(row)
    return found


async def listed(id: UUID, *, by: Actor) -> Row:
    """The items of the proposal that the actor sees."""
    await Proposal.get_visible(by, id=id)
    return {"items": (await of_many([id], by)).get(id, [])}


async def all_of(proposal: Proposal) -> list[Any]:
    """The stored items, in their order."""
    return await connection().fetch(totals.ITEMS, proposal.team_id, proposal.id)


async def put_all(proposal: Proposal, lines: list[ItemIn], *, by: Actor) -> None:
    """Store the items of a new draft, or of one that was emptied; whoever calls reckons and tells."""
    ordered = sorted(enumerate(lines), key=lambda n: (n[0] if n[1].position is None else n[1].position, n[0]))
    made = [await _insert(proposal, line, at, by) for at, (_, line) in enumerate(ordered)]
    await _one_chosen(proposal, [], [item.id for item, _ in made])


async def add(id: UUID, body: ItemIn, *, by: Actor) -> Row:
    """Add an item, at its position or behind the last. Raises `Conflict` (version_frozen, too_many_items)."""
    proposal = await _draft(id, by)
    last = int(await connection().fetchval(LAST, proposal.team_id, id) or 0)
    if last >= MAX_ITEMS:
        raise Conflict(f"A proposal has at most {MAX_ITEMS} items.", code="too_many_items")
    place = last if body.position is None else min(body.position, last)
    await connection().execute(MAKE_ROOM, proposal.team_id, id, place)
    item, _ = await _insert(proposal, body, place, by)
    await _one_chosen(proposal, [item.id] if body.selected else [], [item.id])
    changed = await totals.stored(proposal)
    row = await ItemOut.of(item)
    await record(ItemCreated(record_id=id, description=item.description), about=item, by=by, data=row)
    await _tell_totals(proposal, changed, by)
    return row


async def change(id: UUID, item_id: UUID, values: Row, *, by: Actor) -> Row:
    """Change these fields of an item. Raises `Conflict` (version_frozen)."""
    proposal = await _draft(id, by)
    item = await ProposalItem.of_proposal(by, id, item_id)
    item.expect()
    values = _whole(values, item)
    moved = values.pop("position", item.position)
    changes, _ = await ItemOut.change(item, values)
    if moved != item.position:
        changes["position"] = [item.position, await _move(proposal, item, moved)]
    if not changes:
        return await ItemOut.of(item)
    wanted = [item.id] if item.kind == "choice" and values.get("selected") else []
    await _one_chosen(proposal, wanted, [item.id])
    changed = await totals.stored(proposal)
    row = await ItemOut.of(item)
    fact = ItemUpdated(record_id=id, description=item.description)
    await record(fact, about=item, by=by, changes=changes, data=row)
    await _tell_totals(proposal, changed, by)
    return row


async def remove(id: UUID, item_id: UUID, *, by: Actor) -> None:
    """Remove an item. Raises `Conflict` (version_frozen)."""
    proposal = await _draft(id, by)
    item = await ProposalItem.of_proposal(by, id, item_id)
    item.expect()
    await record(ItemDeleted(record_id=id, description=item.description), about=item, by=by)
    await item.remove()
    await _number(proposal, [i["id"] for i in await all_of(proposal)])
    await _one_chosen(proposal, [], [])
    await _tell_totals(proposal, await totals.stored(proposal), by)


async def reorder(id: UUID, ids: list[UUID], *, by: Actor) -> Row:
    """Put the items into this order, which names each of them once. Raises `Conflict` (version_frozen)."""
    proposal = await Proposal.locked(by, id=id)
    proposal.must_be_draft()
    had = [i["id"] for i in await all_of(proposal)]
    if sorted(ids) != sorted(had):
        raise wrong("item_ids", "not_the_items", "Name each of the proposal's items once.")
    if ids != had:
        await _number(proposal, ids)
        _, row = await ProposalOut.change(proposal, {}, touch=True)
        await record(ItemsReordered(item_ids=ids), about=proposal, by=by, data=row)
    return {"items": (await of_many([id], by)).get(id, [])}


# ---- how ----


async def _draft(id: UUID, by: Actor) -> Proposal:
    proposal = await Proposal.held(by, id=id)
    proposal.must_be_draft()
    return proposal


async def _insert(proposal: Proposal, body: ItemIn, place: int, by: Actor) -> tuple[ProposalItem, Row]:
    values = body.model_dump() | {"position": place}
    values["selected"] = body.kind == "fixed" or bool(body.selected)
    values["choice_group"] = body.choice_group if body.kind == "choice" else None
    return await ItemOut.add(by, **values, proposal_id=proposal.id, currency=proposal.currency)


def _whole(values: Row, item: ProposalItem) -> Row:
    """The values, with what follows from the kind of item."""
    values = {n: v for n, v in values.items() if (n, v) not in (("selected", None), ("position", None))}
    kind = values.get("kind", item.kind)
    if kind == "fixed":
        return values | {"selected": True, "choice_group": None}
    if kind == "optional":
        return values | {"choice_group": None}
    if values.get("choice_group", item.choice_group) is None:
        raise wrong("choice_group", "required", "An item to choose needs its choice_group.")
    return values


async def _move(proposal: Proposal, item: ProposalItem, place: int) -> int:
    ids = [i["id"] for i in await all_of(proposal) if i["id"] != item.id]
    place = min(place, len(ids))
    ids.insert(place, item.id)
    await _number(proposal, ids)
    return place


async def _number(proposal: Proposal, ids: list[UUID]) -> None:
    await connection().execute(NUMBER, proposal.team_id, proposal.id, ids)


async def _one_chosen(proposal: Proposal, wanted: list[UUID], new: list[UUID]) -> None:
    await connection().fetch(ONE_CHOSEN, proposal.team_id, proposal.id, wanted, new)


async def _tell_totals(proposal: Proposal, changed: Row, by: Actor) -> None:
    changes, row = await ProposalOut.change(proposal, changed, touch=True)
    await record(ProposalUpdated(), about=proposal, by=by, changes=changes, data=row)
