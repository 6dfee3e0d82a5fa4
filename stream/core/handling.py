"""A contact with an agent: talk, hold and wrap-up of each agent segment."""

from __future__ import annotations

from stream.core import targets
from stream.core.facts import KINDS
from stream.core.lifecycle import Facts
from stream.core.segment import (
    BETWEEN,
    ENDED,
    HELD,
    TALKING,
    Contact,
    Handled,
    over_stays,
    scope_of,
)

COMPLETED, COMPLETED_MET, IMPOSSIBLE = KINDS["completed"], KINDS["completed_met"], KINDS["impossible"]
HOLD_ABANDONED = KINDS["hold_abandoned"]
TRANSFERS = {kind: KINDS[f"transferred_{kind}"] for kind in ("blind", "attended", "queue", "external", "other")}
HANDLE, TALK, HOLD, WRAP_UP = KINDS["handle"], KINDS["talk"], KINDS["hold"], KINDS["wrap_up"]


def hold_started(r: Contact, at: int, _a: str, _b: str, _c: str, _out: Facts) -> None:
    r.state, r.held_since = HELD, at


def hold_ended(r: Contact, at: int, _a: str, _b: str, _c: str, _out: Facts) -> None:
    r.state = TALKING
    r.held += at - r.held_since


def hold_ended_early(r: Contact, _at: int, _a: str, _b: str, _c: str, _out: Facts) -> None:
    """A hold ends where none has begun: a start that comes later and has no other end is not believed (R43)."""
    r.early_hold = True


def close_handling(r: Contact, at: int, out: Facts) -> None:
    if r.state == HELD and r.early_hold:
        out.append((r.scope, IMPOSSIBLE, at, 0, 1))
    elif r.state == HELD:
        r.held += at - r.held_since
    handle = at - r.answered
    out.append((r.scope, TALK, at, handle - r.held, 1))
    if r.held:
        out.append((r.scope, HOLD, at, r.held, 1))
    out.append((r.scope, HANDLE, at, handle, 1))
    r.handled = (*r.handled, Handled(r.segment, r.agent, scope_of(r), at, handle))
    over_stays(r, "on_contact", at)
    out.append((r.scope, COMPLETED, at, 0, 1))
    if r.in_target:
        out.append((r.scope, COMPLETED_MET, at, 0, 1))
    r.held, r.in_target, r.early_hold = 0, False, False


def transferred(r: Contact, at: int, kind: str, _b: str, _c: str, out: Facts) -> None:
    out.append((r.scope, TRANSFERS.get(kind, TRANSFERS["other"]), at, 0, 1))
    close_handling(r, at, out)
    r.state = BETWEEN


def ended(r: Contact, at: int, by: str, _b: str, _c: str, out: Facts) -> None:
    if r.state == HELD and by == "customer" and not r.early_hold:
        out.append((r.scope, HOLD_ABANDONED, at, 0, 1))  # only by the customer (R14)
    close_handling(r, at, out)
    targets.cancel(r, targets.NEXT_REPLY, at, out)
    r.state = ENDED


def ended_quietly(r: Contact, at: int, _by: str, _b: str, _c: str, out: Facts) -> None:
    targets.cancel(r, targets.NEXT_REPLY, at, out)
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
        r.stays = tuple(stay for stay in r.stays if stay[:4] != (h.agent, "acw", h.ended_ms, h.wrapped_ms))
    elif h.agent:
        r.stays = (*r.stays, (h.agent, "acw", at, 0, h.scope.place.channel))
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
        kept = (stay for stay in r.stays if stay[:4] != (h.agent, "acw", begun, 0))
        r.stays = (*kept, (h.agent, "acw", begun, at, h.scope.place.channel))


def _revise(h: Handled, sign: int, out: Facts) -> None:
    """Puts the wrap-up into the segment's samples, or takes it out of them again."""
    wrap = h.wrapped_ms - (h.wrap_from_ms or h.ended_ms)
    out.append((h.scope, WRAP_UP, h.wrapped_ms, wrap, sign))
    out.append((h.scope, HANDLE, h.ended_ms, h.handle_ms, -sign))
    out.append((h.scope, HANDLE, h.ended_ms, h.handle_ms + wrap, sign))
