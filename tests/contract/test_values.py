"""Values at the edge of what the contract allows: versions, dates, times, digits, HEAD."""

from __future__ import annotations

import pytest

from tests.contract.world import World
from tests.helpers.http import Client

PROJECT = "/api/projects/{}"


@pytest.mark.parametrize("header", ['"²"', f'"{"9" * 5000}"', '"-1"', '"one"', "", '"1 2"'])
async def test_an_if_match_that_names_no_version_matches_none(header: str, ours: World):
    path = PROJECT.format(ours.ids["project"])
    answer = await ours.owner.ask("PATCH", path, json={}, headers={"If-Match": header})
    assert (answer.status, answer.code) == (412, "version_mismatch")


@pytest.mark.parametrize(
    "value", ["0001-01-01", "9999-12-31", "10000-01-01", "2026-02-30", "20260101", "2026-01-01T00:00:00Z", "", 0, 1.5]
)
async def test_what_is_no_date_of_the_calendar_is_refused(value: str | int, ours: World):
    answer = await ours.owner.ask("POST", "/api/projects", json={"name": "Dated", "due_on": value})
    assert (answer.status, list(answer.wrong)) == (422, ["due_on"])


@pytest.mark.parametrize(
    "value",
    ["0001-01-01T00:00:00+05:00", "9999-12-31T23:59:59-05:00", "2026-01-01T12:00:00", "2026-01-01", "1700000000", 17e8],
)
async def test_what_is_no_moment_is_refused(value: str | float, ours: World):
    answer = await ours.owner.ask("POST", "/api/tasks", json={"title": "Timed", "due_at": value})
    assert (answer.status, list(answer.wrong)) == (422, ["due_at"])


async def test_a_moment_of_another_zone_is_shown_in_utc(ours: World):
    answer = await ours.owner.ask("POST", "/api/tasks", json={"title": "Timed", "due_at": "2026-01-01T12:00:00+02:00"})
    assert (answer.status, answer.json["due_at"]) == (201, "2026-01-01T10:00:00Z")


@pytest.mark.parametrize("wanted", ["due_at[lt]=0001-01-01T00:00:00%2B05:00", "due_at[gt]=9999-12-31T23:59:59-05:00"])
async def test_a_filter_beyond_the_calendar_is_refused(wanted: str, ours: World):
    answer = await ours.owner.get(f"/api/tasks?{wanted}")
    assert answer.wrong == {wanted.split("=")[0]: "wrong_value"}


@pytest.mark.parametrize("amount", ["٣", "-5", "1e3", "1,5", "", 5, 5.5])
async def test_an_amount_is_a_decimal_string(amount: str | float, ours: World):
    answer = await ours.owner.ask("POST", "/api/projects", json={"name": "Priced", "budget": amount})
    assert (answer.status, list(answer.wrong)) == (422, ["budget"])


async def test_head_answers_as_get_does_without_the_body(ours: World):
    path = ours.owner.url + PROJECT.format(ours.ids["project"])
    headers = {"Authorization": f"Bearer {ours.owner.token}"}
    async with (
        ours.owner.session.get(path, headers=headers) as got,
        ours.owner.session.head(path, headers=headers) as head,
    ):
        told = [(a.status, a.headers["ETag"], a.headers["Content-Length"]) for a in (got, head)]
        assert told[0] == told[1]
        assert await head.read() == b""


async def test_a_refresh_without_a_token_says_so(anyone: Client):
    answer = await anyone.ask("POST", "/api/auth/refresh", json={})
    assert (answer.status, answer.code) == (401, "token_missing")
