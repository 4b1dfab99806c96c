"""The endpoints of proposals, for the team; those for recipients are in `public_routes.py`."""

from __future__ import annotations

from functools import partial
from uuid import UUID

from models.base import Condition
from models.errors import Conflict
from models.proposals import Proposal
from server.activity.schemas import ActivityPage
from server.core.filters import Filter
from server.core.pages import Listing, ListQuery
from server.core.permissions import Can
from server.core.routing import Context, Routes
from server.core.view import Row
from server.proposals import (
    comments,
    conversion,
    items,
    numbers,  # noqa: F401 - declares the route of the numbers
    public_routes,  # noqa: F401 - declares the routes of recipients
    sending,
    service,
    template_routes,  # noqa: F401 - declares the routes of templates
    templates,
    versions,
)
from server.proposals.conversion_schemas import ConvertedProposalOut, ConvertProposalIn
from server.proposals.item_schemas import ItemIn, ItemOut, ItemPatch, ItemsOut, ReorderIn
from server.proposals.schemas import ProposalIn, ProposalNew, ProposalOut, ProposalPatch
from server.proposals.sent_schemas import (
    CompareOut,
    CompareQuery,
    ExtendIn,
    LinkIn,
    LinkOut,
    ProposalCommentIn,
    ProposalCommentOut,
    SendIn,
    SentOut,
    VersionOut,
    VersionWhole,
    VisitOut,
)
from server.records import feed
from server.records.attach import FeedQuery
from server.settings import custom_fields

routes = Routes("/api/proposals", tag="proposals", about=Proposal)
PLAIN = ["title", "status", "number", "client_id", "lead_id", "project_id", "currency", "expires_on", "created_by"]
TIMES = ["sent_at", "opened_at", "accepted_at", "created_at", "updated_at"]
listing = Listing(
    ProposalOut,
    filters=dict.fromkeys([*PLAIN, "reading_now", *TIMES], Filter()),
    sort=["title", "status", "number", "expires_on", *TIMES],
    search=True,
    more=partial(custom_fields.filters, "proposal"),
)


@routes.get("", can=Can.PROPOSALS_READ, gives=ProposalOut, listing=listing)
async def list_all(ctx: Context, query: ListQuery) -> Row:
    """The team's proposals, a page at a time."""
    page = await listing.page(query, ctx.actor)
    await service.with_relations(page["items"], ctx.actor)
    return page


@routes.post("", can=Can.PROPOSALS_WRITE, gives=ProposalOut, status=201)
async def create(ctx: Context, body: ProposalNew) -> Row:
    """Begin a proposal, with its items if they are known already, or from a template."""
    return await templates.begin(body, by=ctx.actor)


@routes.get("/{id}", can=Can.PROPOSALS_READ, gives=ProposalOut)
async def get_one(ctx: Context, id: UUID) -> Row:
    """One proposal."""
    row = await ProposalOut.one(ctx.actor, id, ctx.include)
    await service.with_relations([row], ctx.actor)
    return row


@routes.patch("/{id}", can=Can.PROPOSALS_WRITE, gives=ProposalOut)
async def change(ctx: Context, id: UUID, body: ProposalPatch) -> Row:
    """Change the fields sent of the draft."""
    return await service.change(id, body.sent(), by=ctx.actor)


@routes.put("/{id}", can=Can.PROPOSALS_WRITE, gives=ProposalOut)
async def replace(ctx: Context, id: UUID, body: ProposalIn) -> Row:
    """Replace the draft's editable fields; what is left out gets its default."""
    return await service.change(id, body.model_dump(), by=ctx.actor, replace=True)


@routes.delete("/{id}", can=Can.PROPOSALS_DELETE)
async def delete(ctx: Context, id: UUID) -> None:
    """Remove a draft that was never sent."""
    await service.delete(id, by=ctx.actor)


@routes.post("/{id}/duplicate", can=Can.PROPOSALS_WRITE, gives=ProposalOut, status=201)
async def duplicate(ctx: Context, id: UUID) -> Row:
    """Copy the proposal into a new draft."""
    return await service.duplicate(id, by=ctx.actor)


@routes.get("/{id}/items", can=Can.PROPOSALS_READ, gives=ItemsOut)
async def list_items(ctx: Context, id: UUID) -> Row:
    """The items of the draft, or of the version that was sent last, in their order."""
    return await items.listed(id, by=ctx.actor)


@routes.post("/{id}/items", can=Can.PROPOSALS_WRITE, gives=ItemOut, status=201, location="/api/proposals/{of}/items")
async def add_item(ctx: Context, id: UUID, body: ItemIn) -> Row:
    """Add an item."""
    return await items.add(id, body, by=ctx.actor)


@routes.patch("/{id}/items/reorder", can=Can.PROPOSALS_WRITE, gives=ItemsOut)
async def reorder_items(ctx: Context, id: UUID, body: ReorderIn) -> Row:
    """Put the items into another order."""
    return await items.reorder(id, body.item_ids, by=ctx.actor)


@routes.patch("/{id}/items/{item_id}", can=Can.PROPOSALS_WRITE, gives=ItemOut)
async def change_item(ctx: Context, id: UUID, item_id: UUID, body: ItemPatch) -> Row:
    """Change the fields sent of an item."""
    return await items.change(id, item_id, body.sent(), by=ctx.actor)


@routes.delete("/{id}/items/{item_id}", can=Can.PROPOSALS_WRITE)
async def remove_item(ctx: Context, id: UUID, item_id: UUID) -> None:
    """Remove an item."""
    await items.remove(id, item_id, by=ctx.actor)


