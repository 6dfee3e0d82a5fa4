"""The Anonymous Bank: one row a call, and every oddity that its description names."""

from __future__ import annotations

import gzip
from collections import Counter
from datetime import datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import orjson
import pytest

from stream.core.batch import Batch
from stream.sources.anonymous_bank import COLUMNS, TOPIC, read
from stream.sources.files import BadFile
from tests.core.floor import ARRIVED_MS, history, value

ZONE = ZoneInfo("Asia/Jerusalem")
ROW = {
    "vru+line": "AA0101", "call_id": "1", "customer_id": "C00042", "priority": "2", "type": "PS", "date": "990201",
    "vru_entry": "7:02:47", "vru_exit": "7:02:56", "vru_time": "9", "q_start": "7:02:56", "q_exit": "7:03:20",
    "q_time": "24", "outcome": "AGENT", "ser_start": "7:03:19", "ser_exit": "7:06:05", "ser_time": "166",
    "server": "DORIT",
}  # fmt: skip
NO_QUEUE = {"q_start": "0:00:00", "q_exit": "0:00:00", "q_time": "0"}


def write(folder: Path, *rows: dict[str, str], name: str = "calls.tsv") -> Path:
    """A file of rows; what a row does not say is as in ``ROW``."""
    full = [{**ROW, "call_id": str(n + 1), **row} for n, row in enumerate(rows)]
    text = "\n".join(["\t".join(COLUMNS), *("\t".join(row[c] for c in COLUMNS) for row in full)]) + "\n"
    path = folder / name
    path.write_bytes(gzip.compress(text.encode()) if name.endswith(".gz") else text.encode())
    return path


def events(folder: Path, *rows: dict[str, str]) -> list[dict[str, Any]]:
    """What the rows become."""
    return [orjson.loads(line.value) for line in read([write(folder, *rows)], Counter())]


def local_ms(text: str) -> int:
    """A local time of the bank, in ms."""
    return round(datetime.fromisoformat(text).replace(tzinfo=ZONE).timestamp() * 1000)


def kinds(found: list[dict[str, Any]]) -> list[str]:
    """The types, in order."""
    return [event["type"] for event in found]


def rows_of(folder: Path, *rows: dict[str, str]) -> list[dict[str, Any]]:
    """The report over the rows."""
    import msgspec

    batch = Batch(history("[time]\nzone = 'Asia/Jerusalem'"))
    for line in read([write(folder, *rows)], Counter()):
        batch.feed(line.topic, line.key, line.value, ARRIVED_MS)
    return msgspec.to_builtins(batch.report())["rows"]


def test_a_call_that_queued_and_was_answered(tmp_path: Path) -> None:
    """The wait is exactly q_time and the handling exactly ser_time, whatever the other clock columns say."""
    began, entered, answered, ended = events(tmp_path, {})
    assert kinds([began, entered, answered, ended]) == [
        "call.initiated", "queue.entered", "contact.answered", "contact.ended",
    ]  # fmt: skip
    assert began["occurred_at"] == local_ms("1999-02-01T07:02:47")
    assert entered["occurred_at"] == local_ms("1999-02-01T07:02:56")
    assert answered["occurred_at"] - entered["occurred_at"] == 24_000
    assert ended["occurred_at"] - answered["occurred_at"] == 166_000
    assert (entered["queue"], entered["channel"], answered["agent_id"]) == ("PS", "voice", "DORIT")
    assert (began["customer_id"], began["priority"]) == ("C00042", "2")


def test_lines_are_keyed_and_in_order_of_time(tmp_path: Path) -> None:
    """The file is ordered by line, not by time: what is read is; each line's key is its call."""
    path = write(tmp_path, {"vru_entry": "9:00:00", "q_start": "9:00:09"}, {})
    lines = list(read([path], Counter()))
    assert [line.at_ms for line in lines] == sorted(line.at_ms for line in lines)
    assert {line.topic for line in lines} == {TOPIC}
    assert all(orjson.loads(line.value)["entity_id"].encode() == line.key for line in lines)
    ids = [(line.key, orjson.loads(line.value)["event_id"]) for line in lines]
    assert len(set(ids)) == len(ids)


