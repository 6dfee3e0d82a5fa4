"""The KPIs of agents, by team: what they do, and how much of their time it takes."""

from __future__ import annotations

from collections.abc import Iterator

from stream.core.facts import KINDS
from stream.core.forms import Kpi, Measure, Sample, ratio
from stream.core.moment import STATES


def _agents(m: Measure) -> Iterator[Sample]:
    counts = {state: m.inside_now(KINDS[f"in_{state}"]) for state in STATES}
    total = sum(counts.values())
    yield "value", total, total, {"state": None}
    for state, number in counts.items():
        yield "value", number, number, {"state": state}


def _occupancy(m: Measure) -> tuple[float, float]:
    busy = m.inside_ms(KINDS["in_busy"])
    return busy / 1000, (busy + m.inside_ms(KINDS["in_idle"])) / 1000


AGENT_KPIS: tuple[Kpi, ...] = (
    Kpi(
        "agents",
        "agents",
        "agent",
        "level",
        "agents by their one state by precedence",
        tuple(f"in_{s}" for s in STATES),
        "R30, R31; Amazon Connect",
        _agents,
        live=True,
        dimensions=("team", "state"),
    ),
    ratio(
        "occupancy_ratio",
        "agent",
        "busy / (busy + idle): on contact and after-call work against available",
        _occupancy,
        "in_busy",
        "in_idle",
        source="Amazon Connect; K17, K18",
        dimensions=("team",),
    ),
)
