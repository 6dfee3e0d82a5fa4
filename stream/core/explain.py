"""The contacts behind a number: what each record has contributed to a KPI, and which were left out and why.

A KPI's two parts (numerator and denominator, or sum and number of samples) are sums over facts, so they are the sums of
the parts of every record for itself. ``Own`` is a ``Measure`` of one record; ``contributions`` goes through the records
of a partition. What it gives adds up to the number exactly, as long as all panes of the window are still open: records
that only count in final panes may be gone (``stream.core.panes``), and the answer says up to where it is complete.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from functools import lru_cache
from typing import TYPE_CHECKING, NamedTuple

import msgspec

from stream.core.days import Days, days
from stream.core.facts import FIRST_DURATION, FIRST_INTERVAL, Fact, name_of
from stream.core.kpis import CATALOGUE
from stream.core.panes import COARSE_MS, FINE_MS, zone_of
from stream.core.windows import Span, span
from topics.aggregates import COARSE, DAY, TARGET, Place

if TYPE_CHECKING:
    from stream.core.accounts import Accounts
    from stream.core.forms import Kpi
    from stream.core.panes import Scope
    from stream.core.sections import Kpis
    from stream.core.settings import Settings

NOT_DECIDED = "nothing decided in the window"
VOID_REASON = "merged, deleted, spam or a test"
# What a record may have instead of what a KPI counts: whoever left the queue otherwise is left out of it, by that name.
_RELATED = (
    frozenset(
        ("offered", "answered", "answered_met", "answered_untimed", "abandoned", "abandoned_met", "abandoned_untimed",
         "short_abandoned", "flowed_out", "flowed_out_met", "flowed_out_untimed", "lost_by_rule", "lost_by_rule_met")
    ),
    frozenset(("talk", "hold", "wrap_up", "handle", "completed", "completed_met")),
)  # fmt: skip


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
    """The question: a KPI at a place (``name``, ``channel`` None: all of them) in a window at a moment."""

    kpi: Kpi
    family: str
    name: str | None
    channel: str | None
    span: Span | None
    now_ms: int
    formula: str
    options: Kpis

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


class Contribution(msgspec.Struct):
    """One record's part in a number. ``facts`` are (name, time in ms, value in ms or null); ``left_out`` says why it
    counts for nothing, null where it counts.
    """

    entity: str
    queue: str | None
    channel: str | None
    numerator: float
    denominator: float
    facts: list[tuple[str, int, int | None]]
    since_ms: int | None = None
    left_out: str | None = None


class Own:
    """What one record has measured: a ``Measure`` (``stream.core.forms``) over its own facts."""

    def __init__(self, asked: Asked, story: Story) -> None:
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
        """Nothing: a record belongs to one family."""
        return Own(self._asked._replace(family=family), self._story)

    def accounts(self) -> Accounts:
        """Never asked for: what needs it is no sum over records."""
        raise AssertionError("a record keeps no accounts")

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
        """Nothing: no record has a share of the clock."""
        return 0


def contribution(asked: Asked, story: Story) -> Contribution | None:
    """The record's part in the number; None where it has nothing to do with it."""
    own = Own(asked, story)
    kpi = asked.kpi
    if kpi.live:
        return _of_level(asked, story, own)
    if not own.inside and not (own.all and any(fact[1] >= FIRST_INTERVAL for fact in own.all)):
        return _void(asked, story) if story.void else None
    numerator, denominator = kpi.parts(own) if kpi.parts is not None else (0.0, 0.0)
    found = _new(story, own, numerator, denominator, _related(kpi))
    if not numerator and not denominator:
        if not found.facts:
            return None
        found.left_out = _why(found.facts)
    return found


@lru_cache(maxsize=256)
def _related(kpi: Kpi) -> frozenset[str]:
    """The names of the facts that the KPI is made from, and of those that there may be instead."""
    inputs = frozenset(kpi.inputs)
    return inputs.union(*(group for group in _RELATED if group & inputs))


