"""Proposals: drafts with their items, the versions that were sent, who got them, what they did with them."""

from __future__ import annotations

from decimal import Decimal
from typing import ClassVar, Self
from uuid import UUID

from tortoise import fields

from models.actors import Actor
from models.base import Record
from models.columns import Exact
from models.errors import Conflict, NotFound
from models.records import Owned


class Proposal(Owned):
    """An offer to a client: the draft of its next version, and what has become of the last one that was sent."""

    noun: ClassVar[str] = "proposal"
    kinds: ClassVar[str] = "proposals"
    own: ClassVar[tuple[str, ...]] = ("created_by",)

    title = fields.TextField()
    number = fields.TextField(null=True)
    status = fields.TextField(default="draft")
    client_id = fields.UUIDField(null=True)
    lead_id = fields.UUIDField(null=True)
    project_id = fields.UUIDField(null=True)
    currency = fields.CharField(max_length=3)
    sections = fields.JSONField(default=list)
    terms = fields.TextField(null=True)
    tax_mode = fields.TextField(default="exclusive")
    discount = fields.BigIntField(null=True)
    deposit_percent = Exact(null=True)
    expires_on = fields.DateField(null=True)
    recipients = fields.JSONField(default=list)
    version_number = fields.IntField(default=1)
    require_code = fields.BooleanField(default=False)
    subtotal = fields.BigIntField(default=0)
    discounted = fields.BigIntField(default=0)
    tax = fields.BigIntField(default=0)
    total = fields.BigIntField(default=0)
    deposit = fields.BigIntField(default=0)
    monthly = fields.BigIntField(default=0)
    yearly = fields.BigIntField(default=0)
    sent_at = fields.DatetimeField(null=True)
    opened_at = fields.DatetimeField(null=True)
    accepted_at = fields.DatetimeField(null=True)
    closed_at = fields.DatetimeField(null=True)
    decline_reason = fields.TextField(null=True)
    converted_at = fields.DatetimeField(null=True)

    class Meta:
        table = "proposal"

    @classmethod
    async def held(cls, by: Actor, *, id: UUID) -> Self:
        """The row, locked, whatever `If-Match` says: it is about something that hangs on the proposal."""
        return await cls._fetch(by, id, f" FOR {cls.row_lock} OF t")

    def must_be_draft(self) -> None:
        """Raise `Conflict` (version_frozen) unless its next version is being written."""
        if self.status != "draft":
            raise Conflict("A version that was sent cannot change; revise it to open the next.", code="version_frozen")


class OfProposal(Record):
    """A row that hangs on a proposal; `kinds` puts what is told of it into the room of proposals."""

    kinds: ClassVar[str] = "proposals"

    proposal_id = fields.UUIDField()

    class Meta:
        abstract = True

    @classmethod
    async def of_proposal(cls, by: Actor, proposal_id: UUID, id: UUID) -> Self:
        """The row of this proposal, locked. Raises `NotFound` for another one's."""
        found = await cls._fetch(by, id, f" FOR {cls.row_lock} OF t")
        if found.proposal_id != proposal_id:
            raise NotFound(f"There is no such {cls.noun}.")
        return found


class ProposalItem(OfProposal):
    """A line of the offer; its amounts are as allocated (models/money.py: price)."""

    noun: ClassVar[str] = "proposal_item"

    description = fields.TextField()
    quantity = Exact(default=Decimal(1))
    unit = fields.TextField(null=True)
    unit_price = Exact()
    discount_percent = Exact(default=Decimal(0))
    tax_rate = Exact(default=Decimal(0))
    kind = fields.TextField(default="fixed")
    choice_group = fields.TextField(null=True)
    selected = fields.BooleanField(default=True)
    recurring = fields.TextField(default="none")
    position = fields.IntField()
    currency = fields.CharField(max_length=3)
    net = fields.BigIntField(default=0)
    tax = fields.BigIntField(default=0)
    gross = fields.BigIntField(default=0)
    discounted = fields.BigIntField(default=0)

    class Meta:
        table = "proposal_item"


class ProposalTemplate(Record):
    """A proposal to begin from, with variables in its texts."""

    noun: ClassVar[str] = "proposal_template"

    name = fields.TextField()
    content = fields.JSONField()
    created_by = fields.UUIDField(null=True)

    class Meta:
        table = "proposal_template"


