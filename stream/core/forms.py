"""The forms that a KPI can have: count, duration, ratio, level and age; and the measure that they are computed from.

``compute`` yields samples (stat, value, count, further dimensions). Counts are whole numbers, durations seconds, ratios
0 to 1. A ratio with an empty denominator and a duration without samples yield nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Protocol

from stream.core.facts import CLOCKED, KINDS

if TYPE_CHECKING:
    from stream.core.accounts import Accounts
    from stream.core.sections import Kpis

Sample = tuple[str, float, float, dict[str, Any]]
SHARES = (("p50", 0.50), ("p90", 0.90), ("p95", 0.95))
DURATION_STATS = ("mean", "p50", "p90", "p95", "sum")


class Measure(Protocol):
    """What one place has measured in one window. ``formula`` is that of the service level, ``options`` the knobs."""

    formula: str
    options: Kpis
    is_now: bool
    now_ms: int
    is_everything: bool

    def n(self, kind: int) -> int:
        """How many facts of ``kind`` (a count or a duration)."""

    def total_ms(self, kind: int) -> int:
        """The sum of the durations of ``kind``."""

    def percentiles_ms(self, kinds: tuple[int, ...], less: tuple[int, ...] = ()) -> Iterable[tuple[str, float]]:
        """(stat, value) of the p50, p90 and p95 of the durations ``kinds`` together, without the samples of ``less``;
        nothing where nobody asks.
        """

    def inside_ms(self, kind: int) -> int:
        """How long was spent inside the interval ``kind`` within the window, all members together."""

    def inside_now(self, kind: int) -> int:
        """How many are inside the interval ``kind`` now."""

    def since_ms(self, level: str) -> Iterable[int]:
        """Since when each member of ``level`` is in it, whatever its parts."""

    def parts(self, level: str) -> Iterable[tuple[str, list[int]]]:
        """(part, since when its members are in it) of ``level``."""

    def length_ms(self) -> int:
        """How long the window is, up to now."""

    def over(self, family: str) -> Measure:
        """What all places of another family (``team`` for a KPI of queues) have measured in the same window."""

    def accounts(self) -> Accounts:
        """The window pane by pane, for the KPIs of the business."""

    def each(self, kind: int) -> Iterable[int]:
        """How many facts of ``kind`` each place of this family has in the same window."""


@dataclass(frozen=True, slots=True)
class Kpi:
    """One KPI. ``family`` says for which places it has a row at zero: contact, ticket, agent (by team) or any
    (none).

    ``live``: it is of now; None: it has one number of now and another of a window.
    ``overall``: it has only the row over everything. Such a KPI may need what places of another family have measured:
    ``Measure.over``. ``windows`` are those that it has rows in, where it does not have them in all.
    """

    name: str
    unit: str
    family: str
    form: str
    formula: str
    inputs: tuple[str, ...]
    source: str
    compute: Callable[[Measure], Iterable[Sample]]
    stats: tuple[str, ...] = ("value",)
    live: bool | None = False
    dimensions: tuple[str, ...] = ("queue", "channel")
    knobs: tuple[str, ...] = ()
    overall: bool = False
    windows: tuple[str, ...] = ()
    # (numerator, denominator), both sums over contacts: what ``explain`` says of each of them.
    parts: Callable[[Measure], tuple[float, float]] | None = None
    # Of a count by a further dimension: the kinds of each of its values.
    by_value: tuple[tuple[str, tuple[str, ...]], ...] = ()


def count(
    name: str, unit: str, family: str, formula: str, *inputs: str, source: str, knobs: tuple[str, ...] = ()
) -> Kpi:
    """A number of facts of the kinds ``inputs`` together."""
    kinds = [KINDS[i] for i in inputs]

    def parts(m: Measure) -> tuple[float, float]:
        total = sum(m.n(kind) for kind in kinds)
        return total, total

    def compute(m: Measure) -> Iterator[Sample]:
        yield "value", *parts(m), {}

    return Kpi(name, unit, family, "count", formula, inputs, source, compute, knobs=knobs, parts=parts)


def count_by(
    name: str,
    unit: str,
    family: str,
    formula: str,
    dimension: str,
    kinds_of: dict[str, tuple[str, ...]],
    *total: str,
    source: str,
    knobs: tuple[str, ...] = (),
) -> Kpi:
    """A number of facts by the closed set of values of a further ``dimension``, and first the total over it (R03).

    ``total`` are the kinds of that total where it is not the sum of the values.
    """
    inputs = total or tuple(kind for kinds in kinds_of.values() for kind in kinds)
    all_kinds = [KINDS[i] for i in inputs]
    by_value = {value: [KINDS[kind] for kind in kinds] for value, kinds in kinds_of.items()}

    def parts(m: Measure) -> tuple[float, float]:
        number = sum(m.n(kind) for kind in all_kinds)
        return number, number

    def compute(m: Measure) -> Iterator[Sample]:
        yield "value", *parts(m), {dimension: None}
        for value, kinds in by_value.items():
            number = sum(m.n(kind) for kind in kinds)
            yield "value", number, number, {dimension: value}

    dimensions = ("queue", "channel", dimension)
    return Kpi(
        name, unit, family, "count", formula, inputs, source, compute,
        dimensions=dimensions, knobs=knobs, parts=parts, by_value=tuple(kinds_of.items()),
    )  # fmt: skip


def duration(
    name: str,
    family: str,
    formula: str,
    *inputs: str,
    source: str,
    knobs: tuple[str, ...] = (),
    clocks: bool = False,
    divisor: Callable[[Measure], int | None] = lambda _: None,
) -> Kpi:
    """Mean, percentiles and sum of the durations ``inputs`` together, in seconds; with ``clocks`` by both clocks
    (``stream.core.clocks``). ``divisor``: what the mean is taken over, where it is not the samples.
    """
    kinds = tuple(KINDS[i] for i in inputs)
    scheduled = tuple(CLOCKED[kind][0] for kind in kinds) if clocks else ()
    business = kinds + tuple(CLOCKED[kind][1] for kind in kinds) if clocks else ()

    def parts(m: Measure) -> tuple[float, float]:
        by = divisor(m)
        return sum(m.total_ms(kind) for kind in kinds) / 1000, sum(m.n(kind) for kind in kinds) if by is None else by

    def compute(m: Measure) -> Iterator[Sample]:
        by = divisor(m)
        if not clocks:
            yield from _samples(m, kinds, (), {}, by)
        else:
            yield from _samples(m, kinds, (), {"clock": "calendar"}, by)
            yield from _samples(m, business, scheduled, {"clock": "business"}, by)

    return Kpi(
        name, "seconds", family, "duration", formula, inputs, source, compute,
        stats=DURATION_STATS, knobs=knobs, parts=parts,
        dimensions=("queue", "channel", "clock") if clocks else ("queue", "channel"),
    )  # fmt: skip


def _samples(
    m: Measure, kinds: tuple[int, ...], less: tuple[int, ...], further: dict[str, Any], by: int | None
) -> Iterator[Sample]:
    """The statistics of the durations ``kinds`` together, without those of ``less``; the mean over ``by``."""
    count = sum(map(m.n, kinds)) - sum(map(m.n, less))
    if count <= 0:
        return
    total_ms = sum(map(m.total_ms, kinds)) - sum(map(m.total_ms, less))
    if by != 0:
        yield "mean", total_ms / (by or count) / 1000, by or count, further
    for stat, value_ms in m.percentiles_ms(kinds, less):
        yield stat, value_ms / 1000, count, further
    yield "sum", total_ms / 1000, count, further


def ratio(
    name: str,
    family: str,
    formula: str,
    parts: Callable[[Measure], tuple[float, float]],
    *inputs: str,
    source: str,
    knobs: tuple[str, ...] = (),
    dimensions: tuple[str, ...] = ("queue", "channel"),
    overall: bool = False,
    windows: tuple[str, ...] = (),
) -> Kpi:
    """A quotient of what ``parts`` gives: (numerator, denominator)."""

    def compute(m: Measure) -> Iterator[Sample]:
        numerator, denominator = parts(m)
        if denominator > 0:
            yield "value", numerator / denominator, denominator, {}

    return Kpi(
        name,
        "ratio",
        family,
        "ratio",
        formula,
        inputs,
        source,
        compute,
        knobs=knobs,
        dimensions=dimensions,
        overall=overall,
        windows=windows,
        parts=parts,
    )


def points(
    name: str,
    family: str,
    formula: str,
    parts: Callable[[Measure], tuple[float, float]],
    *inputs: str,
    source: str,
    knobs: tuple[str, ...] = (),
    dimensions: tuple[str, ...] = ("queue", "channel"),
) -> Kpi:
    """A score in points: what ``parts`` gives, (sum of points, number of answers)."""
    found = ratio(name, family, formula, parts, *inputs, source=source, knobs=knobs, dimensions=dimensions)
    return replace(found, unit="points")


def members(name: str, unit: str, family: str, formula: str, level: str, source: str) -> Kpi:
    """How many are in a level now."""

    def compute(m: Measure) -> Iterator[Sample]:
        count = len(list(m.since_ms(level)))
        yield "value", count, count, {}

    return Kpi(name, unit, family, "level", formula, (level,), source, compute, live=True)


def oldest(name: str, family: str, formula: str, level: str, source: str) -> Kpi:
    """How long the member that is longest in a level has been there, in seconds."""

    def compute(m: Measure) -> Iterator[Sample]:
        since = list(m.since_ms(level))
        if since:
            yield "value", max(0, m.now_ms - min(since)) / 1000, len(since), {}

    return Kpi(name, "seconds", family, "age", formula, (level,), source, compute, live=True)
