"""One typed configuration: read once from TOML text and an environment mapping, checked, then never changed.

Errors are ``BadSetting``: one line that names the key and what it should be (the command line exits with 2).

    settings = load(toml_text, environ)          # environ: DESKPULSE_SECTION__KEY=value
    queue = settings.queue("billing")            # what [queues."*"] and [queues.billing] say together
"""

from __future__ import annotations

import hashlib
import math
import tomllib
from collections.abc import Mapping
from functools import cached_property
from typing import Any

import msgspec
from msgspec import Struct, field

from stream.core.dated import DaysOff, schedules_of, targets_of, weeks_of
from stream.core.schedule import Schedule
from stream.core.sections import (
    DISPLAY,
    SECTIONS,
    Board,
    Hours,
    Kafka,
    Kpis,
    Limits,
    Queue,
    ServiceLevel,
    Target,
    Time,
    Worker,
)
from stream.core.values import BadSetting, check_zone, convert, unknown

__all__ = ["BadSetting", "Kafka", "Limits", "Queue", "Settings", "load"]

PREFIX = "DESKPULSE_"


class _File(Struct, forbid_unknown_fields=True):
    kafka: Kafka = field(default_factory=Kafka)
    time: Time = field(default_factory=Time)
    queues: dict[str, Any] = field(default_factory=dict)
    schedules: dict[str, Any] = field(default_factory=dict)
    targets: dict[str, Any] = field(default_factory=dict)
    service_level: ServiceLevel = field(default_factory=ServiceLevel)
    kpis: Kpis = field(default_factory=Kpis)
    limits: Limits = field(default_factory=Limits)
    worker: Worker = field(default_factory=Worker)
    board: Board = field(default_factory=Board)


class Settings(Struct, frozen=True, dict=True):
    """What is in force. ``config_version`` names the part of it that changes a number.

    ``schedules`` and ``targets`` are by name, each in the order of their dates. ``days_off`` are the days (numbers
    since 1970-01-01) that the holidays of the schedules name.
    """

    kafka: Kafka
    time: Time
    queues: dict[str, Queue]
    service_level: ServiceLevel
    kpis: Kpis
    limits: Limits
    worker: Worker
    board: Board
    schedules: dict[str, tuple[Hours, ...]]
    targets: dict[str, tuple[Target, ...]]
    days_off: dict[str, tuple[int, ...]]

    def queue(self, name: str) -> Queue:
        """What holds for the queue ``name``."""
        return self.queues.get(name) or self.queues["*"]

    def zone_of(self, name: str) -> tuple[str, str]:
        """(time zone, start of day) of the queue ``name``."""
        queue = self.queue(name)
        return queue.zone or self.time.zone, queue.day_start or self.time.day_start

    def schedule(self, queue: str) -> Schedule | None:
        """The opening hours of a queue; None: it is always open (R28b)."""
        return self._opening.get(self.queue(queue).schedule)

    @cached_property
    def _opening(self) -> dict[str, Schedule]:
        return {
            name: Schedule(weeks_of(variants, self.time.zone, self.days_off))
            for name, variants in self.schedules.items()
        }

    def short_abandon_ms(self, channel: str) -> int:
        """The longest wait of a short abandon on ``channel``; 0: none is short."""
        seconds = self.service_level.short_abandon_seconds
        value = seconds.get(channel, 0) if isinstance(seconds, dict) else seconds
        return round(value * 1000)

    @cached_property
    def config_version(self) -> str:
        """12 hex digits over everything that changes a number."""
        general = _counting(self.queues["*"])
        queues = {name: _counting(queue) for name, queue in self.queues.items()}
        kept = {
            **{name: _counting(getattr(self, name)) for name in ("time", "service_level", "kpis", "limits")},
            "queues": {name: queue for name, queue in queues.items() if name == "*" or queue != general},
            "schedules": {name: [*map(_counting, variants)] for name, variants in self.schedules.items()},
            "targets": {name: [*map(_counting, variants)] for name, variants in self.targets.items()},
            "days_off": self.days_off,
        }
        return hashlib.sha256(msgspec.json.encode(kept, order="deterministic")).hexdigest()[:12]


def _counting(section: Struct) -> dict[str, Any]:
    """The part of a section that changes a number; 20 and 20.0 are the same."""
    shown = DISPLAY.get(type(section).__name__, frozenset())
    values = {name: getattr(section, name) for name in section.__struct_fields__ if name not in shown}
    return {name: float(value) if isinstance(value, int) else value for name, value in values.items()}


