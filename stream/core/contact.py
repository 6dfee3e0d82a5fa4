"""The lifecycle of a contact (a call, a chat, any customer interaction on a queue), and the facts that it yields.

A contact goes through segments: it enters a queue, is offered to agents, answered, transferred into the next queue, ended,
wrapped up. Times are ms. Two rules hold throughout:

* A fact belongs to the queue and channel in force at its time.
* Everything a later event may take back is kept in the record: the outcome of the last wait (the customer may resume), the
  contact's whole wait, the handling of each agent segment (wrap-up revises it).

What a contact says about its agents is its ``stays``: (agent, phase, from, to or 0 while it lasts). They are forwarded
to the agents' records.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from stream.core.facts import KINDS, Fact
from stream.core.lifecycle import Facts, Lifecycle, Record, Step
from topics import events as ev

if TYPE_CHECKING:
    from stream.core.panes import Scope

NEW, QUEUED, RINGING, CONNECTING, TALKING, HELD, BETWEEN, LEFT, ENDED = range(9)
STATES = 9

_K = KINDS
OFFERED, IMPOSSIBLE = _K["offered"], _K["impossible"]
ANSWERED, ANSWERED_MET, ANSWERED_UNTIMED = _K["answered"], _K["answered_met"], _K["answered_untimed"]
ABANDONED, ABANDONED_MET, ABANDONED_UNTIMED = _K["abandoned"], _K["abandoned_met"], _K["abandoned_untimed"]
FLOWED_OUT, FLOWED_OUT_MET, FLOWED_OUT_UNTIMED = _K["flowed_out"], _K["flowed_out_met"], _K["flowed_out_untimed"]
SHORT, LOST, LOST_MET = _K["short_abandoned"], _K["lost_by_rule"], _K["lost_by_rule_met"]
COMPLETED, COMPLETED_MET, CUSTOMER_WAIT = _K["completed"], _K["completed_met"], _K["customer_wait"]
HANDLE, TALK, HOLD, WRAP_UP = _K["handle"], _K["talk"], _K["hold"], _K["wrap_up"]
FIRST_RESPONSE, NEXT_REPLY = _K["first_response"], _K["next_reply"]

# What Asterisk's manager interface counts as abandoned besides the abandons (rulings R05c).
LOST_REASONS = frozenset(("timeout", "empty", "withdrawn"))


class Handled(NamedTuple):
    """One agent segment that has ended, as its wrap-up finds it."""

    segment: str
    agent: str
    scope: Scope
    ended_ms: int
    handle_ms: int
    wrap_from_ms: int = 0
    wrapped_ms: int = 0


class Contact(Record, gc=False):
    """A contact's derived state; ``outcome`` are the facts of the last wait, ``handled`` the ended agent segments."""

    segment: str = ""
    entered: int = 0
    answered: int = 0
    in_target: bool = False
    agent: str = ""
    offered_to: str = ""
    held_since: int = 0
    held: int = 0
    left_at: int = 0
    waits: int = 0
    wait_fact: Fact | None = None
    outcome: tuple[Fact, ...] = ()
    handled: tuple[Handled, ...] = ()
    stays: tuple[tuple[str, ev.Phase, int, int], ...] = ()
    early: tuple[str, str, int] | None = None
    early_ended: int = 0
    early_hold: bool = False
    waiting_reply: int = 0
    replied: bool = False


def _scope(r: Contact) -> Scope:
    """The scope in force: who has entered a queue has one."""
    if r.scope is None:
        msg = "a contact that entered a queue has no scope"
        raise AssertionError(msg)
    return r.scope


# --- the queue -------------------------------------------------------------------------------------------------------


def entered(r: Contact, at: int, segment: str, _b: str, _c: str, out: Facts) -> None:
    if r.state in (TALKING, HELD):
        _close_handling(r, at, out)
    if r.wait_fact is not None:  # the customer's wait goes on: its sample is made at the last outcome only
        out.append((*r.wait_fact[:4], -1))
        r.wait_fact = None
    r.segment, r.entered, r.left_at, r.outcome, r.offered_to = segment, at, 0, (), ""
    out.append((r.scope, OFFERED, at, 0, 1))
    early, r.early = r.early, None
    r.state = QUEUED
    if early is not None and (not early[0] or early[0] == segment):
        _late_start(r, at, early, out)


