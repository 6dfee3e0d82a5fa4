"""Reading the tables (CSV) of recorded floors: their columns are checked, and what cannot be read names its place."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path

from stream.sources.files import BadFile, open_bytes


def table(path: Path, columns: Iterable[str], about: str) -> Iterator[tuple[str, dict[str, str]]]:
    """The rows of the file, each with its place ("calls.csv, line 2"). Raises ``BadFile``."""
    with open_bytes(path) as file:
        rows = csv.DictReader(io.TextIOWrapper(file, "utf-8-sig", newline=""))
        missing = sorted(set(columns) - set(rows.fieldnames or ()))
        if missing:
            raise BadFile(f"{path}: these are not the columns of {about}: {', '.join(missing)} is missing")
        try:
            for row in rows:
                yield f"{path}, line {rows.line_num}", row
        except csv.Error as error:
            raise BadFile(f"{path}, line {rows.line_num}: {error}") from None


@contextmanager
def place(where: str) -> Iterator[None]:
    """What cannot be read inside is said of ``where``. Raises ``BadFile``."""
    try:
        yield
    except (ValueError, TypeError, KeyError, AttributeError) as error:
        raise BadFile(f"{where}: {error}") from None


def duration(text: str) -> timedelta:
    """Hours, minutes and seconds: "0:02:14"."""
    hours, minutes, seconds = map(int, text.split(":"))
    return timedelta(hours=hours, minutes=minutes, seconds=seconds)
