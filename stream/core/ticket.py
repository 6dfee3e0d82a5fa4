"""The lifecycle of a ticket, and the facts that it yields: its creation, what is said on it, who has it.

A ticket that was merged away, deleted, marked as spam or a test counts nowhere (R21): it is void, and a void record
has no facts. First response and next reply are one mechanism: ``waiting`` is the oldest customer message that no agent
has answered; the first answer is the first response, every later one a next reply (R17, R19). Where a bot has solved
the ticket and it was reopened, people have had it only since then: the human series starts there (K7, R18).

What leads to a solve and back is in ``stream.core.resolution``; the table is here.
"""

from __future__ import annotations

from stream.core import first_contact
from stream.core.clocks import clocked
from stream.core.facts import KINDS
from stream.core.lifecycle import Facts, Levels, Lifecycle, Said
from stream.core.replies import first_response, response_start
from stream.core.resolution import handled, revise, solved_early, status, status_early, touched
from stream.core.targets import FIRST_RESPONSE as FIRST_REPLY
from stream.core.targets import NEXT_REPLY as REPLY
from stream.core.targets import RESOLUTION, TRAITS, begin, fulfil, halt, rematch
from stream.core.ticket_record import NAME_OF, NEW, PENDING, SOLVED, STATES, UNKNOWN, Ticket, terms_of
from topics import events as ev

TICKETS_CREATED, NEXT_REPLY = KINDS["tickets_created"], KINDS["next_reply"]


def created(r: Ticket, at: int, role: str, customer: str, priority: str, out: Facts) -> None:
    role, _, r.tier = role.partition(TRAITS)
    r.state, r.created, r.priority, r.customer = r.early or NEW, at, priority, customer
    r.unmeasured = r.ours = role == "agent"
    if role == "customer" or (not r.unmeasured and terms_of(r).first_response_start == "created"):
        r.waiting = at
    out.append((r.scope, TICKETS_CREATED, at, 0, 1))
    if r.unmeasured:
        handled(r, at, out)
    if r.state < SOLVED and r.state != PENDING:
        r.waited_from = at
    if r.early:
        solved_early(r, at, out)
    begin(r, RESOLUTION, at, out)
    if not r.waited_from:
        halt(r, RESOLUTION, at, out)
    if r.waiting and not r.replied:
        begin(r, FIRST_REPLY, at, out)


def split_off(r: Ticket, at: int, tier: str, customer: str, priority: str, out: Facts) -> None:
    r.replied = True
    created(r, at, f"system{tier}", customer, priority, out)
    r.waiting, r.ours = 0, True


def message(r: Ticket, at: int, role: str, visibility: str, author: str, out: Facts) -> None:
    public = visibility == "public"
    if role == "agent":
        handled(r, at, out)
        touched(r, "reply" if public else "note")
        if public:
            r.replies += 1
            _answered(r, at, out)
            first_contact.answered(r, at)
            first_contact.judge(r, out)
    elif role == "customer" and public:
        r.replies += 1
        if not r.waiting and not r.unmeasured:
            r.waiting = at
            begin(r, REPLY if r.replied else FIRST_REPLY, at, out, r.created)
    elif role == "bot":
        r.bot = author or role
        return
    revise(r, out)


def _answered(r: Ticket, at: int, out: Facts) -> None:
    if not r.waiting or r.unmeasured:
        return
    fulfil(r, REPLY if r.replied else FIRST_REPLY, at, out)
    if r.replied:
        for fact in clocked(r, NEXT_REPLY, r.waiting, at):
            out.append(fact)
    else:
        first_response(r, at, response_start(terms_of(r), r.waiting, r.assigned_at), r.human_from, out)
    r.waiting, r.replied = 0, True


def assigned(r: Ticket, at: int, agent: str, group: str, _c: str, out: Facts) -> None:
    """Given to an agent, or to a group where none is named (R25b, R27)."""
    r.agent = agent
    if agent and not r.assigned_at:
        r.assigned_at = at
    name = agent or (f"\n{group}" if group else "")
    if name and name not in r.assignees:
        r.assignees = (*r.assignees, name)
        revise(r, out)