def test_an_agent_without_a_queue_time_is_offered_and_answered_at_once(tmp_path: Path) -> None:
    """No queue and outcome AGENT: a wait of 0 from the exit of the voice response."""
    found = events(tmp_path, NO_QUEUE)
    assert kinds(found) == ["call.initiated", "queue.entered", "contact.answered", "contact.ended"]
    assert found[1]["occurred_at"] == found[2]["occurred_at"] == local_ms("1999-02-01T07:02:56")


def test_a_hang_up_in_the_voice_response_was_never_offered(tmp_path: Path) -> None:
    """HANG without a queue entry only ends, after its time in the voice response."""
    found = events(tmp_path, {**NO_QUEUE, "outcome": "HANG", "server": "NO_SERVER"})
    assert kinds(found) == ["call.initiated", "contact.ended"]
    assert found[1]["occurred_at"] - found[0]["occurred_at"] == 9_000
    rows = rows_of(tmp_path, {**NO_QUEUE, "outcome": "HANG"})
    assert not value(rows, "contacts_offered")


def test_a_hang_up_in_the_queue_abandoned_whatever_its_service_columns_say(tmp_path: Path) -> None:
    """97 such rows have a short service interval of NO_SERVER."""
    hang = {"outcome": "HANG", "server": "NO_SERVER", "ser_start": "7:03:20", "ser_exit": "7:03:22", "ser_time": "2"}
    found = events(tmp_path, hang)
    assert kinds(found) == ["call.initiated", "queue.entered", "queue.left", "contact.ended"]
    assert found[2]["reason"] == "abandoned"
    rows = rows_of(tmp_path, hang)
    assert value(rows, "contacts_abandoned") == 1
    assert value(rows, "time_to_abandon_seconds", "sum") == 24
    assert value(rows, "handle_seconds", "sum") is None


def test_phantom_rows_are_skipped_and_counted(tmp_path: Path) -> None:
    """They leave no event, and the count says how many there were."""
    skipped: Counter[str] = Counter()
    path = write(tmp_path, {"outcome": "PHANTOM"}, {}, {"outcome": "PHANTOM"})
    assert {line.key for line in read([path], skipped)} == {b"AA0101-9902-2"}
    assert skipped == {"PHANTOM": 2}


def test_no_server_is_no_agent(tmp_path: Path) -> None:
    """A row of NO_SERVER is answered, by nobody that could be named."""
    assert events(tmp_path, {"server": "NO_SERVER"})[2]["agent_id"] == ""
    assert value(rows_of(tmp_path, {"server": "NO_SERVER"}), "contacts_answered") == 1


def test_a_call_of_no_known_customer_names_none(tmp_path: Path) -> None:
    """customer_id 0 is nobody."""
    assert "customer_id" not in events(tmp_path, {"customer_id": "0"})[0]


def test_q_start_at_midnight_is_a_queue_when_the_other_columns_say_so(tmp_path: Path) -> None:
    """0:00:00 means none, except for the one call that really queued at midnight, having begun the day before."""
    row = {"vru_entry": "23:59:54", "vru_exit": "23:59:54", "vru_time": "0"}
    found = events(tmp_path, {**row, "q_start": "0:00:00", "q_exit": "0:00:27", "q_time": "27", "date": "990215"})
    assert found[1]["occurred_at"] == local_ms("1999-02-16T00:00:00")
    assert found[2]["occurred_at"] - found[1]["occurred_at"] == 27_000


def test_clock_columns_that_pass_midnight_are_the_next_day(tmp_path: Path) -> None:
    """The columns carry no date: a queue entry before the call's begin is after midnight."""
    found = events(tmp_path, {"vru_entry": "23:59:50", "q_start": "0:00:05", "q_exit": "0:00:29"})
    assert found[1]["occurred_at"] - found[0]["occurred_at"] == 15_000


