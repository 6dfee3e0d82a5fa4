"""A report against the judge: what differs, in words."""

from __future__ import annotations

from math import isclose
from typing import Any

Row = tuple[str | None, ...]  # KPI, stat, and the DIMENSIONS; None: not named, or the total over it
Rows = dict[Row, tuple[float, float]]

DIMENSIONS = ("queue", "channel", "team", "state", "age", "reason", "priority", "target", "clock")

PERCENTILES = frozenset(("p50", "p90", "p95"))
PERCENTILE_ERROR = 0.02
FLOAT_ERROR = 1e-9


def row_of(row: dict[str, Any]) -> Row:
    """What names a row of a report."""
    return row["kpi"], row["stat"], *(row.get(name) for name in DIMENSIONS)


def compare(report_rows: list[dict[str, Any]], oracle_rows: Rows) -> list[str]:
    """What differs between the rows of a report and those of the judge; [] when nothing does.

    Counts and sums are exact, what is divided to the last digits of a float, percentiles within 2 % (contract.md).
    Rows that only one of the two has are differences.
    """
    found: list[str] = []
    reported: Rows = {}
    for row in report_rows:
        name = row_of(row)
        if name in reported:
            found.append(f"{_words(name)}: is there twice")
        reported[name] = (row["value"], row["count"])
    for name in sorted(reported.keys() | oracle_rows.keys(), key=lambda n: tuple(str(part) for part in n)):
        if name not in oracle_rows:
            found.append(f"{_words(name)}: only in the report, {reported[name][0]:g} of {reported[name][1]:g}")
        elif name not in reported:
            found.append(f"{_words(name)}: only in the oracle, {oracle_rows[name][0]:g} of {oracle_rows[name][1]:g}")
        elif not _equal(name[1], reported[name], oracle_rows[name]):
            (value, count), (true, of) = reported[name], oracle_rows[name]
            found.append(f"{_words(name)}: {value!r} of {count:g} in the report, {true!r} of {of:g} in the oracle")
    return found


def _equal(stat: str | None, reported: tuple[float, float], true: tuple[float, float]) -> bool:
    error = PERCENTILE_ERROR if stat in PERCENTILES else FLOAT_ERROR
    return isclose(reported[0], true[0], rel_tol=error, abs_tol=1e-9) and isclose(
        reported[1], true[1], rel_tol=FLOAT_ERROR
    )


def _words(name: Row) -> str:
    kpi, stat, *place = name
    where = " ".join(f"{k}={v}" for k, v in zip(DIMENSIONS, place, strict=True) if v)
    return f"{kpi} {stat} [{where}]"