def _late_start(r: Contact, at: int, early: tuple[str, str, int], out: Facts) -> None:
    """The wait's end came before its start: it is counted, and gives no duration (rulings R43)."""
    _, reason, answered_at = early
    out.append((r.scope, IMPOSSIBLE, at, 0, 1))
    if reason == "answered":
        out.append((r.scope, ANSWERED_UNTIMED, at, 0, 1))
        r.answered, r.in_target, r.held = answered_at, False, 0
        r.state = ENDED if r.early_ended else TALKING
        if r.agent:
            r.stays = (*r.stays, (r.agent, "on_contact", answered_at, r.early_ended))
        return
    r.outcome = ((r.scope, ABANDONED_UNTIMED if reason == "abandoned" else FLOWED_OUT_UNTIMED, at, 0, 1),)
    out.append(r.outcome[0])
    r.state = LEFT


def ended_early(r: Contact, at: int, by: str, _b: str, _c: str, _out: Facts) -> None:
    """The contact ends where no wait has begun: it never queued, or its start is stamped later."""
    r.early_ended = at
    if r.early is None:
        r.early = ("", "abandoned" if by == "customer" else "error", at)
    r.state = ENDED


def answered_early(r: Contact, at: int, segment: str, agent: str, _c: str, _out: Facts) -> None:
    r.early, r.agent = (segment, "answered", at), agent


def left_early(r: Contact, at: int, segment: str, _b: str, reason: str, _out: Facts) -> None:
    if reason != "answered":
        r.early = (segment, reason, at)


def offered(r: Contact, at: int, _segment: str, agent: str, _c: str, _out: Facts) -> None:
    _stop_ringing(r, at)
    r.state, r.offered_to = RINGING, agent
    if agent:
        r.stays = (*r.stays, (agent, "ringing", at, 0))


def missed(r: Contact, at: int, _a: str, _b: str, _c: str, _out: Facts) -> None:
    _stop_ringing(r, at)
    r.state = QUEUED


def answered(r: Contact, at: int, _segment: str, agent: str, _c: str, out: Facts) -> None:
    _stop_ringing(r, at)
    wait = at - r.entered
    r.in_target = wait <= _scope(r).terms.target_ms
    r.state, r.answered, r.agent, r.held = TALKING, at, agent, 0
    out.append((r.scope, ANSWERED, at, wait, 1))
    if r.in_target:
        out.append((r.scope, ANSWERED_MET, at, 0, 1))
    _customer_waited(r, at, wait, out)
    if agent:
        r.stays = (*r.stays, (agent, "on_contact", at, 0))


def left(r: Contact, at: int, _segment: str, _b: str, reason: str, out: Facts) -> None:
    if reason == "answered":
        if r.state != CONNECTING:
            _stop_ringing(r, at)
            r.state = CONNECTING
        return
    _stop_ringing(r, at)
    wait, scope = at - r.entered, _scope(r)
    terms = scope.terms
    in_target = wait <= terms.target_ms
    facts: list[Fact] = []
    if reason == "abandoned":
        facts.append((scope, ABANDONED, at, wait, 1))
        if in_target:
            facts.append((scope, ABANDONED_MET, at, 0, 1))
        if terms.short_ms and wait <= terms.short_ms:
            facts.append((scope, SHORT, at, 0, 1))
    else:
        facts.append((scope, FLOWED_OUT, at, wait, 1))
        if in_target:
            facts.append((scope, FLOWED_OUT_MET, at, 0, 1))
        if reason in LOST_REASONS:
            facts.append((scope, LOST, at, 0, 1))
            if in_target:
                facts.append((scope, LOST_MET, at, 0, 1))
    for fact in facts:
        out.append(fact)
    r.state, r.left_at, r.outcome = LEFT, at if reason == "abandoned" else 0, tuple(facts)
    _customer_waited(r, at, wait, out)


def _customer_waited(r: Contact, at: int, wait: int, out: Facts) -> None:
    r.waits += wait
    r.wait_fact = (r.scope, CUSTOMER_WAIT, at, r.waits, 1)
    out.append(r.wait_fact)


def resumed(r: Contact, at: int, segment: str, b: str, c: str, out: Facts) -> None:
    """The caller is back: soon enough, and the abandon never was; later, and it is a new entry (K6, R09)."""
    if not r.left_at or at - r.left_at > _scope(r).terms.resume_ms:
        entered(r, at, segment, b, c, out)
        return
    for fact in r.outcome:
        out.append((*fact[:4], -fact[4]))
    if r.wait_fact is not None:
        out.append((*r.wait_fact[:4], -1))
    r.waits -= r.left_at - r.entered
    r.wait_fact, r.outcome, r.left_at, r.state = None, (), 0, QUEUED


def ended_waiting(r: Contact, at: int, by: str, b: str, _c: str, out: Facts) -> None:
    """Who ends the contact while it waits has left the queue then (R07)."""
    left(r, at, "", b, "abandoned" if by == "customer" else "error", out)
    r.state = ENDED


