"""How processes without HTTP write their log: JSON lines on standard error, no personal data."""

import logging
import sys
import traceback

import structlog


def configure_logs(*, is_quiet: bool = False) -> None:
    """Set up logging once for a process; quiet = warnings and worse only."""
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.format_exc_info,
            structlog.processors.JSONRenderer(),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(logging.WARNING if is_quiet else logging.INFO),
        logger_factory=structlog.WriteLoggerFactory(file=sys.stderr),
    )


def trace_of(error: BaseException) -> dict[str, object]:
    """Return where an error happened, without its message: messages of the database repeat the values of rows."""
    frames = traceback.extract_tb(error.__traceback__)
    return {
        "exception": type(error).__qualname__,
        "frames": [f"{frame.filename}:{frame.lineno} {frame.name}" for frame in frames],
    }