def load(
    toml: str = "",
    environ: Mapping[str, str] | None = None,
    overrides: Mapping[str, Any] | None = None,
    days_off: DaysOff | None = None,
) -> Settings:
    """The settings from TOML text, then the environment, then ``overrides`` ({"time.clock": "events"}).

    ``days_off`` reads the holidays of a country or of a file. Raises ``BadSetting``.
    """
    try:
        tree: dict[str, Any] = tomllib.loads(toml)
    except tomllib.TOMLDecodeError as error:
        raise BadSetting("configuration", f"is not TOML: {error}") from None
    for name, text in (environ or {}).items():
        if name.startswith(PREFIX) and "__" in name:
            parts = name.removeprefix(PREFIX).lower().split("__")
            _put(tree, parts, _literal(parts, text))
    for path, value in (overrides or {}).items():
        _put(tree, path.split("."), value)
    file = convert(tree, _File, "", SECTIONS)
    for name, own in file.queues.items():
        if not isinstance(own, dict):
            raise BadSetting(f"queues.{name}", "should be a table")
    general = file.queues.get("*", {})
    queues = {name: convert({**general, **own}, Queue, f"queues.{name}") for name, own in file.queues.items()}
    queues.setdefault("*", Queue())
    schedules, days = schedules_of(file.schedules, days_off)
    settings = Settings(
        file.kafka, file.time, queues, file.service_level, file.kpis, file.limits, file.worker, file.board,
        schedules, targets_of(file.targets), days,
    )  # fmt: skip
    _check(settings)
    return settings


def _check(settings: Settings) -> None:
    """What no type can say."""
    for name in SECTIONS:
        _finite(name, getattr(settings, name))
    for name, queue in settings.queues.items():
        _finite(f"queues.{name}", queue)
    _scale(settings.kpis)
    check_zone("time.zone", settings.time.zone)
    for name, queue in settings.queues.items():
        if queue.zone:
            check_zone(f"queues.{name}.zone", queue.zone)
        if queue.schedule and queue.schedule not in settings.schedules:
            named = unknown(queue.schedule, settings.schedules, "schedule")
            raise BadSetting(f"queues.{name}.schedule", f"{queue.schedule!r} is an {named}")
    _address("board.listen", settings.board.listen)
    if settings.worker.listen:
        _address("worker.listen", settings.worker.listen)
    if settings.worker.advertise:
        _address("worker.advertise", settings.worker.advertise)
    for broker in settings.kafka.brokers.split(","):
        _address("kafka.brokers", broker.strip())


def _scale(kpis: Kpis) -> None:
    low, high = kpis.csat_scale
    if not low < high:
        raise BadSetting("kpis.csat_scale", f"should be [lowest, highest]: {low:g} to {high:g} is upside down")
    if kpis.csat_good_from is not None and not low < kpis.csat_good_from <= high:
        raise BadSetting("kpis.csat_good_from", f"should be above {low:g} and at most {high:g} (kpis.csat_scale)")


def _finite(key: str, section: Struct) -> None:
    for name in section.__struct_fields__:
        value = getattr(section, name)
        numbers = value.values() if isinstance(value, dict) else value if isinstance(value, tuple) else (value,)
        if any(isinstance(number, float) and not math.isfinite(number) for number in numbers):
            raise BadSetting(f"{key}.{name}", "should be a finite number")


def _address(key: str, address: str) -> None:
    host, _, port = address.rpartition(":")
    if not host or not port.isdecimal() or int(port) >= 1 << 16:
        raise BadSetting(key, f"{address!r} should be HOST:PORT")


def _literal(path: list[str], text: str) -> Any:
    """An environment value as TOML would read it; what is no TOML value is text, and so is all that is to be text."""
    try:
        read = tomllib.loads(f"v = {text}")
    except tomllib.TOMLDecodeError:
        return text
    named: dict[str, type[Struct]] = {"queues": Queue, "schedules": Hours}
    section = named.get(path[0]) or SECTIONS.get(path[0])
    is_text = section is not None and isinstance(getattr(section(), path[-1], None), str)
    return read["v"] if len(read) == 1 and (isinstance(read["v"], str) or not is_text) else text


def _put(tree: dict[str, Any], path: list[str], value: Any) -> None:
    for n, part in enumerate(path[:-1]):
        tree = tree.setdefault(part, {})
        if not isinstance(tree, dict):
            raise BadSetting(".".join(path[: n + 1]), "should be a table")
    tree[path[-1]] = value
