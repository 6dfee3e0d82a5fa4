"""Records at rest: of what is over and has not been heard of for a while, only the row of the changelog is kept.

A contact that has ended is seldom touched again, and everything else that its record holds follows from the log. As
bytes it takes a quarter of the memory, and the garbage collector has nothing to look through. Whatever touches it folds
the log once more, as after a restart.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

if TYPE_CHECKING:
    from collections.abc import Callable

    from stream.core.lifecycle import Record

Written = tuple[int, int, bytes]  # offset, n, log
NEVER_MS = (1 << 63) - 1
_pack = msgspec.msgpack.Encoder().encode
_row: Callable[[bytes], Written] = msgspec.msgpack.Decoder(Written).decode
_MS_BYTES = 8


def written(record: Record) -> bytes:
    """The record as a row of the changelog."""
    return _pack((record.offset, record.n, record.log))


def read(row: bytes) -> Written:
    """What a row of the changelog says."""
    return _row(row)


class Resting:
    """Rows by entity id, each after the time (ms) of the last thing that it says: when that is too old, it can go."""

    def __init__(self) -> None:
        self._rows: dict[str, bytes] = {}

    def __len__(self) -> int:
        return len(self._rows)

    def lay(self, key: str, row: bytes, last_ms: int) -> None:
        """Keeps a row from now on."""
        self._rows[key] = last_ms.to_bytes(_MS_BYTES, "big") + row

    def get(self, key: str) -> Written | None:
        """What the row of ``key`` says; None when there is none."""
        row = self._rows.get(key)
        return None if row is None else _row(row[_MS_BYTES:])

    def pop(self, key: str) -> Written | None:
        """The same, and keeps it no longer."""
        row = self._rows.pop(key, None)
        return None if row is None else _row(row[_MS_BYTES:])

    def keys(self) -> list[str]:
        """The entities at rest now."""
        return list(self._rows)

    def older(self, kept_ms: int) -> list[str]:
        """Those that say nothing of ``kept_ms`` or later."""
        border = kept_ms.to_bytes(_MS_BYTES, "big") if kept_ms > 0 else b""
        return [key for key, row in self._rows.items() if row[:_MS_BYTES] < border]
