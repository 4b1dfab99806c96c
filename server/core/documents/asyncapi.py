"""The AsyncAPI 3.0 document: rooms, the facts heard in each, and what else goes over the socket."""

from __future__ import annotations

import inspect
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from server.core.documents.examples import example
from server.core.documents.shapes import Schema, Shapes, reference
from server.core.documents.signals import COMMANDS, NOTICES, Command, Envelope, Notice, Refused
from server.core.events import Event, catalogue
from server.core.rooms import KINDS, Audience

VERSION = "1.0.0"
PUBLIC = ".public"  # behind the name of a message: the fact as the holder of a link gets it
ABOUT = """Socket.IO (protocol 5) at `/socket.io/`, default namespace, over WebSocket or long polling. Connect with
`{auth: {token}}`: the access token of a sign-in.

Facts are logged in rooms. In each room `seq` is 1, 2, 3, …: no gap, no repeat, in commit order. Keep the last
`(epoch, seq)` of each room; drop `seq <= last`, apply `seq == last + 1`, otherwise `join {room, after, epoch}`.
"""


@dataclass(frozen=True)
class RoomKind:
    """A kind of room: its name's pattern, who may be in it, the audiences that it is."""

    kind: str
    parameter: str
    who: str
    audiences: frozenset[Audience]

    @property
    def address(self) -> str:
        return f"{self.kind}:{{{self.parameter}}}"

    def hears(self, event: type[Event]) -> bool:
        return not self.audiences.isdisjoint(event.live)

    def messages(self, facts: Iterable[type[Event]]) -> list[str]:
        """The names of the facts that are heard in it; a link's holder gets what is public of them, and their end."""
        if Audience.LINKS in self.audiences:
            return [f"{e.type}{PUBLIC}" for e in facts if _for_links(e)]
        return [e.type for e in facts if self.hears(e)]


ROOMS: tuple[RoomKind, ...] = (
    RoomKind(
        "team",
        "team_id",
        "Every member of the team. A socket is in it from its first moment.",
        frozenset({Audience.TEAM}),
    ),
    RoomKind(
        "member",
        "member_id",
        "One person in one team, by the membership's id. A socket is in it from its first moment.",
        frozenset({Audience.MEMBERS, Audience.SUBJECT}),
    ),
    RoomKind(
        "project",
        "project_id",
        "The people on the project. Enter it with `join`.",
        frozenset({Audience.PROJECT}),
    ),
    RoomKind(
        "projects",
        "team_id",
        "Who may read all projects of the team. Enter it with `join`.",
        frozenset({Audience.PROJECTS}),
    ),
    RoomKind(
        "proposal",
        "proposal_id",
        "Who may read the team's proposals: drafts, reading, signatures. Enter it with `join`.",
        frozenset({Audience.PROPOSAL}),
    ),
    RoomKind(
        "portal",
        "link_id",
        "The holder of a public link, by the link's id. A socket is in it from its first moment. Its facts carry the "
        "public record as `data`, and neither `changes` nor `detail`.",
        frozenset({Audience.LINKS}),
    ),
)
ROOMS += tuple(
    RoomKind(
        kind.value,
        "team_id",
        f"Who may read all {kind.value} of the team; who sees only their own hears of them in their own room.",
        frozenset({kind, Audience.RECORD}),
    )
    for kind in sorted(KINDS)
)
SOCKET = "socket"
NOTHING: Schema = {"type": "object", "maxProperties": 0}
EXAMPLE_ID = "0199a3c1-6d52-7b10-8f4e-2f6d1c9be010"


def asyncapi(events: Iterable[type[Event]] | None = None, host: str = "localhost:8000", secure: bool = False) -> Schema:
    """The document of these events; of the whole catalogue when left out."""
    facts = sorted(catalogue.values() if events is None else events, key=lambda e: e.type)
    shapes = Shapes(
        taken=[c.takes for c in COMMANDS],
        given=[
            Envelope,
            Refused,
            *(c.answers for c in COMMANDS),
            *(n.carries for n in NOTICES),
            *(e for e in facts),
            *(e.shows for e in facts if e.shows is not None),
            *(e.public for e in facts if e.public is not None),
        ],
    )
    return {
        "asyncapi": "3.0.0",
        "info": {
            "title": "MediaFlow, live",
            "version": VERSION,
            "description": ABOUT,
            "license": {"name": "MIT"},
        },
        "servers": {
            "socket": {"host": host, "pathname": "/socket.io/", "protocol": "wss" if secure else "ws"},
        },
        "defaultContentType": "application/json",
        "channels": _channels(facts),
        "operations": _operations(facts),
        "components": {
            "messages": _messages(facts, shapes),
            "schemas": dict(sorted(shapes.definitions.items())),
        },
    }


# ---- channels ----


def _channels(facts: list[type[Event]]) -> dict[str, Schema]:
    own = [f"{c.name}.command" for c in COMMANDS] + [f"{c.name}.ack" for c in COMMANDS] + ["refused"]
    own += [f"{n.name}.notice" for n in NOTICES if not n.room]
    found = {
        SOCKET: {
            "address": "/",
            "title": "The socket itself",
            "description": "What is said between one client and the server, whatever rooms it is in.",
            "messages": _references(own),
        }
    }
    for room in ROOMS:
        heard = room.messages(facts) + [f"{n.name}.notice" for n in NOTICES if n.room == room.kind]
        found[room.kind] = {
            "address": room.address,
            "title": f"Room {room.address}",
            "description": room.who,
            "parameters": {room.parameter: {"description": "A UUID."}},
            "messages": _references(heard),
        }
    return found


