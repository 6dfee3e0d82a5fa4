"""The contacts behind a number: what each record has contributed to a KPI, and which were left out and why.

A KPI's two parts (numerator and denominator, or sum and number of samples) are sums over facts, so they are the sums of
the parts of every record for itself. ``Own`` is a ``Measure`` of one record; ``contributions`` goes through the records
of a partition. What it gives adds up to the number exactly, as long as all panes of the window are still open: records
that only count in final panes may be gone (``stream.core.panes``), and the answer says up to where it is complete.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from typing import TYPE_CHECKING

import msgspec

from stream.core.days import days
from stream.core.facts import FIRST_DURATION, FIRST_INTERVAL, Fact, name_of
from stream.core.kpis import CATALOGUE
from stream.core.own import Asked, Own, Story
from stream.core.panes import zone_of
from stream.core.windows import span
from topics.aggregates import TARGET, Place

if TYPE_CHECKING:
    from stream.core.accounts import Part
    from stream.core.forms import Kpi
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


def contribution(asked: Asked, story: Story) -> Contribution | None:
    """The record's part in the number; None where it has nothing to do with it."""
    own = Own(asked, story)
    kpi = asked.kpi
    if kpi.live:
        return _of_level(asked, story, own)
    if not kpi.overall and not own.inside and not any(fact[1] >= FIRST_INTERVAL for fact in own.all):
        return _void(asked, story) if story.void else None
    numerator, denominator = _parts(asked, own)
    if kpi.overall and not own.inside and not numerator and not denominator:
        return _void(asked, story) if story.void else None
    found = _new(story, own, numerator, denominator, _related(kpi))
    if not numerator and not denominator:
        if not found.facts:
            return None
        found.left_out = _why(found.facts)
    return found


def _parts(asked: Asked, own: Own) -> tuple[float, float]:
    """(numerator, denominator) of the KPI, or of the row with the further dimensions that were asked for."""
    kpi = asked.kpi
    if not asked.further:
        return kpi.parts(own) if kpi.parts is not None else (0.0, 0.0)
    for stat, value, count, further in kpi.compute(own):
        if stat in ("value", "sum") and all(further.get(name) == at for name, at in asked.further):
            return value, count
    return 0.0, 0.0


def of_window(asked: Asked) -> tuple[float, float]:
    """What the window itself brings to the two parts of the number: hours of the clock, the cost of open hours."""
    if asked.kpi.parts is None or asked.span is None:
        return 0.0, 0.0
    return asked.kpi.parts(Own(asked, Story("", [], {}, None, void=False, newest_ms=0), is_window=True))


def between(rest: tuple[Part, ...]) -> str:
    """The parts of a window as a parameter."""
    return ",".join(f"{start}-{end}" for start, end in rest)


@lru_cache(maxsize=256)
def _related(kpi: Kpi) -> frozenset[str]:
    """The names of the facts that the KPI is made from, and of those that there may be instead."""
    inputs = frozenset(kpi.inputs)
    return inputs.union(*(group for group in _RELATED if group & inputs))


def _of_level(asked: Asked, story: Story, own: Own) -> Contribution | None:
    """A level or an age: the members of it."""
    members = [since for name in asked.kpi.inputs for since in own.since_ms(name)]
    if members and asked.kpi.family != "target" and not asked.further:
        found = _new(story, own, len(members), len(members), frozenset())
        found.since_ms = min(members)
        return found
    value = _parts(asked, own)[0] if asked.further else next((value for _, value, _, _ in asked.kpi.compute(own)), 0)
    if not value:
        return None
    found = _new(story, own, value, value, frozenset())
    found.since_ms = min(members or own.since_ms("due"), default=None)
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
    """The question that a request's parameters put: kpi, window, queue, channel or team, target and other further
    dimensions. They are known to be right but for the names, which anybody may invent.
    """
    family, name, channel = "queue", query.get("queue"), query.get("channel")
    kpi = CATALOGUE[query["kpi"]]
    if kpi.family == "agent":
        family, name, channel = "team", query.get("team"), None
    elif kpi.family == "target" and "target" in query:
        family = TARGET + query["target"]
    place = Place(family if name is not None else "team", name or "", channel or "")
    window = "now" if kpi.live else query["window"]
    calendar = days(*zone_of(place, settings))
    found = None if window == "now" else span(window, now_ms, calendar, first_ms)
    further = tuple((dimension, query[dimension]) for dimension in further_of(kpi) if dimension in query)
    rest = tuple((int(a), int(b)) for a, b in (part.split("-") for part in query.get("rest", "").split(",") if part))
    return Asked(
        kpi, family, name, channel, found, now_ms, settings.service_level.formula, settings.kpis, calendar,
        settings.schedule("*"), further, rest,
    )  # fmt: skip


def further_of(kpi: Kpi) -> tuple[str, ...]:
    """The dimensions of a KPI besides its place."""
    return tuple(name for name in kpi.dimensions if name not in ("queue", "channel", "team", "target"))
