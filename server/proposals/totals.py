"""What a draft's items come to: reckoned anew with each change, stored with the items and the proposal."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from decimal import Decimal
from typing import Any

from models.db import connection
from models.errors import wrong
from models.money import Amounts, Line, Totals, price
from models.proposals import Proposal
from server.core.view import Row

ITEMS = "SELECT * FROM proposal_item WHERE team_id = $1 AND proposal_id = $2 ORDER BY position, id"
# No new version: the amounts of an item follow from its neighbours as much as from itself.
STORE = """
UPDATE proposal_item i SET net = n.net, tax = n.tax, gross = n.gross, discounted = n.discounted, currency = $7
FROM unnest($2::uuid[], $3::bigint[], $4::bigint[], $5::bigint[], $6::bigint[]) AS n(id, net, tax, gross, discounted)
WHERE i.team_id = $1 AND i.id = n.id
    AND (i.net, i.tax, i.gross, i.discounted, i.currency) IS DISTINCT FROM (n.net, n.tax, n.gross, n.discounted, $7)
"""
NAMES = ("discount", "deposit_percent", "tax_mode", "currency")


def line_of(item: Mapping[str, Any]) -> Line:
    """An item, stored or frozen, as a line to be priced."""
    return Line(
        quantity=Decimal(item["quantity"]),
        unit_price=Decimal(item["unit_price"]),
        discount_percent=Decimal(item["discount_percent"]),
        tax_rate=Decimal(item["tax_rate"]),
        counts=item["kind"] == "fixed" or item["selected"],
        recurring=item["recurring"],
    )


def reckon(items: Sequence[Mapping[str, Any]], rules: Mapping[str, Any]) -> tuple[list[Amounts], Totals]:
    """What the items come to under the proposal's rules (`NAMES`, the discount in minor units).

    Raises `Invalid` where an amount is too large.
    """
    try:
        return price(
            [line_of(item) for item in items],
            rules["currency"],
            inclusive=rules["tax_mode"] == "inclusive",
            discount=rules["discount"] or 0,
            deposit_percent=Decimal(rules["deposit_percent"] or 0),
        )
    except ValueError:
        raise wrong("unit_price", "too_large", "An amount is larger than can be stored.") from None


async def stored(proposal: Proposal, values: Row | None = None) -> Row:
    """Reckon with these values of the proposal, store the items' amounts; gives the proposal's totals to write."""
    items = await connection().fetch(ITEMS, proposal.team_id, proposal.id)
    rules = {name: (values or {}).get(name, getattr(proposal, name)) for name in NAMES}
    amounts, totals = reckon(items, rules)
    columns = [[getattr(a, name) for a in amounts] for name in ("net", "tax", "gross", "discounted")]
    await connection().execute(STORE, proposal.team_id, [i["id"] for i in items], *columns, rules["currency"])
    return asdict(totals)
