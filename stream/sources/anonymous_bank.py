"""The "Anonymous Bank" call centre (Mandelbaum and Guedj, Technion), one row a call, local times of Jerusalem.

The clock columns disagree by a second or two and carry no date; the durations are right. So a call is built from the
moment that it enters the queue (or reaches an agent) by adding durations: the wait is exactly ``q_time``, the
handling exactly ``ser_time``. PHANTOM rows are skipped and counted. NO_SERVER is no agent.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from stream.sources.files import BadFile, open_bytes
from stream.sources.line import Line, line_of
from topics import events as ev

ZONE = ZoneInfo("Asia/Jerusalem")
TOPIC = "call.events"
NO_QUEUE = "0:00:00"
COLUMNS = (
    "vru+line", "call_id", "customer_id", "priority", "type", "date", "vru_entry", "vru_exit", "vru_time", "q_start",
    "q_exit", "q_time", "outcome", "ser_start", "ser_exit", "ser_time", "server",
)  # fmt: skip


def read(paths: Sequence[Path], skipped: Counter[str]) -> Iterator[Line]:
    """The events of all calls of the files, by event time."""
    lines: list[Line] = []
    for path in paths:
        with open_bytes(path) as file:
            header = file.readline().decode().rstrip("\r\n").split("\t")
            if tuple(header) != COLUMNS:
                raise BadFile(f"{path}: these are not the columns of the Anonymous Bank: {', '.join(header)[:200]}")
            for number, raw in enumerate(file, 2):
                cells = raw.decode().rstrip("\r\n").split("\t")
                if len(cells) != len(COLUMNS):
                    raise BadFile(f"{path}, line {number}: {len(cells)} columns, should be {len(COLUMNS)}")
                row = dict(zip(COLUMNS, cells, strict=True))
                if row["outcome"] == "PHANTOM":
                    skipped["PHANTOM"] += 1
                    continue
                try:
                    lines += [line_of(TOPIC, event) for event in _call(row)]
                except ValueError as error:
                    raise BadFile(f"{path}, line {number}: {error}") from None
    lines.sort(key=lambda line: line.at_ms)
    yield from lines


def _clock(row: dict[str, str], column: str) -> datetime:
    return datetime.strptime(f"{row['date']} {row[column]}", "%y%m%d %H:%M:%S").replace(tzinfo=ZONE)


def _ms(moment: datetime) -> int:
    return round(moment.timestamp() * 1000)


def _seconds(row: dict[str, str], column: str) -> int:
    """A duration, in ms; the few negative ones are nothing."""
    return max(0, int(row[column])) * 1000


def _queued(row: dict[str, str]) -> bool:
    """One call really queued at midnight: then its exit or its wait says so."""
    return row["q_start"] != NO_QUEUE or row["q_exit"] != NO_QUEUE or int(row["q_time"]) > 0


def _call(row: dict[str, str]) -> Iterator[ev.Event]:
    """The events of one call."""
    entity = f"{row['vru+line']}-{row['date'][:4]}-{row['call_id']}"
    common: dict[str, Any] = {
        "schema_version": 1,
        "source": "anonymous_bank",
        "entity_id": entity,
        "priority": row["priority"],
    }
    if row["customer_id"] != "0":
        common["customer_id"] = row["customer_id"]
    began = _clock(row, "vru_entry")

    def at(moment_ms: int) -> dict[str, Any]:
        return {**common, "occurred_at": moment_ms}

    yield ev.CallInitiated(
        event_id=f"{entity}:initiated", direction="inbound", queue=row["type"], channel="voice", **at(_ms(began))
    )
    answered = row["outcome"] == "AGENT"
    if not _queued(row) and not answered:
        end_ms = _ms(began) + _seconds(row, "vru_time")
        yield ev.ContactEnded(event_id=f"{entity}:ended", by="customer", **at(end_ms))
        return
    entered = _clock(row, "q_start") if _queued(row) else _clock(row, "vru_exit")
    if entered < began:  # past midnight: the clock columns carry no date
        entered = entered + timedelta(days=1) if began - entered > timedelta(hours=12) else began
    segment = f"{entity}/1"
    yield ev.QueueEntered(
        event_id=f"{entity}:entered", queue=row["type"], channel="voice", segment_id=segment, **at(_ms(entered))
    )
    left_ms = _ms(entered) + _seconds(row, "q_time")
    if not answered:
        yield ev.QueueLeft(event_id=f"{entity}:left", reason="abandoned", segment_id=segment, **at(left_ms))
        yield ev.ContactEnded(event_id=f"{entity}:ended", by="customer", **at(left_ms))
        return
    agent = "" if row["server"] == "NO_SERVER" else row["server"]
    yield ev.ContactAnswered(event_id=f"{entity}:answered", agent_id=agent, segment_id=segment, **at(left_ms))
    end_ms = left_ms + _seconds(row, "ser_time")
    yield ev.ContactEnded(event_id=f"{entity}:ended", by="customer", **at(end_ms))
