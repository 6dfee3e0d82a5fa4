"""What the numbers must be: from everything that is in the topics, by the core without faults and by the judge."""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import dataclass, field
from typing import Any

import msgspec
import orjson

from stream.core.names import Names
from stream.core.partition import new_partition
from stream.core.settings import Settings
from stream.core.view import View
from stream.core.windows import WINDOWS
from tests.end.pipeline import Pipeline, Process, read_topic
from tests.oracle import Oracle, Record, compare
from topics.catalogue import LATE, REJECTED, SOURCES


@dataclass
class Verdict:
    """``rows`` compared with the core without faults, ``judged`` of them with the judge too; what ``differs``."""

    events: int = 0
    rows: int = 0
    judged: int = 0
    differs: list[str] = field(default_factory=list)


def judge(pipeline: Pipeline, board: Process, *, by_oracle: bool = True, windows: tuple[str, ...] = WINDOWS) -> Verdict:
    """Every row of every one of the windows that the board shows, against the core without faults and against the judge.

    The judge knows nothing of the way that a contact's word takes to its agent: where hours of event time pass in a
    second, a word that is a few seconds late falls behind the horizon, and the judge cannot be asked.
    """
    settings = pipeline.loaded()
    brokers = settings.kafka.brokers
    records = {topic: read_topic(brokers, topic) for topic in SOURCES}
    verdict = Verdict(events=sum(map(len, records.values())))
    view, kept = _without_faults(records, settings)
    now_ms = view.now_ms(0)
    oracle = Oracle(
        (
            Record(r.topic, r.partition, r.offset, r.timestamp, r.key, r.value)
            for topic in records.values()
            for r in topic
        ),
        pipeline.plain,
    )
    for window in windows:
        shown = board.get(f"/api/v1/kpis?window={window}")
        expected = view.report(window, now_ms)
        rows = orjson.loads(orjson.dumps(msgspec.to_builtins(expected.rows)))
        verdict.rows += len(rows)
        if window == "all" and shown["events"] != expected.events:
            verdict.differs.append(f"events: {shown['events']}, should be {expected.events}")
        verdict.differs += _differences(window, shown["rows"], rows)
        if not by_oracle:
            continue
        judged = oracle.rows(window, now_ms)
        verdict.judged += len(judged)
        verdict.differs += [f"judge, {window}: {line}" for line in compare(shown["rows"], judged)]
    for topic in (REJECTED, LATE):
        said = {record.key: record.value for record in read_topic(brokers, topic)}
        wanted = {out.key: out.value for out in kept if out.topic == topic}
        if said != wanted:
            missing, more = wanted.keys() - said.keys(), said.keys() - wanted.keys()
            verdict.differs.append(f"{topic}: {len(missing)} missing, {len(more)} too many, of {len(wanted)}")
    return verdict


def _without_faults(records: dict[str, list[Any]], settings: Settings) -> tuple[View, list[Any]]:
    """The core over each partition's log in one go, never stopped."""
    view, kept, names = View(settings), [], Names(settings.limits)
    for topic, rows in records.items():
        by_partition = defaultdict(list)
        for row in rows:
            by_partition[row.partition].append(row)
        for number, of_partition in sorted(by_partition.items()):
            part = new_partition(topic, number, settings, names)
            for start in range(0, len(of_partition), 500):
                part.apply(of_partition[start : start + 500])
                kept += part.outgoing()
                for key, value in part.changed_aggregates(0, wide=True):
                    view.put(key, value)
    return view, kept


def _differences(window: str, shown: list[dict[str, Any]], expected: list[dict[str, Any]]) -> list[str]:
    found, wanted = (
        Counter(orjson.dumps(row, option=orjson.OPT_SORT_KEYS) for row in rows) for rows in (shown, expected)
    )
    return [
        f"{window}: {word} {raw.decode()}"
        for word, rows in (("shows", found - wanted), ("misses", wanted - found))
        for raw in rows
    ]
