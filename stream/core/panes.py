"""Scopes and their panes: facts are summed at once into a delta cell, the deltas into panes when they are published.

Three sizes: fine panes of 10 s for the sliding windows, coarse panes of 15 min, and days of the scope's calendar.
A delta cell belongs to one fine pane; merging adds it to the fine, the coarse and the day pane that contain it.
"""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING, NamedTuple

from stream.core.days import HOUR_MS, Days, days
from stream.core.facts import FIRST_DURATION, FIRST_INTERVAL, KINDS, Cell, Fact, add_fact, follows_before, into
from stream.core.histogram import bucket_of
from stream.core.promises import Promises, promises_of
from topics.aggregates import COARSE, DAY, FINE, TARGET, Place

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from stream.core.schedule import Schedule
    from stream.core.settings import Settings

FINE_MS, COARSE_MS = 10_000, 900_000
# As long as the longest window of each size and the one before it, and a little more.
FINE_KEPT_MS, COARSE_KEPT_MS = 7_500_000, 51 * HOUR_MS
LATE_KEPT = 100_000
Missed = tuple[str, str, str, int, Cell]  # the place, the fine pane, what came too late for it
SEEN = frozenset((KINDS["contacts_seen"], KINDS["tickets_seen"], KINDS["targets_seen"]))


class Terms(NamedTuple):
    """What holds for the contacts and tickets of a scope: the answer target, the longest short abandon (0: none), the
    resume window, where a first response starts, which actions of agents are touches, the opening hours (none:
    always open), and the service targets by metric; for its surveys from how many thousandths of points on 1 to 5 an
    answer is a good one; how long after a first solve the customer must not come back, and whether one answer is the
    most that a first contact may have.
    """

    target_ms: int
    short_ms: int
    resume_ms: int
    first_response_start: str = "customer"
    touch_kinds: tuple[str, ...] = ("reply",)
    schedule: Schedule | None = None
    good_points: int = 4000
    promises: Promises = MappingProxyType({})
    first_contact_ms: int = 604_800_000
    one_touch: bool = False


DEFAULT_TERMS = Terms(0, 0, 0)


