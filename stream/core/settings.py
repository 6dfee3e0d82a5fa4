"""One typed configuration: read once from TOML text and an environment mapping, checked, then never changed.

Errors are ``BadSetting``: one line that names the key and what it should be (the command line exits with 2).

    settings = load(toml_text, environ)          # environ: DESKPULSE_SECTION__KEY=value
    queue = settings.queue("billing")            # what [queues."*"] and [queues.billing] say together
"""

from __future__ import annotations

import hashlib
import tomllib
from collections.abc import Mapping
from typing import Annotated, Any, Literal
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import msgspec
from msgspec import Meta, Struct, field

PREFIX = "DESKPULSE_"
Formula = Literal["genesys", "offered", "connect", "talkdesk", "twilio", "asterisk_sl", "asterisk_sl2"]
Positive = Annotated[float, Meta(gt=0)]
NotNegative = Annotated[float, Meta(ge=0)]
Share = Annotated[float, Meta(gt=0, le=1)]
AtLeastOne = Annotated[int, Meta(ge=1)]
DayStart = Annotated[str, Meta(pattern=r"^([01]\d|2[0-3]):(00|15|30|45)$")]


class BadSetting(ValueError):
    """A setting that cannot be used: ``key`` is its dotted path."""

    def __init__(self, key: str, problem: str) -> None:
        super().__init__(f"{key}: {problem}")
        self.key = key


class _Section(Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=False):
    pass


class Kafka(_Section, frozen=True):
    """Where the brokers are. Passwords come from a file or the environment, never from the command line."""

    brokers: str = "127.0.0.1:9092"
    app_id: Annotated[str, Meta(pattern=r"^[A-Za-z0-9._-]{1,80}$")] = "deskpulse"
    instance_id: str = ""
    partitions: AtLeastOne = 8
    replication: AtLeastOne = 1
    security_protocol: Literal["PLAINTEXT", "SSL", "SASL_PLAINTEXT", "SASL_SSL"] = "PLAINTEXT"
    sasl_mechanism: Literal["PLAIN", "SCRAM-SHA-256", "SCRAM-SHA-512"] = "PLAIN"
    sasl_username: str = ""
    sasl_password: str = ""
    sasl_password_file: str = ""
    ssl_cafile: str = ""
    ssl_certfile: str = ""
    ssl_keyfile: str = ""
    session_timeout_seconds: Positive = 10
    heartbeat_seconds: Positive = 3


class Time(_Section, frozen=True):
    """Zones, the clock that "now" is, and how late an event may be (``horizon_hours`` 0: any lateness)."""

    zone: str = "UTC"
    day_start: DayStart = "00:00"
    clock: Literal["wall", "events"] = "wall"
    horizon_hours: NotNegative = 50
    future_skew_seconds: NotNegative = 30


class Queue(_Section, frozen=True):
    """What is promised and displayed of one queue; absent keys come from ``[queues."*"]``."""

    label: Annotated[str, Meta(max_length=18)] = ""
    channels: tuple[str, ...] = ()
    answer_target_seconds: Positive = 20
    objective: Share = 0.80
    first_response_target_seconds: Positive = 86_400
    abandonment_max: Share = 0.05
    occupancy_max: Share = 0.85
    longest_wait_max_seconds: Positive = 60
    warn: Share = 0.9
    zone: str = ""
    day_start: DayStart | Literal[""] = ""


class ServiceLevel(_Section, frozen=True):
    """The named formula, and the short abandons: one number for every channel or a table by channel."""

    formula: Formula = "genesys"
    short_abandon_seconds: NotNegative | dict[str, NotNegative] = field(default_factory=lambda: {"voice": 5.0})


class Kpis(_Section, frozen=True):
    """The knobs of the definitions."""

    resume_within_seconds: NotNegative = 60
    first_response_start: Literal["customer", "created", "assigned"] = "customer"


class Limits(_Section, frozen=True):
    """Everything that grows has a limit here and a counter where it is hit."""

    queues: AtLeastOne = 1000
    channels: AtLeastOne = 16
    teams: AtLeastOne = 200
    events_per_record: AtLeastOne = 5000
    event_bytes: AtLeastOne = 65_536
    sse_clients: AtLeastOne = 500
    series: AtLeastOne = 50_000


class Worker(_Section, frozen=True):
    """The two intervals of a worker, and where its own metrics listen (empty: nowhere)."""

    listen: str = "127.0.0.1:6066"
    publish_quiet_ms: AtLeastOne = 20
    publish_max_ms: AtLeastOne = 250
    persist_ms: AtLeastOne = 2000
    rotation_seconds: Positive = 600


class Board(_Section, frozen=True):
    """Where the board listens, who may read it, how long history is kept (``retention_days`` 0: for ever)."""

    listen: str = "127.0.0.1:8080"
    token_file: str = ""
    tls_cert: str = ""
    tls_key: str = ""
    per_agent: bool = False
    retention_days: Annotated[int, Meta(ge=0)] = 35
    stale_seconds: Positive = 30


class _File(Struct, forbid_unknown_fields=True):
    kafka: Kafka = field(default_factory=Kafka)
    time: Time = field(default_factory=Time)
    queues: dict[str, dict[str, Any]] = field(default_factory=dict)
    service_level: ServiceLevel = field(default_factory=ServiceLevel)
    kpis: Kpis = field(default_factory=Kpis)
    limits: Limits = field(default_factory=Limits)
    worker: Worker = field(default_factory=Worker)
    board: Board = field(default_factory=Board)


class Settings(Struct, frozen=True):
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

    @property
    def config_version(self) -> str:
        """12 hex digits over everything that changes a number."""
        kept = (self.time, self.queues, self.service_level, self.kpis, self.limits)
        return hashlib.sha256(msgspec.json.encode(kept, order="deterministic")).hexdigest()[:12]


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
            _put(tree, name.removeprefix(PREFIX).lower().split("__"), _literal(text))
    for path, value in (overrides or {}).items():
        _put(tree, path.split("."), value)
    file = _convert(tree, _File, "")
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
    _zone("time.zone", settings.time.zone)
    for name, queue in settings.queues.items():
        if queue.zone:
            _zone(f"queues.{name}.zone", queue.zone)
    for key in ("board.listen", "worker.listen"):
        section, _, entry = key.partition(".")
        address = getattr(getattr(settings, section), entry)
        if address and not address.rpartition(":")[2].isdigit():
            raise BadSetting(key, "should be HOST:PORT")


def _zone(key: str, name: str) -> None:
    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise BadSetting(key, f"{name!r} is no time zone, such as Europe/Berlin") from None


def _literal(text: str) -> Any:
    """An environment value as TOML would read it; what is no TOML value is text."""
    try:
        return tomllib.loads(f"v = {text}")["v"]
    except tomllib.TOMLDecodeError:
        return text


def _put(tree: dict[str, Any], path: list[str], value: Any) -> None:
    for part in path[:-1]:
        tree = tree.setdefault(part, {})
        if not isinstance(tree, dict):
            raise BadSetting(".".join(path), "is inside a key that is no section")
    tree[path[-1]] = value


def _convert(tree: dict[str, Any], kind: Any, prefix: str) -> Any:
    try:
        return msgspec.convert(tree, kind)
    except msgspec.ValidationError as error:
        text, _, path = str(error).partition(" - at `$")
        key = ".".join(p for p in (prefix, path.strip("`.")) if p)
        if text.startswith("Object contains unknown field "):
            key = ".".join(p for p in (key, text.split("`")[1]) if p)
            text = "unknown key"
        raise BadSetting(key or "configuration", text[0].lower() + text[1:]) from None
