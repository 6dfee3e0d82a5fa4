"""Service targets: who has promised what to whom, when it is due, and whether it was kept (R29).

An *aim* is a target at work on one record: a first response, a next reply, a resolution or an answer that is owed
since a moment. With it comes at once the fact that it is missed, at its due time, which lies ahead
(``stream.core.facts``); whatever prevents it takes that fact back:

* a fulfilment at or before the due time: met, at its own time (R29b); after it, the miss stands (R29e);
* a resolution stands still while the ticket is pending, solved or closed, and is due later then (R29d); a reopen takes
  the met one back and lets it run on;
* another target comes to match, by priority, tier or queue: it replaces one that is not yet due, and is counted from
  the aim's own start (R29c); what is missed stays missed;
* an answer is owed no longer when the contact leaves the queue, a next reply when the ticket is solved or the contact
  ends: neither met nor missed. A first response is owed until it is given (K10).

Of a target with several dates the one holds that was in force when the aim was born: with the ticket, or when the
contact came or wrote.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from stream.core.clocks import FAR_MS, pieces
from stream.core.facts import KINDS, Fact
from stream.core.panes import due_pane_ms

if TYPE_CHECKING:
    from collections.abc import Iterator

    from stream.core.lifecycle import Facts, Record
    from stream.core.panes import Scope
    from stream.core.promises import Promise

FIRST_RESPONSE, NEXT_REPLY, RESOLUTION, ANSWER = "first_response", "next_reply", "resolution", "answer"
MET, MISSED, SEEN = KINDS["target_met"], KINDS["target_missed"], KINDS["targets_seen"]
TRAITS = "\x1f"


class Aim(NamedTuple):
    """A target at work. ``since_ms`` is from when it runs (0: it stands still), ``spells`` are the earlier runs.
    ``due_ms`` is 0 where it is not due: it stands still, or no target matches. ``chosen_ms`` is when the target
    came to match, ``is_given``: a solve stands.
    """

    metric: str
    born_ms: int
    since_ms: int
    spells: tuple[tuple[int, int], ...] = ()
    promise: Promise | None = None
    scope: Scope | None = None
    due_ms: int = 0
    warn_at_ms: int = 0
    chosen_ms: int = 0
    is_missed: bool = False
    is_given: bool = False
    met: Fact | None = None


# --- what lifecycles say ---------------------------------------------------------------------------------------------


def begin(r: Record, metric: str, at_ms: int, out: Facts, born_ms: int = 0) -> None:
    """Something is owed from ``at_ms`` on."""
    if r.scope is not None and metric in r.scope.terms.promises:
        aim = Aim(metric, born_ms or at_ms, at_ms)
        r.aims = (*(other for other in r.aims if other.metric != metric), _run(r, aim, at_ms, out))


def fulfil(r: Record, metric: str, at_ms: int, out: Facts) -> None:
    """It was given."""
    for aim in r.aims:
        if aim.metric == metric:
            _meet(aim, at_ms, out)
            _drop(r, aim)


def cancel(r: Record, metric: str, at_ms: int, out: Facts) -> None:
    """It is owed no longer."""
    for aim in r.aims:
        if aim.metric == metric:
            _halt(aim, at_ms, out)
            _drop(r, aim)


def halt(r: Record, metric: str, at_ms: int, out: Facts) -> None:
    """Its clock stands still."""
    for aim in r.aims:
        if aim.metric == metric and aim.since_ms:
            _put(r, _halt(aim, at_ms, out))


def resume(r: Record, metric: str, at_ms: int, out: Facts) -> None:
    """Its clock runs on; what was given is taken back."""
    for aim in r.aims:
        if aim.metric == metric and not aim.since_ms:
            if aim.met is not None:
                out.append((*aim.met[:4], -1))
            going = aim._replace(since_ms=at_ms, met=None, is_given=False)
            _put(r, going if going.is_missed else _run(r, going, at_ms, out))


def restart(r: Record, metric: str, since_ms: int, at_ms: int, out: Facts) -> None:
    """Its clock has run since ``since_ms`` as if it had never stood still."""
    for aim in r.aims:
        if aim.metric == metric and not aim.since_ms:
            going = aim._replace(since_ms=since_ms, spells=())
            _put(r, going if going.is_missed else _run(r, going, at_ms, out))


def solve(r: Record, at_ms: int, out: Facts) -> None:
    """The resolution is given, and stands still until it is taken back."""
    for aim in r.aims:
        if aim.metric == RESOLUTION and not aim.is_given:
            met = _meet(aim, at_ms, out)
            spells = (*aim.spells, (aim.since_ms, at_ms)) if aim.since_ms else aim.spells
            going = aim._replace(since_ms=0, spells=spells, is_given=True, met=met)
            _put(r, going._replace(is_missed=True) if _is_missed(aim, at_ms) else going._replace(due_ms=0))


def rematch(r: Record, at_ms: int, out: Facts) -> None:
    """Its queue, priority or tier is another: another target may hold now."""
    for aim in r.aims:
        # one event may change queue and tier: what it has just chosen may be replaced
        if not aim.is_given and (aim.chosen_ms == at_ms or not _is_missed(aim, at_ms)):
            _put(r, _run(r, aim, at_ms, out))


def levels(r: Record) -> tuple[tuple[Scope, str, int], ...]:
    """The aims that run: (the target's place, level, ms), when each is due ("due/warned" where there is a warning
    before) and from when it is at risk ("warn").
    """
    found: list[tuple[Scope, str, int]] = []
    for aim in r.aims:
        if aim.since_ms and aim.scope is not None and 0 < aim.due_ms < FAR_MS:
            if aim.warn_at_ms:
                found += (aim.scope, "due/warned", aim.due_ms), (aim.scope, "warn", aim.warn_at_ms)
            else:
                found.append((aim.scope, "due", aim.due_ms))
    return tuple(found)


def traits(priority: str | None, tier: str | None) -> str:
    """Priority and tier as one argument of a step."""
    return f"{priority or ''}{TRAITS}{tier or ''}" if priority or tier else ""


# --- how -------------------------------------------------------------------------------------------------------------


def _put(r: Record, aim: Aim) -> None:
    r.aims = tuple(aim if other.metric == aim.metric else other for other in r.aims)


def _drop(r: Record, aim: Aim) -> None:
    r.aims = tuple(other for other in r.aims if other.metric != aim.metric)


def _is_missed(aim: Aim, at_ms: int) -> bool:
    return aim.is_missed or 0 < aim.due_ms < at_ms


def _missed(aim: Aim, sign: int, out: Facts) -> None:
    """The miss at the due time, on the next border of a pane so that it is never seen early."""
    if 0 < aim.due_ms < FAR_MS:
        out.append((aim.scope, MISSED, due_pane_ms(aim.due_ms), 0, sign))


def _meet(aim: Aim, at_ms: int, out: Facts) -> Fact | None:
    if aim.promise is None or _is_missed(aim, at_ms):
        return None
    _missed(aim, -1, out)
    met = (aim.scope, MET, at_ms, 0, 1)
    out.append(met)
    return met


def _halt(aim: Aim, at_ms: int, out: Facts) -> Aim:
    spells = (*aim.spells, (aim.since_ms, at_ms)) if aim.since_ms else aim.spells
    if _is_missed(aim, at_ms):
        return aim._replace(since_ms=0, spells=spells, is_missed=True)
    _missed(aim, -1, out)
    return aim._replace(since_ms=0, spells=spells, due_ms=0)


def _run(r: Record, aim: Aim, at_ms: int, out: Facts) -> Aim:
    """The aim under the target that matches now: due when its clock has run that long. Standing still it is due only
    if it had run that long before.
    """
    promise, scope, due_ms, warn_at_ms = _chosen(r, aim), None, 0, 0
    if promise is not None and r.scope is not None:
        scope = r.scope.of_target(promise.name)
        due_ms = _moment(r, aim, promise, promise.ms)
        if promise.warn_ms and due_ms:
            warn_at_ms = _moment(r, aim, promise, max(0, promise.ms - promise.warn_ms))
        if due_ms == FAR_MS and not aim.since_ms:
            due_ms = 0
    if (promise, scope, due_ms) == (aim.promise, aim.scope, aim.due_ms):
        return aim
    _missed(aim, -1, out)
    new = aim._replace(promise=promise, scope=scope, due_ms=due_ms, warn_at_ms=warn_at_ms, chosen_ms=at_ms)
    if scope is not aim.scope:
        if aim.scope is not None and aim.chosen_ms == at_ms:
            out.append((aim.scope, SEEN, at_ms, 0, -1))
        if scope is not None:
            out.append((scope, SEEN, at_ms, 0, 1))
    _missed(new, 1, out)
    return new


def _chosen(r: Record, aim: Aim) -> Promise | None:
    assert r.scope is not None
    for promise in r.scope.terms.promises.get(aim.metric, ()):
        if (
            promise.from_ms <= aim.born_ms < promise.until_ms
            and (promise.priorities is None or r.priority in promise.priorities)
            and (promise.tiers is None or r.tier in promise.tiers)
        ):
            return promise
    return None


def _moment(r: Record, aim: Aim, promise: Promise, ms: int) -> int:
    """When the target's clock has run for ``ms`` in the aim's spells; ``FAR_MS``: never."""
    for start, end in _spells(aim):
        for since, until, schedule in pieces(r, start, end) if promise.is_business else ((start, end, None),):
            passed = until - since if schedule is None or until == FAR_MS else schedule.business_ms(since, until)
            if schedule is None and passed >= ms:
                return since + ms
            if schedule is not None and (until == FAR_MS or passed >= ms):
                return schedule.add_business(since, ms) or FAR_MS
            ms -= passed
    return FAR_MS


def _spells(aim: Aim) -> Iterator[tuple[int, int]]:
    yield from aim.spells
    if aim.since_ms:
        yield aim.since_ms, FAR_MS
