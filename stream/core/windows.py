"""Windows: the runs of panes that a KPI is shown over, and the running sum of each.

A running sum moves with the clock: it adds the panes that open and subtracts those that close, and a pane that
changes inside it changes it by the difference. Nothing is ever summed once per overlapping window.

Some facts lie ahead of now (``stream.core.facts``). A window of fine panes ends with the pane that holds now, so they
are outside; a coarse or day pane that is still running holds them, and ``Ahead`` is what is not to be seen of it yet.

A window is compared with the same one window earlier, like with like: both up to the last border that is known
exactly. "1h/previous" names the earlier one, "1h/compared" the part of the window that it is compared with.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from stream.core.facts import Cell, into
from stream.core.panes import COARSE_MS, FINE_MS
from topics.aggregates import COARSE, DAY, FINE

if TYPE_CHECKING:
    from stream.core.days import Days

WINDOWS = ("now", "5m", "15m", "30m", "1h", "today", "24h", "yesterday", "7d", "28d", "all")
_FINE = {"5m": 30, "15m": 90, "30m": 180, "1h": 360}
_DAYS = {"today": (0, 0), "yesterday": (1, 1), "7d": (6, 0), "28d": (27, 0)}
_COARSE_PANES = 96
PREVIOUS, COMPARED = "previous", "compared"
FAR = 1 << 40  # beyond every pane
STEP_MAX = 64


class Span(NamedTuple):
    """A window at one moment: the panes ``first`` to ``last`` (both) of ``size``, which is [``start_ms``,
    ``end_ms``).
    """

    size: str
    first: int
    last: int
    start_ms: int
    end_ms: int
    until: int = 0  # the fine pane that begins where the last pane ends; 0: the last pane is a fine one


def span(window: str, now_ms: int, calendar: Days, first_ms: int = 0) -> Span:
    """What ``window`` is at ``now_ms``: it ends with the pane that holds now. ``first_ms`` is where ``all`` begins."""
    window, _, side = window.partition("/")
    if side:
        return comparable(window, now_ms, calendar)[side == PREVIOUS]
    if window in _FINE:
        last = now_ms // FINE_MS
        first = last - _FINE[window] + 1
        return Span(FINE, first, last, first * FINE_MS, now_ms)
    if window == "24h":
        last = now_ms // COARSE_MS
        first = last - _COARSE_PANES + 1
        return Span(COARSE, first, last, first * COARSE_MS, now_ms, (last + 1) * COARSE_MS // FINE_MS)
    if window in _DAYS:
        back, until = _DAYS[window]
        today = calendar.day_of(now_ms)
        first, last = today - back, today - until
        over_ms = calendar.start_ms(last + 1)
        return Span(DAY, first, last, calendar.start_ms(first), min(now_ms, over_ms), over_ms // FINE_MS)
    return Span(DAY, -FAR, FAR, first_ms, now_ms, FAR)


def comparable(window: str, now_ms: int, calendar: Days) -> tuple[Span, Span]:
    """(the part of ``window`` that is compared, the same part of the window before). The pane that holds now is left
    out: it is not over. Today is compared with yesterday up to the same local time, by quarters of an hour.
    """
    whole = span(window, now_ms, calendar)
    if window == "today":
        until_ms = now_ms // COARSE_MS * COARSE_MS
        earlier_ms = min(calendar.day_before_ms(until_ms), whole.start_ms)
        yesterday_ms = calendar.start_ms(whole.first - 1)
        return _quarters(whole.start_ms, until_ms), _quarters(yesterday_ms, max(yesterday_ms, earlier_ms))
    start_of = {FINE: lambda pane: pane * FINE_MS, COARSE: lambda pane: pane * COARSE_MS, DAY: calendar.start_ms}
    length, last = whole.last - whole.first + 1, whole.last - (window != "yesterday")
    found = [
        Span(whole.size, first, end, start_of[whole.size](first), start_of[whole.size](end + 1))
        for first, end in ((whole.first, last), (whole.first - length, last - length))
    ]
    return found[0], found[1]


def _quarters(start_ms: int, end_ms: int) -> Span:
    return Span(COARSE, start_ms // COARSE_MS, end_ms // COARSE_MS - 1, start_ms, end_ms)


class Ahead:
    """The sum of the fine panes after ``now`` and before ``until``: facts whose time has not come."""

    __slots__ = ("cell", "now", "until")

    def __init__(self) -> None:
        self.now = self.until = 0
        self.cell: Cell = {}

    def move(self, now: int, until: int, fine: dict[int, Cell]) -> bool:
        """The clock has moved on to the fine pane ``now``; true when the sum is another."""
        if until != self.until or not self.now <= now <= self.now + len(fine):
            before, self.cell = self.cell, {}
            for pane, cell in fine.items():
                if now < pane < until:
                    into(self.cell, cell)
            changed = self.cell != before
        else:
            come = [pane for pane in range(self.now + 1, min(now + 1, until)) if pane in fine]
            for pane in come:
                into(self.cell, fine[pane], -1)
            changed = bool(come)
            if changed and not any(self.cell.values()):
                self.cell = {}
        self.now, self.until = now, until
        return changed

    def update(self, pane: int, diff: Cell) -> bool:
        """A fine pane has changed by ``diff``; true when it lies ahead."""
        if not self.now < pane < self.until:
            return False
        into(self.cell, diff)
        return True


class Run:
    """The running sum of one window over one place's panes. ``changed`` says that it differs from what was last
    read; ``ahead`` is the part of ``cell`` that is not to be seen yet.
    """

    __slots__ = ("ahead", "cell", "changed", "first", "last", "size")

    def __init__(self, size: str) -> None:
        self.size = size
        self.first, self.last = 1, 0
        self.cell: Cell = {}
        self.ahead = Ahead()
        self.changed = True

    def seen(self) -> Cell:
        """The sum of what has happened by now."""
        if not self.ahead.cell:
            return self.cell
        found = dict(self.cell)
        into(found, self.ahead.cell, -1)
        return found

    def move(self, to: Span, panes: dict[int, Cell]) -> None:
        """The clock has moved on."""
        first, last = to.first, to.last
        if (first, last) == (self.first, self.last):
            return
        self.changed = True
        if not (self.first <= first <= self.last + 1 and self.last <= last <= self.last + STEP_MAX):
            self.cell = {}
            for pane in panes if last - first > len(panes) else range(first, last + 1):
                if first <= pane <= last and pane in panes:
                    into(self.cell, panes[pane])
        else:
            for pane in range(self.last + 1, last + 1):
                if pane in panes:
                    into(self.cell, panes[pane])
            for pane in range(self.first, first):
                if pane in panes:
                    into(self.cell, panes[pane], -1)
        self.first, self.last = first, last

    def update(self, pane: int, diff: Cell) -> None:
        """A pane has changed by ``diff``."""
        if self.first <= pane <= self.last:
            into(self.cell, diff)
            self.changed = True
