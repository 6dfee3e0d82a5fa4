"""The unit tests of the rules as data: what Prometheus is told, and what it must then say."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from deploy.rules.model import Alert, Links

BOARD_1 = 'job="deskpulse-board",instance="board-1:8080"'
BOARD_2 = 'job="deskpulse-board",instance="board-2:8080"'
WORKER_1 = 'job="deskpulse-worker",instance="worker-1:6066"'
WORKER_2 = 'job="deskpulse-worker",instance="worker-2:6066"'
PLACE = 'queue="billing",channel="voice"'
Series = dict[str, str]


@dataclass(frozen=True, slots=True)
class Fires:
    """At ``at`` the alert fires once for each of ``labels``, with these words."""

    at: str
    alert: str
    labels: Mapping[str, str]
    summary: str
    description: str


@dataclass(frozen=True, slots=True)
class Silent:
    """At ``at`` it does not fire."""

    at: str
    alert: str


@dataclass(frozen=True, slots=True)
class Is:
    """At ``at`` the record has this value, and no other series of its name."""

    at: str
    record: str
    labels: Mapping[str, str]
    value: float
    digits: int = 6


@dataclass(frozen=True, slots=True)
class Case:
    """``why`` it is there; ``series``: name and labels -> values, a minute apart."""

    why: str
    series: Mapping[str, str]
    expected: tuple[Fires | Silent | Is, ...]


def board(name: str, values: str, labels: str = PLACE, process: str = BOARD_1) -> Series:
    """One series of a board."""
    between = "," if labels else ""
    return {f"support_{name}{{{process}{between}{labels}}}": values}


def worker(name: str, values: str, labels: str = "", process: str = WORKER_1) -> Series:
    """One series of a worker."""
    return board(name, values, labels, process)


def as_test(case: Case, alerts: Mapping[str, list[Alert]], links: Links) -> dict[str, Any]:
    """As promtool reads it."""
    series = [{"series": name, "values": values} for name, values in case.series.items()]
    asked: dict[tuple[str, str], list[dict[str, Any]]] = {}
    values = []
    for wanted in case.expected:
        if isinstance(wanted, Is):
            labels = ",".join(f'{name}="{value}"' for name, value in sorted(wanted.labels.items()))
            sample = {"labels": f"{{{labels}}}", "value": wanted.value}
            expr = f"round({wanted.record}, {10.0**-wanted.digits:g})"
            values.append({"expr": expr, "eval_time": wanted.at, "exp_samples": [sample]})
            continue
        found = asked.setdefault((wanted.at, wanted.alert), [])
        if isinstance(wanted, Fires):
            found.append(_fired(wanted, alerts[wanted.alert], links))
    tests = [{"eval_time": at, "alertname": name, "exp_alerts": found} for (at, name), found in asked.items()]
    parts = (("alert_rule_test", tests), ("promql_expr_test", values))
    return {"name": case.why, "interval": "1m", "input_series": series, **{k: v for k, v in parts if v}}


def _fired(wanted: Fires, alerts: list[Alert], links: Links) -> dict[str, Any]:
    alert = next(a for a in alerts if all(wanted.labels.get(k) == v for k, v in a.labels.items()))
    rule: Any = alert.rule(links)
    board_url = re.sub(
        r"{{ \$labels\.(\w+) \| urlquery }}", lambda match: wanted.labels[match[1]], rule["annotations"]["dashboard"]
    )
    return {
        "exp_labels": {**rule["labels"], **wanted.labels},
        "exp_annotations": {
            **rule["annotations"], "summary": wanted.summary, "description": wanted.description, "dashboard": board_url
        },
    }  # fmt: skip
