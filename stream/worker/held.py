"""What a worker holds of one partition besides the core's state: where it is, and what it has yet to acknowledge."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import Any

from stream.core.partition import Partition
from stream.worker.delays import Waiting


@dataclass
class Held:
    """One source partition: ``events`` are the slices applied since the last write, to be acknowledged after the
    next; ``next`` is the offset that must come next (None: not known yet); before ``ends_at`` is reached nothing is
    published (None: caught up).
    """

    part: Partition
    events: list[Any] = field(default_factory=list)
    start: int = 0  # where the log began when the partition was recovered
    next: int | None = None
    changelog_end: int = 0  # the changelog up to here is recovered or our own
    ends_at: int | None = None
    happened: Waiting = field(default_factory=Waiting)  # events that no board shows yet, by their own time
    arrived: Waiting = field(default_factory=Waiting)  # and by that of the broker

    def guard(self, first: int, committed: int | None) -> None:
        """Raises ``RuntimeError`` when offsets before ``first`` are missing. ``committed`` is where the seek went."""
        if self.next is None:
            self.next = committed or self.start
        if first > self.next:
            place = f"{self.part.topic}/{self.part.number}"
            raise RuntimeError(f"{place}: offsets {self.next} to {first - 1} are gone: the broker trimmed them before "
                               "they were read, so the numbers cannot be exact")  # fmt: skip

    def taken(self, event: Any, last: int) -> None:
        """The slice up to ``last`` is applied as a whole: it is acknowledged after the next write."""
        self.next = max(last + 1, self.next or 0)
        if self.ends_at is not None and last + 1 >= self.ends_at:
            self.ends_at = None
        event.value = event.message.value = None  # only the acknowledgement is still needed
        self.events.append(event)

    def recovered(self, offset: int) -> None:
        """A row of the changelog is read."""
        self.changelog_end = max(self.changelog_end, offset + 1)

    def written(self, start: int, end: int) -> bool:
        """Rows of ours are in the changelog; whether they follow on what we know of it. If not, a frozen worker has
        woken up and written what it had, older than ours: all is written again before compaction keeps the older.
        """
        follows = start == self.changelog_end
        self.changelog_end = max(end, self.changelog_end)
        if not follows:
            self.part.rewrite(records=True)
        return follows

    def restart(self, now_ms: int) -> None:
        """After a recovery: what is folded again was counted before; what was not shown is delivered again."""
        self.happened, self.arrived = Waiting(), Waiting()
        if self.part.counting is not None:
            self.part.counting.restart(self.part.ledger, now_ms)

    def settle(self, now_ms: int) -> None:
        """Counts what time alone has done."""
        if self.part.counting is not None:
            self.part.counting.settle(now_ms)

    def swap(self) -> tuple[Counter[int], Counter[int]]:
        """Since when the events have waited that the next publication will show."""
        return self.happened.swap(), self.arrived.swap()
