"""The business settings through the front door."""

from __future__ import annotations

from typing import Any

import pytest

from tests.factories import Make

BUSINESS = "/api/settings/business"
ADDRESS = {"line1": "", "line2": "", "city": "", "region": "", "postal_code": "", "country": None}


def format_of(prefix: str) -> dict[str, Any]:
    return {"prefix": prefix, "pattern": "{prefix}{year}-{number}", "digits": 4, "next_number": 1}


NUMBERING = {"proposal": format_of("P-"), "contract": format_of("C-"), "invoice": format_of("INV-")}


async def test_a_new_team_has_the_defaults(make: Make):
    anna = await make.owner(team_name="Studio North")
    answer = await anna.get(BUSINESS)
    assert answer.headers["ETag"] == '"1"'
    assert answer.json == {
        "id": anna.team_id,
        "version": 1,
        "created_at": anna.team["created_at"],
        "updated_at": anna.team["updated_at"],
        "name": "Studio North",
        "address": ADDRESS,
        "tax_ids": [],
        "currency": "EUR",
        "branding": {"primary_color": None, "accent_color": None, "font": None},
        "numbering": NUMBERING,
        "logo": None,
    }


async def test_what_is_put_is_answered_kept_and_told(make: Make):
    anna = await make.owner()
    body = {
        "name": "Studio North GmbH",
        "address": ADDRESS | {"line1": "Kai 1", "city": "Hamburg", "country": "DE"},
        "tax_ids": [{"kind": "USt-IdNr.", "value": "DE123456789"}],
        "currency": "CHF",
        "branding": {"primary_color": "#112233", "accent_color": None, "font": None},
        "numbering": NUMBERING | {"invoice": format_of("R") | {"pattern": "{prefix}{number}", "next_number": 412}},
    }
    answer = await anna.put(BUSINESS, body)
    assert answer == 200, answer
    assert answer.json == body | {n: answer.json[n] for n in ("id", "created_at", "updated_at", "logo")} | {
        "version": 2
    }
    assert (await anna.get(BUSINESS)).json == answer.json
    assert (await anna.put(BUSINESS, body)).json == answer.json
    assert (await anna.get(f"/api/teams/{anna.team_id}")).json["currency"] == "CHF"
    [told] = await make.told(anna.team_id, "business.updated")
    assert told["data"] == answer.json
    assert told["changes"]["currency"] == ["EUR", "CHF"]
    stale = await anna.put(BUSINESS, body, headers={"If-Match": '"1"'})
    assert stale == 412


async def test_a_manager_reads_and_does_not_change(make: Make):
    anna = await make.owner()
    ben = await make.member(anna, role="manager")
    assert (await ben.get(BUSINESS)).json == (await anna.get(BUSINESS)).json
    refused = await ben.put(BUSINESS, {"name": "Ben's"})
    assert (refused.status, refused.json["permission"]) == (403, "business:write")


@pytest.mark.parametrize(
    ("wrong", "codes"),
    [
        ({"currency": "XQX"}, {"currency": "unknown_currency"}),
        ({"branding": {"primary_color": "red"}}, {"branding.primary_color": "string_pattern_mismatch"}),
        ({"branding": {"font": "Comic Sans"}}, {"branding.font": "not_allowed"}),
        ({"address": {"country": "Germany"}}, {"address.country": "string_pattern_mismatch"}),
        ({"tax_ids": [{"kind": "VAT"}]}, {"tax_ids[0].value": "required"}),
        (
            {"numbering": {"invoice": {"pattern": "{day}{number}"}}},
            {"numbering.invoice.pattern": "unknown_placeholder"},
        ),
        ({"numbering": {"invoice": {"pattern": "{year}"}}}, {"numbering.invoice.pattern": "number_missing"}),
        ({"numbering": {"poem": {}}}, {"numbering.poem": "unknown_field"}),
        ({"colour": 1}, {"colour": "unknown_field"}),
    ],
)
async def test_what_is_wrong_is_named(make: Make, wrong: dict[str, Any], codes: dict[str, str]):
    answer = await (await make.owner()).put(BUSINESS, {"name": "Studio"} | wrong)
    assert (answer.status, answer.wrong) == (422, codes)
