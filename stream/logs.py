"""Logging of a process: text for people, JSON lines for machines; the libraries below WARNING are not heard."""

from __future__ import annotations

import logging
import sys
from typing import Any

import orjson

QUIET = ("faust", "mode", "aiokafka", "aiohttp", "asyncio", "kafka")


class JsonFormatter(logging.Formatter):
    """One JSON object a line."""

    def format(self, record: logging.LogRecord) -> str:
        """The record as JSON."""
        body: dict[str, Any] = {
            "time": self.formatTime(record, "%Y-%m-%dT%H:%M:%S%z"),
            "level": record.levelname,
            "logger": record.name,
            "message": record.getMessage(),
        }
        if record.exc_info:
            body["error"] = self.formatException(record.exc_info)
        return orjson.dumps(body).decode()


def set_up(level: str, form: str) -> None:
    """Logs to standard error from ``level`` (debug, info, warning, error) on, as ``form`` (text, json)."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(
        JsonFormatter() if form == "json" else logging.Formatter("%(asctime)s %(levelname)s %(name)s: %(message)s")
    )
    logging.basicConfig(level=level.upper(), handlers=[handler], force=True)
    if level != "debug":
        for name in QUIET:
            logging.getLogger(name).setLevel(
                logging.CRITICAL if name in ("faust", "mode", "aiokafka") else logging.WARNING
            )
