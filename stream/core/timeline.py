"""One agent over event time, as a piecewise constant function: what was said, by whom, and what is planned.

Presence, team and capacity are words: of the agent's own events and heartbeats the newest at or before a moment holds.
Contacts are counted while they ring, talk or are wrapped up. Shifts are laid over each other, the newest said on top.
Who has sent heartbeats and then none for three intervals is unknown from then on, until the next (R33): a change that
lies ahead of the last one, on the next border of a fine pane.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right, insort
from itertools import pairwise
from typing import TYPE_CHECKING, Any, NamedTuple

from stream.core.heartbeat import Beats
from stream.core.moment import (
    CAPACITY,
    COVERED,
    FIELD_OF,
    KNOWN,
    OTHER,
    PLAN,
    PRESENCE,
    PRODUCTIVE,
    RATE,
    STALE,
    TEAM,
    Interval,
    Moment,
    Moments,
    Turn,
    Values,
    beyond,
    turned,
)
from stream.core.panes import FINE_MS, due_pane_ms

if TYPE_CHECKING:
    from stream.core.agent import Said, Statement, Stay
    from stream.core.days import Days
    from stream.core.facts import Fact
    from stream.core.lifecycle import Facts
    from stream.core.moment import ByChannel

Order = tuple[int, int, str]  # seq, rank, id
Profile = tuple["ByChannel", tuple[int, ...]]  # capacity, cost rate
Change = tuple[int, "int | None", Turn]  # from when, to when (None: for good), what
Entry = tuple[int, int, int, str, Any]  # at_ms, seq, rank, id, value
_SINCE: Order = (-2, -1, "")  # before every other word of its millisecond
_NOTHING, _DAY_MS = Values(), 26 * 3_600_000


class Rules(NamedTuple):
    """What holds for all agents: their days, and after how long without a heartbeat one is unknown."""

    calendar: Days
    silence_ms: int


class Track:
    """What the agent's own events say of one thing over time: the newest at or before a moment holds."""

    __slots__ = ("entries",)

    def __init__(self) -> None:
        self.entries: list[Entry] = []

    def entry_at(self, at_ms: int) -> Entry | None:
        """The entry that holds at ``at_ms``; None before the first."""
        i = self.after(at_ms)
        return self.entries[i - 1] if i else None

    def next_after(self, at_ms: int) -> int | None:
        """When the next entry after ``at_ms`` is."""
        i = self.after(at_ms)
        return self.entries[i][0] if i < len(self.entries) else None

    def after(self, at_ms: int) -> int:
        """The index of the first entry after ``at_ms``."""
        return bisect_left(self.entries, (at_ms + 1,))


class Shift(NamedTuple):
    """A planned time. In order: of two said at once the one that begins later, or is shorter, is on top."""

    said_ms: int
    seq: int
    start: int
    minus_end: int
    id: str
    plan: str


