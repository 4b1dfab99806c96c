"""What kinds of jobs there are: `@job("kind")` on an async function of a context and typed arguments."""

from __future__ import annotations

import inspect
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeVar, get_type_hints

from pydantic import BaseModel, ConfigDict

if TYPE_CHECKING:
    from tasks.context import JobContext


class Permanent(Exception):
    """Trying again cannot help: the job is dead at once. The message is what people read as its last error."""


class Args(BaseModel):
    """The arguments of a kind of job."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class NoArgs(Args):
    """For jobs that need no arguments."""


A = TypeVar("A", bound=Args)
Handler = Callable[["JobContext", A], Awaitable[Any]]


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of job and how it is run.

    `quiet` jobs are not worth a `job.finished` to whoever caused them; `forget` empties the arguments of a finished
    job, for those that carry secrets.
    """

    name: str
    handler: Handler[Any]
    args: type[Args]
    queue: str
    max_attempts: int
    quiet: bool
    forget: bool


kinds: dict[str, Kind] = {}


def job(
    kind: str, *, queue: str = "fast", max_attempts: int = 5, quiet: bool = False, forget: bool = False
) -> Callable[[Handler[A]], Handler[A]]:
    """Declare how jobs of this kind are done.

    The function is called with a `JobContext` and the arguments as its second parameter's model. What it returns is
    the job's result. Raise `Permanent` to give up; anything else is tried again, later and later. `queue` and
    `max_attempts` hold for jobs that schedules start; `enqueue` says its own.
    """

    def declare(handler: Handler[A]) -> Handler[A]:
        if kind in kinds:
            raise TypeError(f"job kind {kind} is declared twice")
        names = list(inspect.signature(handler).parameters)
        args = get_type_hints(handler)[names[1]]
        kinds[kind] = Kind(kind, handler, args, queue, max_attempts, quiet, forget)
        return handler

    return declare
