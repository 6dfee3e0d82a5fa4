"""The ServiceNow incident log of an IT company (UCI, Amaral, Fantinato and Peres), one row an update, local minutes.

The first row of an incident with another state than New stands for the first response: there are no messages. Awaiting
states are pending. An incident is solved by the last of the Resolved rows that follow each other, which is the one that
``resolved_at`` names; it is reopened by the row that raises ``reopen_count``. Rows of one minute are ordered by
``sys_mod_count``. ``resolved_at`` and ``closed_at`` are on every row of an incident and would tell the future: they are
read for one thing only. Incidents that have none were not resolved in the end by the system's own account; the Resolved
and Closed rows after their last reopen are left out and counted.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from stream.sources.line import Line, line_of
from stream.sources.table import place, table
from topics import events as ev

TOPIC, QUEUE = "ticket.events", "incidents"
NEEDED = {
    "number", "incident_state", "reassignment_count", "reopen_count", "sys_mod_count", "caller_id", "opened_at",
    "sys_updated_by", "sys_updated_at", "contact_type", "priority", "assignment_group", "assigned_to", "resolved_at",
}  # fmt: skip
STATUS_OF = {
    "New": "new", "Active": "open", "Resolved": "solved", "Closed": "closed",
    **dict.fromkeys(("Awaiting User Info", "Awaiting Vendor", "Awaiting Problem", "Awaiting Evidence"), "pending"),
}  # fmt: skip
NO_END = "Resolved and Closed rows of incidents without resolved_at"
Row = dict[str, str]


def read(paths: Sequence[Path], skipped: Counter[str]) -> Iterator[Line]:
    """The events of all incidents of the files, by event time."""
    incidents: dict[str, list[Row]] = {}
    for path in paths:
        for _, row in table(path, NEEDED, "the incident log"):
            incidents.setdefault(row["number"], []).append(row)
    lines: list[Line] = []
    for number, found in incidents.items():
        with place(f"incident {number}"):
            lines += [line_of(TOPIC, event) for event in _incident(found, skipped)]
    lines.sort(key=lambda line: line.at_ms)
    yield from lines


def _ms(text: str) -> int:
    return round(datetime.strptime(text, "%d/%m/%Y %H:%M").replace(tzinfo=UTC).timestamp() * 1000)


class Incident:
    """What the rows of one incident have said so far."""

    def __init__(self, row: Row) -> None:
        self.entity, self.opened_ms = row["number"], _ms(row["opened_at"])
        self.status = "new"
        self.answered = False
        self.moved = self.reopened = 0
        self.group = ""
        self._said = 0

    def say(self, kind: type[ev.Event], at_ms: int, **fields: Any) -> ev.Event:
        """One more event; none is before the incident was opened."""
        self._said += 1
        return kind(
            event_id=f"{self.entity}:{self._said}", schema_version=1, source="servicenow_incidents", seq=self._said,
            entity_id=self.entity, occurred_at=max(at_ms, self.opened_ms), **fields,
        )  # fmt: skip

    def change(self, at_ms: int, to: str, actor: str) -> Iterator[ev.Event]:
        """Another status, if it is one."""
        if to != self.status:
            was, self.status = self.status, to
            yield self.say(ev.TicketStatusChanged, at_ms, from_=was, to=to, actor=actor)


def _incident(rows: list[Row], skipped: Counter[str]) -> Iterator[ev.Event]:
    """The events of one incident."""
    rows.sort(key=lambda row: int(row["sys_mod_count"]))
    first = rows[0]
    incident, last = Incident(first), int(rows[-1]["reopen_count"])
    yield incident.say(
        ev.TicketCreated, incident.opened_ms, requester_id=first["caller_id"], submitter_role="customer", queue=QUEUE,
        channel=first["contact_type"].lower(), priority=first["priority"],
    )  # fmt: skip
    for row, following in zip(rows, [*rows[1:], None], strict=True):
        at_ms, state, agent = _ms(row["sys_updated_at"]), row["incident_state"], row["sys_updated_by"]
        if state != "New" and not incident.answered:
            incident.answered = True
            message = {"message_id": row["sys_mod_count"], "author_id": agent, "author_role": "agent"}
            yield incident.say(ev.TicketMessageAdded, at_ms, visibility="public", **message)
        yield from _assignments(incident, row, at_ms)
        reopened = int(row["reopen_count"]) > incident.reopened
        incident.reopened = int(row["reopen_count"])
        if reopened and incident.status in ("solved", "closed"):
            yield from incident.change(at_ms, "open", agent)
        status = STATUS_OF[state]
        if status in ("solved", "closed"):
            if row["resolved_at"] == "?" and incident.reopened == last:
                skipped[NO_END] += 1
                continue
            if status == "solved" and following is not None and _goes_on(incident, following):
                continue
            yield from incident.change(at_ms, status, agent)
        elif incident.status not in ("solved", "closed"):
            yield from incident.change(at_ms, status, agent)


def _goes_on(incident: Incident, following: Row) -> bool:
    """The next row says Resolved as well, and nobody has reopened in between."""
    return following["incident_state"] == "Resolved" and int(following["reopen_count"]) == incident.reopened


def _assignments(incident: Incident, row: Row, at_ms: int) -> Iterator[ev.Event]:
    """One event for the first group, and one for every reassignment that the row counts."""
    moves, group = int(row["reassignment_count"]), row["assignment_group"]
    agent = None if row["assigned_to"] == "?" else row["assigned_to"]
    if not incident.group and group != "?":
        incident.group = group
        yield incident.say(ev.TicketAssigned, at_ms, to_group=group, to_agent=agent)
    for _ in range(max(0, moves - incident.moved)):
        yield incident.say(ev.TicketAssigned, at_ms, to_group=group, to_agent=agent, from_=incident.group)
        incident.group = group
    incident.moved = max(moves, incident.moved)
