"""A report as text: one rendering for ``report``, ``replay`` and tests, so that equal rows are equal bytes."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import msgspec
import orjson


def render(report: Any) -> bytes:
    """The report (a ``Report`` or its JSON, parsed) as indented JSON."""
    return orjson.dumps(msgspec.to_builtins(report), option=orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE)


def write(report: Any, target: str) -> None:
    """Writes it to a file, or to standard output (``-``). Raises ``OSError``."""
    if target == "-":
        sys.stdout.buffer.write(render(report))
        sys.stdout.buffer.flush()
    else:
        Path(target).write_bytes(render(report))
