"""The judge: what a client received, byte for byte, against what the database says was told."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Awaitable, Callable, Iterator
from typing import Any
from uuid import UUID

import msgspec

from tests.faults.receiver import Answer, Receipt, Receiver, Told

Sql = Callable[..., Awaitable[list[Any]]]
LOG = """
SELECT s.room, s.epoch, s.head, s.floor, e.seq, e.type, e.wire, f.id AS fact
FROM stream s LEFT JOIN stream_entry e USING (room) LEFT JOIN event f ON f.id = e.event_id
WHERE s.team_id = $1 ORDER BY s.room, e.seq
"""
FORGOTTEN = "SELECT room, epoch, seq, type, wire FROM forgotten_entry WHERE team_id = $1"
# What retention removes is kept for the judge, whatever removes it.
WITNESS = """
CREATE TABLE forgotten_entry AS SELECT e.*, s.epoch FROM stream_entry e JOIN stream s USING (room) WHERE false;
GRANT SELECT, INSERT ON forgotten_entry TO mediaflow_system;
CREATE FUNCTION keep_forgotten() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO public.forgotten_entry SELECT OLD.*, (SELECT epoch FROM public.stream WHERE room = OLD.room);
    RETURN OLD;
END $$;
CREATE TRIGGER keep_forgotten BEFORE DELETE ON stream_entry FOR EACH ROW EXECUTE FUNCTION keep_forgotten();
"""
_told = msgspec.json.Decoder(Told)
_answers = msgspec.json.Decoder(list[Answer])


class Log:
    """What was ever told in a team's rooms; `keep` before the database forgets some of it, or all."""

    def __init__(self, sql: Sql, team_id: str) -> None:
        self.sql, self.team_id = sql, UUID(team_id)
        self.texts: dict[tuple[str, str, int], tuple[str, str]] = {}
        self.heads: dict[str, tuple[str, int, int]] = {}

    async def keep(self) -> None:
        """Write down what the database says now, and that it does not contradict itself."""
        self.heads, seqs = {}, dict[str, list[int]]()
        for row in await self.sql(LOG, self.team_id):
            room, epoch, seq = row["room"], row["epoch"], row["seq"]
            self.heads[room] = (epoch, row["head"], row["floor"])
            if seq is None:
                continue
            seqs.setdefault(room, []).append(seq)
            text = f'{{"seq":{seq},{row["wire"]}'
            assert row["fact"], f"{room} {seq} tells of a fact that is not there"
            assert self.texts.setdefault((room, epoch, seq), (row["type"], text))[1] == text, (
                f"{room} {seq} was changed"
            )
        for row in await self.sql(FORGOTTEN, self.team_id):
            found = (row["type"], f'{{"seq":{row["seq"]},{row["wire"]}')
            assert self.texts.setdefault((row["room"], row["epoch"], row["seq"]), found) == found
        for room, (_, head, floor) in self.heads.items():
            assert seqs.get(room, []) == list(range(floor + 1, head + 1)), (
                f"{room} has a hole between {floor} and {head}"
            )

    def marks(self, room: str) -> Counter[str]:
        """How often each title was given, by what was told in the room's present history."""
        given: Counter[str] = Counter()
        for (name, epoch, _), (type, text) in self.texts.items():
            if name == room and epoch == self.heads[room][0] and type in ("task.created", "task.updated"):
                event = json.loads(text)
                if type == "task.created" or "title" in event["changes"]:
                    given[event["data"]["title"]] += 1
        return given


def events(receiver: Receiver) -> Iterator[dict[str, Any]]:
    """The events of its room as they came, in replays and live; some perhaps twice."""
    for receipt in receiver.receipts:
        if receipt.name == receiver.room and receipt.kind == "answered":
            yield from (json.loads(bytes(raw)) for raw in _answers.decode(receipt.raw)[0].events)
        elif receipt.kind == "event" and _told.decode(receipt.raw).room == receiver.room:
            yield json.loads(receipt.raw)


class Judge:
    """Goes through one client's receipts in the order of their arrival; `wrong` is what no server may do to it."""

    def __init__(self, log: Log, receiver: Receiver) -> None:
        self.log, self.receiver = log, receiver
        self.wrong: list[str] = []
        self.events = 0
        self.position = receiver.start
        self._in: dict[str, tuple[str, int]] = {}  # room → epoch and the seq that has to come next
        self._closed = True
        for receipt in receiver.receipts:
            getattr(self, f"_{receipt.kind}")(receipt)
        epoch, head, _ = log.heads[receiver.room]
        if not receiver.ended and self.position != (epoch, head):
            self.wrong.append(f"ends at {self.position}, the room at {(epoch, head)}")

    def _connected(self, receipt: Receipt) -> None:
        self._in, self._closed = {}, False

    def _gone(self, receipt: Receipt) -> None:
        self._in, self._closed = {}, True

    def _asked(self, receipt: Receipt) -> None:
        """What matters is in the answer."""

    def _left(self, receipt: Receipt) -> None:
        self._in.pop(receipt.name, None)

    def _snapshot(self, receipt: Receipt) -> None:
        board = json.loads(receipt.raw)
        self.position = (board["epoch"], board["seq"])

    def _answered(self, receipt: Receipt) -> None:
        room, after = receipt.name, receipt.said.get("after")
        [answer] = _answers.decode(receipt.raw)
        self._in.pop(room, None)
        if not answer.ok or answer.reset:
            return
        if receipt.said.get("epoch", answer.epoch) != answer.epoch:
            self.wrong.append(f"another epoch without a reset: {receipt.said} → {answer.epoch}")
        start = answer.seq if after is None else after
        self._in[room] = (answer.epoch, start + 1)
        for raw in answer.events:
            self._take(room, None, bytes(raw).decode())
        if self._in[room][1] != answer.seq + 1:
            self.wrong.append(f"the answer says {answer.seq}, its events end at {self._in[room][1] - 1}")

    def _event(self, receipt: Receipt) -> None:
        if self._closed:
            self.wrong.append(f"{receipt.name} after the connection was over")
        elif receipt.name == "ready":
            rooms = json.loads(receipt.raw)["rooms"]
            self._in = {room: (at["epoch"], at["seq"] + 1) for room, at in rooms.items()}
        elif (told := _told.decode(receipt.raw)).seq:
            self._take(told.room, receipt.name, receipt.raw)

    def _over(self, receipt: Receipt) -> None:
        if receipt.name.startswith("room."):
            self._in.pop(json.loads(receipt.raw)["room"], None)
        else:
            self._in, self._closed = {}, True

    def _take(self, room: str, name: str | None, text: str) -> None:
        seq = _told.decode(text).seq
        if room not in self._in:
            self.wrong.append(f"{room} {seq} came where the client is not in the room")
            return
        epoch, due = self._in[room]
        type, stored = self.log.texts.get((room, epoch, seq), ("", ""))
        if seq != due:
            self.wrong.append(f"{room} {seq} came where {due} was due")
        if text != stored or name not in (None, type):
            self.wrong.append(f"{room} {seq} is not what is stored: {name} {text[:200]} / {type} {stored[:200]}")
        self._in[room] = (epoch, seq + 1)
        if room == self.receiver.room:
            self.events += 1
            self._apply(epoch, seq)

    def _apply(self, epoch: str, seq: int) -> None:
        """The contract's rule, kept again without the client."""
        known, last = self.position
        if epoch != known:
            self.wrong.append(f"{seq} of {epoch} reached a client in {known}")
        elif seq == last + 1:
            self.position = (epoch, seq)
        elif seq > last:
            self.wrong.append(f"{seq} came when the client had {last}: what is between is lost")
