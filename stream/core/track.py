"""What is said of an agent over time: the newest word at or before a moment holds; and what is planned."""

from __future__ import annotations

from bisect import bisect_left
from typing import Any, NamedTuple

Order = tuple[int, int, str]  # seq, rank, id
Entry = tuple[int, int, int, str, Any]  # at_ms, seq, rank, id, value


class Track:
    """What the agent's own events say of one thing over time: the newest at or before a moment holds."""

    __slots__ = ("entries",)

    def __init__(self) -> None:
        self.entries: list[Entry] = []

    def entry_at(self, at_ms: int) -> Entry | None:
        """The entry that holds at ``at_ms``; None before the first."""
        i = self.after(at_ms)
        return self.entries[i - 1] if i else None

    def next_after(self, at_ms: int) -> int | None:
        """When the next entry after ``at_ms`` is."""
        i = self.after(at_ms)
        return self.entries[i][0] if i < len(self.entries) else None

    def after(self, at_ms: int) -> int:
        """The index of the first entry after ``at_ms``."""
        return bisect_left(self.entries, (at_ms + 1,))


class Shift(NamedTuple):
    """A planned time. In order: of two said at once the one that begins later, or is shorter, is on top."""

    said_ms: int
    seq: int
    start: int
    minus_end: int
    id: str
    plan: str
