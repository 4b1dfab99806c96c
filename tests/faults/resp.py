"""As much of Redis's protocol as it takes to tell one reply from the next."""

from __future__ import annotations

BULKS, NESTED = b"$=!", {ord("*"): 1, ord("~"): 1, ord(">"): 1, ord("%"): 2}
MESSAGES = (b"message\r\n", b"smessage\r\n", b"pmessage\r\n")
LEAST = 100  # shorter ones are no events: a process's own ticks


def frames(buffer: bytes) -> tuple[list[bytes], bytes]:
    """The whole replies in the buffer, and what is left."""
    found, start = [], 0
    while (end := _end(buffer, start)) is not None:
        found.append(buffer[start:end])
        start = end
    return found, buffer[start:]


def _end(buffer: bytes, start: int) -> int | None:
    """Where the reply that begins at `start` ends; None when it has not arrived wholly."""
    line = buffer.find(b"\r\n", start)
    if line < 0:
        return None
    kind, end = buffer[start], line + 2
    if kind in BULKS:
        length = int(buffer[start + 1 : line])
        end += length + 2 if length >= 0 else 0
        return end if end <= len(buffer) else None
    for _ in range(int(buffer[start + 1 : line]) * NESTED[kind] if kind in NESTED else 0):
        inner = _end(buffer, end)
        if inner is None:
            return None
        end = inner
    return end


def is_message(frame: bytes) -> bool:
    """Whether it is something published that is long enough to be an event."""
    return frame[:1] in (b"*", b">") and len(frame) > LEAST and frame[:32].split(b"\r\n", 2)[2].startswith(MESSAGES)
