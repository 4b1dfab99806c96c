"""The soak says of a curve whether it rises."""

from __future__ import annotations

import pytest

from tests.bench.curve import Bound, Trend, chart

WAVES = [100.0, 104, 99, 103, 98, 104, 100, 97, 103, 99, 102, 98]


@pytest.mark.parametrize(
    ("values", "holds"),
    [
        (WAVES, True),
        ([*WAVES[:6], 190.0, *WAVES[6:]], True),  # one peak that is given back
        ([value + 2 * i for i, value in enumerate(WAVES)], False),
        ([100.0 + i for i in range(12)], False),
        ([100.0 - 5 * i for i in range(12)], True),
        ([2.0, 2, 2, 3, 3, 3], True),  # small numbers may rise by the least
    ],
)
def test_a_rise_beyond_the_bound_is_found(values: list[float], holds: bool):
    assert Trend("MiB", values, Bound(part=0.05, least=4.0)).holds is holds


def test_the_chart_runs_from_least_to_greatest():
    assert chart([0, 1, 2, 3, 4, 5, 6, 7]) == "▁▂▃▄▅▆▇█"
    assert chart([5, 5, 5]) == "▁▁▁"
    assert len(chart(range(1000))) == 60
