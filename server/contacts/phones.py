"""Phone numbers as they are stored: E.164."""

from __future__ import annotations

from typing import Any

from phonenumbers import NumberParseException, PhoneNumberFormat, format_number, is_possible_number, parse

from models.actors import Actor
from models.db import connection
from models.errors import FieldError, Invalid

TEAM_COUNTRY = "SELECT business #>> '{address,country}' FROM team WHERE id = $1"


async def normalise(phones: list[dict[str, Any]], country: str | None, *, by: Actor) -> list[dict[str, Any]]:
    """The same entries with their numbers in E.164; one without `+` is read as of this country, else of the team's.

    Raises `Invalid` naming each that is no number, or that is there twice.
    """
    if country is None and any(not entry["phone"].startswith("+") for entry in phones):
        country = await team_country(by)
    found, errors = list[dict[str, Any]](), list[FieldError]()
    for place, entry in enumerate(phones):
        number = e164(entry["phone"], country)
        if number is None:
            errors.append(FieldError(f"phones[{place}].phone", "not_a_phone", _advice(entry["phone"], country)))
        elif any(number == other["phone"] for other in found):
            errors.append(FieldError(f"phones[{place}].phone", "given_twice", f"{number} is there already."))
        else:
            found.append(entry | {"phone": number})
    if errors:
        raise Invalid(*errors)
    return found


async def team_country(by: Actor) -> str | None:
    """The country of the team's own address."""
    return await connection().fetchval(TEAM_COUNTRY, by.team_id)


def is_e164(text: str | None) -> bool:
    """Whether the text is a number that is written so already."""
    return text is not None and e164(text, None) == text


def e164(text: str, country: str | None) -> str | None:
    """The number in E.164, or None for what is no number that anybody could have there."""
    try:
        number = parse(text, country)
    except NumberParseException:
        return None
    return format_number(number, PhoneNumberFormat.E164) if is_possible_number(number) else None


def _advice(text: str, country: str | None) -> str:
    if country is None and "+" not in text:
        return "Begin with + and the country's code, or give the address a country."
    return "Is not a phone number."
