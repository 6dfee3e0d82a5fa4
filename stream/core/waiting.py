"""A contact in the queue: entries, offers, and the outcomes that end a wait.

What a later event may take back is kept in the record: the facts of the last outcome (the customer may resume), and
the sample of the customer's whole wait (another segment may follow).
"""

from __future__ import annotations

from stream.core import targets
from stream.core.facts import KINDS, Fact
from stream.core.handling import close_handling
from stream.core.lifecycle import Facts
from stream.core.panes import due_pane_ms
from stream.core.segment import (
    CONNECTING,
    ENDED,
    HELD,
    LEFT,
    QUEUED,
    RINGING,
    TALKING,
    Contact,
    channel_of,
    scope_of,
    stop_ringing,
)

_K = KINDS
OFFERED, IMPOSSIBLE = _K["offered"], _K["impossible"]
ANSWERED, ANSWERED_MET, ANSWERED_UNTIMED = _K["answered"], _K["answered_met"], _K["answered_untimed"]
ABANDONED, ABANDONED_MET, ABANDONED_UNTIMED = _K["abandoned"], _K["abandoned_met"], _K["abandoned_untimed"]
FLOWED_OUT, FLOWED_OUT_MET, FLOWED_OUT_UNTIMED = _K["flowed_out"], _K["flowed_out_met"], _K["flowed_out_untimed"]
SHORT, LOST, LOST_MET = _K["short_abandoned"], _K["lost_by_rule"], _K["lost_by_rule_met"]
OVERDUE, ABANDONED_EARLY, CALLBACKS = _K["overdue"], _K["abandoned_early"], _K["callbacks_requested"]
# Why a contact flowed out, and why an offer was missed: a closed set each, a kind for each value.
FLOW_OUTS = {
    reason: _K[f"flowed_out_{reason}"]
    for reason in (
        "timeout",
        "overflow",
        "empty",
        "key_exit",
        "callback",
        "voicemail",
        "transfer",
        "withdrawn",
        "error",
    )
}
MISSES = {reason: _K[f"missed_{reason}"] for reason in ("timeout", "rejected", "customer_left")}

CUSTOMER_WAIT = _K["customer_wait"]

# What Asterisk's manager interface counts as abandoned besides the abandons (rulings R05c).
LOST_REASONS = frozenset(("timeout", "empty", "withdrawn"))


def entered(r: Contact, at: int, segment: str, customer: str, traits: str, out: Facts) -> None:
    if traits:
        r.priority, _, r.tier = traits.partition(targets.TRAITS)
        targets.rematch(r, at, out)
    if r.state in (TALKING, HELD):
        close_handling(r, at, out)
    if r.wait_fact is not None:  # the customer's wait goes on: its sample is made at the last outcome only
        out.append((*r.wait_fact[:4], -1))
        r.wait_fact = None
    r.opened = r.opened or at
    r.customer = customer or r.customer
    r.segment, r.entered, r.left_at, r.outcome, r.offered_to = segment, at, 0, (), ""
    r.due_in, r.calls_back = None, False
    out.append((r.scope, OFFERED, at, 0, 1))
    early, r.early = r.early, None
    r.state = QUEUED
    if early is not None and (not early[0] or early[0] == segment):
        _late_start(r, at, early, out)
        return
    r.due_in = scope_of(r)
    out.append(_overdue(r, 1))
    targets.begin(r, targets.ANSWER, at, out)


def entered_again(r: Contact, at: int, segment: str, b: str, c: str, out: Facts) -> None:
    """It enters a queue while it waits: how it left the one before was lost, or has yet to come. It is offered again,
    and nothing is decided of the wait before, but that it has missed its target if it has.
    """
    stop_ringing(r, at)
    if r.due_in is not None and at - r.entered <= r.due_in.terms.target_ms:
        out.append(_overdue(r, -1))
    entered(r, at, segment, b, c, out)


def _overdue(r: Contact, sign: int) -> Fact:
    """Who still waits when the answer target falls due has missed it: a fact that lies ahead until then (R05a)."""
    scope = r.due_in or scope_of(r)
    return scope, OVERDUE, due_pane_ms(r.entered + scope.terms.target_ms), 0, sign


def _late_start(r: Contact, at: int, early: tuple[str, str, int], out: Facts) -> None:
    """The wait's end came before its start: it is counted, and gives no duration (rulings R43)."""
    _, reason, answered_at = early
    out.append((r.scope, IMPOSSIBLE, at, 0, 1))
    if reason == "answered":
        out.append((r.scope, ANSWERED_UNTIMED, at, 0, 1))
        r.answered, r.in_target, r.held = answered_at, False, 0
        r.state = ENDED if r.early_ended else TALKING
        if r.agent:
            r.stays = (*r.stays, (r.agent, "on_contact", answered_at, r.early_ended, channel_of(r)))
        return
    if reason == "abandoned":
        r.outcome = ((r.scope, ABANDONED_UNTIMED, at, 0, 1),)
    else:
        r.outcome = ((r.scope, FLOWED_OUT_UNTIMED, at, 0, 1), (r.scope, FLOW_OUTS[reason], at, 0, 1))
    for fact in r.outcome:
        out.append(fact)
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
    stop_ringing(r, at)
    r.state, r.offered_to = RINGING, agent
    if agent:
        r.stays = (*r.stays, (agent, "ringing", at, 0, channel_of(r)))


