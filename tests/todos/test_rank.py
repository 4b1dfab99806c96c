"""Ranks: always room between two, never a tie, short where cards are added at the ends."""

from __future__ import annotations

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from server.todos.rank import between, spread

places = st.lists(st.tuples(st.floats(0, 1), st.integers(1, 5)), max_size=120)


@given(places)
def test_any_order_of_insertions_gives_distinct_ranks_in_order(inserted: list[tuple[float, int]]):
    ranks: list[str] = []
    for where, times in inserted:
        for _ in range(times):
            at = round(where * len(ranks))
            ranks.insert(at, between(ranks[at - 1] if at else None, ranks[at] if at < len(ranks) else None))
    assert ranks == sorted(set(ranks))


def test_ranks_stay_short_at_the_ends_and_grow_slowly_in_one_gap():
    end = front = between(None, None)
    for _ in range(5000):
        end, front = between(end, None), between(None, front)
    assert (len(end), len(front)) == (6, 6)
    low, high = "V00000", "V00001"
    for _ in range(100):
        high = between(low, high)
    assert len(high) <= 6 + 100 // 5


@given(st.integers(1, 300))
def test_spreading_leaves_room_everywhere(count: int):
    for low, high in [("V00000", "V00001"), (None, "V00001"), ("V00000", None), (None, None), ("V00000z", "V00000zz")]:
        ranks = spread(low, high, count)
        around = [*([low] if low else []), *ranks, *([high] if high else [])]
        assert around == sorted(set(around))
        assert len(ranks) == count
        assert all(between(a, b) for a, b in itertools.pairwise(around))


def test_what_is_not_in_order_has_nothing_between():
    with pytest.raises(ValueError, match="does not come before"):
        between("V00001", "V00001")
