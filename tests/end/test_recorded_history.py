"""Recorded history: the report equals the judge, and the figures that others have computed from the same files."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from random import Random
from typing import Any

import orjson
import pytest

from stream.replaying import lines_of
from stream.reporting import render
from stream.sources.line import Line
from tests.conftest import ROOT
from tests.end.judging import HISTORY, HOUR_MS, Arrival, differences, report_of, settings_of

BANK_TOML = (ROOT / "examples" / "anonymous_bank.toml").read_text()
ARRIVED_MS = 1_764_547_200_000
# type: offered, answered, abandoned, abandonment ratio, mean speed of answer, mean service of those above 0 s
BY_TYPE = {
    "IN": (261, 199, 62, 0.23755, 101.15, 267.39),
    "NE": (2702, 2520, 182, 0.06736, 50.80, 276.61),
    "NW": (6959, 4990, 1969, 0.28294, 55.41, 106.98),
    "PE": (136, 120, 16, 0.11765, 49.67, 228.46),
    "PS": (20027, 18349, 1678, 0.08379, 35.92, 184.94),
    "TT": (1040, 984, 56, 0.05385, 18.11, 103.16),
}


def arrivals_of(source: str, file: Path) -> list[Arrival]:
    """The file's events, all read now."""
    return [Arrival(ARRIVED_MS, line) for line in lines_of(source, [str(file)], Counter())]


def rows_of(arrivals: list[Arrival], toml: str) -> dict[str, Any]:
    """The report, parsed."""
    settings, _ = settings_of(toml, **HISTORY)
    found: dict[str, Any] = orjson.loads(render(report_of(arrivals, settings)))
    return found


def pick(report: dict[str, Any], kpi: str, stat: str = "value", queue: str | None = None) -> float:
    """The value of a row over all channels."""
    (row,) = [
        row
        for row in report["rows"]
        if (row["kpi"], row["stat"], row["queue"], row["channel"]) == (kpi, stat, queue, None)
        and not row.get("age")
        and row.get("clock") != "business"
    ]
    value: float = row["value"]
    return value


def test_a_friday_of_the_anonymous_bank_equals_the_judge():
    """The extract in the repository, and four hours of it."""
    arrivals = arrivals_of("anonymous_bank", ROOT / "tests" / "data" / "anonymous_bank_small.tsv.gz")
    nine_ms = 920_012_400_000  # 1999-02-26T09:00:00+02:00

    assert differences(arrivals, BANK_TOML) == []
    assert differences(arrivals, BANK_TOML, from_ms=nine_ms, to_ms=nine_ms + 4 * HOUR_MS) == []


@pytest.mark.slow
def test_february_of_the_anonymous_bank(shared_data: Path):
    """Every row equals the judge, and the figures of the folder's README."""
    arrivals = arrivals_of("anonymous_bank", shared_data / "anonymous_bank" / "calls_1999-02.tsv.gz")
    report = rows_of(arrivals, BANK_TOML)

    assert differences(arrivals, BANK_TOML) == []
    counts = [pick(report, f"contacts_{how}") for how in ("offered", "answered", "abandoned")]
    assert counts == [31_125, 27_162, 3_963]
    assert pick(report, "abandonment_ratio") == pytest.approx(0.12733, abs=5e-6)
    assert pick(report, "service_level_ratio") == pytest.approx(0.52077, abs=5e-6)
    assert pick(report, "answer_speed_seconds", "mean") == pytest.approx(40.77, abs=0.005)
    assert pick(report, "answer_speed_seconds", "p50") == pytest.approx(6, rel=0.02)
    assert pick(report, "answer_speed_seconds", "p95") == pytest.approx(189, rel=0.02)
    assert pick(report, "time_to_abandon_seconds", "mean") == pytest.approx(65.53, abs=0.005)
    assert pick(report, "time_to_abandon_seconds", "p50") == pytest.approx(43, rel=0.02)
    assert pick(report, "handle_seconds", "sum") / 3600 == pytest.approx(1330.58, abs=0.005)
    assert pick(report, "handle_seconds", "mean") == pytest.approx(176.35, abs=0.005)
    # 85 services lasted 0 s; the folder's mean is over the others.
    assert pick(report, "handle_seconds", "sum") / 27_077 == pytest.approx(176.91, abs=0.005)
    services = 0
    for queue, (offered, answered, abandoned, ratio, speed, service) in BY_TYPE.items():
        assert [pick(report, f"contacts_{how}", queue=queue) for how in ("offered", "answered", "abandoned")] == [
            offered, answered, abandoned,
        ]  # fmt: skip
        assert pick(report, "abandonment_ratio", queue=queue) == pytest.approx(ratio, abs=5e-6)
        assert pick(report, "answer_speed_seconds", "mean", queue) == pytest.approx(speed, abs=0.005)
        served_s = pick(report, "handle_seconds", "sum", queue)
        lasting = round(served_s / service)  # how many services lasted above 0 s
        assert lasting <= answered
        assert served_s / lasting == pytest.approx(service, abs=0.005)
        services += lasting
    assert services == 27_077


