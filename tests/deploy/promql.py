"""What a query reads: its selectors, each with the labels that it is asked by."""

from __future__ import annotations

from collections.abc import Iterable

import promql_parser

from deploy.rules.records import RECORDS
from stream.core.metrics import METRICS

PROCESS = {"job", "instance", "pod"}
# What others expose: Prometheus itself, Alertmanager.
FOREIGN = {
    "up": {"job", "instance"},
    "prometheus_rule_evaluation_failures_total": {"rule_group"},
    "alertmanager_notifications_failed_total": {"integration"},
    "alertmanager_notifications_total": {"integration"},
    "ALERTS": {"alertname", "alertstate"},
}
KNOWN: dict[str, set[str]] = {
    **{name: {*labels, *PROCESS} for metric in METRICS.values() for name, labels in metric.samples().items()},
    **{record.name: set(record.labels) for record in RECORDS.values()},
    **{name: {*labels, *PROCESS} for name, labels in FOREIGN.items()},
}


def selectors(query: str) -> list[tuple[str, set[str]]]:
    """(name, labels) of every selector. Raises ``ValueError`` where the query is none, or its types do not fit."""
    found: list[tuple[str, set[str]]] = []

    def visit(node: object) -> bool:
        if isinstance(node, promql_parser.VectorSelector):  # a range has one inside
            found.append((node.name or "", {matcher.name for matcher in node.matchers.matchers}))
        return True

    promql_parser.walk(promql_parser.parse(query), pre_visit=visit)
    return found


def unknown(query: str, known: dict[str, set[str]] = KNOWN) -> Iterable[str]:
    """What the query reads that nobody exposes or records."""
    for name, labels in selectors(query):
        if name not in known:
            yield f"{name}: nobody has it"
        elif labels - known[name]:
            yield f"{name}: no label {', '.join(sorted(labels - known[name]))}"
