"""Opening what a person names: plain, gzipped, or standard input."""

from __future__ import annotations

import gzip
import sys
from pathlib import Path
from typing import IO


def open_bytes(path: Path) -> IO[bytes]:
    """The file's bytes, unpacked. Raises ``OSError``."""
    if str(path) == "-":
        return sys.stdin.buffer
    return gzip.open(path, "rb") if path.suffix == ".gz" else path.open("rb")  # type: ignore[return-value]
