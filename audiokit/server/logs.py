"""Logs as JSON lines: a time, a level, what happened, and facts such as the conversation's id.

No audio and no word that was said: what is logged names events, not contents, unless the server was asked to.
"""

from __future__ import annotations

import json
import logging
from datetime import UTC, datetime

REFUSED_HANDSHAKE = "ASGI callable returned without completing handshake."
"""What uvicorn calls an error when a WebSocket is refused with an HTTP answer, as we do with reason."""


class JsonLines(logging.Formatter):
    """One JSON object a record; what the caller put under `facts` stands beside the message."""

    def format(self, record: logging.LogRecord) -> str:
        """Write one line."""
        line: dict[str, object] = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": record.getMessage(),
            **getattr(record, "facts", {}),
        }
        if record.exc_info:
            line["traceback"] = self.formatException(record.exc_info)
        return json.dumps(line, default=str)


def facts(**values: object) -> dict[str, dict[str, object]]:
    """Give what a logging call takes as `extra`."""
    return {"facts": values}


def log_to_stderr(*, quiet: bool) -> None:
    """Write the log of this process on stderr; `quiet` leaves errors only."""
    handler = logging.StreamHandler()
    handler.setFormatter(JsonLines())
    handler.addFilter(lambda record: record.getMessage() != REFUSED_HANDSHAKE)
    for name, level in (("audiokit", logging.INFO), ("uvicorn", logging.WARNING)):
        logger = logging.getLogger(name)
        logger.addHandler(handler)
        logger.setLevel(logging.ERROR if quiet else level)
        logger.propagate = False
