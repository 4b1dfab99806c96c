"""What requests carry and REST shows of forms."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any
from urllib.parse import urlsplit
from uuid import UUID

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, StringConstraints, model_validator
from pydantic_core import PydanticCustomError

from models.forms import Form
from server.core.schemas import CONTROL, In, Line, OptionalLine
from server.core.view import Out, column
from server.leads.schemas import CLOSED, Stage

# Filled in by programs only: people do not see it.
HONEYPOT = "website"
CONSENT = "consent"
REACHES = {"name", "email", "phone"}
Paragraph = Annotated[str, StringConstraints(max_length=2000)]
Target = Annotated[
    str,
    StringConstraints(pattern=r"^(name|email|phone|company|position|message|custom\.[a-z][a-z0-9_]{0,39})$"),
    Field(examples=["name"]),
]
InputName = Annotated[str, StringConstraints(pattern=r"^[A-Za-z][A-Za-z0-9_.-]{0,59}$"), Field(examples=["your-name"])]


def _web_address(text: str) -> str:
    parts = urlsplit(text)
    if parts.scheme not in ("http", "https") or not parts.hostname or any(c.isspace() or c == "\\" for c in text):
        raise PydanticCustomError("not_a_url", "Must be an address that begins with https:// or http://.")
    return text


def origin_of(text: str) -> str:
    """The origin of an address, as browsers send it. Raises `ValueError`."""
    parts = urlsplit(text)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise ValueError("Must be an origin, such as https://studio.example.")
    default = {"http": 80, "https": 443}[parts.scheme]
    host = f"[{parts.hostname}]" if ":" in parts.hostname else parts.hostname
    return f"{parts.scheme}://{host}" + ("" if parts.port in (None, default) else f":{parts.port}")


def _origin(text: str) -> str:
    parts = urlsplit(text)
    if parts.path not in ("", "/") or parts.query or parts.fragment or "@" in parts.netloc:
        raise ValueError("Must be an origin, such as https://studio.example.")
    return origin_of(text)


class FormInput(In):
    """A field of the form: `to` is the lead's field that it fills, `name` what the page calls it (`to` if left out)."""

    to: Target
    name: InputName | None = None
    label: Line
    hint: OptionalLine = ""
    required: bool = False


def _inputs(found: list[FormInput]) -> list[FormInput]:
    for one in found:
        one.name = one.name or one.to
    names, targets = [str(i.name) for i in found], {i.to for i in found}
    if len(set(names)) < len(found) or len(targets) < len(found):
        raise PydanticCustomError("given_twice", "A name or a target is there twice.")
    if taken := {HONEYPOT, CONSENT}.intersection(names):
        raise PydanticCustomError("name_taken", "{names} is a name of the form's own.", {"names": ", ".join(taken)})
    if not targets & REACHES:
        raise PydanticCustomError("nobody", "Ask for a name, an e-mail address or a phone number.")
    return found


def _open(stage: str) -> str:
    if stage in CLOSED:
        raise PydanticCustomError("not_allowed", "A new lead is neither won nor lost.")
    return stage


def asked_first() -> list[FormInput]:
    """What a form asks for unless it says otherwise."""
    asked = (("name", "Name", True), ("email", "E-mail", True), ("message", "Message", False))
    return [FormInput(to=to, name=to, label=label, required=required) for to, label, required in asked]


Inputs = Annotated[list[FormInput], Field(min_length=1, max_length=40), AfterValidator(_inputs)]
Origins = Annotated[list[Annotated[str, AfterValidator(_origin)]], Field(max_length=50)]


class FormIn(In):
    """A form. What it collects becomes leads with this stage, owner and tags; what is left out gets its default.

    `origins` are the sites whose pages may send it; its own page always may. After sending, people see `thanks`, or are
    led to `thanks_url`. With a `consent_text` they are asked whether they agree to be written to.
    """

    name: Line
    active: bool = True
    title: Line | None = None
    intro: Paragraph | None = None
    button: Line | None = None
    thanks: Paragraph | None = None
    thanks_url: (
        Annotated[
            str,
            StringConstraints(max_length=2000),
            AfterValidator(_web_address),
            Field(examples=["https://a.example/thanks"]),
        ]
        | None
    ) = None
    inputs: Inputs = Field(default_factory=asked_first)
    origins: Origins = Field(default_factory=list, examples=[["https://studio.example"]])
    consent_text: Paragraph | None = None
    consent_required: bool = False
    assigned_to_id: UUID | None = None
    stage: Annotated[Stage, AfterValidator(_open)] | None = None
    tag_ids: Annotated[list[UUID], Field(max_length=50)] = Field(default_factory=list)


class FormPatch(FormIn):
    """The fields to change."""

    name: Line = ""


class FormOut(Out, of=Form):
    """`page` is the form's own page, `action` where other pages send it; both on this server."""

    id: UUID
    version: int
    created_at: datetime
    updated_at: datetime
    name: str
    active: bool
    token: str
    page: Annotated[str, column("'/f/' || t.token")]
    action: Annotated[str, column("'/api/forms/' || t.token")]
    title: str | None
    intro: str | None
    button: str | None
    thanks: str | None
    thanks_url: str | None
    inputs: list[FormInput]
    origins: list[str]
    consent_text: str | None
    consent_required: bool
    assigned_to_id: UUID | None
    stage: str | None
    tag_ids: list[UUID]
    created_by: UUID | None


Answer = str | bool | int | float | list[str] | None


class SubmissionIn(BaseModel):
    """The form's fields by their names, and `consent` where it asks for it; `utm_…` are kept with the lead's history.

    What the form does not ask for is refused.
    """

    model_config = ConfigDict(extra="allow", json_schema_extra={"examples": [{"name": "Ida Holm", "consent": True}]})
    __pydantic_extra__: dict[str, Annotated[Answer, Field()]] = Field(init=False)

    @model_validator(mode="after")
    def _named(self) -> SubmissionIn:
        if any(CONTROL.search(name) for name in self.answers):
            raise PydanticCustomError("invalid_character", "A field's name has a control character.")
        return self

    @property
    def answers(self) -> dict[str, Any]:
        return dict(self.__pydantic_extra__)


class ThanksOut(BaseModel):
    """What to tell who sent the form, and where to lead them, if anywhere."""

    message: str
    url: str | None
