"""What the business KPIs need of everything over a window: who was there at its start, what follows what, what it cost.

Costs come in three ways (R37). Recorded amounts are spread evenly over their periods. Where no period covers the
window, agents' time online counts by their loaded rates, and a fixed cost by the opening hours. An agent's time is
known by pane: of a pane that a period covers in part, it counts by the part that is left.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import TYPE_CHECKING, NamedTuple

from stream.core.facts import BLOCK, KINDS, ORIGIN_S, Cell
from stream.core.panes import COARSE_MS
from topics.aggregates import COARSE, DAY

if TYPE_CHECKING:
    from stream.core.days import Days
    from stream.core.schedule import Schedule
    from stream.core.windows import Span

HOUR_MS = 3_600_000
Part = tuple[int, int]  # [start, end) in ms


class Recorded(NamedTuple):
    """A cost on record: thousandths of money from ``start_ms`` to ``end_ms``."""

    start_ms: int
    end_ms: int
    thousandths: int


class Accounts:
    """One place's window, pane by pane. ``counts`` is what is inside each interval kind after all panes.

    Of a record's accounts (``stream.core.own``) ``rest`` is what the costs on record leave of the window, which it
    cannot know itself; and no record has a share of the opening hours: ``is_window`` is false.
    """

    def __init__(
        self,
        span: Span,
        panes: dict[int, Cell],
        counts: Cell,
        calendar: Days,
        schedule: Schedule | None,
        *,
        rest: tuple[Part, ...] | None = None,
        is_window: bool = True,
    ) -> None:
        self.rest, self._is_window = rest, is_window
        self.start_ms, self.end_ms = span.start_ms, span.end_ms
        self._size, self._last = span.size, span.last
        self._first = max(span.first, self._pane_of(calendar, span.start_ms))
        self._panes, self._counts, self._calendar, self._schedule = panes, counts, calendar, schedule

    def _pane_of(self, calendar: Days, at_ms: int) -> int:
        return calendar.day_of(at_ms) if self._size == DAY else at_ms // COARSE_MS

    def inside_at_start(self, kind: int) -> int:
        """How many were inside the interval ``kind`` when the window began."""
        return self._counts.get(kind, 0) - sum(
            cell.get(kind, 0) for pane, cell in self._panes.items() if pane >= self._first
        )

    def again(self, name: str) -> int:
        """How many facts of the kind ``name`` follow one in the window, by the pane (``stream.core.customer``)."""
        kind = KINDS[f"{name}_quarters" if self._size == COARSE else name]
        return sum(
            n
            for pane, cell in self._panes.items()
            if self._first <= pane <= self._last
            for slot, n in cell.items()
            if kind < slot < kind + BLOCK and pane - (slot - kind - 1) >= self._first
        )

    def open_ms(self, parts: Iterable[Part]) -> int:
        """The opening hours in ``parts`` of the window."""
        if not self._is_window:
            return 0
        schedule = self._schedule
        return sum(end - start if schedule is None else schedule.business_ms(start, end) for start, end in parts)

    def paid(self, parts: list[Part]) -> float:
        """What agents' time online in ``parts`` of the window has cost."""
        whole = parts == [(self.start_ms, self.end_ms)]
        return (
            sum(
                thousandths * (1 if whole else sum(_overlap(part, (start, end)) for part in parts) / (end - start))
                for start, end, thousandths in self._paid_by_pane()
                if end > start
            )
            / 1000
        )

    def _paid_by_pane(self) -> Iterator[tuple[int, int, float]]:
        """(start, end, thousandths of money) of each pane of the window. The interval is weighted with the rate in
        thousandths an hour, its times are seconds after ``ORIGIN_S``.
        """
        kind = KINDS["in_paid"]
        rate = self.inside_at_start(kind)
        if not rate and not any(kind + 1 in cell for cell in self._panes.values()):
            return
        start_of: Callable[[int], int] = self._calendar.start_ms if self._size == DAY else lambda pane: pane * COARSE_MS
        for pane in range(self._first, min(self._last, self._pane_of(self._calendar, self.end_ms)) + 1):
            start, end = max(self.start_ms, start_of(pane)), min(self.end_ms, start_of(pane + 1))
            cell = self._panes.get(pane, {})
            n, total = cell.get(kind, 0), cell.get(kind + 1, 0)
            yield start, end, (rate * (end - start) / 1000 + n * (end / 1000 - ORIGIN_S) - total) / 3600
            rate += n


def recorded_in(parts: Iterable[tuple[str, list[int]]]) -> list[Recorded]:
    """The costs on record from the parts of their level: "amount/end/number" and the start."""
    found = []
    for part, starts in parts:
        amount, end, _ = part.split("/")
        found += [Recorded(start, int(end), int(amount)) for start in starts]
    return found


def uncovered(window: Part, costs: Iterable[Recorded]) -> list[Part]:
    """The parts of ``window`` that no recorded cost covers."""
    start, end = window
    found: list[Part] = []
    for cost in sorted(costs):
        if cost.start_ms > start:
            found.append((start, min(cost.start_ms, end)))
        start = max(start, cost.end_ms)
        if start >= end:
            break
    return [part for part in [*found, (start, end)] if part[0] < part[1]]


def spread(window: Part, costs: Iterable[Recorded]) -> float:
    """How much of the recorded costs falls into ``window``, each spread evenly over its period."""
    return (
        sum(
            cost.thousandths * _overlap(window, (cost.start_ms, cost.end_ms)) / (cost.end_ms - cost.start_ms)
            for cost in costs
        )
        / 1000
    )


def _overlap(one: Part, other: Part) -> int:
    return max(0, min(one[1], other[1]) - max(one[0], other[0]))
