"""One record as a measure: what it says for itself, and what of that belongs to a question."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, NamedTuple

from stream.core.accounts import Accounts
from stream.core.facts import FIRST_INTERVAL, Cell, Fact, add_fact
from stream.core.panes import COARSE_MS, FINE_MS
from topics.aggregates import COARSE, DAY, TARGET

if TYPE_CHECKING:
    from stream.core.accounts import Part
    from stream.core.days import Days
    from stream.core.forms import Kpi
    from stream.core.panes import Scope
    from stream.core.schedule import Schedule
    from stream.core.sections import Kpis
    from stream.core.windows import Span


class Story(NamedTuple):
    """What one record says for itself: all its facts, since when it is in which level of which scope, whether it counts
    nowhere (``void``), when it last happened something to it, and when its service targets fall due (``dues``).
    """

    entity: str
    facts: list[Fact]
    levels: dict[str, int]
    scope: Scope | None
    void: bool
    newest_ms: int
    dues: tuple[tuple[Scope, str, int], ...] = ()


class Asked(NamedTuple):
    """The question: a KPI at a place (``name``, ``channel`` None: all of them) in a window at a moment; ``further``
    dimensions, and what the costs on record leave of the window (``rest``).
    """

    kpi: Kpi
    family: str
    name: str | None
    channel: str | None
    span: Span | None
    now_ms: int
    formula: str
    options: Kpis
    calendar: Days
    opening: Schedule | None = None
    further: tuple[tuple[str, str], ...] = ()
    rest: tuple[Part, ...] = ()

    def concerns(self, scope: Scope | None) -> bool:
        """Whether facts of ``scope`` belong to the place."""
        if scope is None:
            return False
        family, name, channel = scope.place
        return (
            (family == self.family or (self.family == "queue" and family.startswith(TARGET)))
            and self.name in (None, name)
            and (self.channel is None or self.channel == channel or family == "team")
        )

    def holds(self, at_ms: int, calendar: Days) -> bool:
        """Whether a fact at that time has come and lies in a pane of the window."""
        span = self.span
        if span is None or at_ms // FINE_MS > self.now_ms // FINE_MS:
            return False
        if span.size == DAY:
            return span.first <= calendar.day_of(at_ms) <= span.last
        return span.first <= at_ms // (COARSE_MS if span.size == COARSE else FINE_MS) <= span.last


class Own:
    """What one record has measured: a ``Measure`` (``stream.core.forms``) over its own facts. ``is_window``: it is no
    record, but what the window itself brings: hours of the clock, opening hours.
    """

    def __init__(self, asked: Asked, story: Story, *, is_window: bool = False) -> None:
        self._is_window = is_window
        self.formula, self.options, self.now_ms = asked.formula, asked.options, asked.now_ms
        self.is_everything = asked.name is None and asked.channel is None
        self.is_now = asked.span is None
        self._asked, self._story = asked, story
        self._levels = story.levels if asked.concerns(story.scope) else {}
        self.all = [fact for fact in story.facts if asked.concerns(fact[0])]
        self.inside = [f for f in self.all if f[0] is not None and asked.holds(f[2], f[0].calendar)]

    def n(self, kind: int) -> int:
        """How many facts of ``kind``."""
        return sum(fact[4] for fact in self.inside if fact[1] == kind)

    def total_ms(self, kind: int) -> int:
        """The sum of the durations of ``kind``."""
        return sum(fact[4] * fact[3] for fact in self.inside if fact[1] == kind)

    def percentiles_ms(self, kinds: tuple[int, ...], less: tuple[int, ...] = ()) -> Iterable[tuple[str, float]]:
        """None: a record has no spread."""
        return ()

    def inside_ms(self, kind: int) -> int:
        """How long it was in the interval ``kind`` within the window."""
        span = self._asked.span
        if span is None:
            return 0
        return sum(
            f[4] * (span.end_ms - max(f[2], span.start_ms)) for f in self.all if f[1] == kind and f[2] < span.end_ms
        )

    def inside_now(self, kind: int) -> int:
        """Whether it is in the interval ``kind``."""
        return sum(fact[4] for fact in self.all if fact[1] == kind and fact[2] // FINE_MS <= self.now_ms // FINE_MS)

    def over(self, family: str) -> Own:
        """What the record has measured as one of that family."""
        return Own(self._asked._replace(family=family), self._story)

    def accounts(self) -> Accounts:
        """Its own facts, pane by pane."""
        asked, span = self._asked, self._asked.span
        if span is None:
            raise AssertionError("of now nothing is summed by pane")
        panes: dict[int, Cell] = {}
        counts: Cell = {}
        for _, kind, at, value, sign in self.all:
            if at // FINE_MS <= asked.now_ms // FINE_MS:
                pane = asked.calendar.day_of(at) if span.size == DAY else at // COARSE_MS
                add_fact(panes.setdefault(pane, {}), kind, value, sign)
                if kind >= FIRST_INTERVAL:
                    counts[kind] = counts.get(kind, 0) + sign
        return Accounts(span, panes, counts, asked.calendar, asked.opening, rest=asked.rest, is_window=self._is_window)

    def each(self, kind: int) -> Iterable[int]:
        """Nothing: a record is no place."""
        del kind
        return ()

    def since_ms(self, level: str) -> Iterable[int]:
        """Since when it is in ``level``, if it is."""
        return (since for _, members in self.parts(level) for since in members)

    def parts(self, level: str) -> Iterator[tuple[str, list[int]]]:
        """The part of ``level`` that it is in, and since when."""
        for name, since in self._levels.items():
            whole, _, part = name.partition("/")
            if whole == level:
                yield part, [since]
        for scope, name, due_ms in self._story.dues:
            whole, _, part = name.partition("/")
            if whole == level and self._asked.concerns(scope):
                yield part, [due_ms]

    def length_ms(self) -> int:
        """Nothing: no record has a share of the clock, only the window itself."""
        span = self._asked.span
        return span.end_ms - span.start_ms if self._is_window and span is not None else 0
