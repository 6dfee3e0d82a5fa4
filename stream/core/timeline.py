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
    turned,
)
from stream.core.panes import FINE_MS, due_pane_ms
from stream.core.track import Entry, Order, Shift, Track

if TYPE_CHECKING:
    from stream.core.agent import Said, Statement, Stay
    from stream.core.days import Days
    from stream.core.facts import Fact
    from stream.core.lifecycle import Facts
    from stream.core.moment import ByChannel

Profile = tuple["ByChannel", tuple[int, ...]]  # capacity, cost rate
Change = tuple[int, "int | None", Turn]  # from when, to when (None: for good), what
_SINCE: Order = (-2, -1, "")  # before every other word of its millisecond
_NOTHING, _DAY_MS = Values(), 26 * 3_600_000


class Rules(NamedTuple):
    """What holds for all agents: their days, and after how long without a heartbeat one is unknown."""

    calendar: Days
    silence_ms: int


class Timeline:
    """Derived: it is rebuilt from the chunks and statements. ``moves`` are what contacts have said and ``settle`` has
    yet to tell: (at ms, phase, channel, how many more contacts from then on).
    """

    __slots__ = ("beats", "gone", "known", "moments", "moves", "rules", "shifts", "times", "tracks")

    def __init__(self, known: Moments, rules: Rules) -> None:
        self.known = known
        self.rules = rules
        self.times: list[int] = [0]
        self.moments: list[Moment] = [known.first]
        self.tracks = {PRESENCE: Track(), TEAM: Track(), CAPACITY: Track(), RATE: Track()}
        self.shifts: list[Shift] = []
        self.beats: Beats | None = None
        self.moves: list[tuple[int, int, str, int]] = []
        self.gone: set[str] = set()  # ids of events that were taken back

    # --- words -------------------------------------------------------------------------------------------------------

    def say(self, at_ms: int, order: Order, presence: str, team: str, profile: Profile, out: Facts) -> None:
        """An event of the agent: its state, team, capacity and cost from ``at_ms`` on; empty where it says nothing."""
        if presence:
            self._is_known(out)
        for field, value in ((TEAM, team), (CAPACITY, profile[0]), (RATE, profile[1]), (PRESENCE, presence)):
            if not value:
                continue
            entries = self.tracks[field].entries
            if self.beats is None and (not entries or entries[-1][0] < at_ms):
                entries.append((at_ms, *order, value))
                self._put(field, value, at_ms, None, out)
            else:
                insort(entries, (at_ms, *order, value))
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
            self.reconcile(contact)

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

    def reconcile(self, contact: str) -> None:
        """What holds of a contact, from what it has said and what heartbeats say of it; put off until ``settle``."""
        assert self.beats is not None
        new, old = self.beats.stays_of(contact), self.beats.effective.get(contact, ())
        if new != old:
            self.replace_stays(old, new)
            self.beats.hold(contact, new)

    # --- contacts and shifts -----------------------------------------------------------------------------------------

    def replace_stays(self, old: tuple[Stay, ...], new: tuple[Stay, ...]) -> None:
        """A contact now says ``new`` where it said ``old``: that is put off until ``settle``."""
        for stays, sign in ((old, -1), (new, 1)):
            other = new if sign < 0 else old
            for stay in stays:
                phase, start, end, channel = stay
                if stay not in other and not 0 < end <= start:
                    field = FIELD_OF[phase]
                    self.moves.append((start, field, channel, sign))
                    if end:
                        self.moves.append((end, field, channel, -sign))

    def settle(self, out: Facts) -> None:
        """What contacts have said since the last time, as one change: mostly a stay was told of, then its end, and what
        comes after that is as it was.
        """
        moves, self.moves = sorted(self.moves), []
        changes: list[Change] = []
        more: dict[tuple[int, str], int] = {}
        for i, (at, field, channel, n) in enumerate(moves):
            more[field, channel] = more.get((field, channel), 0) + n
            end = moves[i + 1][0] if i + 1 < len(moves) else None
            if end != at:
                changes += [(at, end, (of, (on, times))) for (of, on), times in more.items() if times]
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
            turned(at, (), (), was.shown.beyond(now.shown), now.shown.beyond(was.shown), found)
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
        if len(changes) == 1 and changes[0][1] is None and changes[0][0] > times[-1]:
            self._extend(changes[0][0], changes[0][2], out)
            return
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
            shown, shows = old.shown, new.shown
            less, more = ((), ()) if shown is shows else (shown.beyond(shows), shows.beyond(shown))
            if k and (less != less_before or more != more_before):
                turned(times[k], less_before, more_before, less, more, out)
        for k in range(min(last, len(times) - 1), first - 1, -1):
            if k and moments[k] is moments[k - 1]:
                del moments[k], times[k]

    def _extend(self, at_ms: int, turn: Turn, out: Facts) -> None:
        """As ``_change``, of what happens after all that is known: nothing follows that it could change."""
        was = self.moments[-1]
        now = self.known.after(was, turn)
        if now is not was:
            self.times.append(at_ms)
            self.moments.append(now)
            turned(at_ms, (), (), was.shown.beyond(now.shown), now.shown.beyond(was.shown), out)

    def _split(self, at_ms: int) -> int:
        """The index of the moment that begins at ``at_ms``, made where there is none."""
        i = bisect_left(self.times, at_ms)
        if i == len(self.times) or self.times[i] != at_ms:
            self.times.insert(i, at_ms)
            self.moments.insert(i, self.moments[i - 1])
        return i
