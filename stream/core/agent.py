"""Agents: what one is doing at every moment, and the two facts that each change of it yields.

Agents never end, so an agent is not one record. Durable are small records: a *chunk* holds the agent's own events of
one quarter of an hour, a *statement* the newest word of one contact about its stays with the agent. Both are logs
like any other record's. From them follows the agent's ``Timeline``, a piecewise constant function of event time:
presence and team from the agent's own events, and how many contacts ring, talk or wrap up. Whatever arrives changes
the timeline over a span of time; the facts of that span before the change are retracted, those after it added. Order
of arrival does not matter.

What is shown of a moment is one state by precedence (R30): offline, error, on contact, after-call work, ringing, break,
available. Who was never seen online is shown nowhere (R31). Busy is on contact or after-call work while routable,
idle is available (K17, K18).
"""

# long: a table of transitions and the lifecycle that it is of belong together

from __future__ import annotations

from bisect import bisect_left, bisect_right, insort

from stream.core.facts import Fact
from stream.core.lifecycle import Facts, Lifecycle, Record, Step
from stream.core.moment import FIELDS, PRESENCE, STATES, TEAM, Interval, Moment, Moments, Turn
from topics import events as ev

CHUNK_MS = 900_000
# A routable status of one of these names is that state; any other routable status is available.
_ROUTABLE_STATES = frozenset(("available", "on_contact", "acw", "ringing", "error"))
_STATE_FROM_SNAPSHOT = frozenset(STATES) - {"unknown"}


class Chunk(Record, gc=False):
    """The events of one agent in one quarter of an hour."""


class Statement(Record, gc=False):
    """The newest word of one contact about one agent. ``order`` is the contact's source offset, ``stays`` what it
    said.
    """

    order: int = -1
    stays: tuple[tuple[str, int, int], ...] = ()


Entry = tuple[int, int, int, str, str]  # at_ms, seq, rank, id, value
Change = tuple[int, "int | None", Turn]  # from when, to when (None: for good), what


class Track:
    """What the agent's events say of one thing over time: the newest at or before a moment holds."""

    __slots__ = ("entries",)

    def __init__(self) -> None:
        self.entries: list[Entry] = []

    def span(self, at_ms: int) -> tuple[int, int | None]:
        """From when to when an entry at ``at_ms`` can matter."""
        i = self.after(at_ms)
        return at_ms, self.entries[i][0] if i < len(self.entries) else None

    def entry_at(self, at_ms: int) -> Entry | None:
        """The entry that holds at ``at_ms``; None before the first."""
        i = self.after(at_ms)
        return self.entries[i - 1] if i else None

    def after(self, at_ms: int) -> int:
        """The index of the first entry after ``at_ms``."""
        return bisect_left(self.entries, (at_ms + 1,))


