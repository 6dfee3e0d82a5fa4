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


class CannotWrite(RuntimeError):
    """The report has nowhere to go: the message says why."""


def check_target(target: str | None) -> None:
    """Whether a report can be written there, before hours of replay. Raises ``CannotWrite``."""
    if target is not None and target != "-":
        if Path(target).is_dir():
            raise CannotWrite(f"--report: {target} is a directory")
        if not Path(target).parent.is_dir():
            raise CannotWrite(f"--report: there is no directory {Path(target).parent}")


def write(report: Any, target: str) -> None:
    """Writes it to a file, or to standard output (``-``). Raises ``CannotWrite``."""
    if target == "-":
        sys.stdout.buffer.write(render(report))
        sys.stdout.buffer.flush()
    else:
        try:
            Path(target).write_bytes(render(report))
        except OSError as error:
            raise CannotWrite(f"--report: {target} cannot be written: {error.strerror}") from None
