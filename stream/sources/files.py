"""Opening what a person names: plain, gzipped, or standard input."""

from __future__ import annotations

import gzip
import sys
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO


class BadFile(ValueError):
    """A file that is not what it should be: the message names the file, the line where there is one, and why."""


@contextmanager
def open_bytes(path: Path) -> Iterator[IO[bytes]]:
    """The file's bytes, unpacked. Raises ``OSError``, and ``BadFile`` for what the reading of it finds."""
    try:
        if str(path) == "-":
            yield sys.stdin.buffer
        else:
            with gzip.open(path, "rb") if path.suffix == ".gz" else path.open("rb") as file:
                yield file  # type: ignore[misc]
    except (gzip.BadGzipFile, zlib.error, EOFError):
        raise BadFile(f"{path} is no whole gzip file") from None
    except UnicodeDecodeError as error:
        raise BadFile(f"{path} is no text in UTF-8: {error.reason}") from None