# --- the agents ------------------------------------------------------------------------------------------------------


def _stop_ringing(r: Contact, at: int) -> None:
    if r.offered_to:
        r.stays = tuple((a, p, f, at) if p == "ringing" and not t else (a, p, f, t) for a, p, f, t in r.stays)
        r.offered_to = ""


def hold_started(r: Contact, at: int, _a: str, _b: str, _c: str, _out: Facts) -> None:
    r.state, r.held_since = HELD, at


def hold_ended(r: Contact, at: int, _a: str, _b: str, _c: str, _out: Facts) -> None:
    r.state = TALKING
    r.held += at - r.held_since


def hold_ended_early(r: Contact, _at: int, _a: str, _b: str, _c: str, _out: Facts) -> None:
    """A hold ends where none has begun: a start that comes later and has no other end is not believed (R43)."""
    r.early_hold = True


def _close_handling(r: Contact, at: int, out: Facts) -> None:
    if r.state == HELD and r.early_hold:
        out.append((r.scope, IMPOSSIBLE, at, 0, 1))
    elif r.state == HELD:
        r.held += at - r.held_since
    handle = at - r.answered
    out.append((r.scope, TALK, at, handle - r.held, 1))
    if r.held:
        out.append((r.scope, HOLD, at, r.held, 1))
    out.append((r.scope, HANDLE, at, handle, 1))
    r.handled = (*r.handled, Handled(r.segment, r.agent, _scope(r), at, handle))
    r.stays = tuple((a, p, f, at) if p == "on_contact" and not t else (a, p, f, t) for a, p, f, t in r.stays)
    out.append((r.scope, COMPLETED, at, 0, 1))
    if r.in_target:
        out.append((r.scope, COMPLETED_MET, at, 0, 1))
    r.held, r.in_target, r.early_hold = 0, False, False


def transferred(r: Contact, at: int, _a: str, _b: str, _c: str, out: Facts) -> None:
    _close_handling(r, at, out)
    r.state = BETWEEN


def ended(r: Contact, at: int, _by: str, _b: str, _c: str, out: Facts) -> None:
    _close_handling(r, at, out)
    r.state = ENDED


def ended_quietly(r: Contact, _at: int, _by: str, _b: str, _c: str, _out: Facts) -> None:
    r.state = ENDED


def _wrapping(r: Contact, segment: str, agent: str) -> int:
    """Which of the ended agent segments an after-call event is about: the named one, else the last; -1: none."""
    for i in range(len(r.handled) - 1, -1, -1):
        h = r.handled[i]
        if (not segment or h.segment == segment) and (not agent or h.agent == agent):
            return i
    return -1 if segment or agent or not r.handled else len(r.handled) - 1


def wrap_up_started(r: Contact, at: int, segment: str, agent: str, _c: str, out: Facts) -> None:
    i = _wrapping(r, segment, agent)
    if i < 0 or r.handled[i].wrap_from_ms:
        return
    h = r.handled[i]
    if h.wrapped_ms:  # it ended before it began: no duration (R43)
        _revise(h, -1, out)
        out.append((h.scope, IMPOSSIBLE, at, 0, 1))
        r.stays = tuple(stay for stay in r.stays if stay != (h.agent, "acw", h.ended_ms, h.wrapped_ms))
    elif h.agent:
        r.stays = (*r.stays, (h.agent, "acw", at, 0))
    r.handled = (*r.handled[:i], h._replace(wrap_from_ms=at), *r.handled[i + 1 :])


def wrap_up_ended(r: Contact, at: int, segment: str, agent: str, _c: str, out: Facts) -> None:
    """Only now is the handle time complete: the sample made at the segment's end is revised in place (R13)."""
    i = _wrapping(r, segment, agent)
    if i < 0 or r.handled[i].wrapped_ms:
        return
    h = r.handled[i]._replace(wrapped_ms=at)
    _revise(h, 1, out)
    r.handled = (*r.handled[:i], h, *r.handled[i + 1 :])
    if h.agent:
        begun = h.wrap_from_ms or h.ended_ms
        r.stays = (*(stay for stay in r.stays if stay != (h.agent, "acw", begun, 0)), (h.agent, "acw", begun, at))


def _revise(h: Handled, sign: int, out: Facts) -> None:
    """Puts the wrap-up into the segment's samples, or takes it out of them again."""
    wrap = h.wrapped_ms - (h.wrap_from_ms or h.ended_ms)
    out.append((h.scope, WRAP_UP, h.wrapped_ms, wrap, sign))
    out.append((h.scope, HANDLE, h.ended_ms, h.handle_ms, -sign))
    out.append((h.scope, HANDLE, h.ended_ms, h.handle_ms + wrap, sign))


