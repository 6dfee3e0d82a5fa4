"""How long events take until they are shown: from when they happened and from when they arrived at the broker."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

from stream.core.tally import Distribution

EDGES_MS = (100, 250, 500, 1000, 2500, 5000, 10_000, 30_000, 60_000, 300_000, 900_000)
TICK_MS = 10


class Waiting:
    """Since when events wait to be shown, to 10 ms: as many entries as there are such moments in the longest delay
    that is told apart, whatever the number of events.
    """

    def __init__(self) -> None:
        self._since: Counter[int] = Counter()

    def take(self, times_ms: Iterable[int], now_ms: int, into: Distribution) -> None:
        """Events that happened at ``times_ms``. A delay beyond the last edge can be counted at once."""
        oldest = now_ms - EDGES_MS[-1]
        times = list(times_ms)
        old = [at_ms for at_ms in times if at_ms < oldest]
        if old:
            into.beyond(len(old), now_ms * len(old) - sum(old))
            times = [at_ms for at_ms in times if at_ms >= oldest]
        self._since.update([at_ms // TICK_MS for at_ms in times])
        if len(self._since) > 2 * EDGES_MS[-1] // TICK_MS:
            over = [tick for tick in self._since if tick * TICK_MS < oldest]
            show(Counter({tick: self._since.pop(tick) for tick in over}), now_ms, into)

    def swap(self) -> Counter[int]:
        """Those that wait, and nobody waits any more."""
        since, self._since = self._since, Counter()
        return since


def show(since: Counter[int], now_ms: int, into: Distribution) -> None:
    """The events that wait since these moments are shown now."""
    for tick, number in since.items():
        into.add(max(0, now_ms - tick * TICK_MS), number)
