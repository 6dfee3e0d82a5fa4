"""PromQL as a tree: which series a query reads, and which of them only as a rate."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import promql_parser as pp

RATES = {"rate", "increase", "irate", "resets"}


def selectors(expr: str) -> Iterator[tuple[str, set[str], str]]:
    """(metric, labels that it is asked by, the function around it) of every selector. Raises ``ValueError`` where the
    query is none.
    """
    yield from _walk(pp.parse(expr), "")


def _walk(node: Any, function: str) -> Iterator[tuple[str, set[str], str]]:
    if isinstance(node, pp.VectorSelector):
        labels = {matcher.name for matcher in node.matchers.matchers} - {"__name__"}
        yield node.name, labels, function
    elif isinstance(node, pp.MatrixSelector):
        yield from _walk(node.vector_selector, function)
    elif isinstance(node, pp.Call):
        for argument in node.args:
            yield from _walk(argument, node.func.name)
    else:
        for name in ("expr", "lhs", "rhs", "param"):
            child = getattr(node, name, None)
            if child is not None and not isinstance(child, str):
                yield from _walk(child, function)


def groupings(expr: str) -> Iterator[str]:
    """The labels that aggregations and matchings name."""

    def walk(node: Any) -> Iterator[str]:
        for name in ("modifier", "matching"):
            modifier = getattr(node, name, None)
            labels = getattr(modifier, "labels", None) or getattr(getattr(modifier, "matching", None), "labels", None)
            yield from labels or ()
        for name in ("expr", "lhs", "rhs", "vector_selector"):
            child = getattr(node, name, None)
            if child is not None and not isinstance(child, str):
                yield from walk(child)
        for argument in getattr(node, "args", None) or ():
            yield from walk(argument)

    yield from walk(pp.parse(expr))
