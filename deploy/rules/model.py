"""What a rule is, and the two ways to read a metric.

A board's numbers are the same on every board: the highest over them. They are looked back at for two minutes, so that
a failed scrape or a board that starts again neither hides nor ends an alert. What workers count is added up as rates.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from stream.core.metrics import BOARD, METRICS, PREFIX, WORKER

SECONDS = {"s": 1, "m": 60, "h": 3600, "d": 86_400}
_SAMPLES = {name: (metric, labels) for metric in METRICS.values() for name, labels in metric.samples().items()}


@dataclass(frozen=True, slots=True)
class Pace:
    """How many times as fast as in real life: 1, or more where a test runs a morning in minutes."""

    factor: float = 1.0

    def __call__(self, duration: str) -> str:
        """A duration such as ``5m``, at this pace."""
        if self.factor == 1:
            return duration
        seconds = int(duration[:-1]) * SECONDS[duration[-1]] / self.factor
        return f"{max(1, round(seconds))}s"

    def seconds(self, duration: str) -> float:
        """A duration as seconds of the wall clock."""
        return int(duration[:-1]) * SECONDS[duration[-1]] / self.factor


@dataclass(frozen=True, slots=True)
class Record:
    """A recording rule: ``level:metric:operations``. ``labels`` are those of its series."""

    name: str
    expr: str
    labels: tuple[str, ...]

    def rule(self) -> dict[str, object]:
        """As Prometheus reads it."""
        return {"record": self.name, "expr": self.expr}


@dataclass(frozen=True, slots=True)
class Alert:
    """An alert. ``for_`` and ``keep`` empty: at once. ``board`` is the dashboard (uid and query) that shows it."""

    name: str
    expr: str
    for_: str
    severity: str
    layer: str
    slo: str
    summary: str
    description: str
    board: str
    keep: str = ""
    labels: dict[str, str] = field(default_factory=dict)

    def rule(self, links: Links) -> dict[str, object]:
        """As Prometheus reads it: every label that inhibition compares is always there."""
        timing = {name: value for name, value in (("for", self.for_), ("keep_firing_for", self.keep)) if value}
        return {
            "alert": self.name,
            "expr": self.expr,
            **timing,
            "labels": {"severity": self.severity, "layer": self.layer, "slo": self.slo, **self.labels},
            "annotations": {
                "summary": self.summary,
                "description": self.description,
                "dashboard": f"{links.dashboards}/d/{self.board}",
                "runbook_url": f"{links.runbook}#{self.name.lower()}",
            },
        }


@dataclass(frozen=True, slots=True)
class Links:
    """Where people find the dashboards and the runbook from wherever they read a page."""

    dashboards: str = "http://localhost:3000"
    runbook: str = "http://localhost:3000/public/deskpulse/runbook.html"


def series(name: str, part: str, **where: str) -> str:
    """A selector, checked against the catalogue. A value ``~x`` is a pattern."""
    full = PREFIX + name
    metric, labels = _SAMPLES[full]
    assert part in metric.parts, f"{full} is not of the {part}"
    assert set(where) <= set(labels), f"{full} has no label {set(where) - set(labels)}"
    told = ",".join(f'{k}=~"{v[1:]}"' if v.startswith("~") else f'{k}="{v}"' for k, v in sorted(where.items()))
    return f"{full}{{{told}}}" if told else full


def shown(pace: Pace, name: str, *drop: str, **where: str) -> str:
    """A board's number, without the labels ``drop`` besides those of the process."""
    gone = ", ".join(("instance", "pod", *drop))
    return f"max without ({gone}) (last_over_time({series(name, BOARD, **where)}[{pace('2m')}]))"


def rated(pace: Pace, name: str, over: str, *drop: str, **where: str) -> str:
    """How fast the workers count, together, over the last ``over``."""
    gone = ", ".join(("instance", "pod", *drop))
    return f"sum without ({gone}) (rate({series(name, WORKER, **where)}[{pace(over)}]))"


def increased(pace: Pace, name: str, over: str, *drop: str, **where: str) -> str:
    """How many the workers have counted together in the last ``over``."""
    gone = ", ".join(("instance", "pod", *drop))
    return f"sum without ({gone}) (increase({series(name, WORKER, **where)}[{pace(over)}]))"