class Timeline:
    """One agent, over event time. Derived: it is rebuilt from the chunks and statements."""

    __slots__ = ("corrected", "known", "moments", "presence", "team", "times")

    def __init__(self, known: Moments) -> None:
        self.known = known
        self.times: list[int] = [0]
        self.moments: list[Moment] = [known.first]
        self.presence = Track()
        self.team = Track()
        self.corrected: set[str] = set()

    def say(self, at_ms: int, order: tuple[int, int, str], presence: str, team: str, out: Facts) -> None:
        """An event of the agent: its state (or "") and team (or "") from ``at_ms`` on."""
        if order[2] in self.corrected:
            return
        for track, field, value in ((self.team, TEAM, team), (self.presence, PRESENCE, presence)):
            if value:
                insort(track.entries, (at_ms, *order, value))
                self._retell(track, field, at_ms, out)

    def take_back(self, event_id: str, out: Facts) -> None:
        """The event of that id never was."""
        self.corrected.add(event_id)
        for track, field in ((self.presence, PRESENCE), (self.team, TEAM)):
            for entry in [e for e in track.entries if e[3] == event_id]:
                track.entries.remove(entry)
                self._retell(track, field, entry[0], out)

    def _retell(self, track: Track, field: int, at_ms: int, out: Facts) -> None:
        start, end = track.span(at_ms)
        entry = track.entry_at(at_ms)
        value = entry[4] if entry else ""
        if not self._holds(field, value, start, end):
            self._change([(start, end, (field, value))], out)

    def _holds(self, field: int, value: str, start: int, end: int | None) -> bool:
        """Whether ``field`` has that value from ``start`` to ``end`` already: most events do not change the team."""
        k = bisect_right(self.times, start) - 1
        while k < len(self.times) and (end is None or self.times[k] < end):
            if self.moments[k].values[field] != value:
                return False
            k += 1
        return True

    def replace_stays(
        self, old: tuple[tuple[str, int, int], ...], new: tuple[tuple[str, int, int], ...], out: Facts
    ) -> None:
        """A contact now says ``new`` where it said ``old``: (phase, from, to or 0 while it lasts)."""
        changes: list[Change] = []
        for stays, sign in ((old, -1), (new, 1)):
            other = new if sign < 0 else old
            for stay in stays:
                if stay in other or (stay[2] and stay[1] >= stay[2]):
                    continue
                phase, start, end = stay
                changes.append((start, end or None, (FIELDS.index(phase), sign)))
        if changes:
            self._change(changes, out)

    def rests_on(self, steps: list[Step], kept_ms: int) -> bool:
        """Whether what holds at ``kept_ms`` was said by one of ``steps``: then they cannot be forgotten."""
        holding = {entry[3] for entry in (self.presence.entry_at(kept_ms), self.team.entry_at(kept_ms)) if entry}
        return any(step[3] in holding for step in steps)

    def facts(self) -> list[Fact]:
        """All of them: what begins and ends at each point."""
        found: list[Fact] = []
        for at, was, now in zip(self.times[1:], self.moments, self.moments[1:], strict=False):
            _turn(at, (), (), _beyond(was, now), _beyond(now, was), found)
        return found

    def forget(self, kept_ms: int) -> None:
        """Drops what lies before ``kept_ms``; what holds then stays."""
        for track in (self.presence, self.team):
            del track.entries[: max(0, track.after(kept_ms) - 1)]
        i = bisect_right(self.times, kept_ms) - 1
        del self.times[1:i], self.moments[1:i]

    def _change(self, changes: list[Change], out: Facts) -> None:
        """From ``start`` to ``end`` a value is another; all ``changes`` as one, for a contact's stays touch each other.

        A fact at a point is what begins or ends there; so the facts that this adds and retracts follow from how the
        intervals shown change in the moment after the point, less how they change in the moment before it.
        """
        times, moments, after = self.times, self.moments, self.known.after
        for start, end, _ in changes:
            self._split(start)
            if end is not None:
                self._split(end)
        spans = [
            (bisect_left(times, start), len(times) if end is None else bisect_left(times, end), turn)
            for start, end, turn in changes
        ]
        first, last = min(span[0] for span in spans), max(span[1] for span in spans)
        was = moments[first : last + 1]
        for i, j, turn in spans:
            for k in range(i, j):
                moments[k] = after(moments[k], turn)
        less: tuple[Interval, ...] = ()
        more: tuple[Interval, ...] = ()
        for k, (old, new) in enumerate(zip(was, moments[first : last + 1], strict=True), first):
            less_before, more_before = less, more
            less = more = ()
            if old.shown != new.shown:
                less, more = _beyond(old, new), _beyond(new, old)
            if k and (less or more or less_before or more_before):
                _turn(times[k], less_before, more_before, less, more, out)
        for k in range(min(last, len(times) - 1), first - 1, -1):
            if k and moments[k] is moments[k - 1]:
                del moments[k], times[k]

    def _split(self, at_ms: int) -> int:
        """The index of the moment that begins at ``at_ms``, made where there is none."""
        i = bisect_left(self.times, at_ms)
        if i == len(self.times) or self.times[i] != at_ms:
            self.times.insert(i, at_ms)
            self.moments.insert(i, self.moments[i - 1])
        return i


def _beyond(one: Moment, other: Moment) -> tuple[Interval, ...]:
    """The intervals that ``one`` shows and ``other`` does not."""
    return tuple(interval for interval in one.shown if interval not in other.shown)


def _turn(
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
        for interval in after:
            if interval not in before:
                out.append((*interval, at, at, sign))
        for interval in before:
            if interval not in after:
                out.append((*interval, at, at, -sign))


def _status(e: ev.AgentStatusChanged) -> str:
    if e.class_ != "routable":
        return "error" if e.status == "error" and e.class_ == "custom" else {"custom": "break"}.get(e.class_, e.class_)
    return e.status if e.status in _ROUTABLE_STATES else "available"


def _snapshot(e: ev.AgentSnapshot) -> str:
    return e.status if e.status in _STATE_FROM_SNAPSHOT else "break"


def _nothing(_e: ev.Event) -> tuple[str, str, str]:
    return "", "", ""


# The arguments of a step are (state or "", from when in ms or "", ""); the team travels in the queue's place.
AGENT = Lifecycle(
    record=Chunk,
    order=ev.AGENT_EVENTS,
    states=1,
    table={},
    arguments={
        ev.AgentLoggedIn: lambda _: ("available", "", ""),
        ev.AgentLoggedOut: lambda _: ("offline", "", ""),
        ev.AgentStatusChanged: lambda e: (_status(e), "", ""),
        ev.AgentSnapshot: lambda e: (_snapshot(e), str(e.since), ""),
        ev.AgentProfileChanged: _nothing,
        ev.ShiftScheduled: lambda e: (str(e.start), str(e.end), e.activity),
    },
)
SHIFT_RANK = AGENT.rank[ev.ShiftScheduled]
