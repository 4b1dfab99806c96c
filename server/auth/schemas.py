"""What signing in asks for and answers."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, Literal
from uuid import UUID
from zoneinfo import available_timezones

from pydantic import AfterValidator, BaseModel, EmailStr, RootModel, StringConstraints

from models.db import connection
from models.errors import NotFound
from models.identity import Team
from server.core.schemas import In, Line
from server.core.view import Out

ZONES = available_timezones()


def _zone(value: str) -> str:
    if value not in ZONES:
        raise ValueError("is not a time zone of the IANA database, such as Europe/Berlin")
    return value


Email = Annotated[EmailStr, AfterValidator(str.lower)]
AnyPassword = Annotated[str, StringConstraints(max_length=200, strip_whitespace=False)]
Code = Annotated[str, StringConstraints(min_length=6, max_length=20)]
Token = Annotated[str, StringConstraints(min_length=1, max_length=500)]
Password = Annotated[str, StringConstraints(min_length=8, max_length=200, strip_whitespace=False)]
TimeZone = Annotated[str, AfterValidator(_zone)]
Language = Annotated[str, StringConstraints(pattern=r"^[a-z]{2}(-[A-Z]{2})?$")]


class RegisterIn(In):
    email: Email
    password: Password
    name: Line
    team_name: Line


class LoginIn(In):
    email: Annotated[str, StringConstraints(max_length=320)]
    password: AnyPassword


class RefreshIn(In):
    refresh_token: Annotated[str, StringConstraints(max_length=200)] = ""


class ProfilePatch(In):
    name: Line = ""
    timezone: TimeZone = "UTC"
    language: Language = "en"


class ProfileIn(In):
    name: Line
    timezone: TimeZone = "UTC"
    language: Language = "en"


class CodeIn(In):
    code: Code


class ChallengeIn(In):
    challenge: Token
    code: Code


class EmailIn(In):
    email: Email


class TokenIn(In):
    token: Token


class ResetIn(In):
    token: Token
    password: Password


class ChangeEmailIn(In):
    email: Email
    password: AnyPassword


class ChangePasswordIn(In):
    current_password: AnyPassword
    new_password: Password


class DisableIn(In):
    password: AnyPassword
    code: Code


class NothingIn(In):
    """An empty object."""


class UserOut(BaseModel):
    """An account as its owner, and the answer of a login, show it."""

    id: UUID
    version: int
    created_at: datetime
    updated_at: datetime
    email: str
    email_verified: bool
    name: str
    timezone: str
    language: str
    avatar_url: str | None
    two_factor: bool

    @classmethod
    async def read(cls, id: UUID) -> dict[str, Any]:
        sql = f"SELECT {', '.join(cls.model_fields)} FROM app_user WHERE id = $1"
        return _found(await connection().fetchrow(sql, id))


class MeOut(UserOut):
    """The caller: the account, whose version this is, and what it is in the token's team."""

    role: str | None
    team_id: UUID | None
    permissions: list[str]

    @classmethod
    async def is_settled(cls, row: dict[str, Any]) -> bool:
        """Never: a role changes, and another team is switched to, without a new version of the account."""
        return False


class TeamOut(Out, of=Team):
    """A team as its members see it."""

    id: UUID
    version: int
    created_at: datetime
    updated_at: datetime
    name: str
    slug: str
    currency: str
    settings: dict[str, Any]

    @classmethod
    async def read(cls, id: UUID) -> dict[str, Any]:
        return await cls.of(Team(id=id))


class SignedInOut(BaseModel):
    """The answer of a login; `team` is null for who is in none. In cookie mode the cookie has the `refresh_token`."""

    access_token: str
    expires_in: int
    refresh_token: str | None = None
    user: UserOut
    team: TeamOut | None


class ChallengeOut(BaseModel):
    """The password was right; POST /api/auth/2fa wants the code."""

    two_factor_required: Literal[True]
    challenge: str


class LoginOut(RootModel[SignedInOut | ChallengeOut]):
    """A sign-in, or the challenge of the second factor."""


class SessionOut(BaseModel):
    """A signed-in session, as its owner sees it."""

    id: UUID
    created_at: datetime
    last_seen_at: datetime
    expires_at: datetime
    user_agent: str
    address: str
    current: bool


class SessionsOut(BaseModel):
    items: list[SessionOut]
    next_cursor: None = None


class AcceptedOut(BaseModel):
    """Accepted: a job will do it."""

    job_id: UUID | None


class EnrolmentOut(BaseModel):
    """What an authenticator needs, once."""

    secret: str
    otpauth_uri: str
    qr_svg: str


class RecoveryCodesOut(BaseModel):
    """Each code replaces the authenticator once. They are never shown again."""

    recovery_codes: list[str]


def _found(row: Any) -> dict[str, Any]:
    if row is None:
        raise NotFound("There is no such record.")
    return dict(row)
