"""The sections of the configuration, key by key: what each may be, and what holds where nothing is said."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Any, Literal

from msgspec import Meta, Struct, field

Formula = Literal["genesys", "offered", "connect", "talkdesk", "twilio", "asterisk_sl", "asterisk_sl2"]
Positive = Annotated[float, Meta(gt=0)]
NotNegative = Annotated[float, Meta(ge=0)]
Share = Annotated[float, Meta(gt=0, le=1)]
AtLeastOne = Annotated[int, Meta(ge=1)]
DayStart = Annotated[
    str,
    Meta(
        pattern=r"^([01]\d|2[0-3]):(00|15|30|45)$",
        description="a time of day on a quarter of an hour, such as 06:30",
    ),
]
TargetSeconds = Annotated[float, Meta(gt=0, le=100_000_000)]
Name = Annotated[str, Meta(min_length=1, description="a name")]
Names = Annotated[tuple[Name, ...], Meta(description="a list of names")]
AppId = Annotated[
    str,
    Meta(pattern=r"^[A-Za-z0-9._-]{1,80}$", description="1 to 80 letters, digits, dots, underscores and hyphens"),
]
# What is shown or guarded, and changes no number: not a part of ``config_version``.
DISPLAY: dict[str, frozenset[str]] = {
    "Queue": frozenset(
        (
            "label",
            "teams",
            "objective",
            "abandonment_max",
            "occupancy_max",
            "longest_wait_max_seconds",
            "warn",
        )
    ),
    "Limits": frozenset(("sse_clients", "series")),
}


class Section(Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=False):
    pass


class Kafka(Section, frozen=True):
    """Where the brokers are. Passwords come from a file or the environment, never from the command line."""

    brokers: str = "127.0.0.1:9092"
    app_id: AppId = "deskpulse"
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


class Time(Section, frozen=True):
    """Zones, the clock that "now" is, and how late an event may be (``horizon_hours`` 0: any lateness)."""

    zone: str = "UTC"
    day_start: DayStart = "00:00"
    clock: Literal["wall", "events"] = "wall"
    horizon_hours: NotNegative = 50
    future_skew_seconds: NotNegative = 30


class Queue(Section, frozen=True):
    """What is promised and displayed of one queue; absent keys come from ``[queues."*"]``. ``teams`` are those who take
    its contacts: the page shows them beside it, and
    an alert wants to know whether any of them is there. Absent, the page takes the team of the queue's name.
    """

    label: Annotated[str, Meta(max_length=18)] = ""
    channels: tuple[str, ...] = ()
    teams: Names = ()
    answer_target_seconds: Positive = 20
    objective: Share = 0.80
    first_response_target_seconds: Positive = 86_400
    abandonment_max: Share = 0.05
    occupancy_max: Share = 0.85
    longest_wait_max_seconds: Positive = 60
    warn: Share = 0.9
    zone: str = ""
    day_start: DayStart | Literal[""] = ""
    schedule: str = ""


class Hours(Section, frozen=True, rename={"from_": "from"}):
    """Opening hours, ``[schedules.NAME]``: local periods of each day, half-open, such as ``["09:00-12:00",
    "13:00-24:00"]``. ``holidays`` is a country's code (``DE``, ``DE-BY``) or an .ics file. Several in a list
    (``[[schedules.NAME]]``) hold one after the other, each ``from`` its date on.
    """

    from_: date | None = None
    zone: str = ""
    mon: tuple[str, ...] = ()
    tue: tuple[str, ...] = ()
    wed: tuple[str, ...] = ()
    thu: tuple[str, ...] = ()
    fri: tuple[str, ...] = ()
    sat: tuple[str, ...] = ()
    sun: tuple[str, ...] = ()
    holidays: str = ""


class Target(Section, frozen=True, rename={"from_": "from"}):
    """A service target, ``[targets.NAME]``: which contacts it is for, how long they may take, and by which clock.
    Several in a list (``[[targets.NAME]]``) hold for what is created ``from`` their date on.
    """

    metric: Literal["first_response", "next_reply", "resolution", "answer"]
    match: dict[str, Any]
    seconds: TargetSeconds
    from_: date | None = None
    clock: Literal["calendar", "business"] = "calendar"
    warn_seconds: NotNegative = 0


class Match(Section, frozen=True):
    """Whom a target is for: a name or several of each; a key that is absent stands for any."""

    queue: Name | Names = ()
    priority: Name | Names = ()
    tier: Name | Names = ()


class ServiceLevel(Section, frozen=True):
    """The named formula, and the short abandons: one number for every channel or a table by channel."""

    formula: Formula = "genesys"
    short_abandon_seconds: NotNegative | dict[str, NotNegative] = field(default_factory=lambda: {"voice": 5.0})


Currency = Annotated[
    str,
    Meta(pattern="^([A-Z]{3})?$", description="three capital letters (ISO 4217), such as EUR, or empty"),
]


class Kpis(Section, frozen=True):
    """The knobs of the definitions.

    ``csat_scale`` is the scale (lowest, highest) that satisfaction is shown on, ``csat_good_from`` the lowest good
    score on it: absent, three quarters of the scale, which is 4 on 1 to 5 (R35a). Scores on other scales are mapped
    linearly. ``currency`` empty: purchases are taken in whatever currency they say.
    """

    resume_within_seconds: NotNegative = 60
    heartbeat_seconds: Positive = 120
    first_response_start: Literal["customer", "created", "assigned"] = "customer"
    first_response_denominator: Literal["replied", "created"] = "replied"
    first_contact_window_days: Positive = 7
    first_contact_denominator: Literal["resolved", "received"] = "resolved"
    first_contact_form: Literal["any", "one_touch"] = "any"
    per_hour_denominator: Literal["staffed", "clock"] = "staffed"
    touch_kinds: tuple[Literal["reply", "note", "status", "field"], ...] = ("reply",)
    csat_scale: tuple[float, float] = (1, 5)
    csat_good_from: float | None = None
    net_promoter_passives: Literal["counted", "left_out"] = "counted"
    customer_effort_form: Literal["ces_2", "ces_1"] = "ces_2"
    currency: Currency = ""
    fixed_cost_per_hour: NotNegative = 0
    customer_lifespan_years: Positive | None = None
    lifetime_value_form: Literal["average", "total"] = "average"

    @property
    def good_points(self) -> int:
        """The lowest good score in thousandths of points on 1 to 5."""
        low, high = self.csat_scale
        share = 0.75 if self.csat_good_from is None else (self.csat_good_from - low) / (high - low)
        return int((1 + 4 * share) * 1000 + 0.5)

    def on_csat_scale(self, points: float) -> float:
        """A score from 1 to 5 on the scale that satisfaction is shown on."""
        low, high = self.csat_scale
        return low + (points - 1) / 4 * (high - low)

    @property
    def first_contact_ms(self) -> int:
        """The window of first contact in ms."""
        return round(self.first_contact_window_days * 86_400_000)


class Limits(Section, frozen=True):
    """Everything that grows has a limit here and a counter where it is hit."""

    queues: AtLeastOne = 1000
    channels: AtLeastOne = 16
    teams: AtLeastOne = 200
    priorities: AtLeastOne = 16
    events_per_record: AtLeastOne = 5000
    record_bytes: AtLeastOne = 1_048_576
    event_bytes: AtLeastOne = 65_536
    sse_clients: AtLeastOne = 500
    series: AtLeastOne = 150_000


class Worker(Section, frozen=True):
    """The two intervals of a worker, and where it listens with its metrics and answers (empty: nowhere). ``advertise``
    is the HOST:PORT that boards reach it at, where that is another one.
    """

    listen: str = "127.0.0.1:6066"
    advertise: str = ""
    publish_quiet_ms: AtLeastOne = 20
    publish_max_ms: AtLeastOne = 250
    persist_ms: AtLeastOne = 2000
    rotation_seconds: Positive = 600


class Board(Section, frozen=True):
    """Where the board listens, who may read it, how long history is kept (``retention_days`` 0: for ever). After
    ``stale_seconds`` without a worker everything is stale; after ``silent_seconds`` without an event of a source whose
    queues are open, what comes from that source is old (0: never).
    """

    listen: str = "127.0.0.1:8080"
    token_file: str = ""
    tls_cert: str = ""
    tls_key: str = ""
    per_agent: bool = False
    retention_days: Annotated[int, Meta(ge=0)] = 35
    stale_seconds: Positive = 30
    silent_seconds: NotNegative = 300


SECTIONS: dict[str, type[Section]] = {
    "kafka": Kafka,
    "time": Time,
    "service_level": ServiceLevel,
    "kpis": Kpis,
    "limits": Limits,
    "worker": Worker,
    "board": Board,
}
