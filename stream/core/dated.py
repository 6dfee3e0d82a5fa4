"""Schedules and targets in the configuration: a table each, or a list of tables that follow each other by date.

    [schedules.office]                       [[targets.gold]]
    zone = "Europe/Berlin"                   metric = "first_response"
    mon = ["09:00-12:00", "13:00-17:00"]     match = { queue = "billing", priority = ["high", "urgent"] }
    holidays = "DE-BY"                       seconds = 3600
                                             clock = "business"

                                             [[targets.gold]]      # for what is created from then on
                                             from = 2026-07-01
                                             …

Only the first of a list may leave ``from`` out. Before the first date there is none: a queue is then always open, a
target does not exist.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Mapping
from itertools import pairwise
from typing import Any

from stream.core.schedule import Week, day_number
from stream.core.sections import Hours, Match, Target
from stream.core.values import BadSetting, check_zone, convert

WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_PERIOD = re.compile(r"([01]\d|2[0-3]):([0-5]\d)-(?:([01]\d|2[0-3]):([0-5]\d)|(24):(00))")

# What reads the days of a country's holidays or of a file, as day numbers. Raises ``ValueError``: what is wrong.
DaysOff = Callable[[str], frozenset[int]]


def schedules_of(
    trees: Mapping[str, Any], days_off: DaysOff | None
) -> tuple[dict[str, tuple[Hours, ...]], dict[str, tuple[int, ...]]]:
    """The schedules by name, and the days of their holidays by code or file. Raises ``BadSetting``."""
    schedules = {name: _variants(f"schedules.{name}", tree, Hours) for name, tree in trees.items()}
    days: dict[str, tuple[int, ...]] = {}
    for name, variants in schedules.items():
        for key, hours in _keyed(f"schedules.{name}", trees[name], variants):
            if hours.zone:
                check_zone(f"{key}.zone", hours.zone)
            for weekday in WEEKDAYS:
                _periods(f"{key}.{weekday}", getattr(hours, weekday))
            if hours.holidays and hours.holidays not in days:
                days[hours.holidays] = _days_off(f"{key}.holidays", hours.holidays, days_off)
        if not any(getattr(hours, weekday) for hours in variants for weekday in WEEKDAYS):
            raise BadSetting(f"schedules.{name}", "is never open: give it hours, such as mon = ['09:00-17:00']")
    return schedules, days


def weeks_of(variants: tuple[Hours, ...], zone: str, days_off: Mapping[str, tuple[int, ...]]) -> tuple[Week, ...]:
    """A schedule's hours as its weeks; ``zone`` where they name none."""
    return tuple(
        Week(
            hours.zone or zone,
            tuple(_periods(weekday, getattr(hours, weekday)) for weekday in WEEKDAYS),
            frozenset(days_off.get(hours.holidays, ())),
            None if hours.from_ is None else day_number(hours.from_),
        )
        for hours in variants
    )


def targets_of(trees: Mapping[str, Any]) -> dict[str, tuple[Target, ...]]:
    """The targets by name, in the order of the file. Raises ``BadSetting``."""
    targets = {name: _variants(f"targets.{name}", tree, Target) for name, tree in trees.items()}
    for name, variants in targets.items():
        for key, target in _keyed(f"targets.{name}", trees[name], variants):
            match_of(target, f"{key}.match")
            for part in ("seconds", "warn_seconds"):
                if not math.isfinite(getattr(target, part)):
                    raise BadSetting(f"{key}.{part}", "should be a finite number")
        if len({target.metric for target in variants}) > 1:
            raise BadSetting(f"targets.{name}", "should keep its metric: give another metric another name")
    return targets


def match_of(target: Target, key: str = "match") -> dict[str, frozenset[str]]:
    """Whom the target is for: the names of each key that it has. Raises ``BadSetting``."""
    found: Match = convert(target.match, Match, key)
    names = {}
    for part in target.match:
        value = getattr(found, part)
        names[part] = frozenset((value,) if isinstance(value, str) else value)
        if not names[part]:
            raise BadSetting(f"{key}.{part}", "should name at least one, or be left out for any")
    return names


def _variants(key: str, tree: Any, kind: type[Any]) -> tuple[Any, ...]:
    listed = tree if isinstance(tree, list) else [tree]
    if not listed or not all(isinstance(one, dict) for one in listed):
        raise BadSetting(key, "should be a table or a list of tables")
    found = tuple(convert(one, kind, f"{key}[{n}]" if isinstance(tree, list) else key) for n, one in enumerate(listed))
    for n, (before, after) in enumerate(pairwise(found), 1):
        if after.from_ is None:
            raise BadSetting(f"{key}[{n}].from", "is missing: only the first of several may leave it out")
        if before.from_ is not None and after.from_ <= before.from_:
            raise BadSetting(f"{key}[{n}].from", f"should be later than {before.from_}, the date of the one before")
    return found


def _keyed(key: str, tree: Any, variants: tuple[Any, ...]) -> list[tuple[str, Any]]:
    """Each variant with its key."""
    return [(f"{key}[{n}]" if isinstance(tree, list) else key, one) for n, one in enumerate(variants)]


def _periods(key: str, texts: tuple[str, ...]) -> tuple[tuple[int, int], ...]:
    """Periods as minutes of the day, in order. Raises ``BadSetting``."""
    found = []
    for text in texts:
        match = _PERIOD.fullmatch(text)
        if match is None:
            raise BadSetting(key, f"{text!r} should be a period, such as 09:00-12:30")
        hour, minute, *end = (int(part) for part in match.groups() if part is not None)
        start, close = hour * 60 + minute, end[0] * 60 + end[1]
        if close <= start:
            raise BadSetting(key, f"{text!r} ends before it begins: split a night at 24:00")
        found.append((start, close, text))
    found.sort()
    for (_, close, one), (start, _, other) in pairwise(found):
        if start < close:
            raise BadSetting(key, f"{one!r} and {other!r} overlap")
    return tuple((start, close) for start, close, _ in found)


def _days_off(key: str, name: str, read: DaysOff | None) -> tuple[int, ...]:
    if read is None:
        raise BadSetting(key, f"{name!r} cannot be read here")
    try:
        return tuple(sorted(read(name)))
    except ValueError as error:
        raise BadSetting(key, str(error)) from None
