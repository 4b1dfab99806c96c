"""The judge itself: it finds each way in which a server can let a client down, and nothing where none did."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.faults.oracle import Judge, Log
from tests.faults.receiver import Receipt, Receiver

ROOM, EPOCH, START, HEAD = "project:1", "e", 2, 6


def text(seq: int, title: str = "") -> str:
    return json.dumps({"seq": seq, "room": ROOM, "data": {"title": title or f"title {seq}"}})


def told(seq: int, name: str = "task.created", title: str = "") -> Receipt:
    return Receipt("event", name, text(seq, title))


def joined(after: int, *seqs: int, epoch: str = EPOCH, **more: Any) -> Receipt:
    head = more.pop("seq", seqs[-1] if seqs else after)
    answer = {"ok": True, "room": ROOM, "epoch": epoch, "seq": head, "reset": False} | more
    events = ", ".join(text(seq) for seq in seqs)
    raw = f'[{json.dumps(answer)[:-1]}, "events": [{events}]}}]'
    return Receipt("answered", ROOM, raw, {"room": ROOM, "after": after, "epoch": EPOCH})


CONNECTED, GONE = Receipt("connected"), Receipt("gone")
CLOSED = Receipt("over", "room.closed", json.dumps({"room": ROOM, "seq": 5, "code": "removed"}))
BYE = Receipt("over", "closed", '{"code": "token_revoked"}')


def judged(*receipts: Receipt) -> list[str]:
    async def nothing(*_: Any) -> list[Any]:
        return []

    log = Log(nothing, "00000000-0000-0000-0000-000000000000")
    log.texts = {(ROOM, EPOCH, seq): ("task.created", text(seq)) for seq in range(1, HEAD + 1)}
    log.heads = {ROOM: (EPOCH, HEAD, 0)}
    receiver = Receiver([], "", {"room": ROOM, "epoch": EPOCH, "seq": START})
    receiver.receipts = list(receipts)
    return Judge(log, receiver).wrong


@pytest.mark.parametrize(
    "receipts",
    [
        (CONNECTED, joined(2, 3, 4), told(5), told(6)),
        (CONNECTED, joined(2, 3, 4), told(5), GONE, CONNECTED, joined(4, 5, 6)),
        (CONNECTED, joined(2), told(3), joined(2, 3, 4, 5), told(6)),
    ],
    ids=["live", "came back, with some of it twice", "joined twice"],
)
def test_what_the_contract_allows_is_right(receipts: tuple[Receipt, ...]):
    assert judged(*receipts) == []


@pytest.mark.parametrize(
    "receipts",
    [
        (CONNECTED, joined(2, 3, 4), told(6)),
        (CONNECTED, joined(2, 3, 4), told(5)),
        (CONNECTED, joined(2, 3, 4), told(5), told(5), told(6)),
        (CONNECTED, joined(2, 3, 4), told(6), told(5)),
        (CONNECTED, joined(2, 3, 4), told(5, title="another"), told(6)),
        (CONNECTED, joined(2, 3, 4), told(5, name="task.updated"), told(6)),
        (CONNECTED, joined(2, 4, 5, 6)),
        (CONNECTED, joined(2, 3, 4, seq=5), told(6)),
        (CONNECTED, told(3), joined(2, 3, 4, 5, 6)),
        (CONNECTED, joined(2, 3, 4), CLOSED, told(5), told(6)),
        (CONNECTED, joined(2, 3, 4), BYE, told(5), told(6)),
        (CONNECTED, joined(2, 3, 4), GONE, CONNECTED, told(5), told(6)),
        (CONNECTED, joined(2, 3, 4, 5, 6, epoch="another")),
        (CONNECTED, joined(2, 3, 4, 5, 6, reset=True), told(6)),
    ],
    ids=[
        "lost",
        "lost at the end",
        "doubled",
        "reordered",
        "altered",
        "named otherwise",
        "a replay with a gap",
        "a head that the replay does not reach",
        "before the answer",
        "after room.closed",
        "after closed",
        "without a join",
        "of another history",
        "after a reset",
    ],
)
def test_each_way_to_let_a_client_down_is_found(receipts: tuple[Receipt, ...]):
    assert judged(*receipts) != []
