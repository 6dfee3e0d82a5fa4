"""Queries in Prometheus' language, with names and labels from the catalogue of metrics: a wrong one ends the making.

Levels and windows come from the boards, which all show the same: ``level`` takes the highest over them. What workers
count is added up: ``rate`` and ``increase``.
"""

from __future__ import annotations

from stream.core.metrics import METRICS, PREFIX

RATE = "$__rate_interval"
_SAMPLES = {name: set(labels) for metric in METRICS.values() for name, labels in metric.samples().items()}


def series(name: str, **where: str) -> str:
    """A selector. A value ``!x`` is anything but x, ``~x`` a pattern; a variable ``$x`` may be several values."""
    full = name if name.startswith("process_") else PREFIX + name
    unknown = set(where) - _SAMPLES[full] - {"job", "instance"}
    if unknown:
        raise ValueError(f"{full} has no label {', '.join(sorted(unknown))}")
    told = ",".join(f"{label}{_comparison(value)}" for label, value in sorted(where.items()))
    return f"{full}{{{told}}}" if told else full


def _comparison(value: str) -> str:
    if value.startswith("$"):
        return f'=~"{value}"'
    if value.startswith("~"):
        return f'=~"{value[1:]}"'
    return f'!="{value[1:]}"' if value.startswith("!") else f'="{value}"'


def level(by: str, name: str, **where: str) -> str:
    """A gauge of the boards, each combination of the labels ``by`` once."""
    return f"max by ({by}) ({series(name, **where)})"


def age(by: str, name: str, **where: str) -> str:
    """Seconds since a moment that the boards export, the oldest of each ``by``; a moment ahead is no age."""
    oldest = f"min by ({by}) ({series(name, **where)})" if by else f"min({series(name, **where)})"
    return f"clamp_min(time() - {oldest}, 0)"


def rate(by: str, name: str, **where: str) -> str:
    """How fast a counter of the workers rises, a second."""
    return f"sum by ({by}) (rate({series(name, **where)}[{RATE}]))"


def increase(by: str, name: str, **where: str) -> str:
    """By how much a counter of the workers rises from one point of the graph to the next."""
    return f"sum by ({by}) (increase({series(name, **where)}[{RATE}]))"


def quantile(share: float, by: str, name: str, **where: str) -> str:
    """A quantile of a histogram of the workers."""
    labels = ", ".join(filter(None, ("le", by)))
    return f"histogram_quantile({share}, sum by ({labels}) (rate({series(f'{name}_bucket', **where)}[{RATE}])))"