def _of_level(asked: Asked, story: Story, own: Own) -> Contribution | None:
    """A level or an age: the members of it."""
    members = [since for name in asked.kpi.inputs for since in own.since_ms(name)]
    if members and asked.kpi.family != "target":
        found = _new(story, own, len(members), len(members), frozenset())
        found.since_ms = min(members)
        return found
    value = next((value for _, value, _, _ in asked.kpi.compute(own)), 0)
    if not value:
        return None
    found = _new(story, own, value, value, frozenset())
    found.since_ms = min(own.since_ms("due"), default=None)
    return found


def _new(story: Story, own: Own, numerator: float, denominator: float, names: frozenset[str]) -> Contribution:
    facts = [fact for fact in _net(own.inside) if name_of(fact[1]) in names]
    scope = facts[-1][0] if facts else story.scope
    place = scope.place if scope is not None and scope.place.family not in ("team", "employees") else None
    told = [(name_of(k), at, value if FIRST_DURATION <= k < FIRST_INTERVAL else None) for _, k, at, value, _ in facts]
    return Contribution(
        story.entity, place.name if place else None, place.channel if place else None, numerator, denominator, told
    )


def _net(facts: list[Fact]) -> list[Fact]:
    """The facts that hold: what was added and retracted again is gone."""
    held: list[Fact] = []
    for fact in facts:
        opposite = (*fact[:4], -fact[4])
        if opposite in held:
            held.remove(opposite)
        else:
            held.append(fact)
    return held


def _void(asked: Asked, story: Story) -> Contribution | None:
    scope = story.scope
    if scope is None or not asked.concerns(scope) or not asked.holds(story.newest_ms, scope.calendar):
        return None
    return Contribution(story.entity, scope.place.name, scope.place.channel, 0, 0, [], left_out=VOID_REASON)


def _why(facts: list[tuple[str, int, int | None]]) -> str:
    """What there is of it instead."""
    names = sorted({name.replace("_", " ") for name, _, _ in facts} - {"offered"})
    return ", ".join(names) if names else NOT_DECIDED


class Answer(msgspec.Struct):
    """What a partition, a worker or a board answers: contributions up to a limit, and the sums over all of them."""

    numerator: float = 0.0
    denominator: float = 0.0
    contributing: int = 0
    left_out: int = 0
    oldest_ms: int | None = None  # the earliest ``since_ms``
    contributions: list[Contribution] = msgspec.field(default_factory=list)

    def add(self, found: Contribution, limit: int) -> None:
        """One more; beyond ``limit`` it is only counted."""
        self.numerator += found.numerator
        self.denominator += found.denominator
        if found.left_out is None:
            self.contributing += 1
        else:
            self.left_out += 1
        self._look_at(found.since_ms)
        if len(self.contributions) < limit:
            self.contributions.append(found)

    def _look_at(self, since_ms: int | None) -> None:
        if since_ms is not None and (self.oldest_ms is None or since_ms < self.oldest_ms):
            self.oldest_ms = since_ms

    def merge(self, other: Answer, limit: int) -> None:
        """The answer of another partition or worker."""
        self.numerator += other.numerator
        self.denominator += other.denominator
        self.contributing += other.contributing
        self.left_out += other.left_out
        self._look_at(other.oldest_ms)
        self.contributions += other.contributions[: max(0, limit - len(self.contributions))]


def asked_of(query: Mapping[str, str], settings: Settings, now_ms: int, first_ms: int) -> Asked:
    """The question that a request's parameters put: kpi, window, and queue, channel or team. They are known to be right
    but for the names, which anybody may invent.
    """
    family, name, channel = "queue", query.get("queue"), query.get("channel")
    kpi = CATALOGUE[query["kpi"]]
    if kpi.family == "agent":
        family, name, channel = "team", query.get("team"), None
    place = Place(family if name is not None else "team", name or "", channel or "")
    window = "now" if kpi.live else query["window"]
    found = None if window == "now" else span(window, now_ms, days(*zone_of(place, settings)), first_ms)
    return Asked(kpi, family, name, channel, found, now_ms, settings.service_level.formula, settings.kpis)