@pytest.mark.slow
def test_february_shuffled_within_each_hour_with_duplicates(shared_data: Path):
    """The same report digit for digit, but for the number of duplicates."""
    arrivals = arrivals_of("anonymous_bank", shared_data / "anonymous_bank" / "calls_1999-02.tsv.gz")
    random = Random(19990201)
    doubled = random.sample(arrivals, len(arrivals) // 100)

    def hour_of(arrival: Arrival) -> tuple[int, float]:
        return arrival.line.at_ms // HOUR_MS, random.random()

    shuffled = sorted(arrivals + doubled, key=hour_of)

    whole, disordered = rows_of(arrivals, BANK_TOML), rows_of(shuffled, BANK_TOML)
    assert disordered["events"].pop("duplicate") == len(doubled)
    assert whole["events"].pop("duplicate") == 0
    assert disordered == whole


@pytest.mark.slow
def test_the_italian_help_desk(shared_data: Path):
    """Every row equals the judge, and the figures of the folder's README."""
    arrivals = arrivals_of("helpdesk_italian", shared_data / "helpdesk_italian" / "helpdesk.csv.gz")
    report = rows_of(arrivals, "")

    assert differences(arrivals) == []
    assert pick(report, "tickets_created") == 4_580
    assert report["events"]["duplicate"] == 127
    (row,) = [
        row
        for row in report["rows"]
        if (row["kpi"], row["stat"], row["queue"], row["channel"], row.get("clock"))
        == ("first_response_seconds", "mean", None, None, "calendar")
    ]
    assert row["count"] == 4_285
    assert row["value"] / 3600 == pytest.approx(97.59, abs=0.005)
    assert pick(report, "first_response_seconds", "p50") / 3600 == pytest.approx(16.39, rel=0.02)
    assert pick(report, "first_response_seconds", "p95") / 3600 == pytest.approx(434.79, rel=0.02)


def test_a_line_that_is_there_twice_is_told_apart_from_one_that_looks_like_it():
    """A duplicate has the same event id; another event of the same moment has not."""
    event = {
        "event_id": "1", "type": "ticket.created", "schema_version": 1, "source": "test", "occurred_at": ARRIVED_MS,
        "entity_id": "t", "requester_id": "r", "submitter_role": "customer", "queue": "q", "channel": "mail",
    }  # fmt: skip
    arrivals = [
        Arrival(ARRIVED_MS, Line("ticket.events", b"t", orjson.dumps({**event, "event_id": name}), ARRIVED_MS))
        for name in ("1", "1", "2")
    ]

    assert rows_of(arrivals, "")["events"] == {"accepted": 2, "duplicate": 1, "late": 0, "rejected": 0}
