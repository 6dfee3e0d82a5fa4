"""The KPIs of service targets, as data: kept and missed promises, and those that are about to be missed."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator

from stream.core.facts import KINDS
from stream.core.forms import Kpi, Measure, Sample

_DIMENSIONS = ("queue", "channel", "target")
_KNOBS = ("targets",)
_SOURCE = "R29, R29b-R29e; kpis.md 1B"


def _count(name: str, formula: str, kind: str) -> Kpi:
    def parts(m: Measure) -> tuple[float, float]:
        number = m.n(KINDS[kind])
        return number, number

    def compute(m: Measure) -> Iterator[Sample]:
        yield "value", *parts(m), {}

    return Kpi(
        name, "targets", "target", "count", formula, (kind,), _SOURCE, compute,
        dimensions=_DIMENSIONS, knobs=_KNOBS, parts=parts,
    )  # fmt: skip


def _attainment(m: Measure) -> tuple[float, float]:
    met = m.n(KINDS["target_met"])
    return met, met + m.n(KINDS["target_missed"])


def _ratio(m: Measure) -> Iterator[Sample]:
    met, decided = _attainment(m)
    if decided > 0:
        yield "value", met / decided, decided, {}


def _at_risk(m: Measure) -> Iterator[Sample]:
    """What has come to its warning and is not past its due time; without a warning nothing is at risk."""
    warned = sum(1 for at in m.since_ms("warn") if at <= m.now_ms)
    over = sum(1 for part, dues in m.parts("due") if part == "warned" for at in dues if at < m.now_ms)
    number = warned - over
    yield "value", number, number, {}


def _breached(m: Measure) -> Iterator[Sample]:
    number = sum(1 for at in m.since_ms("due") if at < m.now_ms)
    yield "value", number, number, {}


def _level(name: str, formula: str, compute: Callable[[Measure], Iterable[Sample]]) -> Kpi:
    return Kpi(
        name, "targets", "target", "level", formula, ("due", "warn"), _SOURCE, compute,
        live=True, dimensions=_DIMENSIONS, knobs=_KNOBS,
    )  # fmt: skip


TARGET_KPIS: tuple[Kpi, ...] = (
    _count("targets_met", "fulfilments at or before the due time", "target_met"),
    _count("targets_missed", "due times that passed without a fulfilment, each at its due time", "target_missed"),
    Kpi(
        "target_attainment_ratio", "ratio", "target", "ratio", "met / (met + missed)",
        ("target_met", "target_missed"), _SOURCE, _ratio, dimensions=_DIMENSIONS, knobs=_KNOBS, parts=_attainment,
    ),
    _level("targets_at_risk", "running targets whose remaining time is at most their warn_seconds", _at_risk),
    _level("targets_breached", "running targets past their due time", _breached),
)  # fmt: skip