def missed(r: Contact, at: int, a: str, b: str, reason: str, out: Facts) -> None:
    stop_ringing(r, at)
    r.state = QUEUED
    missed_quietly(r, at, a, b, reason, out)


def missed_quietly(r: Contact, at: int, _a: str, _b: str, reason: str, out: Facts) -> None:
    """Every missed offer counts (R15), also one that is told of when the customer is no longer being rung through."""
    out.append((r.scope, MISSES[reason], at, 0, 1))


def callback_requested(r: Contact, at: int, _a: str, _b: str, _c: str, out: Facts) -> None:
    """Who has asked to be called back does not abandon by leaving the queue (K5)."""
    out.append((r.scope, CALLBACKS, at, 0, 1))
    if r.state in (QUEUED, RINGING, CONNECTING):
        r.calls_back = True


def answered(r: Contact, at: int, segment: str, agent: str, customer: str, out: Facts) -> None:
    stop_ringing(r, at)
    r.customer = customer or r.customer
    wait = at - r.entered
    r.segment = segment or r.segment  # who came back to the queue may be answered under another name than entered
    r.in_target = wait <= scope_of(r).terms.target_ms
    r.state, r.answered, r.agent, r.held = TALKING, at, agent, 0
    r.assigned_at = r.assigned_at or at
    out.append((r.scope, ANSWERED, at, wait, 1))
    if r.in_target:
        out.append((r.scope, ANSWERED_MET, at, 0, 1))
        out.append(_overdue(r, -1))
    targets.fulfil(r, targets.ANSWER, at, out)
    _customer_waited(r, at, wait, out)
    if agent:
        r.stays = (*r.stays, (agent, "on_contact", at, 0, channel_of(r)))


def left(r: Contact, at: int, _segment: str, _b: str, reason: str, out: Facts) -> None:
    if reason == "answered":
        if r.state != CONNECTING:
            stop_ringing(r, at)
            r.state = CONNECTING
        return
    stop_ringing(r, at)
    if reason == "abandoned" and r.calls_back:
        reason = "callback"
    wait = at - r.entered
    facts = _abandoned(r, at, wait) if reason == "abandoned" else _flowed_out(r, at, wait, reason)
    for fact in facts:
        out.append(fact)
    r.state, r.left_at, r.outcome = LEFT, at if reason == "abandoned" else 0, tuple(facts)
    targets.halt(r, targets.ANSWER, at, out)
    _customer_waited(r, at, wait, out)


def _abandoned(r: Contact, at: int, wait: int) -> list[Fact]:
    scope = scope_of(r)
    in_target, is_short = wait <= scope.terms.target_ms, 0 < scope.terms.short_ms >= wait
    facts: list[Fact] = [(scope, ABANDONED, at, wait, 1)]
    if in_target:
        facts.append((scope, ABANDONED_MET, at, 0, 1))
    if is_short:
        facts.append((scope, SHORT, at, 0, 1))
    elif in_target:
        facts.append((scope, ABANDONED_EARLY, at, 0, 1))
    if in_target or is_short:
        facts.append(_overdue(r, -1))
    return facts


def _flowed_out(r: Contact, at: int, wait: int, reason: str) -> list[Fact]:
    scope = scope_of(r)
    in_target = wait <= scope.terms.target_ms
    facts: list[Fact] = [(scope, FLOWED_OUT, at, wait, 1), (scope, FLOW_OUTS[reason], at, 0, 1)]
    if in_target:
        facts.append((scope, FLOWED_OUT_MET, at, 0, 1))
        facts.append(_overdue(r, -1))
    if reason in LOST_REASONS:
        facts.append((scope, LOST, at, 0, 1))
        if in_target:
            facts.append((scope, LOST_MET, at, 0, 1))
    return facts


def _customer_waited(r: Contact, at: int, wait: int, out: Facts) -> None:
    r.waits += wait
    r.wait_fact = (r.scope, CUSTOMER_WAIT, at, r.waits, 1)
    out.append(r.wait_fact)


def resumed(r: Contact, at: int, segment: str, b: str, c: str, out: Facts) -> None:
    """The caller is back: soon enough, and the abandon never was; later, and it is a new entry (K6, R09)."""
    if not r.entered:  # back from where?
        return
    if not r.left_at or at - r.left_at > scope_of(r).terms.resume_ms:
        entered(r, at, segment, b, c, out)
        return
    for fact in r.outcome:
        out.append((*fact[:4], -fact[4]))
    if r.wait_fact is not None:
        out.append((*r.wait_fact[:4], -1))
    r.waits -= r.left_at - r.entered
    r.wait_fact, r.outcome, r.left_at, r.state = None, (), 0, QUEUED
    targets.restart(r, targets.ANSWER, r.entered, at, out)


def ended_waiting(r: Contact, at: int, by: str, b: str, _c: str, out: Facts) -> None:
    """Who ends the contact while it waits has left the queue then (R07)."""
    left(r, at, "", b, "abandoned" if by == "customer" else "error", out)
    targets.cancel(r, targets.NEXT_REPLY, at, out)
    r.state = ENDED