class Timeline:
    """Derived: it is rebuilt from the chunks and statements."""

    __slots__ = ("beats", "gone", "known", "moments", "rules", "shifts", "times", "tracks")

    def __init__(self, known: Moments, rules: Rules) -> None:
        self.known = known
        self.rules = rules
        self.times: list[int] = [0]
        self.moments: list[Moment] = [known.first]
        self.tracks = {PRESENCE: Track(), TEAM: Track(), CAPACITY: Track(), RATE: Track()}
        self.shifts: list[Shift] = []
        self.beats: Beats | None = None
        self.gone: set[str] = set()  # ids of events that were taken back

    # --- words -------------------------------------------------------------------------------------------------------

    def say(self, at_ms: int, order: Order, presence: str, team: str, profile: Profile, out: Facts) -> None:
        """An event of the agent: its state, team, capacity and cost from ``at_ms`` on; empty where it says nothing."""
        if presence:
            self._is_known(out)
        for field, value in ((TEAM, team), (CAPACITY, profile[0]), (RATE, profile[1]), (PRESENCE, presence)):
            if value:
                insort(self.tracks[field].entries, (at_ms, *order, value))
                self._retell(field, at_ms, out)

    def _is_known(self, out: Facts) -> None:
        """The agent was seen online: now all that is told or planned counts, also of before (R31)."""
        if not self.moments[0].values.is_known:
            self._change([(0, None, (KNOWN, True))], out)

    def _retell(self, field: int, at_ms: int, out: Facts) -> None:
        """What holds of ``field`` from ``at_ms`` until something else is said of it."""
        track, beats = self.tracks[field], self.beats
        own, end = track.entry_at(at_ms), track.next_after(at_ms)
        value = own[4] if own else _NOTHING[field]
        if beats is not None:
            word, other = beats.word(field, at_ms), beats.next_word(field, at_ms)
            if word is not None and (own is None or word[0] >= own[0]):
                value = word[1]
            if other is not None and (end is None or other < end):
                end = other
        self._put(field, value, at_ms, end, out)

    # --- heartbeats --------------------------------------------------------------------------------------------------

    def listen(self, statements: dict[str, list[Statement]]) -> None:
        """From here on there are heartbeats; contact -> what it has said so far of the agent."""
        self.beats = Beats()
        self.beats.statements = statements
        for contact in statements:
            self.beats.hold(contact, self.beats.stays_of(contact))

    def beat(self, at_ms: int, said: Said, out: Facts) -> None:
        """A heartbeat. Most say nothing new, and change only when the agent would be unknown."""
        if self.beats is None:
            raise AssertionError("a heartbeat before listen")
        beats = self.beats
        i = beats.add(at_ms, said)
        self._is_known(out)
        if said.since < at_ms:
            entries = self.tracks[PRESENCE].entries
            word: Entry = (said.since, *_SINCE, said.presence)
            k = bisect_left(entries, word)
            if k == len(entries) or entries[k] != word:
                entries.insert(k, word)
                self._retell(PRESENCE, said.since, out)
        for field in (TEAM, CAPACITY, PRESENCE):
            if field in beats.named:
                self._retell(field, at_ms, out)
        self._stay_known(i, out)
        for contact in beats.touched(i):
            self.reconcile(contact, out)

    def _stay_known(self, i: int, out: Facts) -> None:
        """The heartbeat at ``i`` puts off the moment from which the agent is unknown."""
        times, silence = self.beats.times if self.beats else [], self.rules.silence_ms
        at, end = times[i], times[i + 1] if i + 1 < len(times) else None
        due = due_pane_ms(at + silence)
        if i == 0:
            if end is None or due < end:
                self._put(STALE, True, due, end, out)
            return
        start, over = max(at, due_pane_ms(times[i - 1] + silence)), due if end is None else min(due, end)
        if start < over:
            self._put(STALE, False, start, over, out)

    def reconcile(self, contact: str, out: Facts) -> None:
        """What holds of a contact, from what it has said and what heartbeats say of it."""
        assert self.beats is not None
        new, old = self.beats.stays_of(contact), self.beats.effective.get(contact, ())
        if new != old:
            self.replace_stays(old, new, out)
            self.beats.hold(contact, new)

    # --- contacts and shifts -----------------------------------------------------------------------------------------

    def replace_stays(self, old: tuple[Stay, ...], new: tuple[Stay, ...], out: Facts) -> None:
        """A contact now says ``new`` where it said ``old``."""
        changes: list[Change] = []
        for stays, sign in ((old, -1), (new, 1)):
            other = new if sign < 0 else old
            for stay in stays:
                phase, start, end, channel = stay
                if stay not in other and not 0 < end <= start:
                    changes.append((start, end or None, (FIELD_OF[phase], (channel, sign))))
        if changes:
            self._change(changes, out)

    def plan(self, at_ms: int, order: Order, start: int, end: int, *, productive: bool, out: Facts) -> None:
        """A shift, from one border of a fine pane to another, for it lies ahead. It covers its whole days (R32c)."""
        start, end = max(FINE_MS, due_pane_ms(start)), due_pane_ms(end)
        if end <= start:
            return
        insort(self.shifts, Shift(at_ms, order[0], start, -end, order[2], PRODUCTIVE if productive else OTHER))
        days = self.rules.calendar
        covered = max(1, days.start_ms(days.day_of(start))), days.start_ms(days.day_of(end - 1) + 1)
        self._change([(*covered, (COVERED, 1))], out)
        within = [s for s in self.shifts if s.start < end and -s.minus_end > start]
        borders = {start, end, *(at for s in within for at in (s.start, -s.minus_end) if start < at < end)}
        for low, high in pairwise(sorted(borders)):
            top = [s for s in within if s.start <= low and -s.minus_end >= high][-1]
            self._put(PLAN, top.plan, low, high, out)

    # --- what is kept ------------------------------------------------------------------------------------------------

    def needed(self, kept_ms: int) -> tuple[set[str], set[int]]:
        """(ids, times of heartbeats) of the events that say what holds at ``kept_ms``: they cannot be forgotten."""
        entries = (track.entry_at(kept_ms) for track in self.tracks.values())
        ids = {entry[3] for entry in entries if entry}
        ids |= {shift.id for shift in self.shifts if -shift.minus_end + _DAY_MS > kept_ms}
        beats = self.beats
        words = (beats.word(field, kept_ms) for field in self.tracks) if beats is not None else ()
        return ids, {word[0] for word in words if word}

    def forget(self, kept_ms: int) -> None:
        """Drops what lies before ``kept_ms``; what holds then stays."""
        for track in self.tracks.values():
            del track.entries[: max(0, track.after(kept_ms) - 1)]
        self.shifts = [shift for shift in self.shifts if -shift.minus_end + _DAY_MS > kept_ms]
        if self.beats is not None:
            self.beats.forget(kept_ms)
        i = bisect_right(self.times, kept_ms) - 1
        del self.times[1:i], self.moments[1:i]

    def facts(self) -> list[Fact]:
        """All of them: what begins and ends at each point."""
        found: list[Fact] = []
        for at, was, now in zip(self.times[1:], self.moments, self.moments[1:], strict=False):
            turned(at, (), (), beyond(was, now), beyond(now, was), found)
        return found

    # --- the function of time ----------------------------------------------------------------------------------------

    def _put(self, field: int, value: Any, start: int, end: int | None, out: Facts) -> None:
        """From ``start`` to ``end`` the ``field`` is ``value``: mostly it is already."""
        if not self._holds(field, value, start, end):
            self._change([(start, end, (field, value))], out)

    def _holds(self, field: int, value: Any, start: int, end: int | None) -> bool:
        k = bisect_right(self.times, start) - 1
        while k < len(self.times) and (end is None or self.times[k] < end):
            if self.moments[k].values[field] != value:
                return False
            k += 1
        return True

    def _change(self, changes: list[Change], out: Facts) -> None:
        """From a start to an end a value is another; all ``changes`` as one, for a contact's stays touch each other.

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
                less, more = beyond(old, new), beyond(new, old)
            if k and (less or more or less_before or more_before):
                turned(times[k], less_before, more_before, less, more, out)
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
