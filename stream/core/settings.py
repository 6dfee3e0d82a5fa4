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
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import msgspec
from msgspec import Struct, field

from stream.core.sections import DISPLAY, SECTIONS, Board, Kafka, Kpis, Limits, Queue, ServiceLevel, Time, Worker
from stream.core.values import field_in_words, unknown

__all__ = ["BadSetting", "Kafka", "Limits", "Queue", "Settings", "load"]

PREFIX = "DESKPULSE_"


class BadSetting(ValueError):
    """A setting that cannot be used: ``key`` is its dotted path."""

    def __init__(self, key: str, problem: str) -> None:
        super().__init__(f"{key}: {problem}")
        self.key = key


class _File(Struct, forbid_unknown_fields=True):
    kafka: Kafka = field(default_factory=Kafka)
    time: Time = field(default_factory=Time)
    queues: dict[str, Any] = field(default_factory=dict)
    service_level: ServiceLevel = field(default_factory=ServiceLevel)
    kpis: Kpis = field(default_factory=Kpis)
    limits: Limits = field(default_factory=Limits)
    worker: Worker = field(default_factory=Worker)
    board: Board = field(default_factory=Board)


class Settings(Struct, frozen=True, dict=True):
    """What is in force. ``config_version`` names the part of it that changes a number."""

    kafka: Kafka
    time: Time
    queues: dict[str, Queue]
    service_level: ServiceLevel
    kpis: Kpis
    limits: Limits
    worker: Worker
    board: Board

    def queue(self, name: str) -> Queue:
        """What holds for the queue ``name``."""
        return self.queues.get(name) or self.queues["*"]

    def zone_of(self, name: str) -> tuple[str, str]:
        """(time zone, start of day) of the queue ``name``."""
        queue = self.queue(name)
        return queue.zone or self.time.zone, queue.day_start or self.time.day_start

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
        }
        return hashlib.sha256(msgspec.json.encode(kept, order="deterministic")).hexdigest()[:12]


def _counting(section: Struct) -> dict[str, Any]:
    """The part of a section that changes a number; 20 and 20.0 are the same."""
    values = {name: getattr(section, name) for name in section.__struct_fields__ if name not in DISPLAY}
    return {name: float(value) if isinstance(value, int) else value for name, value in values.items()}


def load(
    toml: str = "", environ: Mapping[str, str] | None = None, overrides: Mapping[str, Any] | None = None
) -> Settings:
    """The settings from TOML text, then the environment, then ``overrides`` ({"time.clock": "events"}).

    Raises ``BadSetting``.
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
    file = _convert(tree, _File, "")
    for name, own in file.queues.items():
        if not isinstance(own, dict):
            raise BadSetting(f"queues.{name}", "should be a table")
    general = file.queues.get("*", {})
    queues = {name: _convert({**general, **own}, Queue, f"queues.{name}") for name, own in file.queues.items()}
    queues.setdefault("*", Queue())
    settings = Settings(
        file.kafka, file.time, queues, file.service_level, file.kpis, file.limits, file.worker, file.board
    )
    _check(settings)
    return settings


def _check(settings: Settings) -> None:
    """What no type can say."""
    for name in SECTIONS:
        _finite(name, getattr(settings, name))
    for name, queue in settings.queues.items():
        _finite(f"queues.{name}", queue)
    _zone("time.zone", settings.time.zone)
    for name, queue in settings.queues.items():
        if queue.zone:
            _zone(f"queues.{name}.zone", queue.zone)
    _address("board.listen", settings.board.listen)
    if settings.worker.listen:
        _address("worker.listen", settings.worker.listen)
    if settings.worker.advertise:
        _address("worker.advertise", settings.worker.advertise)
    for broker in settings.kafka.brokers.split(","):
        _address("kafka.brokers", broker.strip())


def _finite(key: str, section: Struct) -> None:
    for name in section.__struct_fields__:
        value = getattr(section, name)
        numbers = value.values() if isinstance(value, dict) else (value,)
        if any(isinstance(number, float) and not math.isfinite(number) for number in numbers):
            raise BadSetting(f"{key}.{name}", "should be a finite number")


def _address(key: str, address: str) -> None:
    host, _, port = address.rpartition(":")
    if not host or not port.isdecimal() or int(port) >= 1 << 16:
        raise BadSetting(key, f"{address!r} should be HOST:PORT")


def _zone(key: str, name: str) -> None:
    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise BadSetting(key, f"{name!r} is no time zone, such as Europe/Berlin") from None


def _literal(path: list[str], text: str) -> Any:
    """An environment value as TOML would read it; what is no TOML value is text, and so is all that is to be text."""
    try:
        read = tomllib.loads(f"v = {text}")
    except tomllib.TOMLDecodeError:
        return text
    section = Queue if path[0] == "queues" else SECTIONS.get(path[0])
    is_text = section is not None and isinstance(getattr(section(), path[-1], None), str)
    return read["v"] if len(read) == 1 and (isinstance(read["v"], str) or not is_text) else text


def _put(tree: dict[str, Any], path: list[str], value: Any) -> None:
    for n, part in enumerate(path[:-1]):
        tree = tree.setdefault(part, {})
        if not isinstance(tree, dict):
            raise BadSetting(".".join(path[: n + 1]), "should be a table")
    tree[path[-1]] = value


def _convert(tree: dict[str, Any], kind: type[Any], prefix: str) -> Any:
    """``tree`` as a section (``prefix`` is its key) or as the whole file (``prefix`` is empty)."""
    try:
        return msgspec.convert(tree, kind)
    except msgspec.ValidationError as error:
        text, _, path = str(error).partition(" - at `$")
        inside = path.strip("`.").replace("[...]", "").split(".")
        section = kind
        if not prefix and inside[0] in SECTIONS:
            prefix, section = inside[0], SECTIONS[inside.pop(0)]
        name = inside[0] if inside else ""
        if text.startswith("Object contains unknown field "):
            name = text.split("`")[1]
            problem = unknown(name, section.__struct_fields__)
        else:
            problem = f"should be {field_in_words(section, name) if name else 'a table'}"
        raise BadSetting(".".join(part for part in (prefix, name) if part), problem) from None
