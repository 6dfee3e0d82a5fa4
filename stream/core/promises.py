"""What is promised in a queue: the service targets of the settings, in the order in which they are looked up (R29)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, NamedTuple

from stream.core.clocks import FAR_MS
from stream.core.dated import match_of
from stream.core.schedule import day_number, midnight_ms

if TYPE_CHECKING:
    from stream.core.settings import Settings


class Promise(NamedTuple):
    """One target as it holds for a queue, for what was born in [from, until): how long something may take."""

    name: str
    ms: int
    warn_ms: int
    is_business: bool
    priorities: frozenset[str] | None
    tiers: frozenset[str] | None
    from_ms: int
    until_ms: int


Promises = Mapping[str, tuple[Promise, ...]]


def promises_of(settings: Settings, queue: str) -> Promises:
    """The targets of a queue by metric, in their order of precedence (R29): most keys first, then as in the file. A
    metric that any target has is there, also when none is for this queue.
    """
    found: dict[str, list[tuple[int, Promise]]] = {}
    for name, variants in settings.targets.items():
        starts = [0 if t.from_ is None else midnight_ms(day_number(t.from_), settings.time.zone) for t in variants]
        for target, start, end in zip(variants, starts, [*starts[1:], FAR_MS], strict=True):
            of_metric = found.setdefault(target.metric, [])
            match = match_of(target)
            if "queue" in match and queue not in match["queue"]:
                continue
            promise = Promise(
                name, max(1, round(target.seconds * 1000)), round(target.warn_seconds * 1000),
                target.clock == "business", match.get("priority"), match.get("tier"), start, end,
            )  # fmt: skip
            of_metric.append((-len(match), promise))
    return {metric: tuple(p for _, p in sorted(some, key=lambda one: one[0])) for metric, some in found.items()}
