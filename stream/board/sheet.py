"""The samples of all KPIs, as the text that a scraper reads.

They are tens of thousands of series on a large floor, and most of them change every few seconds. The library takes 8 us
for each, so their lines are made here: what stands before the value once, the value when it changes.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from stream.board.state import BRIEF, WITH_QUANTILES
from stream.core.forms import Kpi
from stream.core.kpis import CATALOGUE
from stream.core.view import Address, KpiRow, further_of

if TYPE_CHECKING:
    from stream.board.state import State

PIECE = 10  # places between two of which others may have the event loop
WINDOWS = ("5m", "15m", "30m", "1h", "today")
QUANTILES = {"p50": "0.5", "p90": "0.9", "p95": "0.95"}
PREFIX = "support_"
# An age is exported as the moment that it counts from, so that it grows without us: time() - x.
SINCE_NAMES = {
    "oldest_wait_seconds": "oldest_contact_queued_timestamp_seconds",
    "oldest_unreplied_seconds": "oldest_ticket_unreplied_timestamp_seconds",
}
# Prometheus has base units only: people read hours, metrics say seconds.
SECONDS_NAMES = {
    kpi.name: f"{kpi.name.removesuffix('_hours')}_seconds" for kpi in CATALOGUE.values() if kpi.unit == "hours"
}
# What a further dimension is called where its name on the rows would not be understood.
DIMENSION_NAMES = {("service_level_decided", "reason"): "result", ("transfers", "reason"): "kind"}


class Family:
    """One metric with its lines: HELP, TYPE, samples."""

    def __init__(self, name: str, about: str, labels: Iterable[str]) -> None:
        # Prometheus has the label "quantile" for summaries only: these are summaries that show their quantiles.
        kind = "summary" if "quantile" in labels else "gauge"
        about = about[0].upper() + about[1:].replace("\\", "\\\\").replace("\n", "\\n")
        self.name = name
        self.head = f"# HELP {name} {about}\n# TYPE {name} {kind}\n"


class Sheet:
    """The samples of all KPIs as text. ``series`` are in it, ``left_out`` were beyond ``limits.series``."""

    def __init__(self, state: State) -> None:
        self._state = state
        self._families: dict[str, Family] = {}
        self._starts: dict[
            tuple[Any, ...], tuple[str, str] | None
        ] = {}  # of a row: its family, and its line up to the value
        self._lines: dict[tuple[Address, str], tuple[list[KpiRow], list[tuple[str, str]]]] = {}
        self.series = self.left_out = 0
        self.seconds = 0.0

    async def text(self) -> str:
        """All lines, family by family."""
        state, spent = self._state, 0.0
        now_ms, view = state.now_ms(), state.view
        first_ms = view.first_ms(now_ms)
        by_family: dict[str, list[str]] = {name: [] for name in self._families}
        places = [place for place in view.addresses() if _is_exported(place)]
        for n, place in enumerate(places):
            started = time.perf_counter()
            for window in ("now", *WINDOWS):
                for family, line in self._lines_of(place, window, now_ms, first_ms):
                    by_family.setdefault(family, []).append(line)
            spent += time.perf_counter() - started
            if n % PIECE == PIECE - 1:
                await asyncio.sleep(0)
        started = time.perf_counter()
        text = self._put_together(by_family)
        self.seconds = spent + time.perf_counter() - started
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
                parts += (self._families[name].head, *kept)
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
                value = _exported(row, now_ms)
                lines.append((start[0], f"{start[1]}{float(value)!r}\n"))
        self._lines[place, window] = (rows, lines)
        return lines

    def _start(self, row: KpiRow, window: str) -> tuple[str, str] | None:
        """(family, line up to the value) of a row; None: it is not exported."""
        kpi = CATALOGUE[row.kpi]
        place = _place_of(kpi, row)
        if place is None:
            return None
        found = _further(kpi, row) if kpi.form == "level" else _stat(kpi, row)
        if found is None:
            return None
        name, about, further = found
        labels = {**place, **further} | ({} if kpi.live else {"window": window})
        name = PREFIX + name
        if name not in self._families:
            self._families[name] = Family(name, about, labels)
        told = ",".join(f'{label}="{_escaped(value)}"' for label, value in labels.items())
        return name, f"{name}{{{told}}} "


def _exported(row: KpiRow, now_ms: int) -> float:
    """The value in the metric's unit."""
    if row.kpi in SINCE_NAMES:
        return now_ms / 1000 - row.value
    return row.value * 3600 if row.kpi in SECONDS_NAMES else row.value


def _escaped(value: str) -> str:
    return value.replace("\\", "\\\\").replace("\n", "\\n").replace('"', '\\"')


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


Sampled = tuple[str, str, dict[str, str]]  # name, HELP, further labels


def _further(kpi: Kpi, row: KpiRow) -> Sampled | None:
    """A level: where it has a further dimension, by that dimension and not its total."""
    if kpi.name == "agents":
        return (kpi.name, kpi.formula, {"state": row.state}) if isinstance(row.state, str) else None
    if kpi.name == "backlog_tickets":
        over_channels = row.channel is None and row.queue is not None
        return (kpi.name, kpi.formula, {"age": row.age}) if over_channels and isinstance(row.age, str) else None
    if kpi.family == "target":
        return (kpi.name, kpi.formula, {"target": row.target}) if isinstance(row.target, str) else None
    return kpi.name, kpi.formula, {}


def _stat(kpi: Kpi, row: KpiRow) -> Sampled | None:
    """An age as the moment that it counts from, a duration by its mean and quantiles, anything else as it is."""
    if kpi.form == "age":
        return SINCE_NAMES[kpi.name], f"Since when: the age is {kpi.formula}", {}
    further: dict[str, str] = {}
    for name, value in further_of(row).items():
        if value is None:  # the total over a further dimension: the sum over its label
            return None
        further[DIMENSION_NAMES.get((kpi.name, name), name)] = value
    if kpi.form != "duration":
        return SECONDS_NAMES.get(kpi.name, kpi.name), kpi.formula, further
    base = kpi.name.removesuffix("_seconds")
    if row.stat == "mean":
        return f"{base}_mean_seconds", f"Mean {kpi.formula}", further
    if row.stat in QUANTILES and kpi.name in WITH_QUANTILES:
        return (
            f"{base}_quantile_seconds",
            f"Quantiles: {kpi.formula}",
            further | {"quantile": QUANTILES[row.stat]},
        )
    return None