def prioritised(r: Ticket, at: int, priority: str, customer: str, c: str, out: Facts) -> None:
    r.priority = priority
    rematch(r, at, out)
    fields_changed(r, at, "", customer, c, out)


def fields_changed(r: Ticket, at: int, tier: str, customer: str, _c: str, out: Facts) -> None:
    r.customer = customer or r.customer
    if tier:
        r.tier = tier.removeprefix(TRAITS)
        rematch(r, at, out)
    touched(r, "field")
    revise(r, out)


def viewed(r: Ticket, at: int, _a: str, _b: str, _c: str, out: Facts) -> None:
    handled(r, at, out)


_BACKLOG: dict[tuple[int, str], str] = {}


def _backlog(state: int, priority: str) -> str:
    """The level of an unsolved ticket: its name says status and priority, so that the backlog is counted by both."""
    found = _BACKLOG.get((state, priority))
    if found is None:
        found = _BACKLOG[state, priority] = f"backlog/{NAME_OF[state]}/{priority}"
    return found


def _levels(r: Ticket) -> Levels:
    if not NEW <= r.state < SOLVED:
        return ()
    levels = [(_backlog(r.state, r.priority), r.created)]
    if r.waiting and not r.replied and not r.unmeasured:
        levels.append(("unreplied", response_start(terms_of(r), r.waiting, r.assigned_at)))
    if not r.agent:
        levels.append(("unassigned", r.created))
    return tuple(levels)


def _says(r: Ticket) -> Said | None:
    """What other contacts of its customer must know of it."""
    if not r.customer or r.state == UNKNOWN:
        return None
    scope = r.judged[0] if r.judged is not None else None
    place = scope.place if scope is not None else None
    opened = 0 if r.ours else r.created
    return Said(
        r.customer, opened, r.first_solved, r.resolved, place.name if place else "", place.channel if place else ""
    )


_ORDER = ev.TICKET_EVENTS
_STATUS_RANK = _ORDER.index(ev.TicketStatusChanged)
_KNOWN = range(NEW, STATES)


def _tier(e: ev.Event) -> str:
    """The customer's tier, behind whatever else an argument says."""
    return TRAITS + e.tier if e.tier else ""


def _role(e: ev.TicketMessageAdded) -> str:
    """Who has said it; an automatic message is nobody's, but a bot's."""
    return "auto" if e.is_auto and e.author_role != "bot" else e.author_role


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
        **{(state, ev.TicketAssigned): assigned for state in _KNOWN},
        **{(state, ev.TicketPriorityChanged): prioritised for state in _KNOWN},
        **{(state, ev.TicketFieldsChanged): fields_changed for state in _KNOWN},
        **{(state, ev.TicketViewed): viewed for state in _KNOWN},
    },
    arguments={
        ev.TicketCreated: lambda e: (e.submitter_role + _tier(e), e.customer_id or e.requester_id, e.priority or ""),
        ev.TicketFieldsChanged: lambda e: (_tier(e), e.customer_id or "", ""),
        ev.TicketSplit: lambda e: (_tier(e), e.customer_id or "", e.priority or ""),
        ev.TicketMessageAdded: lambda e: (_role(e), e.visibility, e.author_id),
        ev.TicketStatusChanged: lambda e: (e.to, e.from_, e.actor),
        ev.TicketAssigned: lambda e: (e.to_agent or "", e.to_group or "", ""),
        ev.TicketMerged: lambda e: (e.into_id, "", ""),
        ev.TicketPriorityChanged: lambda e: (e.priority or "", e.customer_id or "", ""),
    },
    capped={
        ev.TicketCreated: ("priority", 8),
        ev.TicketSplit: ("priority", 8),
        ev.TicketPriorityChanged: ("priority", 6),
    },
    void=(ev.TicketMerged, ev.TicketDeleted, ev.TicketMarkedSpam),
    fits=lambda r, step: step[1] != _STATUS_RANK or step[7] == NAME_OF.get(r.state),
    seen=KINDS["tickets_seen"],
    levels=_levels,
    says=_says,
)
