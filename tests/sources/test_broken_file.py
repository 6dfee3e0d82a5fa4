"""A file in which every hundredth line is broken in a different way: nothing good is lost and nothing bad vanishes."""

from __future__ import annotations

from collections import Counter
from itertools import islice
from pathlib import Path
from typing import Any

import msgspec
import pytest
from click.testing import CliRunner

from stream.cli import deskpulse
from stream.core.batch import Batch
from stream.core.rows import Out
from stream.sources.events import read
from stream.sources.scenarios import BREAKS, break_every_hundredth
from stream.sources.simulator import simulate
from tests.core.floor import ARRIVED_MS, history
from topics.catalogue import LATE, REJECTED

LINES = 2400
START_MS = 1_764_547_200_000


Lines = list[tuple[bytes, str]]


@pytest.fixture(scope="module")
def broken() -> Lines:
    """A simulated floor with broken copies among its events: (line, reason that it must be refused for, or empty)."""
    return list(break_every_hundredth(line for _, line in islice(simulate(5, START_MS, 20), LINES)))


def fed(path: Path, lines: list[bytes]) -> Batch:
    """A batch over a file of these lines."""
    path.write_bytes(b"\n".join(lines) + b"\n")
    batch = Batch(history())
    for line in read([path], Counter()):
        batch.feed(line.topic, line.key, line.value, ARRIVED_MS)
    return batch


@pytest.fixture(scope="module")
def damaged(tmp_path_factory: pytest.TempPathFactory, broken: Lines) -> tuple[dict[str, Any], list[Out]]:
    """The report over all of it, and what was kept."""
    batch = fed(tmp_path_factory.mktemp("broken") / "events.jsonl", [line for line, _ in broken])
    return msgspec.to_builtins(batch.report()), batch.kept


def test_it_is_broken_in_every_way(broken: Lines) -> None:
    """The file has every kind of damage at least once, and the harmless ones too."""
    assert {reason for _, reason in broken if reason} == {reason for reason, _ in BREAKS if reason}
    assert len(broken) == LINES + sum(1 for _, reason in broken if reason)


def test_every_good_line_counts_as_if_the_bad_ones_were_not_there(
    tmp_path: Path, damaged: tuple[dict[str, Any], list[Out]]
) -> None:
    """The rows are equal, row for row."""
    good = [line.value for _, line in islice(simulate(5, START_MS, 20), LINES)]
    whole = msgspec.to_builtins(fed(tmp_path / "events.jsonl", good).report())
    report, _ = damaged
    assert whole["rows"]
    assert report["rows"] == whole["rows"]
    assert report["events"]["accepted"] == whole["events"]["accepted"]


def test_every_bad_line_is_kept_with_its_reason_and_its_bytes(
    damaged: tuple[dict[str, Any], list[Out]], broken: Lines
) -> None:
    """Not a byte is changed, ten megabytes neither."""
    kept = [(out.value, dict(out.headers)) for out in damaged[1] if out.topic == REJECTED]
    found = Counter((value, headers["reason"].decode()) for value, headers in kept)
    assert found == Counter((line, reason) for line, reason in broken if reason)
    assert {out.topic for out in damaged[1]} <= {REJECTED, LATE}
    assert all(headers.keys() >= {"topic", "partition", "offset", "reason", "detail"} for _, headers in kept)


def test_each_line_is_counted_once(damaged: tuple[dict[str, Any], list[Out]], broken: Lines) -> None:
    """Accepted, duplicate, late and rejected add up to the lines (R40)."""
    events = damaged[0]["events"]
    assert sum(events.values()) == len(broken)
    assert events["rejected"] == sum(1 for _, reason in broken if reason)


def test_an_end_before_its_start_is_no_error(tmp_path: Path) -> None:
    """It is accepted and gives no duration (R43)."""
    common = b'"schema_version":1,"source":"s","entity_id":"c"'
    lines = [
        b'{"type":"queue.entered","event_id":"1","occurred_at":1764547300000,"queue":"q","channel":"voice","segment_id":"1",'
        + common
        + b"}",
        b'{"type":"contact.answered","event_id":"2","occurred_at":1764547200000,"agent_id":"a","segment_id":"1",'
        + common
        + b"}",
    ]
    report = msgspec.to_builtins(fed(tmp_path / "events.jsonl", lines).report())
    assert report["events"] == {"accepted": 2, "duplicate": 0, "late": 0, "rejected": 0}
    assert not [row for row in report["rows"] if row["kpi"] == "answer_speed_seconds" and row["value"] < 0]


def test_the_command_does_not_stop_at_it(tmp_path: Path, broken: Lines) -> None:
    """deskpulse report ends with 0 and tells how many were rejected."""
    path = tmp_path / "events.jsonl"
    path.write_bytes(b"\n".join(line for line, _ in broken))
    target = tmp_path / "report.json"
    done = CliRunner().invoke(deskpulse, ["report", "events", str(path), "--report", str(target)])
    assert done.exit_code == 0, done.output
    found = msgspec.json.decode(target.read_bytes())
    assert found["events"]["rejected"] == sum(1 for _, reason in broken if reason)