def _references(messages: Iterable[str]) -> Schema:
    return {name: reference(name, "messages") for name in messages}


def _in_channel(channel: str, message: str) -> Schema:
    return {"$ref": f"#/channels/{channel}/messages/{message}"}


def _operations(facts: list[type[Event]]) -> dict[str, Schema]:
    found: dict[str, Schema] = {}
    for command in COMMANDS:
        answers = [_in_channel(SOCKET, f"{command.name}.ack"), _in_channel(SOCKET, "refused")]
        found[f"say_{command.name}"] = {
            "action": "receive",
            "channel": {"$ref": f"#/channels/{SOCKET}"},
            "summary": command.says,
            "messages": [_in_channel(SOCKET, f"{command.name}.command")],
            "reply": {"channel": {"$ref": f"#/channels/{SOCKET}"}, "messages": answers},
        }
    for channel, content in _channels(facts).items():
        said = [n for n in content["messages"] if not n.endswith((".command", ".ack")) and n != "refused"]
        found[f"hear_{channel}"] = {
            "action": "send",
            "channel": {"$ref": f"#/channels/{channel}"},
            "summary": f"What is heard in: {content['title']}.",
            "messages": [_in_channel(channel, n) for n in said],
        }
    return found


# ---- messages ----


def _messages(facts: list[type[Event]], shapes: Shapes) -> dict[str, Schema]:
    found = {e.type: _fact(e, shapes) for e in facts}
    found |= {f"{e.type}{PUBLIC}": _public(e, shapes) for e in facts if _for_links(e)}
    for notice in NOTICES:
        found[f"{notice.name}.notice"] = _notice(notice, shapes)
    for command in COMMANDS:
        found[f"{command.name}.command"] = _message(command.name, command.says, shapes.taken(command.takes), shapes)
        found[f"{command.name}.ack"] = _acknowledgement(command, shapes)
    found["refused"] = _message("refused", "Not done: why.", shapes.given(Refused), shapes)
    return found


def _message(name: str, summary: str, payload: Schema, shapes: Shapes) -> Schema:
    return {
        "name": name,
        "title": name,
        "summary": summary,
        "payload": payload,
        "examples": [{"payload": _object(example(payload, shapes))}],
    }


def _object(value: Any) -> Schema:
    return value if isinstance(value, dict) else {}


def _notice(notice: Notice, shapes: Shapes) -> Schema:
    return _message(notice.name, notice.says, shapes.given(notice.carries), shapes)


def _acknowledgement(command: Command, shapes: Shapes) -> Schema:
    return _message(f"{command.name} acknowledged", command.says, shapes.given(command.answers), shapes)


def _fact(event: type[Event], shapes: Shapes) -> Schema:
    payload = payload_of(event, shapes)
    summary = (inspect.getdoc(event) or "").split("\n")[0]
    message = _message(event.type, summary, payload, shapes)
    message["examples"][0]["payload"] |= {"type": event.type, "room": _room_of(event)}
    return message | {
        "x-sentence": event.says,
        "x-notify": event.notify,
        "x-webhook": event.webhook,
        "x-takes-rights-away": event.ends is not Event.ends,
    }


def _for_links(event: type[Event]) -> bool:
    return event.public is not None or Audience.LINKS in event.live


def _public(event: type[Event], shapes: Shapes) -> Schema:
    data = {"type": "null"} if event.public is None else _or_null(shapes.given(event.public))
    shows = {"data": data, "changes": NOTHING, "detail": NOTHING}
    summary = f"{(inspect.getdoc(event) or '').splitlines()[0]} As the holder of a link hears it."
    message = _message(event.type, summary, _payload(event, shows, shapes), shapes)
    message["examples"][0]["payload"] |= {"type": event.type, "room": f"portal:{EXAMPLE_ID}"}
    return message


def _room_of(event: type[Event]) -> str:
    kinds = [room.kind for room in ROOMS if room.hears(event) and Audience.LINKS not in room.audiences]
    return f"{kinds[-1] if kinds else 'team'}:{EXAMPLE_ID}"


def payload_of(event: type[Event], shapes: Shapes) -> Schema:
    """The schema of an event's payload: the envelope with the event's own record, changes and detail."""
    pair = {"type": "array", "minItems": 2, "maxItems": 2, "items": {}, "description": "Before and after."}
    shows = {
        "data": _or_null(shapes.given(event.shows) if event.shows is not None else {"type": "object"}),
        "changes": {"type": "object", "additionalProperties": pair},
        "detail": shapes.given(event),
    }
    return _payload(event, shows, shapes)


def _or_null(schema: Schema) -> Schema:
    return {"anyOf": [schema, {"type": "null"}], "description": "The record as REST shows it."}


def _payload(event: type[Event], shows: Schema, shapes: Shapes) -> Schema:
    envelope = shapes.resolved(shapes.given(Envelope))
    properties = envelope["properties"] | {"type": {"type": "string", "const": event.type}} | shows
    return {"type": "object", "required": list(properties), "properties": properties, "additionalProperties": False}
