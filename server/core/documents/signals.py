"""What goes over the socket and is no fact: commands with their acknowledgements, notices, ephemeral signals."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

ROOM_EXAMPLE = "project:0199a3c1-6d52-7b10-8f4e-2f6d1c9be010"
RoomName = Field(examples=[ROOM_EXAMPLE])


class Shape(BaseModel):
    model_config = ConfigDict(extra="forbid")


# ---- the envelope of every fact ----


class WireActor(Shape):
    """Who did it."""

    kind: Literal["user", "client", "agent", "system"]
    id: UUID
    name: str


class Subject(Shape):
    """What it is about."""

    kind: str
    id: UUID
    version: int


class Envelope(Shape):
    """What every fact carries; `data`, `changes` and `detail` are the event's own."""

    id: UUID
    room: str = RoomName
    seq: int = Field(ge=1, description="1, 2, 3, … in each room: no gap, no repeat, in commit order.", examples=[413])
    type: str
    at: datetime
    actor: WireActor
    subject: Subject


# ---- commands and what acknowledges them ----


class Refused(Shape):
    """Not done; nothing has changed."""

    ok: Literal[False]
    code: str = Field(examples=["not_found"])


class Join(Shape):
    room: str = RoomName
    after: int | None = Field(default=None, ge=0, description="The last `seq` you have.", examples=[412])
    epoch: str | None = Field(default=None, description="The `epoch` that `after` belongs to.")


class Joined(Shape):
    """`events` are all since `after`. With `reset` you are not joined: load the REST snapshot, join from there."""

    ok: Literal[True]
    room: str = RoomName
    epoch: str
    seq: int = Field(ge=0, examples=[413])
    events: list[dict[str, Any]]
    reset: bool = Field(examples=[False])


class Room(Shape):
    room: str = RoomName


class Left(Shape):
    ok: Literal[True]
    room: str = RoomName


class Token(Shape):
    token: str = Field(examples=["eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIwMTk5YTNjMSJ9.c2lnbmF0dXJl"])


class Ok(Shape):
    ok: Literal[True]


class Person(Shape):
    id: UUID
    name: str


class Present(Shape):
    ok: Literal[True]
    members: list[Person]


class TypingSaid(Shape):
    room: str = RoomName
    subject: str | dict[str, str] | None = Field(default=None, description="What it is about, such as a task's id.")


@dataclass(frozen=True)
class Command:
    """Something a client says; the server acknowledges it with `answers`, or with `Refused`."""

    name: str
    says: str
    takes: type[BaseModel]
    answers: type[BaseModel]


COMMANDS = (
    Command("join", "Enter a room; with `after`, hear what was missed.", Join, Joined),
    Command("leave", "Leave a room.", Room, Left),
    Command("auth", "Live on with a new access token of the same person in the same team.", Token, Ok),
    Command("presence", "Who is in the room, and from now on who comes and goes.", Room, Present),
    Command("typing", "Tell the others in the room that you type.", TypingSaid, Ok),
)


# ---- what the server says beside facts ----


class At(Shape):
    epoch: str
    seq: int = Field(ge=0, examples=[412])


class Ready(Shape):
    session: str = Field(examples=["kW9mR2a7sQ0AAAAB"])
    user: Person
    rooms: dict[str, At] = Field(examples=[{ROOM_EXAMPLE: {"epoch": "6f1d2c9e0b7a4c55", "seq": 412}}])


class Code(Shape):
    code: str = Field(examples=["token_expired"])


class RoomClosed(Shape):
    room: str = RoomName
    seq: int | None = Field(examples=[413])
    code: str = Field(examples=["removed"])


class RoomReset(Shape):
    room: str = RoomName
    code: str = Field(examples=["log_replaced"])


class Expiring(Shape):
    """Seconds left of the access token."""

    seconds: int = Field(alias="in", ge=0, examples=[180])


class Degraded(Shape):
    on: bool


class Presence(Shape):
    room: str = RoomName
    id: UUID
    name: str


class TypingHeard(TypingSaid):
    id: UUID
    name: str


class JobProgress(Shape):
    job_id: UUID
    state: Literal["queued", "running", "done", "dead", "cancelled"]
    progress: int = Field(ge=0, le=100, examples=[40])
    step: str | None


@dataclass(frozen=True)
class Notice:
    """Something the server says that is not logged: at most once, not replayed."""

    name: str
    says: str
    carries: type[BaseModel]
    room: str = ""  # the kind of room whose people hear it; none: the one socket


NOTICES = (
    Notice("ready", "You are in: your rooms, and where each of them stands.", Ready),
    Notice("closed", "The server closes the socket, and why.", Code),
    Notice("auth.expiring", "80 % of the token's life is over: renew it with `auth`.", Expiring),
    Notice("degraded", "While on, events between processes may take up to a second longer.", Degraded),
    Notice("room.closed", "A right was taken away: the room is over for you.", RoomClosed),
    Notice("room.reset", "The log cannot bridge the gap: load the snapshot and join again.", RoomReset),
    Notice("presence.joined", "Somebody came.", Presence, "project"),
    Notice("presence.left", "Somebody left.", Presence, "project"),
    Notice("typing", "Somebody types.", TypingHeard, "project"),
    Notice("job.progress", "How far a job is that you have started.", JobProgress, "member"),
)
