"""What holds for an agent at a moment, and the intervals that it shows.

What is shown is one state by precedence (R30): unknown, offline, error, on contact, after-call work, ringing, break,
available. Who was never seen online is shown nowhere (R31). Busy is on contact or after-call work while routable, idle
is available (K17, K18). Routable is busy, idle or ringing, but for who rings on a break.

Most agents take one call at a time and have no planned shifts, so what they need costs nothing: the capacity that
a busy agent still has to spare is an interval (weighted, in ``FULL`` parts), not the capacity used; and paid time is
told only where a shift covers the day, elsewhere it is the time online.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from stream.core.facts import KINDS, ORIGIN_MS_OF, ORIGIN_S, Fact

if TYPE_CHECKING:
    from collections.abc import Callable

    from stream.core.lifecycle import Facts
    from stream.core.panes import Scope

STATES = ("available", "on_contact", "acw", "ringing", "break", "error", "offline", "unknown")
NOT_ONLINE = ("offline", "unknown")
# Who logs out is offline and is not waited for: silence makes nobody unknown who has said that he leaves (R33).
# Offline by the word of a heartbeat is not that: whoever sends heartbeats is still listened to.
LOGGED_OUT = "logged_out"
PHASES = ("ringing", "on_contact", "acw")
# An agent's whole capacity: divided without remainder by every capacity up to 10, and by 12, 14, 15, 16, 18 and 20. The
# sum of the times in a pane stays within 64 bits for nine thousand agents of one team and partition who begin at once.
FULL = 5040
CHAT = "chat"
PRODUCTIVE, OTHER = "productive", "other"  # what a shift plans
ROUTABLE = frozenset(("available", "on_contact", "acw", "ringing"))

_IN = {state: KINDS[f"in_{state}"] for state in STATES}
_IDLE, _BUSY, _SPARE, _CHATS = (KINDS[f"in_{name}"] for name in ("idle", "busy", "spare_capacity", "chats"))
_RUNG_ON_BREAK, _ONLINE_COVERED = KINDS["in_ringing_on_break"], KINDS["in_online_covered"]
_PAID = KINDS["in_paid"]
_PLANNED, _PRODUCTIVE, _ADHERING = (KINDS[f"in_{name}"] for name in ("planned", "productive", "adherence"))

ByChannel = tuple[tuple[str, int], ...]
Interval = tuple["Scope", int, int]  # a team, the kind of the interval, and how many times the agent is in it
Turn = tuple[int, Any]  # a field of the values, and what it becomes (of a phase: (channel, how many more contacts))


class Values(NamedTuple):
    """What is known of a moment. Contacts are counted by channel; ``covered`` by how many shifts the day is."""

    presence: str = ""
    team: str = ""
    ringing: ByChannel = ()
    on_contact: ByChannel = ()
    acw: ByChannel = ()
    capacity: ByChannel = ()
    plan: str = ""
    covered: int = 0
    is_stale: bool = False
    is_known: bool = False
    rate: tuple[int, ...] = ()  # loaded money an hour in thousandths; empty: never told


PRESENCE, TEAM, CAPACITY, PLAN, COVERED, STALE, KNOWN, RATE = (
    Values._fields.index(name)
    for name in ("presence", "team", "capacity", "plan", "covered", "is_stale", "is_known", "rate")
)
FIELD_OF = {phase: Values._fields.index(phase) for phase in PHASES}
_CONTACTS = frozenset(FIELD_OF.values())


class Shown:
    """What a moment shows: each set of intervals exists once in a partition, and knows what it has beyond others."""

    __slots__ = ("_beyond", "intervals")

    def __init__(self, intervals: tuple[Interval, ...]) -> None:
        self.intervals = intervals
        self._beyond: dict[Shown, tuple[Interval, ...]] = {}

    def beyond(self, other: Shown) -> tuple[Interval, ...]:
        """The intervals that are here and not in ``other``."""
        found = self._beyond.get(other)
        if found is None:
            found = tuple(interval for interval in self.intervals if interval not in other.intervals)
            self._beyond[other] = found
        return found


class Moment:
    """What holds from one point of the timeline to the next.

    There are few different ones, and most changes have been seen before. So each exists once in a partition, made by
    ``Moments``, and is compared by identity; it knows what it shows and what its changes make of it.
    """

    __slots__ = ("becomes", "shown", "values")

    def __init__(self, values: Values, shown: Shown) -> None:
        self.values = values
        self.shown = shown
        self.becomes: dict[Turn, Moment] = {}


class Moments:
    """The moments of one partition's agents."""

    def __init__(self, scope_of: Callable[[str], Scope]) -> None:
        self._scope_of = scope_of
        self._known: dict[Values, Moment] = {}
        self._shows: dict[tuple[Interval, ...], Shown] = {}
        self.first = self._of(Values())

    def after(self, moment: Moment, turn: Turn) -> Moment:
        """What ``moment`` becomes by a change of one of its values."""
        found = moment.becomes.get(turn)
        if found is None:
            field, value = turn
            values: list[Any] = list(moment.values)
            if field in _CONTACTS:
                values[field] = _counted(values[field], *value)
            else:
                values[field] = values[field] + value if field == COVERED else value
            found = moment.becomes[turn] = self._of(Values._make(values))
        return found

    def _of(self, values: Values) -> Moment:
        found = self._known.get(values)
        if found is None:
            intervals = self._shown(values)
            shown = self._shows.setdefault(intervals, Shown(intervals))
            found = self._known[values] = Moment(values, shown)
        return found

    def _shown(self, values: Values) -> tuple[Interval, ...]:
        if not values.is_known:
            return ()
        scope = self._scope_of(values.team)
        state = state_of(values) if values.presence else "offline"
        shown = _told(values, state) if values.presence else []
        if values.covered:
            shown += _planned(values, state)
        return tuple((scope, kind, times) for kind, times in shown)


