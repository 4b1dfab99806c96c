"""What the columns of other programs' files are taken for."""

from __future__ import annotations

import pytest

from server.imports.fields import CONTACT
from server.imports.mapping import suggested

OUTLOOK = {
    "Title": None,
    "First Name": "first_name",
    "Last Name": "last_name",
    "Company": "company",
    "Job Title": "title",
    "Business Street": "address.line1",
    "Business City": "address.city",
    "Business Postal Code": "address.postal_code",
    "Business Country/Region": "address.country",
    "E-mail Address": "email",
    "Mobile Phone": "phone",
    "Business Phone": "phone",
    "Business Fax": None,
}
GOOGLE = {
    "First Name": "first_name",
    "Middle Name": None,
    "Last Name": "last_name",
    "Organization Name": "company",
    "Organization Title": "title",
    "E-mail 1 - Value": "email",
    "Phone 1 - Value": "phone",
    "Birthday": None,
}
PLAIN = {"Name": "name", "Title": "title", "Street": "address.line1", "Mailing City": "address.city"}


@pytest.mark.parametrize("wanted", [OUTLOOK, GOOGLE, PLAIN])
def test_headers_suggest_fields(wanted: dict[str, str | None]):
    assert suggested(list(wanted), CONTACT, {}) == wanted


def test_what_was_chosen_stands_and_takes_its_field():
    chosen = {"Title": "title", "Name": None}
    assert suggested(["Title", "Job Title", "Name"], CONTACT, chosen) == {
        "Title": "title",
        "Job Title": None,
        "Name": None,
    }
