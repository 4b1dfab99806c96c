"""What goes over the wire: packets as texts for long polling and as WebSocket bytes, made once for all receivers."""

from __future__ import annotations

import struct
from collections.abc import Sequence
from typing import Any

import msgspec

WS_TEXT, WS_CLOSE, WS_PONG = 0x81, 0x88, 0x8A  # whole frames, uncompressed


class Json:
    """The JSON of the wire; a `msgspec.Raw` inside goes out as the text it is."""

    @staticmethod
    def dumps(value: Any, **_: Any) -> str:
        return msgspec.json.encode(value).decode()

    loads = staticmethod(msgspec.json.decode)


class Frame:
    """One or more Engine.IO packets, encoded once however many sockets they go to."""

    __slots__ = ("texts", "wire")

    def __init__(self, texts: Sequence[str], wire: bytes) -> None:
        self.texts = texts
        self.wire = wire

    def encode(self, **_: Any) -> str:
        """The packets as the body of a long poll's answer."""
        return "\x1e".join(self.texts)


def websocket_frame(payload: bytes, kind: int = WS_TEXT) -> bytes:
    """The bytes of a server's WebSocket frame, which is never masked."""
    size = len(payload)
    if size < 126:
        return bytes((kind, size)) + payload
    if size < 65536:
        return struct.pack("!BBH", kind, 126, size) + payload
    return struct.pack("!BBQ", kind, 127, size) + payload


def packet(text: str) -> Frame:
    """An Engine.IO packet."""
    return Frame((text,), websocket_frame(text.encode()))


def message(text: str) -> Frame:
    """A Socket.IO packet's text in an Engine.IO message."""
    return packet("4" + text)


def event(name: str, payload: str) -> Frame:
    """An event whose payload is JSON text already; `name` needs no escaping."""
    return packet(f'42["{name}",{payload}]')


def joined(frames: Sequence[Frame]) -> Frame:
    """Several frames as one."""
    if len(frames) == 1:
        return frames[0]
    return Frame([text for frame in frames for text in frame.texts], b"".join([frame.wire for frame in frames]))


CLOSE, PING, PROBED, NOOP = packet("1"), packet("2"), packet("3probe"), packet("6")
CLOSED = websocket_frame(b"\x03\xe8", WS_CLOSE)  # 1000: normal
