"""What each process knows of the others' channels, message by message."""

from __future__ import annotations

import pytest

from realtime import interest
from realtime.interest import Interest
from server.core.announce import Entry


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    at = [100.0]
    monkeypatch.setattr(interest, "monotonic", lambda: at[0])
    return at


def met(clock: list[float], *names: str) -> list[Interest]:
    """Processes that have come one after the other and know each other, and listen to nothing."""
    found: list[Interest] = []
    for name in names:
        one = Interest(name)
        found.append(one)
        tell(one, found, one.come(()))
    clock[0] += interest.SECONDS_TO_KNOW + 1
    return found


def tell(teller: Interest, everybody: list[Interest], *said: str) -> list[tuple[str, Entry]]:
    """Bring each word to all others, and their answers to all; gives what had to be told after all."""
    untold = []
    for word in said:
        for one in everybody:
            if one is not teller:
                answers, late = one.hear(word)
                untold += late + tell(one, everybody, *answers)
    return untold


def entry(room: str, seq: int) -> Entry:
    return Entry(room, seq, "note.made", "")


def test_as_long_as_it_cannot_know_it_tells_everything(clock: list[float]):
    one = Interest("one")
    assert one.is_heard("a")
    one.come(())
    assert one.is_heard("a")
    clock[0] += interest.SECONDS_TO_KNOW + 0.1
    assert not one.is_heard("a")
    one.come(())  # a new net: who came meanwhile is not known
    assert one.is_heard("a")


def test_it_knows_what_others_begin_and_end_to_hear(clock: list[float]):
    one, two, three = everybody = met(clock, "one", "two", "three")
    tell(two, everybody, *two.change({"a": True, "b": True}))
    tell(three, everybody, *three.change({"b": True}))
    assert [one.is_heard(c) for c in "abc"] == [True, True, False]
    assert [two.is_heard(c) for c in "abc"] == [False, True, False]  # its own do not count
    tell(two, everybody, *two.change({"a": False, "b": False, "c": True}))
    assert [one.is_heard(c) for c in "abc"] == [False, True, True]


def test_who_comes_is_told_by_all_and_tells_all(clock: list[float]):
    one, two = everybody = met(clock, "one", "two")
    tell(one, everybody, *one.change({"a": True}))
    three = Interest("three")
    everybody.append(three)
    tell(three, everybody, three.come({"c"}))
    clock[0] += interest.SECONDS_TO_KNOW + 1
    assert [three.is_heard(c) for c in "ac"] == [True, False]
    assert two.is_heard("c")


def test_who_missed_a_word_asks_at_the_next_one(clock: list[float]):
    one, two = everybody = met(clock, "one", "two")
    two.change({"a": True})  # lost
    tell(two, everybody, two.beat())
    assert one.is_heard("a")
    two.change({"a": False})  # lost
    tell(two, everybody, *two.change({"b": True}))
    assert [one.is_heard(c) for c in "ab"] == [False, True]


def test_however_much_was_missed_it_is_asked_for_once_a_beat(clock: list[float]):
    one, two, three = everybody = met(clock, "one", "two", "three")
    two.change({"lost": True})
    asked = [answer for n in range(50) for answer in one.hear(two.change({f"c{n}": True})[0])[0]]
    assert [word.split("\n")[1:] for word in asked] == [["ask", asked[0].split("\n")[2], "two"]]
    assert three.hear(asked[0]) == ([], [])  # it is not meant
    assert len(one.hear(two.beat())[0]) == 1
    tell(one, everybody, *asked)
    assert one.is_heard("lost")
    assert one.is_heard("c49")


def test_what_was_said_before_a_new_net_is_not_taken_for_new(clock: list[float]):
    one, two = everybody = met(clock, "one", "two")
    old = two._say("all", ())
    tell(two, everybody, two.come({"a"}))
    one.hear(old)
    tell(two, everybody, two.beat())
    assert one.is_heard("a")


def test_who_says_nothing_for_long_is_no_more(clock: list[float]):
    one, two = everybody = met(clock, "one", "two")
    tell(two, everybody, *two.change({"a": True}))
    clock[0] += interest.SECONDS_TO_FORGET - 1
    one.beat()
    assert one.is_heard("a")
    clock[0] += 2
    one.beat()
    assert not one.is_heard("a")
    tell(two, everybody, two.beat())  # it had only stood still
    assert one.is_heard("a")


def test_what_nobody_heard_is_told_to_who_begins_to_listen_just_then(clock: list[float]):
    one, two = everybody = met(clock, "one", "two")
    for seq in (1, 2):
        one.keep("a", entry("a", seq))
    one.keep("b", entry("b", 1))
    one.beat()
    assert tell(two, everybody, *two.change({"a": True})) == [("a", entry("a", 2))]
    one.beat()
    assert tell(two, everybody, *two.change({"b": True})) == []  # its look into the log has found it by now
