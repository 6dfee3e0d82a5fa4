"""The Italian help desk: activities become the life of a ticket."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import Any

import msgspec
import orjson
import pytest

from stream.core.batch import Batch
from stream.sources.files import BadFile
from stream.sources.helpdesk_italian import read
from tests.core.floor import ARRIVED_MS, history, value

HEADER = "Case ID,Activity,Resource,Complete Timestamp,Variant,Variant index,Variant,seriousness"
USUAL = (
    ("Case 1", "Assign seriousness", "Value 1", "2012/10/09 14:50:17.000"),
    ("Case 1", "Take in charge ticket", "Value 2", "2012/10/09 15:50:17.000"),
    ("Case 1", "Wait", "Value 2", "2012/10/09 16:00:00.000"),
    ("Case 1", "Resolve ticket", "Value 2", "2012/10/10 14:50:17.000"),
    ("Case 1", "Closed", "Value 3", "2012/11/09 12:54:39.000"),
)


def write(folder: Path, *rows: tuple[str, ...]) -> Path:
    """A file of rows (case, activity, resource, time)."""
    path = folder / "helpdesk.csv"
    path.write_text("\n".join([HEADER, *(",".join((*row, "Variant 1", "1", "Variant 1", "Value 1")) for row in rows)]))
    return path


def events(folder: Path, *rows: tuple[str, ...]) -> list[dict[str, Any]]:
    """What the rows become."""
    return [orjson.loads(line.value) for line in read([write(folder, *rows)], Counter())]


def report(folder: Path, *rows: tuple[str, ...]) -> dict[str, Any]:
    """The report over the rows."""
    batch = Batch(history())
    for line in read([write(folder, *rows)], Counter()):
        batch.feed(line.topic, line.key, line.value, ARRIVED_MS)
    return msgspec.to_builtins(batch.report())


def test_the_usual_path_is_the_life_of_a_ticket(tmp_path: Path) -> None:
    """Created at the first row, answered when taken in charge, pending, solved, closed; by the agent of the row."""
    found = events(tmp_path, *USUAL)
    assert [(e["type"], e.get("from"), e.get("to")) for e in found] == [
        ("ticket.created", None, None),
        ("ticket.fields_changed", None, None),
        ("ticket.message_added", None, None),
        ("ticket.status_changed", "new", "pending"),
        ("ticket.status_changed", "pending", "solved"),
        ("ticket.status_changed", "solved", "closed"),
    ]
    assert found[2]["author_id"] == "Value 2"
    assert found[5]["actor"] == "Value 3"
    assert {e["entity_id"] for e in found} == {"Case-1"}


def test_its_times_are_the_kpis(tmp_path: Path) -> None:
    """First response after an hour, solved after a day: closing later changes nothing."""
    rows = report(tmp_path, *USUAL)["rows"]
    assert value(rows, "tickets_created") == 1
    assert value(rows, "first_response_seconds", "sum") == 3600
    assert value(rows, "full_resolution_seconds", "sum") == 86_400
    assert value(rows, "backlog_tickets", age=None) == 0


def test_a_ticket_whose_first_row_is_the_answer_is_answered_at_once(tmp_path: Path) -> None:
    """Creation and first response in one millisecond: a response time of 0."""
    rows = report(tmp_path, USUAL[1])["rows"]
    assert value(rows, "first_response_seconds", "sum") == 0
    assert value(rows, "backlog_tickets", age=None) == 1


def test_rows_that_are_there_twice_are_duplicates(tmp_path: Path) -> None:
    """Same case, activity and second: one event, counted once and dropped once."""
    found = report(tmp_path, *USUAL[:2], USUAL[1], *USUAL[2:])
    assert found["events"]["duplicate"] == 1
    assert found["events"]["accepted"] == 6
    assert value(found["rows"], "first_response_seconds", "sum") == 3600


def test_a_ticket_that_is_resolved_again_stays_solved_since_the_first_time(tmp_path: Path) -> None:
    """386 tickets were, and no row says when they were reopened."""
    again = ("Case 1", "Resolve ticket", "Value 2", "2012/10/20 14:50:17.000")
    rows = report(tmp_path, *USUAL[:4], again)["rows"]
    assert value(rows, "tickets_solved") == 1
    assert value(rows, "full_resolution_seconds", "sum") == 86_400


def test_a_ticket_without_a_resolve_row_is_solved_when_it_is_closed(tmp_path: Path) -> None:
    """11 tickets have none (R22b)."""
    rows = report(tmp_path, USUAL[0], USUAL[4])["rows"]
    assert value(rows, "tickets_solved") == 1


def test_the_file_is_in_order_of_cases_and_what_is_read_in_order_of_time(tmp_path: Path) -> None:
    """Cases overlap; events come as they happened."""
    later = [("Case 2", *row[1:3], row[3].replace("2012", "2011")) for row in USUAL]
    lines = list(read([write(tmp_path, *USUAL, *later)], Counter()))
    assert [line.at_ms for line in lines] == sorted(line.at_ms for line in lines)
    assert lines[0].key == b"Case-2"


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("CaseID,ActivityID,CompleteTimestamp\n1,2,3\n", "these are not the columns of the Italian help desk"),
        ("", "these are not the columns of the Italian help desk"),
        (HEADER + "\nCase 1,Wait,Value 1,yesterday\n", "line 2: time data 'yesterday'"),
        (HEADER + "\nCase 1\n", "line 2: time data ''"),
    ],
)
def test_a_file_that_is_none_of_the_help_desk_is_named(tmp_path: Path, text: str, problem: str) -> None:
    """The reduced extract has other columns; a bad time is told with its line."""
    path = tmp_path / "other.csv"
    path.write_text(text)
    with pytest.raises(BadFile) as caught:
        list(read([path], Counter()))
    assert str(path) in str(caught.value)
    assert problem in str(caught.value)


@pytest.mark.slow
def test_the_real_file_gives_what_its_description_says(shared_data: Path) -> None:
    """4,580 tickets, 127 duplicates, 4,285 first responses of 97.59 h on average."""
    batch = Batch(history())
    for line in read([shared_data / "helpdesk_italian" / "helpdesk.csv.gz"], Counter()):
        batch.feed(line.topic, line.key, line.value, ARRIVED_MS)
    found = msgspec.to_builtins(batch.report())
    rows = found["rows"]
    assert value(rows, "tickets_created") == 4580
    assert found["events"] == {"accepted": 21_348 - 127 + 4580, "duplicate": 127, "late": 0, "rejected": 0}
    (mean,) = [
        r
        for r in rows
        if (r["kpi"], r["stat"], r["queue"], r["channel"]) == ("first_response_seconds", "mean", None, None)
        and r["clock"] == "calendar"
    ]
    assert mean["count"] == 4285
    assert round(mean["value"] / 3600, 2) == 97.59
