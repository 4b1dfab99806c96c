"""Every error as a problem document (RFC 9457), in one place."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import asyncpg
import msgspec
import structlog
from aiohttp import web
from pydantic import ValidationError
from tortoise.exceptions import BaseORMException

from models.errors import (
    AppError,
    BadRequest,
    Conflict,
    FieldError,
    Invalid,
    MethodNotAllowed,
    NotFound,
    TooLarge,
    Unavailable,
)
from server.core.unit import database_away

log = structlog.get_logger(__name__)
TYPE_BASE = "/api/docs#problem-"
# asyncpg's internal error is what a connection gives that the server closed while it lay idle in a transaction.
DATABASE_ERRORS = (asyncpg.PostgresError, asyncpg.InterfaceError, asyncpg.InternalClientError, OSError, TimeoutError)

_constraints: dict[str, Callable[[], AppError]] = {}


def constraint(name: str, error: Callable[[], AppError]) -> None:
    """Say which error a database constraint stands for, where a service relies on the constraint."""
    _constraints[name] = error


def problem(error: AppError, request_id: str) -> dict[str, Any]:
    """The document's members, in reading order."""
    document: dict[str, Any] = {
        "type": f"{TYPE_BASE}{error.code}",
        "title": error.title,
        "status": error.status,
        "code": error.code,
        "detail": error.detail,
    }
    if isinstance(error, Invalid):
        document["errors"] = [e.as_dict() for e in error.errors]
    return document | error.extra | {"request_id": request_id}


def answer(error: AppError, request_id: str) -> web.Response:
    return web.Response(
        body=msgspec.json.encode(problem(error, request_id)),
        status=error.status,
        content_type="application/problem+json",
        headers=error.headers,
    )


def as_app_error(error: BaseException) -> AppError:
    """Any exception as the answer it deserves; what nobody foresaw is a 500 without a trace for the client."""
    if isinstance(error, BaseORMException) and isinstance(error.__cause__, asyncpg.PostgresError):
        error = error.__cause__
    if isinstance(error, AppError):
        return error
    if isinstance(error, web.HTTPException):
        return _http(error)
    if isinstance(error, web.RequestPayloadError):
        return BadRequest("The body is not encoded as its headers say.", code="wrong_encoding")
    if isinstance(error, DATABASE_ERRORS):
        return _database(error)
    if isinstance(error, OverflowError):  # dates shifted beyond the calendar
        return Invalid(FieldError("", "out_of_range", "A number or date is out of range."))
    log.error("unhandled", exc_info=error)
    return AppError("Something went wrong on our side; the request id helps to find it.")


def _http(error: web.HTTPException) -> AppError:
    if error.status == 404:
        return NotFound("There is nothing at this address.")
    if error.status == 405:
        return MethodNotAllowed(f"{error.reason}", headers={"Allow": error.headers.get("Allow", "")})
    if error.status == 413:
        return TooLarge("The body is larger than this endpoint takes.")
    wrapped = AppError(error.reason, code=error.reason.lower().replace(" ", "_"))
    # They are the class's own everywhere else; this is one instance of a status that has no class.
    wrapped.status, wrapped.title = error.status, error.reason  # type: ignore[misc]  # assigns a ClassVar, see above
    return wrapped


def _database(error: BaseException) -> AppError:
    match error:
        case asyncpg.IntegrityConstraintViolationError():
            return _integrity(error)
        case asyncpg.CharacterNotInRepertoireError() | asyncpg.UntranslatableCharacterError():
            return Invalid(FieldError("", "invalid_character", "The text has a character that cannot be stored."))
        case asyncpg.NumericValueOutOfRangeError() | asyncpg.DatetimeFieldOverflowError():
            return Invalid(FieldError("", "out_of_range", "A number or date is out of range."))
        case asyncpg.QueryCanceledError() | asyncpg.LockNotAvailableError() | asyncpg.DeadlockDetectedError():
            return Unavailable("The database is busy; try again.", code="database_busy", retry_after=1)
        case asyncpg.SerializationError():
            return Unavailable("The record was changed at the same time; try again.", code="database_busy")
        case (
            asyncpg.PostgresConnectionError()
            | asyncpg.InterfaceError()
            | asyncpg.InternalClientError()
            | asyncpg.CannotConnectNowError()
            | asyncpg.AdminShutdownError()
            | asyncpg.CrashShutdownError()
            | asyncpg.InvalidAuthorizationSpecificationError()
            | asyncpg.TooManyConnectionsError()
            | OSError()
            | TimeoutError()
        ):
            log.warning("database_away", error=repr(error))
            return database_away()
    log.error("database_error", exc_info=error)
    return AppError("Something went wrong on our side; the request id helps to find it.")


def _part(error: asyncpg.PostgresError, name: str) -> str:
    """A part of the server's message; asyncpg sets them per instance, which its stubs do not say."""
    return str(getattr(error, name, None) or "")


def _integrity(error: asyncpg.IntegrityConstraintViolationError) -> AppError:
    name = _part(error, "constraint_name")
    if name in _constraints:
        return _constraints[name]()
    match error:
        case asyncpg.ForeignKeyViolationError() if "still referenced" in _part(error, "detail"):
            return Conflict("Other records still refer to it.", code="still_referenced")
        case asyncpg.ForeignKeyViolationError():
            field = name.removeprefix(f"{_part(error, 'table_name')}_").removesuffix("_fkey").removeprefix("team_id_")
            return Invalid(FieldError(field, "not_found", "There is no such record."))
        case asyncpg.UniqueViolationError():
            return Conflict("There is one like this already.", code="already_exists")
    field = name.removeprefix(f"{_part(error, 'table_name')}_").removesuffix("_check")
    return Invalid(FieldError(field, "not_allowed", "The value is not allowed."))


def from_validation(error: ValidationError) -> Invalid:
    """pydantic's findings as field errors, every one of them."""
    return Invalid(*(_field_error(e) for e in error.errors(include_url=False)))


_CODES = {
    "missing": "required",
    "extra_forbidden": "unknown_field",
    "string_too_short": "too_short",
    "string_too_long": "too_long",
    "too_long": "too_many",
    "too_short": "too_few",
    "greater_than": "too_small",
    "greater_than_equal": "too_small",
    "less_than": "too_large",
    "less_than_equal": "too_large",
    "literal_error": "not_allowed",
    "enum": "not_allowed",
}


def _field_error(error: Any) -> FieldError:
    code = str(_CODES.get(error["type"], error["type"]))
    custom = error.get("ctx", {}).get("error") if code == "value_error" else None
    message = str(custom or error["msg"])
    message = "This field is not known here." if code == "unknown_field" else message
    message = "Must not be empty." if code == "too_short" and error["ctx"]["min_length"] == 1 else message
    # A validator of the whole model may say which of its fields is meant: see `schemas.finding`.
    loc = (*error["loc"], *([named] if (named := error.get("ctx", {}).get("field")) else []))
    return FieldError(field_path(loc), code, message[:1].upper() + message[1:])


def field_path(loc: tuple[int | str, ...]) -> str:
    """pydantic's location as `items[0].quantity`."""
    path = ""
    for part in loc:
        path += f"[{part}]" if isinstance(part, int) else f".{part}" if path else str(part)
    return path
