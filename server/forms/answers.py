"""What people filled in, as a lead's fields: mapped, converted from what plain HTML forms send, checked."""

from __future__ import annotations

from typing import Any

from models.errors import FieldError, Invalid
from models.forms import Form
from server.core.bodies import validated
from server.core.view import Row
from server.forms.schemas import CONSENT, HONEYPOT
from server.leads.schemas import LeadIn
from server.settings.custom_fields import Field

CAMPAIGN = ("utm_source", "utm_medium", "utm_campaign", "utm_term", "utm_content")
YES = {"on", "true", "1", "yes"}


def is_spam(answers: Row) -> bool:
    """Whether what people do not see was filled in."""
    return bool(answers.get(HONEYPOT))


def consent_of(form: Form, answers: Row) -> str | None:
    """The words that the person agreed to, if they did."""
    given = answers.get(CONSENT)
    agreed = given is True or (isinstance(given, str) and given.lower() in YES)
    return form.consent_text if agreed else None


def campaign_of(answers: Row) -> dict[str, str]:
    return {n: v[:200] for n in CAMPAIGN if isinstance(v := answers.get(n), str) and v}


def lead_values(form: Form, answers: Row, fields: dict[str, Field]) -> Row:
    """The lead's values. Raises `Invalid` that names each wrong answer as the form calls it."""
    asked = [one for one in form.inputs if _field(one["to"], fields) is not False]
    found = {one["to"]: _converted(answers.get(one["name"]), _field(one["to"], fields)) for one in asked}
    wrong = [
        FieldError(one["name"], "required", "Please fill this in.")
        for one in asked
        if one["required"] and found[one["to"]] in (None, [], False)
    ]
    known = {one["name"] for one in form.inputs} | {HONEYPOT, CONSENT, *CAMPAIGN}
    wrong += [FieldError(n, "unknown_field", "The form does not ask for this.") for n in answers if n not in known]
    if form.consent_text and form.consent_required and consent_of(form, answers) is None:
        wrong.append(FieldError(CONSENT, "required", "Please agree, or do not send the form."))
    if wrong:
        raise Invalid(*wrong)
    try:
        return _lead(found)
    except Invalid as error:
        raise as_asked(form, error) from None


def as_asked(form: Form, error: Invalid) -> Invalid:
    """The same, with the lead's fields named as the form calls them."""
    names = {one["to"]: one["name"] for one in form.inputs}
    return Invalid(*(FieldError(names.get(e.field, e.field), e.code, e.message) for e in error.errors))


def _lead(found: Row) -> Row:
    custom = {to.removeprefix("custom."): v for to, v in found.items() if to.startswith("custom.") and v is not None}
    plain = {to: v for to, v in found.items() if not to.startswith("custom.")}
    plain["name"] = plain.get("name") or plain.get("email") or plain.get("phone")
    return validated(LeadIn, {**plain, "source": "form", "custom": custom}).model_dump()


def _field(to: str, fields: dict[str, Field]) -> Field | bool | None:
    """The team's own field that an input fills; None for a lead's own, False for one that was deleted since."""
    return fields.get(to.removeprefix("custom."), False) if to.startswith("custom.") else None


def _converted(value: Any, field: Any) -> Any:
    """A value as its field takes it: plain HTML forms send texts only."""
    if isinstance(value, str):
        value = value.strip() or None
    kind = field.type if field is not None else "text"
    if kind == "boolean" and (value is None or isinstance(value, str)):
        return value is not None and value.lower() in YES
    if kind == "multi_select" and (value is None or isinstance(value, str)):
        return [value] if value else []
    if kind == "number" and isinstance(value, str):
        return _number(value)
    return value


def _number(text: str) -> int | float | str:
    try:
        number = float(text.replace(",", "."))
    except ValueError:
        return text
    return int(number) if number.is_integer() else number