# ---- what was sent ----

versions_listing = Listing(VersionOut, filters=["number", "sent_at"], sort=["number", "sent_at"], default="-number")
comments_listing = Listing(
    ProposalCommentOut, filters=["visibility", "created_at"], sort=["created_at"], default="created_at"
)
visits_listing = Listing(
    VisitOut,
    filters=["version_number", "confidence", "forwarded", "started_at"],
    sort=["started_at"],
    default="-started_at",
)


async def _of(listing: Listing, ctx: Context, id: UUID, query: ListQuery) -> Row:
    await Proposal.get_visible(ctx.actor, id=id)
    return await listing.shown(query, ctx.actor, where=Condition("t.proposal_id = {0}", (id,)))


@routes.post("/{id}/send", can=Can.PROPOSALS_SEND, gives=SentOut, secret=True)
async def send(ctx: Context, id: UUID, body: SendIn) -> Row:
    """Freeze this version, make a public link for each recipient, e-mail it."""
    return await sending.send(id, body, by=ctx.actor)


@routes.post("/{id}/recipients/{recipient_id}/link", can=Can.PROPOSALS_SEND, gives=LinkOut, secret=True)
async def relink(ctx: Context, id: UUID, recipient_id: UUID, body: LinkIn) -> Row:
    """One more secret of a recipient's link: those of earlier mails stay good, and none of them is kept."""
    return await sending.relink(id, recipient_id, mail_it=body.mail, by=ctx.actor)


@routes.post("/{id}/revise", can=Can.PROPOSALS_WRITE, gives=ProposalOut)
async def revise(ctx: Context, id: UUID) -> Row:
    """Open the next version; the one that was sent cannot be signed any more."""
    return await sending.revise(id, by=ctx.actor)


@routes.post("/{id}/withdraw", can=Can.PROPOSALS_SEND, gives=ProposalOut)
async def withdraw(ctx: Context, id: UUID) -> Row:
    """End the public links."""
    return await sending.withdraw(id, by=ctx.actor)


@routes.post("/{id}/extend", can=Can.PROPOSALS_SEND, gives=ProposalOut)
async def extend(ctx: Context, id: UUID, body: ExtendIn) -> Row:
    """Move the last day on which it can be signed; one that has expired is open again."""
    return await sending.extend(id, body.expires_on, by=ctx.actor)


@routes.get("/{id}/versions", can=Can.PROPOSALS_READ, gives=VersionOut, listing=versions_listing)
async def list_versions(ctx: Context, id: UUID, query: ListQuery) -> Row:
    """All versions that were sent, the newest first."""
    return await _of(versions_listing, ctx, id, query)


@routes.get("/{id}/versions/{number}", can=Can.PROPOSALS_READ, gives=VersionWhole)
async def get_version(ctx: Context, id: UUID, number: str) -> Row:
    """One version as it was sent, with its document."""
    return await versions.read(id, number, by=ctx.actor)


@routes.post("/{id}/versions/{number}/restore", can=Can.PROPOSALS_WRITE, gives=ProposalOut, raises=(Conflict,))
async def restore(ctx: Context, id: UUID, number: str) -> Row:
    """Copy a version into the draft."""
    return await versions.restore(id, number, by=ctx.actor)


@routes.get("/{id}/compare", can=Can.PROPOSALS_READ, gives=CompareOut)
async def compare(ctx: Context, id: UUID, query: CompareQuery) -> Row:
    """What changed from one version to another, or to the draft."""
    return await versions.compare(id, query.from_, query.to, by=ctx.actor)


@routes.get("/{id}/comments", can=Can.PROPOSALS_READ, gives=ProposalCommentOut, listing=comments_listing)
async def list_comments(ctx: Context, id: UUID, query: ListQuery) -> Row:
    """Questions, answers, and the team's notes, in their order."""
    return await _of(comments_listing, ctx, id, query)


@routes.post(
    "/{id}/comments",
    can=Can.PROPOSALS_WRITE,
    gives=ProposalCommentOut,
    status=201,
    location="/api/proposals/{of}/comments",
)
async def comment(ctx: Context, id: UUID, body: ProposalCommentIn) -> Row:
    """Answer the client, or note something for the team."""
    return await comments.write(id, body, by=ctx.actor)


@routes.get("/{id}/views", can=Can.PROPOSALS_READ, gives=VisitOut, listing=visits_listing)
async def list_views(ctx: Context, id: UUID, query: ListQuery) -> Row:
    """Each visit: when, how long, which sections, and how sure it is that a person read."""
    return await _of(visits_listing, ctx, id, query)


@routes.get("/{id}/activity", can=Can.PROPOSALS_READ, gives=ActivityPage)
async def activity(ctx: Context, id: UUID, query: FeedQuery) -> Row:
    """What happened with the proposal, newest first: opened, read, commented, signed."""
    await Proposal.get_visible(ctx.actor, id=id)
    return await feed.of_record(service.kind, id, by=ctx.actor, limit=query.limit, cursor=query.cursor)


@routes.post("/{id}/convert", can=Can.PROPOSALS_WRITE, gives=ConvertedProposalOut)
async def convert(ctx: Context, id: UUID, body: ConvertProposalIn) -> Row:
    """Make a project with tasks of the accepted proposal, and draft its first invoice."""
    return await conversion.convert(id, body, by=ctx.actor)
