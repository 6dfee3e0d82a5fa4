"""The job that all peers do, as plain functions: what is compared are the frameworks, not the code of the job.

Per event: duplicates are dropped by the last ids of the entity; its state is kept; what follows is added to, or taken
from, the cell of a queue and channel: entries, abandons, answers with their wait and its histogram, handled segments,
tickets and their first reply. Read are the totals and the windows of 5 and 60 minutes over panes of 10 s. All numbers
are whole milliseconds and counts, so the results of all must be equal to the last digit.
"""

from __future__ import annotations

from typing import Any

PANE_MS, WINDOWS = 10_000, {"5m": 30, "1h": 360}  # panes of a window
IDS_KEPT = 16
FIELDS = ("offered", "abandoned", "abandoned_ms", "answered", "answered_ms", "handled", "handled_ms", "created",
          "replied", "replied_ms")  # fmt: skip
HISTOGRAM, OCTAVES = len(FIELDS), 24
SIZE = HISTOGRAM + OCTAVES
OFFERED, ABANDONED, ANSWERED, HANDLED, CREATED, REPLIED = 0, 1, 3, 5, 7, 8
MOMENTS = {"queue.entered": 0, "contact.answered": 1, "queue.left": 2, "contact.ended": 3, "contact.transferred": 3}
Sample = tuple[str, int, int, int, int]  # queue|channel, field, at ms, value ms, +1 or -1
Cell = list[int]


def new_state() -> dict[str, Any]:
    """Nothing is known of the entity. ``segments``: id -> [entered, answered, abandoned, ended]."""
    return {"ids": [], "segments": {}, "created": 0, "reply": 0}


def step(state: dict[str, Any], event: dict[str, Any]) -> list[Sample] | None:
    """Applies one event, in whatever order they come; None: seen before."""
    ids = state["ids"]
    if event["event_id"] in ids:
        return None
    ids.append(event["event_id"])
    if len(ids) > IDS_KEPT:
        del ids[0]
    kind, at = event["type"], event["occurred_at"]
    where = f"{event['queue']}|{event['channel']}"
    if kind.startswith("ticket."):
        return _ticket(state, event, kind, at, where)
    moment = MOMENTS.get(kind)
    if moment is None or (moment == 2 and event["reason"] != "abandoned"):
        return []
    return _contact(state, event, moment, at, where)


def _contact(state: dict[str, Any], event: dict[str, Any], moment: int, at: int, where: str) -> list[Sample]:
    segment = state["segments"].setdefault(event["segment_id"], [0, 0, 0, 0])
    segment[moment] = at
    entered, answered, abandoned, ended = segment
    found: list[Sample] = [(where, OFFERED, at, 0, 1)] if moment == 0 else []
    if entered and answered and moment in (0, 1):
        found.append((where, ANSWERED, answered, answered - entered, 1))
    if entered and abandoned and moment in (0, 2):
        found.append((where, ABANDONED, abandoned, abandoned - entered, 1))
    if answered and ended and moment in (1, 3):
        found.append((where, HANDLED, ended, ended - answered, 1))
    return found


def _ticket(state: dict[str, Any], event: dict[str, Any], kind: str, at: int, where: str) -> list[Sample]:
    created, reply = state["created"], state["reply"]
    if kind == "ticket.created":
        state["created"] = at
        return [(where, CREATED, at, 0, 1), *([(where, REPLIED, reply, reply - at, 1)] if reply else [])]
    is_reply = kind == "ticket.message_added" and event["author_role"] == "agent" and event["visibility"] == "public"
    if not is_reply or (reply and reply <= at):
        return []
    state["reply"] = at
    if not created:
        return []
    found: list[Sample] = [(where, REPLIED, at, at - created, 1)]
    return [(where, REPLIED, reply, reply - created, -1), *found] if reply else found


def add(cell: Cell, field: int, value: int, sign: int = 1) -> Cell:
    """Adds one sample to a cell, or takes it out."""
    cell[field] += sign
    if field not in (OFFERED, CREATED):
        cell[field + 1] += sign * value
        if field == ANSWERED:
            cell[HISTOGRAM + value.bit_length()] += sign
    return cell


def merge(cell: Cell, other: Cell) -> Cell:
    """Adds ``other`` to ``cell``."""
    for i, value in enumerate(other):
        cell[i] += value
    return cell


def windows(panes: dict[int, Cell], total: Cell, last: int) -> dict[str, Cell]:
    """The three results of one queue and channel when the last pane is ``last``."""
    found = {"all": total, **{name: [0] * SIZE for name in WINDOWS}}
    for pane, cell in panes.items():
        for name, length in WINDOWS.items():
            if last - length < pane <= last:
                merge(found[name], cell)
    return found
