"""What can go wrong, each with the status and code that a client sees."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar


@dataclass(frozen=True)
class FieldError:
    """One wrong field of a request: where (`items[0].quantity`), a code for programs, a sentence for people."""

    field: str
    code: str
    message: str

    def as_dict(self) -> dict[str, str]:
        return {"field": self.field, "code": self.code, "message": self.message}


class AppError(Exception):
    """An answer that is not a success; `server/core/problems.py` turns it into a problem document (RFC 9457)."""

    status: ClassVar[int] = 500
    title: ClassVar[str] = "Internal error"
    code: str = "internal_error"

    def __init__(
        self, detail: str = "", *, code: str = "", headers: dict[str, str] | None = None, **extra: Any
    ) -> None:
        super().__init__(detail or self.title)
        self.detail = detail or self.title
        self.code = code or self.code
        self.headers = headers or {}
        self.extra = extra


class Merged(AppError):
    """The record was merged into another one, which `Location` names."""

    status, title, code = 308, "Merged into another record", "merged"


class BadRequest(AppError):
    status, title, code = 400, "Bad request", "bad_request"


class Unauthorised(AppError):
    """401; `code` is one of token_missing, token_invalid, token_expired, token_revoked, credentials_wrong."""

    status, title, code = 401, "Not signed in", "token_missing"

    def __init__(self, detail: str = "", *, code: str = "") -> None:
        super().__init__(detail, code=code, headers={"WWW-Authenticate": "Bearer"})


class PermissionDenied(AppError):
    status, title, code = 403, "Permission denied", "permission_denied"


class NotFound(AppError):
    """Also what belongs to another team: the two cannot be told apart."""

    status, title, code = 404, "Not found", "not_found"


class MethodNotAllowed(AppError):
    status, title, code = 405, "Method not allowed", "method_not_allowed"


class BodyTimeout(AppError):
    status, title, code = 408, "The body did not arrive in time", "body_timeout"


class Conflict(AppError):
    """The record's state does not allow it; `code` names the rule."""

    status, title, code = 409, "Conflict", "conflict"


class PreconditionFailed(AppError):
    status, title, code = 412, "The record has changed since", "version_mismatch"


class TooLarge(AppError):
    status, title, code = 413, "Too large", "too_large"


class UnsupportedMedia(AppError):
    status, title, code = 415, "Unsupported media type", "unsupported_media_type"


class Invalid(AppError):
    """Well-formed, but wrong: every wrong field is named at once."""

    status, title, code = 422, "Validation failed", "validation_failed"

    def __init__(self, *errors: FieldError, detail: str = "", code: str = "") -> None:
        count = len(errors)
        super().__init__(detail or f"{count} field{' is' if count == 1 else 's are'} wrong", code=code)
        self.errors = errors


class RateLimited(AppError):
    status, title, code = 429, "Too many requests", "rate_limited"


class Unavailable(AppError):
    """Something needed is down: say which, and when to try again."""

    status, title, code = 503, "Service unavailable", "unavailable"

    def __init__(self, detail: str = "", *, code: str = "", retry_after: int = 2) -> None:
        super().__init__(detail, code=code, headers={"Retry-After": str(retry_after)})


def wrong(field: str, code: str, message: str) -> Invalid:
    """The error for a single wrong field."""
    return Invalid(FieldError(field, code, message))


class Findings:
    """What several checks find wrong, told at once: each is made `with` it, then it is to `settle`.

    What a check that found something would have given is not there, so nothing may rely on it before.
    """

    def __init__(self) -> None:
        self.errors: list[FieldError] = []

    def __enter__(self) -> None:
        pass

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: object) -> bool:
        if not isinstance(error, Invalid):
            return False
        self.errors += error.errors
        return True

    def add(self, field: str, code: str, message: str) -> None:
        self.errors.append(FieldError(field, code, message))

    def settle(self) -> None:
        """Raise `Invalid` naming every wrong field, if there is any."""
        if self.errors:
            raise Invalid(*self.errors)
