"""The report and the board's windows against the independent judge (``tests.oracle``)."""

from __future__ import annotations

import tomllib
from collections.abc import Iterable, Iterator, Sequence
from itertools import takewhile
from typing import Any, NamedTuple

import msgspec

from stream.calendars import reader
from stream.core.batch import Batch, Engine
from stream.core.settings import Settings, load
from stream.core.view import Report, View
from stream.sources.line import Line
from stream.sources.simulator import simulate
from tests.conftest import ROOT
from tests.oracle import Oracle, Record, compare

MONDAY_MS = 1_764_547_200_000  # 2025-12-01T00:00:00Z
HOUR_MS, DAY_MS = 3_600_000, 86_400_000
HISTORY = {"time.clock": "events", "time.horizon_hours": 0, "board.retention_days": 0}
WINDOWS = ("now", "5m", "15m", "30m", "1h", "today", "24h", "yesterday", "7d", "28d")


class Arrival(NamedTuple):
    """A line, and when it arrives."""

    at_ms: int
    line: Line


def simulated(seed: int, rate: float, hours: float, start_ms: int = MONDAY_MS) -> list[Arrival]:
    """What arrives in the first ``hours`` of a simulated floor."""
    end_ms = start_ms + round(hours * HOUR_MS)
    arrivals = (Arrival(*pair) for pair in simulate(seed, start_ms, rate))
    return list(takewhile(lambda arrival: arrival.at_ms <= end_ms, arrivals))


def settings_of(toml: str, **overrides: Any) -> tuple[Settings, dict[str, Any]]:
    """The same configuration for both: the core's settings, and the plain dict that the judge reads."""
    plain = tomllib.loads(toml)
    for path, value in overrides.items():
        section, key = path.split(".")
        plain.setdefault(section, {})[key] = value
    return load(toml, {}, overrides, reader(ROOT)), plain


def records_of(arrivals: Iterable[Arrival], partitions: int = 1) -> list[Record]:
    """The arrivals as records of topics; an entity is always in the same partition."""
    return [
        Record(line.topic, sum(line.key) % partitions, offset, at_ms, line.key, line.value)
        for offset, (at_ms, line) in enumerate(arrivals)
    ]


def report_of(arrivals: Iterable[Arrival], settings: Settings, **window: int | None) -> Report:
    """The batch report."""
    batch = Batch(settings, **window)
    for at_ms, line in arrivals:
        batch.feed(line.topic, line.key, line.value, at_ms)
    return batch.report()


def printed(rows: Sequence[Any]) -> list[dict[str, Any]]:
    """The rows as they are printed."""
    return [msgspec.to_builtins(row) for row in rows]


def differences(arrivals: Sequence[Arrival], toml: str = "", **window: int | None) -> list[str]:
    """Where a report of all history differs from the judge, in rows and in counts of events."""
    settings, plain = settings_of(toml, **HISTORY)
    report = report_of(arrivals, settings, **window)
    judge = Oracle(records_of(arrivals), plain)
    rows = judge.rows(**window)
    found = compare(printed(report.rows), rows)
    return found if report.events == judge.events else [*found, f"events: {report.events}, oracle: {judge.events}"]


def moments(arrivals: Sequence[Arrival], settings: Settings, at_ms: Iterable[int]) -> Iterator[tuple[int, View]]:
    """(how many have arrived, what a board shows then) at each of the moments."""
    engine, view, fed, hour = Engine(settings), View(settings), 0, 0
    for moment_ms in at_ms:
        while fed < len(arrivals) and arrivals[fed].at_ms <= moment_ms:
            arrived_ms, line = arrivals[fed]
            if arrived_ms // HOUR_MS > hour:  # so that what contacts say of agents comes within the horizon
                hour = arrived_ms // HOUR_MS
                _publish(engine, view)
            engine.feed(line.topic, line.key, line.value, arrived_ms)
            fed += 1
        _publish(engine, view)
        yield fed, view


def _publish(engine: Engine, view: View) -> None:
    for key, value in engine.aggregates():
        view.put(key, value)


def differences_live(
    arrivals: Sequence[Arrival], at_ms: Sequence[int], toml: str = "", windows: Sequence[str] = WINDOWS
) -> list[str]:
    """Where a board that has seen what arrived until each moment differs from the judge, in every live window."""
    settings, plain = settings_of(toml)
    records = records_of(arrivals)
    found: list[str] = []
    for moment_ms, (fed, view) in zip(at_ms, moments(arrivals, settings, at_ms), strict=True):
        judge = Oracle(records[:fed], plain)
        for window in windows:
            rows = judge.rows(window, moment_ms)
            lines = compare(printed(view.rows(window, moment_ms)), rows)
            found += [f"{window} at {moment_ms}: {line}" for line in lines]
    return found
