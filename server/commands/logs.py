"""Where log lines go: one structured line each to standard error, readable on a terminal and JSON elsewhere."""

from __future__ import annotations

import logging
import sys

import structlog
from structlog.typing import Processor

QUIET = ("aiosqlite", "alembic", "uvicorn.access")  # they tell of every statement, step and request


def configure_logs(level: str) -> None:
    """Sends structlog's lines and those of the libraries the same way. `level` is a `LOG_LEVEL`."""
    shared: list[Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
    ]
    structlog.configure(
        processors=[*shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.make_filtering_bound_logger(logging.getLevelName(level.upper())),
        cache_logger_on_first_use=True,
    )
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(structlog.stdlib.ProcessorFormatter(foreign_pre_chain=shared, processors=_rendering()))
    logging.basicConfig(handlers=[handler], level=level.upper(), force=True)
    for name in QUIET:
        logging.getLogger(name).setLevel(logging.WARNING)


def _rendering() -> list[Processor]:
    without_meta = structlog.stdlib.ProcessorFormatter.remove_processors_meta
    if sys.stderr.isatty():
        return [without_meta, structlog.dev.ConsoleRenderer()]
    return [without_meta, structlog.processors.format_exc_info, structlog.processors.JSONRenderer()]