def test_a_voice_response_that_ends_before_it_begins_counts_as_nothing(tmp_path: Path) -> None:
    """25 rows have a negative or wrong time in it: nothing of a call happens before it begins."""
    (began, ended) = events(tmp_path, {**NO_QUEUE, "outcome": "HANG", "vru_time": "-192"})
    assert began["occurred_at"] == ended["occurred_at"]
    found = events(tmp_path, {**NO_QUEUE, "vru_exit": "7:02:40", "vru_time": "-7"})
    assert found[1]["occurred_at"] == found[0]["occurred_at"]


def test_services_of_no_time_are_answered_calls(tmp_path: Path) -> None:
    """85 rows of AGENT have a service of 0 s, 31 queued for 0 s."""
    rows = rows_of(tmp_path, {"ser_time": "0"}, {"q_time": "0", "q_exit": ROW["q_start"]})
    assert value(rows, "contacts_answered") == 2
    assert value(rows, "answer_speed_seconds", "sum") == 24


def test_durations_hold_when_the_clocks_change(tmp_path: Path) -> None:
    """A call over the night in which summer time began (2 April 1999, 02:00) waits as long as it waited."""
    row = {"date": "990402", "vru_entry": "1:59:50", "vru_exit": "1:59:55", "q_start": "1:59:55", "q_time": "24"}
    found = events(tmp_path, row)
    assert found[2]["occurred_at"] - found[1]["occurred_at"] == 24_000
    assert found[3]["occurred_at"] - found[2]["occurred_at"] == 166_000


def test_plain_and_gzipped_files_are_the_same(tmp_path: Path) -> None:
    """A name that ends in .gz is unpacked."""
    plain, packed = write(tmp_path, {}), write(tmp_path, {}, name="calls.tsv.gz")
    assert list(read([plain], Counter())) == list(read([packed], Counter()))


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("a\tb\n1\t2\n", "these are not the columns of the Anonymous Bank: a, b"),
        ("\t".join(COLUMNS) + "\n1\t2\n", "line 2: 2 columns, should be 17"),
        ("\t".join(COLUMNS) + "\n" + "\t".join({**ROW, "date": "soon"}.values()) + "\n", "line 2: time data"),
        ("\t".join(COLUMNS) + "\n" + "\t".join({**ROW, "q_time": "x"}.values()) + "\n", "line 2: invalid literal"),
    ],
)
def test_a_file_that_is_none_of_the_bank_is_named(tmp_path: Path, text: str, problem: str) -> None:
    """The file, the line where there is one, and what is wrong."""
    path = tmp_path / "other.tsv"
    path.write_text(text)
    with pytest.raises(BadFile) as caught:
        list(read([path], Counter()))
    assert str(path) in str(caught.value)
    assert problem in str(caught.value)


@pytest.mark.parametrize(
    "damage", [lambda raw: raw[:40], lambda _: b"hello", lambda raw: raw[:30] + b"\0\0\0" + raw[33:]]
)
def test_a_damaged_gzip_file_is_named(tmp_path: Path, damage: Any) -> None:
    """Cut off, no gzip at all, or changed inside."""
    path = write(tmp_path, *[{}] * 50, name="calls.tsv.gz")
    path.write_bytes(damage(path.read_bytes()))
    with pytest.raises(BadFile, match=r"calls\.tsv\.gz is no whole gzip file"):
        list(read([path], Counter()))


def test_text_in_another_encoding_is_named(tmp_path: Path) -> None:
    """Bytes that are no UTF-8 are told with the file's name."""
    path = tmp_path / "calls.tsv"
    path.write_bytes("\t".join(COLUMNS).encode() + b"\n\xff\xfe\n")
    with pytest.raises(BadFile, match=r"calls\.tsv is no text in UTF-8"):
        list(read([path], Counter()))
