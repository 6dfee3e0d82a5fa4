"""The lifecycle of a ticket, and the facts that it yields.

A ticket that was merged away, deleted, marked as spam or a test counts nowhere (R21): it is void, and a void record
has no facts. A solve is a fact that a reopen retracts. First response and next reply are one mechanism: ``waiting``
is the oldest customer message that no agent has answered; the first answer is the first response, every later one a
next reply (R17, R19).
"""

from __future__ import annotations

from stream.core.facts import KINDS, Fact
from stream.core.lifecycle import Facts, Lifecycle, Record
from topics import events as ev

UNKNOWN, NEW, OPEN, PENDING, ON_HOLD, SOLVED, CLOSED = range(7)
STATES = 7
STATUS = {"new": NEW, "open": OPEN, "pending": PENDING, "on_hold": ON_HOLD, "solved": SOLVED, "closed": CLOSED}
_NAME = {state: name for name, state in STATUS.items()}

TICKETS_CREATED, IMPOSSIBLE = KINDS["tickets_created"], KINDS["impossible"]
FULL_RESOLUTION, FIRST_RESPONSE, NEXT_REPLY = KINDS["solved"], KINDS["first_response"], KINDS["next_reply"]


class Ticket(Record, gc=False):
    """A ticket's derived state. ``unmeasured``: created by an agent, so no reply times (R20)."""

    created: int = 0
    unmeasured: bool = False
    waiting: int = 0
    replied: bool = False
    solve: Fact | None = None
    early: int = 0


def created(r: Ticket, at: int, role: str, _b: str, _c: str, out: Facts) -> None:
    r.state, r.created = r.early or NEW, at
    r.unmeasured = role == "agent"
    r.waiting = at if role == "customer" else 0
    out.append((r.scope, TICKETS_CREATED, at, 0, 1))
    if r.early:  # its status changed before it was created: it takes the status, without a resolution (R43)
        out.append((r.scope, IMPOSSIBLE, at, 0, 1))


def split_off(r: Ticket, at: int, _a: str, _b: str, _c: str, out: Facts) -> None:
    created(r, at, "system", "", "", out)
    r.replied = True


def message(r: Ticket, at: int, role: str, visibility: str, _c: str, out: Facts) -> None:
    if visibility != "public" or r.unmeasured:
        return
    if role == "customer":
        r.waiting = r.waiting or at
    elif role == "agent" and r.waiting:
        out.append((r.scope, NEXT_REPLY if r.replied else FIRST_RESPONSE, at, at - r.waiting, 1))
        r.waiting, r.replied = 0, True


def status_early(r: Ticket, _at: int, to: str, _b: str, _c: str, _out: Facts) -> None:
    r.early = STATUS[to]


def status(r: Ticket, at: int, to: str, _b: str, _c: str, out: Facts) -> None:
    was_solved, r.state = r.state >= SOLVED, STATUS[to]
    if r.state >= SOLVED and not was_solved:
        r.solve = (r.scope, FULL_RESOLUTION, at, at - r.created, 1)
        out.append(r.solve)
        if r.replied:  # who got it solved waits for no reply
            r.waiting = 0
    elif was_solved and r.state < SOLVED and r.solve is not None:
        out.append((*r.solve[:4], -1))
        r.solve = None


def _levels(r: Ticket) -> tuple[int, ...]:
    if not NEW <= r.state < SOLVED:
        return (0, 0)
    return (r.created, 0 if r.replied or r.unmeasured else r.waiting)


_ORDER = ev.TICKET_EVENTS
_STATUS_RANK = _ORDER.index(ev.TicketStatusChanged)
_KNOWN = range(NEW, STATES)

TICKET = Lifecycle(
    record=Ticket,
    order=_ORDER,
    states=STATES,
    table={
        (UNKNOWN, ev.TicketCreated): created,
        (UNKNOWN, ev.TicketSplit): split_off,
        (UNKNOWN, ev.TicketStatusChanged): status_early,
        **{(state, ev.TicketMessageAdded): message for state in _KNOWN},
        **{(state, ev.TicketStatusChanged): status for state in _KNOWN},
    },
    arguments={
        ev.TicketCreated: lambda e: (e.submitter_role, e.requester_id, ""),
        ev.TicketMessageAdded: lambda e: ("bot" if e.is_auto else e.author_role, e.visibility, e.author_id),
        ev.TicketStatusChanged: lambda e: (e.to, e.from_, e.actor),
        ev.TicketAssigned: lambda e: (e.to_agent or "", e.to_group or "", ""),
        ev.TicketMerged: lambda e: (e.into_id, "", ""),
        ev.TicketPriorityChanged: lambda e: (e.priority or "", "", ""),
    },
    void=(ev.TicketMerged, ev.TicketDeleted, ev.TicketMarkedSpam),
    fits=lambda r, step: step[1] != _STATUS_RANK or step[7] == _NAME.get(r.state),
    seen=KINDS["tickets_seen"],
    level_names=("backlog", "unreplied"),
    levels=_levels,
)
