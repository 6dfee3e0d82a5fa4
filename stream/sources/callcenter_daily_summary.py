"""The daily summary of a call centre ("Call Center Data"), one row a day, not dated: row n is here day n of 2001.

A day's calls are made from its totals, evenly over ten hours: each answered call waits the day's speed of answer and
talks the day's talk duration, so sums and pooled means are the file's; how waits are spread within a day is not in it,
so its service level cannot be had. The abandoned are those of the file; over whom its waiting time averages is not
documented, and they are given it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from stream.sources.line import Line, line_of
from stream.sources.table import duration, place, table
from topics import events as ev

TOPIC, QUEUE = "call.events", "calls"
FIRST_MS = round(datetime(2001, 1, 1, 8, tzinfo=UTC).timestamp() * 1000)
DAY_MS, OPEN_MS = 86_400_000, 36_000_000
COLUMNS = {
    "Index", "Incoming Calls", "Answered Calls", "Abandoned Calls", "Answer Speed (AVG)", "Talk Duration (AVG)",
    "Waiting Time (AVG)",
}  # fmt: skip


def read(paths: Sequence[Path], skipped: Counter[str]) -> Iterator[Line]:
    """The events of all days of the files, by event time within each day."""
    for path in paths:
        for where, row in table(path, COLUMNS, "the daily summary"):
            with place(where):
                whole = int(row["Incoming Calls"]) == int(row["Answered Calls"]) + int(row["Abandoned Calls"])
                lines = sorted(_day(row), key=lambda line: line.at_ms) if whole else []
            skipped["days whose calls do not add up"] += not whole
            yield from lines


def _ms(text: str) -> int:
    return round(duration(text).total_seconds() * 1000)


def _day(row: dict[str, str]) -> Iterator[Line]:
    """The lines of the calls of one day: the abandoned ones are its last."""
    calls, answered = int(row["Incoming Calls"]), int(row["Answered Calls"])
    began = FIRST_MS + (int(row["Index"]) - 1) * DAY_MS
    for i in range(calls):
        entity, at = f"{row['Index']}-{i + 1}", began + i * OPEN_MS // calls

        def said(name: str, at: int, entity: str = entity) -> dict[str, Any]:
            common = {"schema_version": 1, "source": "callcenter_daily_summary", "entity_id": entity}
            return {**common, "event_id": name, "occurred_at": at}

        entered = ev.QueueEntered(queue=QUEUE, channel="voice", segment_id="1", **said("entered", at))
        yield line_of(TOPIC, entered)
        if i >= answered:
            at += _ms(row["Waiting Time (AVG)"])
            yield line_of(TOPIC, ev.QueueLeft(reason="abandoned", segment_id="1", **said("left", at)))
            continue
        at += _ms(row["Answer Speed (AVG)"])
        yield line_of(TOPIC, ev.ContactAnswered(agent_id="", segment_id="1", **said("answered", at)))
        at += _ms(row["Talk Duration (AVG)"])
        yield line_of(TOPIC, ev.ContactEnded(by="customer", **said("ended", at)))
