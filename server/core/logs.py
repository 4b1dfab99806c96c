"""Structured logs: lines for people in development, JSON where machines read them."""

from __future__ import annotations

import logging
import sys
from contextvars import ContextVar

import structlog

from server.config import Settings

request_id: ContextVar[str] = ContextVar("request_id")  # of the request that is being answered


def _with_request(logger: object, method: str, entry: structlog.types.EventDict) -> structlog.types.EventDict:
    if (asked := request_id.get(None)) is not None:
        entry.setdefault("request_id", asked)
    return entry


def set_up(settings: Settings, process: str) -> None:
    """Configure structlog and the standard library's logging alike, once per process."""
    shared: list[structlog.types.Processor] = [
        structlog.contextvars.merge_contextvars,
        _with_request,
        structlog.stdlib.add_logger_name,
        structlog.stdlib.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.processors.format_exc_info,
    ]
    as_json = settings.log_format == "json"
    renderer = structlog.processors.JSONRenderer() if as_json else structlog.dev.ConsoleRenderer(colors=False)
    structlog.configure(
        processors=[*shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.make_filtering_bound_logger(logging.getLevelName(settings.log_level)),
        cache_logger_on_first_use=True,
    )
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=shared,
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, renderer],
        )
    )
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(settings.log_level)
    logging.getLogger("engineio").setLevel("WARNING")
    logging.getLogger("socketio").setLevel("WARNING")
    structlog.contextvars.bind_contextvars(process=process)
