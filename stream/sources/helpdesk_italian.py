"""The help desk of an Italian software company (Polato, 4TU.ResearchData), one row an activity, times without a zone.

"Take in charge ticket" stands for the first response, "Resolve ticket" for solved, the first row of a case for its
creation, "Wait" for pending, "Closed" for closed; every other activity is a change of fields. Rows that are there
twice are duplicates of one event. A case that is resolved again (386 are) has no row for its reopen: it stays solved
since the first time.
"""

from __future__ import annotations

import csv
import io
from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from stream.sources.files import BadFile, open_bytes
from stream.sources.line import Line, line_of
from topics import events as ev

TOPIC = "ticket.events"
QUEUE, CHANNEL = "helpdesk", "web"
STATUS_OF = {"Resolve ticket": "solved", "Closed": "closed", "Wait": "pending"}


def read(paths: Sequence[Path], skipped: Counter[str]) -> Iterator[Line]:
    """The events of all cases of the files, by event time."""
    cases: dict[str, list[tuple[int, str, str]]] = {}
    for path in paths:
        with open_bytes(path) as file:
            rows = csv.DictReader(io.TextIOWrapper(file, "utf-8"))
            if not {"Case ID", "Activity", "Resource", "Complete Timestamp"} <= set(rows.fieldnames or ()):
                raise BadFile(f"{path}: these are not the columns of the Italian help desk")
            for row in rows:
                try:
                    at_ms = _at_ms(row["Complete Timestamp"] or "")
                except ValueError as error:
                    raise BadFile(f"{path}, line {rows.line_num}: {error}") from None
                cases.setdefault(row["Case ID"], []).append((at_ms, row["Activity"], row["Resource"]))
    lines = [line_of(TOPIC, event) for case, rows in cases.items() for event in _case(case, rows)]
    lines.sort(key=lambda line: line.at_ms)
    yield from lines


def _at_ms(text: str) -> int:
    return round(datetime.strptime(text, "%Y/%m/%d %H:%M:%S.%f").replace(tzinfo=UTC).timestamp() * 1000)


def _case(case: str, rows: list[tuple[int, str, str]]) -> Iterator[ev.Event]:
    """The events of one case; its rows are in order of time."""
    entity = case.replace(" ", "-")
    status = "new"
    made: dict[tuple[int, str], ev.Event] = {}
    for n, (at_ms, activity, agent) in enumerate(rows):
        again = made.get((at_ms, activity))
        if again is not None:
            yield again
            continue
        common: dict[str, Any] = {
            "event_id": f"{entity}:{at_ms}:{activity}",
            "schema_version": 1,
            "source": "helpdesk_italian",
            "entity_id": entity,
            "occurred_at": at_ms,
            "seq": n + 1,
        }
        if n == 0:
            created = {**common, "event_id": f"{entity}:created", "seq": 0}
            yield ev.TicketCreated(
                requester_id=entity, submitter_role="customer", queue=QUEUE, channel=CHANNEL, **created
            )
        event, status = _activity(common, activity, agent, status)
        made[at_ms, activity] = event
        yield event


def _activity(common: dict[str, Any], activity: str, agent: str, status: str) -> tuple[ev.Event, str]:
    """The event of one activity, and the status after it."""
    to = STATUS_OF.get(activity)
    if to is not None:
        return ev.TicketStatusChanged(from_=status, to=to, actor=agent, **common), to  # type: ignore[arg-type]
    if activity == "Take in charge ticket":
        message = {"message_id": common["event_id"], "author_id": agent, "author_role": "agent", "visibility": "public"}
        return ev.TicketMessageAdded(**message, **common), status
    return ev.TicketFieldsChanged(fields={"activity": activity, "agent": agent}, **common), status