class Scope:
    """A place on the board, as one partition sees it: its deltas, panes, levels and running counts.

    ``closed_ms`` is the border before which its panes are final, ``settled_ms`` the one before which they also are
    published, once and for all. ``missed`` is what came too late for the panes between the two: after a crash these
    are summed again from the records, which do not say when each event came. ``since`` maps (level, hour) to member ->
    since (ms).
    """

    __slots__ = (
        "_of_target",
        "_scope_of",
        "calendar",
        "changed",
        "closed_ms",
        "counts",
        "delta",
        "dirty",
        "missed",
        "panes",
        "place",
        "settled_ms",
        "since",
        "terms",
    )

    def __init__(
        self, place: Place, terms: Terms, calendar: Days, closed_ms: int, scope_of: Callable[[Place], Scope]
    ) -> None:
        self._scope_of = scope_of
        self._of_target: dict[str, Scope] = {}
        self.place = place
        self.terms = terms
        self.calendar = calendar
        self.closed_ms = self.settled_ms = closed_ms
        self.missed: dict[int, Cell] = {}
        self.delta: dict[int, Cell] = {}
        self.panes: dict[str, dict[int, Cell]] = {FINE: {}, COARSE: {}, DAY: {}}
        self.since: dict[tuple[str, int], dict[str, int]] = {}
        self.counts: Cell = {}
        self.changed = False
        self.dirty: set[tuple[str, int]] = set()

    def of_target(self, name: str) -> Scope:
        """The place of a service target in this queue and channel."""
        found = self._of_target.get(name)
        if found is None:
            found = self._of_target[name] = self._scope_of(self.place._replace(family=TARGET + name))
        return found

    def include(self, level: str, member: str, since_ms: int) -> None:
        """``member`` is in ``level`` since ``since_ms``."""
        part = (level, since_ms // HOUR_MS)
        self.since.setdefault(part, {})[member] = since_ms
        self.dirty.add(part)

    def exclude(self, level: str, member: str, since_ms: int) -> None:
        """Takes back what ``include`` said."""
        part = (level, since_ms // HOUR_MS)
        self.since[part].pop(member, None)
        self.dirty.add(part)


class Ledger:
    """All scopes of one partition, the border of the final panes, and where facts are appended."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._horizon_ms = round(settings.time.horizon_hours * HOUR_MS)
        self.scopes: dict[tuple[str, str, str], Scope] = {}  # by the values of its place
        self.late: list[Fact] = []
        self.late_seen = 0
        self.hour_ms = self.settled_hour_ms = 0
        self.again = False  # what is applied came before: the records' share of the panes misses it, ``missed`` has it
        self.bounds_ms: tuple[int, int] | None = None
        self.watching: frozenset[int] = frozenset()  # the kinds that somebody counts beside the panes
        self.watched: list[Fact] = []

    def scope(self, place: tuple[str, str, str]) -> Scope:
        """The scope of ``place``, made when it is new."""
        found = self.scopes.get(place)
        if found is None:
            place = Place(*place)
            calendar = days(*zone_of(place, self._settings))
            found = self.scopes[place] = Scope(place, self._terms(place), calendar, self._border(calendar), self.scope)
            found.settled_ms = border_ms(calendar, self.settled_hour_ms, self._horizon_ms)
        return found

    def _terms(self, place: Place) -> Terms:
        settings = self._settings
        target_ms = round(settings.queue(place.name).answer_target_seconds * 1000)
        kpis = settings.kpis
        return Terms(
            target_ms,
            settings.short_abandon_ms(place.channel),
            round(kpis.resume_within_seconds * 1000),
            kpis.first_response_start,
            kpis.touch_kinds,
            settings.schedule(place.name),
            kpis.good_points,
            promises_of(settings, place.name),
            kpis.first_contact_ms,
            kpis.first_contact_form == "one_touch",
        )

    def close(self, hour_ms: int) -> None:
        """Moves the border: final is every day that begins more than the horizon before ``hour_ms``."""
        self.hour_ms = hour_ms
        for scope in self.scopes.values():
            scope.closed_ms = self._border(scope.calendar)

    def settle(self, hour_ms: int) -> None:
        """The panes that were final at ``hour_ms`` are published for good."""
        self.settled_hour_ms = hour_ms
        for scope in self.scopes.values():
            scope.settled_ms = border_ms(scope.calendar, hour_ms, self._horizon_ms)
            scope.missed = {pane: cell for pane, cell in scope.missed.items() if pane * FINE_MS >= scope.settled_ms}

    def missed(self) -> list[Missed]:
        """What came too late for panes that are final and not yet published for good."""
        return [
            (*scope.place, pane, kept)
            for scope in self.scopes.values()
            for pane, cell in scope.missed.items()
            if (kept := {slot: n for slot, n in cell.items() if n})
        ]

    def leave_out(self, missed: Iterable[Missed]) -> None:
        """After a refold, which counts whatever the records say: takes out what had come too late."""
        for family, name, channel, pane, cell in missed:
            scope = self.scope((family, name, channel))
            into(scope.delta.setdefault(pane, {}), cell, -1)
            scope.missed[pane] = cell

    def _border(self, calendar: Days) -> int:
        return border_ms(calendar, self.hour_ms, self._horizon_ms)

    def append(self, fact: Fact) -> None:  # noqa: C901 - the hot path: every fact passes here, a call costs too much
        """Sums a fact into its delta cell, or sets it aside when its pane is final."""
        scope, kind, at_ms, value, sign = fact
        if scope is None:
            return
        if kind >= FIRST_INTERVAL and (self.bounds_ms is None or at_ms < self.bounds_ms[1]):
            scope.counts[kind] = scope.counts.get(kind, 0) + sign  # what is true now: late or not
            scope.changed = True
        if at_ms < scope.closed_ms and self._leaves_out(scope, fact):
            return
        if self.bounds_ms is not None:
            if kind in SEEN:  # a place that was seen before the window has its zeros in it
                at_ms = max(at_ms, self.bounds_ms[0])
            if not self.bounds_ms[0] <= at_ms < self.bounds_ms[1] or follows_before(kind, value, self.bounds_ms[0]):
                return
        if kind in self.watching:
            self.watched.append(fact)
        pane = at_ms // FINE_MS
        cell = scope.delta.get(pane)
        if cell is None:
            cell = scope.delta[pane] = {}
        cell[kind] = cell.get(kind, 0) + sign
        if kind >= FIRST_DURATION:
            cell[kind + 1] = cell.get(kind + 1, 0) + sign * value
            if kind < FIRST_INTERVAL:
                slot = kind + 2 + bucket_of(value)
                cell[slot] = cell.get(slot, 0) + sign

    def _leaves_out(self, scope: Scope, fact: Fact) -> bool:
        """Whether a fact that is too late is not summed. One that comes again is: its like is in ``missed``."""
        _, kind, at_ms, value, sign = fact
        self.late_seen += 1
        if len(self.late) < LATE_KEPT:
            self.late.append(fact)
        if at_ms < scope.settled_ms:
            return True
        if not self.again:
            add_fact(scope.missed.setdefault(at_ms // FINE_MS, {}), kind, value, sign)
        return not self.again

    def extend(self, facts: Iterable[Fact]) -> None:
        """Appends several facts."""
        for fact in facts:
            self.append(fact)

    def merge(self, watermark_ms: int) -> Iterator[tuple[Scope, str, int]]:
        """Adds the delta cells to their panes and names the panes that have changed."""
        oldest_fine = (watermark_ms - FINE_KEPT_MS) // FINE_MS
        for scope in self.scopes.values():
            if not scope.delta:
                continue
            touched: dict[tuple[str, int], None] = {}
            wide: dict[int, Cell] = {}
            for pane, delta in scope.delta.items():
                if pane >= oldest_fine:
                    _add(scope.panes[FINE], pane, delta)
                    touched[FINE, pane] = None
                into(wide.setdefault(pane * FINE_MS // COARSE_MS, {}), delta)
            for quarter, delta in wide.items():
                _add(scope.panes[COARSE], quarter, delta)
                day = scope.calendar.day_of(quarter * COARSE_MS)
                _add(scope.panes[DAY], day, delta)
                touched[COARSE, quarter] = touched[DAY, day] = None
            scope.delta = {}
            for size, pane in touched:
                yield scope, size, pane

    def expire(self, watermark_ms: int) -> Iterator[tuple[Scope, str, int]]:
        """Drops the panes that no window can need from here: old ones, and of days those that are final.

        Names those whose rows the topic need not keep either.
        """
        oldest_fine = (watermark_ms - FINE_KEPT_MS) // FINE_MS
        for scope in self.scopes.values():
            fine, coarse, day = (scope.panes[size] for size in (FINE, COARSE, DAY))
            for pane in [p for p in fine if p < oldest_fine]:
                del fine[pane]
                yield scope, FINE, pane
            if scope.closed_ms:
                for pane in [p for p in coarse if p * COARSE_MS < min(scope.closed_ms, watermark_ms - COARSE_KEPT_MS)]:
                    del coarse[pane]
                    yield scope, COARSE, pane
                for pane in [p for p in day if scope.calendar.start_ms(p) < scope.closed_ms]:
                    del day[pane]


def due_pane_ms(due_ms: int) -> int:
    """Where a fact that time alone makes true is put: on the next border of a fine pane, never too early."""
    return -(-due_ms // FINE_MS) * FINE_MS


def border_ms(calendar: Days, hour_ms: int, horizon_ms: int) -> int:
    """Before which panes are final when the watermark is in the hour ``hour_ms`` (0: none is)."""
    return calendar.first_start_from(hour_ms - horizon_ms) if horizon_ms and hour_ms else 0


def zone_of(place: Place, settings: Settings) -> tuple[str, str]:
    """(zone, start of day) of a place: a queue has its own, teams and what is of no queue that of the organisation."""
    if place.name and (place.family == "queue" or place.family.startswith(TARGET)):
        return settings.zone_of(place.name)
    return settings.time.zone, settings.time.day_start


def _add(panes: dict[int, Cell], pane: int, delta: Cell) -> None:
    cell = panes.get(pane)
    if cell is None:
        panes[pane] = dict(delta)
    else:
        into(cell, delta)
