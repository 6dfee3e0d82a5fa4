"""The "Call centre trends" table (PwC Switzerland, virtual case), one row a call, times without a zone.

An answered call waits its speed of answer and talks its talk duration, both exactly; its rating is the answer of a
survey of 1 to 5. A call that was not answered has no waiting time and no reason: it is withdrawn from the queue at
once, so it counts as offered and not answered, and tells nothing about abandonment. The agent that such a row names
has not had the call.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from stream.sources.line import Line, line_of
from stream.sources.table import duration, place, table
from topics import events as ev

CALLS, SURVEYS = "call.events", "survey.events"
COLUMNS = (
    "Call Id", "Agent", "Date", "Time", "Topic", "Answered (Y/N)", "Resolved", "Speed of answer in seconds",
    "AvgTalkDuration", "Satisfaction rating",
)  # fmt: skip


def read(paths: Sequence[Path], skipped: Counter[str]) -> Iterator[Line]:
    """The events of all calls of the files, by event time."""
    lines: list[Line] = []
    for path in paths:
        for where, row in table(path, COLUMNS, "the call centre trends"):
            with place(where):
                lines += _call(row)
                if row["Answered (Y/N)"] == "Y" and not row["Satisfaction rating"]:
                    skipped["ratings that answered calls do not have"] += 1
    lines.sort(key=lambda line: line.at_ms)
    yield from lines


def _call(row: dict[str, str]) -> Iterator[Line]:
    """The lines of one call."""
    entity, queue = row["Call Id"], row["Topic"]
    common: dict[str, Any] = {"schema_version": 1, "source": "callcenter_trends_pwc"}
    began = datetime.fromisoformat(row["Date"]).replace(tzinfo=UTC) + duration(row["Time"])

    def said(name: str, at: datetime) -> dict[str, Any]:
        occurred_at = round(at.timestamp() * 1000)
        return {**common, "event_id": f"{entity}:{name}", "entity_id": entity, "occurred_at": occurred_at}

    entered = ev.QueueEntered(queue=queue, channel="voice", segment_id="1", **said("entered", began))
    yield line_of(CALLS, entered)
    if row["Answered (Y/N)"] != "Y":
        yield line_of(CALLS, ev.QueueLeft(reason="withdrawn", segment_id="1", **said("left", began)))
        return
    answered = began + timedelta(seconds=int(row["Speed of answer in seconds"]))
    ended = answered + duration(row["AvgTalkDuration"])
    yield line_of(CALLS, ev.ContactAnswered(agent_id=row["Agent"], segment_id="1", **said("answered", answered)))
    yield line_of(CALLS, ev.ContactEnded(by="customer", **said("ended", ended)))
    if row["Satisfaction rating"]:
        rating = {**said("rated", ended), "entity_id": f"{entity}:rating"}
        about: dict[str, Any] = {"contact_id": entity, "agent_id": row["Agent"], "queue": queue, "channel": "voice"}
        scale: dict[str, Any] = {"scale_min": 1, "scale_max": 5, "higher_is_better": True}
        score = float(row["Satisfaction rating"])
        yield line_of(SURVEYS, ev.SurveyAnswered(kind="csat", score=score, **scale, **about, **rating))
