"""When a number needs somebody: three levels, from the targets that the configuration promises.

``ok``    the target is met
``warn``  it is nearly missed (``warn``: the share of a limit from which that is so), or missed by little
``crit``  it is missed

A limit (a longest wait) is missed above it and nearly missed from ``warn`` of it on. An objective (a service level) is
a promise to reach: below it is ``warn``, below ``warn`` of it ``crit``. Boards, rules and dashboards all take their
borders from ``Bound``, so that no border stands in two places.

A level rises at once. It falls only when the number is better than the border by ``HYSTERESIS`` of the target, so that
a number that hovers at a border does not flicker on the wall.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from stream.core.sections import Queue

LEVELS = ("ok", "warn", "crit")
HYSTERESIS = 0.02


class Bound(NamedTuple):
    """The target of one number: a limit to stay under, or (``is_objective``) a share to reach.

    ``worst`` is the highest level that a miss can have: full desks are a reason to look, not yet to act.
    """

    target: float
    warn: float
    is_objective: bool = False
    worst: str = "crit"

    def borders(self) -> tuple[tuple[float, str], ...]:
        """(value, level from there on), in rising order of the values: what a gauge calls its steps."""
        if self.is_objective:
            return (0.0, "crit"), (self.warn * self.target, "warn"), (self.target, "ok")
        steps = (0.0, "ok"), (self.warn * self.target, "warn"), (self.target, self.worst)
        return steps if self.worst == "crit" else steps[:2]

    def level(self, value: float) -> str:
        """The level of a value."""
        if self.is_objective:
            return "ok" if value >= self.target else "warn" if value >= self.warn * self.target else "crit"
        if value > self.target:
            return self.worst
        return "warn" if value >= self.warn * self.target else "ok"

    def urgency(self, value: float) -> float:
        """How near to the target (below 1) or how far past it (above 1) a value is."""
        if self.is_objective:
            return self.target / value if value > 0 else 99.0
        return value / self.target

    def held(self, value: float, before: str | None) -> str:
        """The level of a value that had the level ``before``."""
        found = self.level(value)
        if before is None or LEVELS.index(before) <= LEVELS.index(found):
            return found
        margin = HYSTERESIS * self.target
        worse = self.level(value - margin if self.is_objective else value + margin)
        return min(before, worse, key=LEVELS.index)


class Held:
    """The levels that many numbers have, each with the moment since which it has it."""

    def __init__(self) -> None:
        self._levels: dict[Hashable, tuple[str, int]] = {}

    def level(self, key: Hashable, bound: Bound, value: float, now_ms: int) -> tuple[str, int]:
        """(level, since when) of the number ``key``, which is ``value`` now."""
        before = self._levels.get(key)
        level = bound.held(value, before[0] if before else None)
        found = before if before and before[0] == level else (level, now_ms)
        self._levels[key] = found
        return found

    def keep(self, wanted: Callable[[Hashable], bool]) -> None:
        """Forgets the numbers that are not ``wanted`` any more."""
        self._levels = {key: value for key, value in self._levels.items() if wanted(key)}


def worst(levels: Iterable[str]) -> str:
    """The worst of several levels; ``ok`` of none."""
    return max(levels, key=LEVELS.index, default="ok")


def bounds(queue: Queue) -> dict[str, Bound]:
    """The targets of a queue's KPIs, by the name of the KPI."""
    warn = queue.warn
    reply = Bound(queue.first_response_target_seconds, warn)
    return {
        "oldest_wait_seconds": Bound(queue.longest_wait_max_seconds, warn),
        "oldest_unreplied_seconds": reply,
        "first_response_seconds": reply,
        "service_level_ratio": Bound(queue.objective, warn, is_objective=True),
        "target_attainment_ratio": Bound(queue.objective, warn, is_objective=True),
        "abandonment_ratio": Bound(queue.abandonment_max, warn),
        "occupancy_ratio": Bound(queue.occupancy_max, 1.0, worst="warn"),
    }
