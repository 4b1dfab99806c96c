"""What a recipient sees of a proposal, and sends: never what the team keeps to itself."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import BaseModel, Field, StringConstraints

from server.core.schemas import In, Line
from server.proposals.item_schemas import MAX_ITEMS, AmountsOut, Kind, Quantity, Recurring
from server.proposals.schemas import Key, Role, SectionOut, Status, TaxMode, TotalsOut
from server.proposals.sent_schemas import Body, WriterOut

MAX_DRAWING = 400_000
Milliseconds = Annotated[int, Field(ge=0, le=3_600_000)]


class PublicItem(BaseModel):
    id: UUID
    description: str
    quantity: str
    unit: str | None
    unit_price: str
    discount_percent: str
    tax_rate: str
    kind: Kind
    choice_group: str | None
    selected: bool
    recurring: Recurring
    position: int
    amounts: AmountsOut


class Signer(BaseModel):
    """Who is asked to sign, in their order, and when they did."""

    name: str
    position: int
    signed_at: datetime | None


class Sender(BaseModel):
    """Who offers it, as their documents say."""

    name: str
    address: dict[str, Any]
    tax_ids: list[dict[str, Any]]
    branding: dict[str, Any]
    logo: str | None = Field(default=None, description="The SHA-256 of its pixels, which the page and the PDF show.")


class SharedOut(BaseModel):
    """A sent version with what was chosen of it, the same for each recipient. `digest` is the SHA-256 of its document:
    who signs sends the one that they were shown. With `revising` a newer version is being written."""

    id: UUID
    number: str
    version_number: int
    status: Status
    revising: bool
    title: str
    currency: str
    tax_mode: TaxMode
    discount: str | None
    deposit_percent: str | None
    expires_on: date | None
    sections: list[SectionOut]
    terms: str | None
    items: list[PublicItem]
    totals: TotalsOut
    sender: Sender
    client_name: str | None
    message: str | None
    sent_at: datetime
    signers: list[Signer]
    digest: str


class PublicComment(BaseModel):
    """A question or an answer."""

    id: UUID
    created_at: datetime
    author: WriterOut
    body: str
    section: str | None


class Myself(BaseModel):
    id: UUID
    name: str
    email: str
    role: Role
    language: str
    timezone: str
    signed_at: datetime | None


class PublicOut(SharedOut):
    """The proposal as one recipient sees it, as of `seq` of their own room, in which changes are heard."""

    recipient: Myself
    can_sign: bool
    consent: str
    comments: list[PublicComment]
    room: str
    epoch: str
    seq: int


class HeartbeatIn(In):
    """A sign of reading: how long since the last one this section was in sight, and in the window with the focus.
    `left`: the page was closed, or is out of sight."""

    section: Key | None = None
    visible_ms: Milliseconds = 0
    focused_ms: Milliseconds = 0
    scrolled: Annotated[int, Field(ge=0, le=100)] | None = None
    left: bool = False


class Choice(In):
    """An item that is not fixed: taken or not, and how many."""

    id: UUID
    selected: bool | None = None
    quantity: Quantity | None = None


class OptionsIn(In):
    """What the recipient chooses; what is left out stays as it is."""

    items: Annotated[list[Choice], Field(min_length=1, max_length=MAX_ITEMS)]


class QuestionIn(In):
    """A question about the proposal, or one of its sections."""

    body: Body
    section: Key | None = None


class SignIn(In):
    """A signature: the full name, typed, perhaps with a drawing (a PNG as a data URL), under the document with this
    digest. `consent` is to the words that the public record shows."""

    name: Line
    digest: Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{64}$"), Field(examples=["0a1b" * 16])]
    consent: Literal[True]
    drawing: Annotated[str, StringConstraints(max_length=MAX_DRAWING)] | None = None


class DeclineIn(In):
    """Why not."""

    reason: Annotated[str, StringConstraints(min_length=1, max_length=2_000)]


class VerifyIn(In):
    """Nothing, to be mailed a code, or that code."""

    code: Annotated[str, StringConstraints(pattern=r"^[0-9]{6}$")] | None = None


class VerifiedOut(BaseModel):
    """`access_token` goes into `Authorization: Bearer …` beside the link; null while the code is on its way."""

    sent: bool
    expires_in: int
    access_token: str | None