class ProposalVersion(OfProposal):
    """What was sent, for ever; `digest` is that of the document with the recipient's `choices`."""

    noun: ClassVar[str] = "proposal_version"

    number = fields.IntField()
    content = fields.TextField()
    content_digest = fields.TextField()
    choices = fields.JSONField(default=dict)
    digest = fields.TextField()
    total = fields.BigIntField()
    currency = fields.CharField(max_length=3)
    message = fields.TextField(null=True)
    sent_at = fields.DatetimeField()
    sent_by = fields.UUIDField()

    class Meta:
        table = "proposal_version"


class ProposalRecipient(OfProposal):
    """Whom it was sent to, and their link: its id names the room `portal:{id}`."""

    noun: ClassVar[str] = "proposal_recipient"

    name = fields.TextField()
    email = fields.TextField()
    role = fields.TextField()
    position = fields.IntField()
    language = fields.TextField(default="en")
    timezone = fields.TextField(default="UTC")
    version_number = fields.IntField()
    expires_at = fields.DatetimeField()
    revoked_at = fields.DatetimeField(null=True)
    opened_at = fields.DatetimeField(null=True)
    sent_at = fields.DatetimeField()
    reminded = fields.IntField(default=0)
    mail_job_id = fields.UUIDField(null=True)
    mail_told = fields.TextField(null=True)
    code_hash = fields.BinaryField(null=True)
    code_expires_at = fields.DatetimeField(null=True)
    code_failures = fields.IntField(default=0)
    code_locked_until = fields.DatetimeField(null=True)

    class Meta:
        table = "proposal_recipient"


class ProposalSignature(OfProposal):
    """Who agreed to exactly what, when, from where, and by which proof of who they are; never changed."""

    noun: ClassVar[str] = "proposal_signature"

    recipient_id = fields.UUIDField()
    version_number = fields.IntField()
    digest = fields.TextField()
    name = fields.TextField()
    email = fields.TextField()
    drawing = fields.BinaryField(null=True)
    consent = fields.TextField()
    verified_by = fields.TextField()
    address = fields.TextField()
    user_agent = fields.TextField()
    timezone = fields.TextField()
    signed_at = fields.DatetimeField()

    class Meta:
        table = "proposal_signature"


class ProposalComment(OfProposal):
    """A question, an answer, or with `visibility` team a note that the client never sees."""

    noun: ClassVar[str] = "proposal_comment"

    author_id = fields.UUIDField(null=True)
    recipient_id = fields.UUIDField(null=True)
    author_name = fields.TextField()
    body = fields.TextField()
    section = fields.TextField(null=True)
    visibility = fields.TextField()

    class Meta:
        table = "proposal_comment"


class ProposalVisit(OfProposal):
    """One time that somebody read it: how long, which sections, on what, and how sure it is that they are a person."""

    noun: ClassVar[str] = "proposal_visit"

    recipient_id = fields.UUIDField()
    version_number = fields.IntField()
    device = fields.TextField()
    user_agent = fields.TextField()
    address = fields.TextField()
    confidence = fields.TextField()
    forwarded = fields.BooleanField(default=False)
    started_at = fields.DatetimeField()
    last_at = fields.DatetimeField()
    told_at = fields.DatetimeField(null=True)
    visible_ms = fields.BigIntField(default=0)
    focused_ms = fields.BigIntField(default=0)
    scrolled = fields.IntField(default=0)
    downloaded_at = fields.DatetimeField(null=True)
    sections = fields.JSONField(default=dict)

    class Meta:
        table = "proposal_visit"


class Invoice(Record):
    """What an accepted proposal asks for first, still a draft."""

    noun: ClassVar[str] = "invoice"

    status = fields.TextField(default="draft")
    kind = fields.TextField()
    proposal_id = fields.UUIDField(null=True)
    project_id = fields.UUIDField(null=True)
    client_id = fields.UUIDField(null=True)
    currency = fields.CharField(max_length=3)
    lines = fields.JSONField()
    subtotal = fields.BigIntField()
    tax = fields.BigIntField()
    total = fields.BigIntField()
    created_by = fields.UUIDField(null=True)

    class Meta:
        table = "invoice"
