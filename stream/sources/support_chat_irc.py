"""Support chats on IRC with human annotation of who answers what (Kummerfeld et al.; Gouravajhala et al.), one row a
message.

A message that is marked as the start of a thread (it answers itself) begins a chat, and its author is the customer of
it; whoever else writes in that thread is an agent, for agents are not marked. A thread is all that answers its start,
directly or not; a message that answers several belongs to the first of them. Lines before number 1000 of a sample are
context without annotation. The clock has no zone and wraps at midnight while the date column stays.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, NamedTuple

from stream.sources.line import Line, line_of
from stream.sources.table import place, table
from topics import events as ev

TOPIC, CHANNEL = "chat.events", "chat"
COLUMNS = ("sample", "line", "date", "time", "kind", "user", "addressed_to", "chars", "annotated", "reply_to")
WRAPPED = timedelta(hours=12)


class Message(NamedTuple):
    """One annotated message."""

    number: int
    at_ms: int
    user: str
    answers: list[int]


def read(paths: Sequence[Path], skipped: Counter[str]) -> Iterator[Line]:
    """The events of all threads of the files, by event time."""
    lines: list[Line] = []
    for path in paths:
        samples: dict[str, list[dict[str, str]]] = {}
        for _, row in table(path, COLUMNS, "the IRC chats"):
            samples.setdefault(row["sample"], []).append(row)
        for sample, found in samples.items():
            queue = path.name.split("_")[0]
            with place(f"{path}, sample {sample}"):
                for thread in _threads(list(_messages(found, skipped)), skipped):
                    lines += [line_of(TOPIC, event) for event in _chat(queue, sample, thread)]
    lines.sort(key=lambda line: line.at_ms)
    yield from lines


def _messages(rows: list[dict[str, str]], skipped: Counter[str]) -> Iterator[Message]:
    """The annotated messages of one sample, by number."""
    before: datetime | None = None
    days = timedelta()
    for row in rows:
        if row["kind"] != "message":
            skipped["system lines"] += 1
            continue
        moment = datetime.fromisoformat(f"{row['date']}T{row['time']}").replace(tzinfo=UTC) + days
        if before is not None and before - moment > WRAPPED:
            days += timedelta(days=1)
            moment += timedelta(days=1)
        before = moment
        if not row["reply_to"]:
            skipped["messages without annotation"] += 1
            continue
        answers = [int(number) for number in row["reply_to"].split()]
        yield Message(int(row["line"]), round(moment.timestamp() * 1000), row["user"], answers)


def _threads(messages: list[Message], skipped: Counter[str]) -> Iterator[list[Message]]:
    """The messages of each thread, its start first."""
    threads: dict[int, list[Message]] = {}
    thread_of: dict[int, int] = {}
    for message in messages:
        if message.number in message.answers:
            thread_of[message.number] = message.number
            threads[message.number] = [message]
            continue
        start = next((thread_of[number] for number in message.answers if number in thread_of), None)
        if start is None:
            skipped["answers to messages before the annotation"] += 1
            continue
        thread_of[message.number] = start
        threads[start].append(message)
    yield from threads.values()


def _chat(queue: str, sample: str, thread: list[Message]) -> Iterator[ev.Event]:
    """The events of one thread."""
    start = thread[0]
    entity = f"{sample}:{start.number}"
    for n, message in enumerate(thread):
        common: dict[str, Any] = {
            "schema_version": 1, "source": "support_chat_irc", "entity_id": entity, "occurred_at": message.at_ms,
            "queue": queue, "channel": CHANNEL,
        }  # fmt: skip
        if n == 0:
            yield ev.ChatStarted(event_id="started", visitor_id=start.user, seq=0, **common)
        role: ev.Role = "customer" if message.user == start.user else "agent"
        number = str(message.number)
        yield ev.Message(
            event_id=number, message_id=number, author_role=role, author_id=message.user, seq=n + 1, **common
        )
