"""The samples of all KPIs, as the text that a scraper reads.

They are tens of thousands of series on a large floor, and most of them change every few seconds. The library takes 8 us
for each, so their lines are made here: what stands before the value once, the value when it changes.
"""

from __future__ import annotations

import asyncio
import time
from typing import TYPE_CHECKING, Any

from stream.board.state import BRIEF
from stream.core.forms import Kpi
from stream.core.kpis import CATALOGUE
from stream.core.metrics import (
    DIMENSION_NAMES,
    METRICS,
    OF_KPIS,
    QUANTILES,
    SECONDS_NAMES,
    SINCE_NAMES,
    STEERED_BY,
    WINDOWS,
    escaped,
    further_dimensions,
    windows_of,
)
from stream.core.view import Address, KpiRow

if TYPE_CHECKING:
    from stream.board.state import State

# Where the limit on series cuts, it cuts what no alert reads.
IN_ORDER = sorted(OF_KPIS, key=lambda of: CATALOGUE[of[0]].live is False and of[0] not in STEERED_BY)
WINDOWS_OF = {name: windows_of(kpi) for name, kpi in CATALOGUE.items()}
PIECE = 10  # places between two of which others may have the event loop


class Sheet:
    """The samples of all KPIs as text. ``series`` are in it, ``left_out`` were beyond ``limits.series``."""

    def __init__(self, state: State) -> None:
        self._state = state
        self._starts: dict[
            tuple[Any, ...], tuple[str, str] | None
        ] = {}  # of a row: its family, and its line up to the value
        self._lines: dict[tuple[Address, str], tuple[list[KpiRow], list[tuple[str, str]]]] = {}
        self._counted_from_ms = 0
        self.series = self.left_out = 0
        self.seconds = 0.0

    async def text(self) -> str:
        """All lines, family by family."""
        # Processor time: what others on a busy machine take is no reason to render less often.
        state, spent = self._state, 0.0
        now_ms, view = state.now_ms(), state.view
        first_ms = view.first_ms(now_ms)
        # In a replay of history now is an event's time; Prometheus' time() is the wall clock, and an age is an age.
        self._counted_from_ms = now_ms if state.settings.time.clock == "wall" else state.clock()
        by_family: dict[str, list[str]] = {OF_KPIS[of].name: [] for of in IN_ORDER}
        places = [place for place in view.addresses() if _is_exported(place)]
        for n, place in enumerate(places):
            started = time.thread_time()
            for window in ("now", *WINDOWS):
                for family, line in self._lines_of(place, window, now_ms, first_ms):
                    by_family[family].append(line)
            spent += time.thread_time() - started
            if n % PIECE == PIECE - 1:
                await asyncio.sleep(0)
        started = time.thread_time()
        text = self._put_together(by_family)
        self.seconds = spent + time.thread_time() - started
        return text

    def _put_together(self, by_family: dict[str, list[str]]) -> str:
        left, self.left_out, self.series = self._state.settings.limits.series, 0, 0
        parts: list[str] = []
        for name, lines in by_family.items():
            kept = lines[:left]
            self.left_out += len(lines) - len(kept)
            self.series += len(kept)
            left -= len(kept)
            if kept:
                parts += (METRICS[name].head(), *kept)
        return "".join(parts)

    def _lines_of(self, place: Address, window: str, now_ms: int, first_ms: int) -> list[tuple[str, str]]:
        """(family, line) of the rows of a place; made again when the rows are others."""
        rows = self._state.view.rows_at(place, window, now_ms, first_ms, BRIEF)
        held = self._lines.get((place, window))
        if held is not None and held[0] is rows:
            return held[1]
        starts, lines = self._starts, []
        for row in rows:
            key = (
                place,
                window,
                row.kpi,
                row.stat,
                row.state,
                row.age,
                row.reason,
                row.priority,
                row.target,
                row.clock,
            )
            start = starts.get(key, ...)
            if start is ...:
                start = starts[key] = self._start(row, window)
            if start is not None:
                value = _exported(row, self._counted_from_ms)
                lines.append((start[0], f"{start[1]}{float(value)!r}\n"))
        self._lines[place, window] = (rows, lines)
        return lines

    def _start(self, row: KpiRow, window: str) -> tuple[str, str] | None:
        """(metric, line up to the value) of a row; None: it is not exported."""
        metric = OF_KPIS.get((row.kpi, row.stat))
        values = None if metric is None else _values(CATALOGUE[row.kpi], row)
        if metric is None or values is None or window not in WINDOWS_OF[row.kpi]:
            return None
        values |= {"window": window, "quantile": QUANTILES.get(row.stat, "")}
        told = ",".join(f'{label}="{escaped(values[label])}"' for label in metric.labels)
        return metric.name, f"{metric.name}{{{told}}} "


def _exported(row: KpiRow, wall_ms: int) -> float:
    """The value in the metric's unit."""
    if row.kpi in SINCE_NAMES:
        return (wall_ms - round(row.value * 1000)) / 1000
    return row.value * 3600 if row.kpi in SECONDS_NAMES else row.value


def _is_exported(place: Address) -> bool:
    """Places with a name; and everything, for what has no row but the one over everything."""
    return place[1] is not None or place[2] is None


def _place_of(kpi: Kpi, row: KpiRow) -> dict[str, str] | None:
    """The labels that say where; None: not exported. A total over queues or teams is not, where they have rows of their
    own: a sum over labels must make sense. Employees' answers by team are for the report only.
    """
    if kpi.overall or (kpi.family == "employee" and row.team is None):
        return {}
    if kpi.family == "agent":
        return {"team": row.team} if isinstance(row.team, str) else None
    if kpi.name == "backlog_tickets":  # over all channels: one series for each way to look at it
        return {"queue": row.queue} if row.queue is not None and row.channel is None else None
    if row.queue is None or row.channel is None:
        return None
    return {"queue": row.queue, "channel": row.channel}


def _values(kpi: Kpi, row: KpiRow) -> dict[str, str] | None:
    """Label -> value of a row, but for its window; None: it is not exported. The total over a further dimension is the
    sum over its label; of a level that can be looked at in several ways one is exported.
    """
    values = _place_of(kpi, row)
    if values is None:
        return None
    for name in further_dimensions(kpi):
        value = getattr(row, name)
        if not isinstance(value, str):
            return None
        values[DIMENSION_NAMES.get((kpi.name, name), name)] = value
    return values
