"""A ticket's way to its solve, and back: resolution times, the requester's wait, reopens, what is counted per ticket.

A solve is a few facts that a reopen retracts; the first solve and the first reopen stay (R22, R23). What is counted of
a whole life (R25) belongs to the solve too: what happens to a solved ticket revises its facts in place.
"""

from __future__ import annotations

from stream.core import first_contact, targets
from stream.core.clocks import business_ms, has_hours, second
from stream.core.facts import KINDS, Fact, difference
from stream.core.lifecycle import Facts
from stream.core.ticket_record import NO_AGENT, PENDING, SOLVED, STATUS, Ticket, is_agent, terms_of

SOLVE, SOLVED_UNTIMED = KINDS["solved"], KINDS["solved_untimed"]
FIRST_SOLVE, FIRST_UNTIMED = KINDS["first_solved"], KINDS["first_solved_untimed"]
REQUESTER_WAIT, CLOSED_UNREPLIED = KINDS["requester_wait"], KINDS["closed_unreplied"]
REOPENS, FIRST_REOPEN = KINDS["reopens"], KINDS["first_reopened"]
TOUCHES, REPLIES, ASSIGNMENTS = KINDS["touches"], KINDS["replies"], KINDS["assignments"]
HANDLED, IMPOSSIBLE = KINDS["tickets_handled"], KINDS["impossible"]


def handled(r: Ticket, at: int, out: Facts) -> None:
    """An agent has done something: the first time, the ticket is handled."""
    if not r.handled:
        r.handled = True
        out.append((r.scope, HANDLED, at, 0, 1))


def touched(r: Ticket, kind: str) -> None:
    """An agent's action of ``kind``: one touch where the settings say so."""
    if kind in terms_of(r).touch_kinds:
        r.touches += 1


def revise(r: Ticket, out: Facts) -> None:
    """Says anew what the solve that stands has counted."""
    if not r.outcome:
        return
    new = _outcome(r, r.outcome[0])
    for fact in difference(list(r.outcome), list(new)):
        out.append(fact)
    r.outcome = new


def _outcome(r: Ticket, solve: Fact) -> tuple[Fact, ...]:
    """The facts of a solve. ``solve`` itself says where and when."""
    scope, _, at, _, _ = solve
    facts = [solve]
    if solve[1] == SOLVE and has_hours(r):
        facts += second(r, solve, business_ms(r, r.created, at))
    if not r.unmeasured:
        if solve[1] == SOLVE:
            wait = (scope, REQUESTER_WAIT, at, r.waited, 1)
            facts += wait, *second(r, wait, r.waited_open)
        if r.waiting and not r.replied:
            facts.append((scope, CLOSED_UNREPLIED, at, 0, 1))
    for kind, number in ((TOUCHES, r.touches), (REPLIES, r.replies), (ASSIGNMENTS, len(r.assignees))):
        if number:
            facts.append((scope, kind, at, number, 1))
    return tuple(facts)


def status_early(r: Ticket, _at: int, to: str, _b: str, _c: str, _out: Facts) -> None:
    r.early = STATUS[to]


def solved_early(r: Ticket, at: int, out: Facts) -> None:
    """The status changed before the ticket was created: it takes the status, and a solve without a duration (R43)."""
    out.append((r.scope, IMPOSSIBLE, at, 0, 1))
    if r.state >= SOLVED:
        _stands(r, at, ((r.scope, SOLVED_UNTIMED, at, 0, 1), (r.scope, FIRST_UNTIMED, at, 0, 1)), out)


def status(r: Ticket, at: int, to: str, _from: str, actor: str, out: Facts) -> None:
    was, r.state = r.state, STATUS[to]
    if r.waited_from:
        r.waited += at - r.waited_from
        r.waited_open += business_ms(r, r.waited_from, at) if has_hours(r) else at - r.waited_from
    r.waited_from = at if r.state < SOLVED and r.state != PENDING else 0
    by_agent = is_agent(r, actor)
    if by_agent:
        handled(r, at, out)
        touched(r, "status")
    if r.state >= SOLVED and r.replied:  # who got it solved or closed waits for no reply
        r.waiting = 0
    if r.aims:
        _targets(r, was, at, out)
    if r.state >= SOLVED > was:
        r.bot_solved = _is_bot(r, actor)
        resolution = at - r.created
        _stands(r, at, ((r.scope, SOLVE, at, resolution, 1), (r.scope, FIRST_SOLVE, at, resolution, 1)), out)
    elif was >= SOLVED > r.state:
        _reopened(r, at, out)
    elif by_agent:
        revise(r, out)


def _targets(r: Ticket, was: int, at: int, out: Facts) -> None:
    """R29d: a resolution that is owed stands still while the ticket is pending, solved or closed."""
    if r.state >= SOLVED and r.replied:
        targets.cancel(r, targets.NEXT_REPLY, at, out)
    if r.state >= SOLVED > was:
        targets.solve(r, at, out)
    elif r.state < SOLVED <= was or (was == PENDING != r.state):
        targets.resume(r, targets.RESOLUTION, at, out)
    if r.state == PENDING:
        targets.halt(r, targets.RESOLUTION, at, out)


def _is_bot(r: Ticket, actor: str) -> bool:
    """Whether a bot has solved it: itself, or nobody in particular after a bot had written."""
    return actor == "bot" or (bool(r.bot) and (actor == r.bot or actor in NO_AGENT))


def _stands(r: Ticket, at: int, facts: tuple[Fact, Fact], out: Facts) -> None:
    solve, first = facts
    r.outcome = _outcome(r, solve)
    for fact in r.outcome:
        out.append(fact)
    if r.first_solved:
        first_contact.solved_again(r, at, out)
    else:
        out.append(first)
        if first[1] == FIRST_SOLVE and has_hours(r):
            for fact in second(r, first, business_ms(r, r.created, at)):
                out.append(fact)
        first_contact.first_solved(r, at, out)


def _reopened(r: Ticket, at: int, out: Facts) -> None:
    for fact in r.outcome:
        out.append((*fact[:4], -1))
    r.outcome = ()
    out.append((r.scope, REOPENS, at, 0, 1))
    if not r.reopened:
        r.reopened = True
        out.append((r.scope, FIRST_REOPEN, at, 0, 1))
    if r.bot_solved and not r.replied:
        r.human_from = at
    first_contact.reopened(r, at, out)
