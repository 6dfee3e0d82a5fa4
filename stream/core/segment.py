"""What a contact's record derives from its log: the states, the record, and the kinds of its facts."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from stream.core.facts import Fact
from stream.core.lifecycle import Record
from topics import events as ev

if TYPE_CHECKING:
    from stream.core.panes import Scope

NEW, QUEUED, RINGING, CONNECTING, TALKING, HELD, BETWEEN, LEFT, ENDED = range(9)
STATES = 9


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
    """A contact's derived state; ``outcome`` are the facts of the last wait, ``handled`` the ended agent segments,
    ``assigned_at`` is when the first agent answered.

    ``due_in`` is where the wait began whose target may be missed; ``calls_back`` that a call-back was asked for in it.
    """

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
    due_in: Scope | None = None
    calls_back: bool = False
    handled: tuple[Handled, ...] = ()
    stays: tuple[tuple[str, ev.Phase, int, int, str], ...] = ()
    early: tuple[str, str, int] | None = None
    early_ended: int = 0
    early_hold: bool = False
    customer: str = ""
    opened: int = 0
    outbound: bool = False
    assigned_at: int = 0
    handed_off: int = 0
    waiting_reply: int = 0
    replied: bool = False


def scope_of(r: Contact) -> Scope:
    """The scope in force: who has entered a queue has one."""
    if r.scope is None:
        msg = "a contact that entered a queue has no scope"
        raise AssertionError(msg)
    return r.scope


def channel_of(r: Contact) -> str:
    """The channel in force."""
    return scope_of(r).place.channel


def over_stays(r: Contact, phase: ev.Phase, at: int) -> None:
    """Whoever is in ``phase`` is not any more."""
    r.stays = tuple((a, p, f, at, c) if p == phase and not t else (a, p, f, t, c) for a, p, f, t, c in r.stays)


def stop_ringing(r: Contact, at: int) -> None:
    """Nobody is being rung any more."""
    if r.offered_to:
        over_stays(r, "ringing", at)
        r.offered_to = ""