def _counted(counts: ByChannel, channel: str, more: int) -> ByChannel:
    """The counts with ``more`` contacts on ``channel``."""
    numbers = dict(counts)
    numbers[channel] = numbers.get(channel, 0) + more
    return tuple(sorted((name, number) for name, number in numbers.items() if number))


def _told(values: Values, state: str) -> list[tuple[int, int]]:
    """What follows from what the agent and the contacts say."""
    shown = [(_IN[state], 1)]
    if state == "available":
        shown.append((_IDLE, 1))
    elif state in ("on_contact", "acw") and values.presence in ROUTABLE:
        shown.append((_BUSY, 1))
        spare = FULL - used(values)
        if spare:
            shown.append((_SPARE, spare))
    elif state == "ringing" and values.presence not in ROUTABLE:
        shown.append((_RUNG_ON_BREAK, 1))
    if values.rate and values.rate[0] and state not in NOT_ONLINE:
        shown.append((_PAID, values.rate[0]))
    chats = dict(values.on_contact).get(CHAT, 0)
    if chats and state not in NOT_ONLINE:
        shown.append((_CHATS, chats))
    return shown


def used(values: Values) -> int:
    """How much of the agent the contacts use, in ``FULL`` parts: each 1/capacity of its channel, at most all (R34).

    A capacity that nobody has told is one contact. Who is busy without a contact that is known is used wholly.
    """
    capacity = dict(values.capacity)
    together = sum(
        number * FULL // max(1, capacity.get(channel, 1)) for channel, number in (*values.on_contact, *values.acw)
    )
    return min(FULL, together) if values.on_contact or values.acw else FULL


def _planned(values: Values, state: str) -> list[tuple[int, int]]:
    """What follows from the shifts of a day that has some. Before the first word an agent is offline.

    Adherence (R32b): productive is routable or on a contact, not productive a break or offline.
    """
    shown: list[tuple[int, int]] = []
    if state not in NOT_ONLINE:
        shown.append((_ONLINE_COVERED, 1))
    if not values.plan:
        return shown
    shown.append((_PLANNED, 1))
    presence = values.presence or LOGGED_OUT
    if values.plan == PRODUCTIVE:
        shown.append((_PRODUCTIVE, 1))
        adheres = state == "on_contact" or (presence in ROUTABLE and state != "unknown")
    else:
        adheres = presence in ("break", "offline", LOGGED_OUT) and state != "unknown"
    if adheres:
        shown.append((_ADHERING, 1))
    return shown


def state_of(values: Values) -> str:
    """The one state that is shown, by precedence."""
    presence = values.presence
    if presence == LOGGED_OUT:
        return "offline"
    if values.is_stale:
        return "unknown"
    if presence in ("unknown", "offline", "error"):
        return presence
    for state in ("on_contact", "acw", "ringing"):
        if presence == state or getattr(values, state):
            return state
    return presence


def turned(
    at: int,
    less_before: tuple[Interval, ...],
    more_before: tuple[Interval, ...],
    less: tuple[Interval, ...],
    more: tuple[Interval, ...],
    out: Facts,
) -> None:
    """The facts of one point: from it on the agent is less in some intervals and more in others than it was said to be,
    and up to it likewise; what holds on both sides is no change there.
    """
    for sign, after, before in ((-1, less, less_before), (1, more, more_before)):
        if after == before:
            continue
        for interval in after:
            if interval not in before:
                out.append(_fact(at, interval, sign))
        for interval in before:
            if interval not in after:
                out.append(_fact(at, interval, -sign))


def _fact(at: int, interval: Interval, sign: int) -> Fact:
    """What is weighted with much has its times since ``ORIGIN_S``; what is paid in seconds (``Accounts``)."""
    scope, kind, times = interval
    told = at // 1000 - ORIGIN_S if kind == _PAID else at - ORIGIN_MS_OF.get(kind, 0)
    return scope, kind, at, told, sign * times
