"""What a worker has counted of one topic. A counter never falls: what was counted of a partition stays when it goes."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from typing import TYPE_CHECKING

from stream.core.tally import Distribution
from stream.worker.delays import EDGES_MS, show

if TYPE_CHECKING:
    from stream.core.partition import Partition
    from stream.worker.held import Held

Shown = list[tuple[Counter[int], Counter[int]]]  # since when events have waited: by their own time, by the broker's


class Counted:
    """``newest_ms`` is the arrival at the broker of the newest event processed (0: none yet)."""

    def __init__(self) -> None:
        self.newest_ms = 0
        self.event_delay, self.processing_delay = Distribution(EDGES_MS), Distribution(EDGES_MS)
        self._gone: Counter[str] = Counter()
        self._gone_rejected: Counter[str] = Counter()

    def leave(self, part: Partition) -> None:
        """The partition belongs to somebody else now."""
        self._gone.update(part.counts)
        self._gone_rejected.update(part.rejected)

    def outcomes(self, parts: Iterable[Partition]) -> tuple[Counter[str], Counter[str]]:
        """(what became of the events, the refused by reason), with those of ``parts``, which are held now."""
        counts, rejected = Counter(self._gone), Counter(self._gone_rejected)
        for part in parts:
            counts.update(part.counts)
            rejected.update(part.rejected)
        return counts, rejected

    def applied(self, held: Held, now_ms: int) -> None:
        """What has been applied waits to be shown."""
        counting = held.part.counting
        if counting is None or not counting.fresh:
            return
        held.happened.take((at for at, _ in counting.fresh), now_ms, self.event_delay)
        held.arrived.take((at for _, at in counting.fresh), now_ms, self.processing_delay)
        counting.fresh.clear()

    def shown(self, shown: Shown, now_ms: int) -> None:
        """A publication is acknowledged."""
        for happened, arrived in shown:
            show(happened, now_ms, self.event_delay)
            show(arrived, now_ms, self.processing_delay)