# --- the conversation ------------------------------------------------------------------------------------------------


def message(r: Contact, at: int, role: str, _b: str, _c: str, out: Facts) -> None:
    if role == "customer":
        r.waiting_reply = r.waiting_reply or at
    elif role == "agent" and r.waiting_reply:
        out.append((r.scope, NEXT_REPLY if r.replied else FIRST_RESPONSE, at, at - r.waiting_reply, 1))
        r.waiting_reply, r.replied = 0, True


def _segment_agent(e: ev.Contact) -> tuple[str, str, str]:
    return e.segment_id or "", e.agent_id or "", ""


_ORDER = (
    ev.CallInitiated,
    ev.ChatStarted,
    ev.IvrEntered,
    ev.IvrLeft,
    ev.QueueEntered,
    ev.OfferMade,
    ev.OfferMissed,
    ev.QueueLeft,
    ev.QueueResumed,
    ev.ContactAnswered,
    ev.Message,
    ev.HoldStarted,
    ev.HoldEnded,
    ev.ContactTransferred,
    ev.ContactEnded,
    ev.AcwStarted,
    ev.AcwEnded,
    ev.BotHandoff,
    ev.ContactIdle,
    ev.ContactActive,
    ev.ConsultStarted,
    ev.ConsultEnded,
    ev.CallbackRequested,
    ev.CallbackScheduled,
    ev.CallbackAttempted,
    ev.CallbackCompleted,
    ev.VoicemailLeft,
)
_BEGIN = (NEW, BETWEEN, LEFT, ENDED, TALKING, HELD)
_WAITING = (QUEUED, RINGING, CONNECTING)


def _fits(r: Contact, step: Step) -> bool:
    """Within one millisecond a new segment begins only after the running one is over, and events go to their own segment."""
    if step[1] == _RANK_ENTERED:
        return r.state in (NEW, BETWEEN, LEFT, ENDED)
    return not step[6] or step[1] not in _RANKS_OF_SEGMENT or not r.segment or step[6] == r.segment


_RANK_ENTERED = _ORDER.index(ev.QueueEntered)
_RANKS_OF_SEGMENT = frozenset(
    _ORDER.index(kind) for kind in (ev.QueueLeft, ev.OfferMade, ev.OfferMissed, ev.ContactAnswered)
)


def _levels(r: Contact) -> tuple[int, ...]:
    return (r.entered,) if r.state in (QUEUED, RINGING) else (0,)


CONTACT = Lifecycle(
    record=Contact,
    order=_ORDER,
    states=STATES,
    table={
        **{(state, ev.QueueEntered): entered for state in _BEGIN},
        **{(state, ev.OfferMade): offered for state in (QUEUED, RINGING)},
        (RINGING, ev.OfferMissed): missed,
        **{(state, ev.ContactAnswered): answered for state in _WAITING},
        **{(state, ev.QueueLeft): left for state in _WAITING},
        **{(state, ev.ContactEnded): ended_waiting for state in _WAITING},
        (NEW, ev.ContactAnswered): answered_early,
        (NEW, ev.QueueLeft): left_early,
        (NEW, ev.ContactEnded): ended_early,
        **{(state, ev.QueueResumed): resumed for state in (LEFT, ENDED)},
        (TALKING, ev.HoldStarted): hold_started,
        (HELD, ev.HoldEnded): hold_ended,
        (TALKING, ev.HoldEnded): hold_ended_early,
        **{(state, ev.ContactTransferred): transferred for state in (TALKING, HELD)},
        **{(state, ev.ContactEnded): ended for state in (TALKING, HELD)},
        **{(state, ev.ContactEnded): ended_quietly for state in (LEFT, BETWEEN)},
        **{(state, ev.AcwStarted): wrap_up_started for state in range(STATES)},
        **{(state, ev.AcwEnded): wrap_up_ended for state in range(STATES)},
        **{(state, ev.Message): message for state in range(STATES)},
    },
    arguments={
        **dict.fromkeys((ev.QueueEntered, ev.OfferMade, ev.ContactAnswered, ev.AcwStarted, ev.AcwEnded), _segment_agent),
        ev.OfferMissed: lambda e: (e.segment_id or "", "", e.reason),
        ev.QueueResumed: _segment_agent,
        ev.QueueLeft: lambda e: (e.segment_id or "", "", e.reason),
        ev.ContactEnded: lambda e: (e.by, "", ""),
        ev.ContactTransferred: lambda e: (e.kind, e.to, ""),
        ev.Message: lambda e: ("bot" if e.is_auto else e.author_role, "", ""),
    },
    fits=_fits,
    level_names=("waiting",),
    levels=_levels,
)
