"""The catalogue of metrics, as data: what the board and the workers expose to Prometheus, by name.

Exporters, rules, boards and tests read name, type, labels and HELP from here; those of a KPI follow from the catalogue
of KPIs, so that a new KPI appears by itself. Base units, ratios 0 to 1; a label has a closed or limited set of values;
a sum over a label makes sense, so no total stands beside its parts. What has no value has no sample.

The *board* shows exact windows and levels, merged over all partitions: every board the same, so rules read them
through ``max without (instance, pod)``. A *worker* counts what it processes: rules read that through
``sum without (instance, pod) (rate(...))``; after a crash a few events are counted again, so that no alert about
service may use it.
"""

from __future__ import annotations

from dataclasses import dataclass

from stream.core.forms import Kpi
from stream.core.kpis import CATALOGUE

PREFIX = "support_"
BOARD, WORKER = "board", "worker"
JOBS = {BOARD: "deskpulse-board", WORKER: "deskpulse-worker"}
WINDOWS = ("5m", "15m", "30m", "1h", "today")
# A thousand queues are a hundred series each: all windows have what alerts read and supervisors steer by, the rest two,
# and what is broken down by a reason one.
STEERED_BY = frozenset(
    (
        "service_level_ratio",
        "service_level_decided",
        "abandonment_ratio",
        "contacts_offered",
        "contacts_answered",
        "contacts_abandoned",
        "answer_speed_seconds",
        "queue_wait_seconds",
        "handle_seconds",
        "occupancy_ratio",
    )
)
FEWER_WINDOWS, FEWEST_WINDOWS = ("30m", "today"), ("today",)
QUANTILES = {"p50": "0.5", "p90": "0.9", "p95": "0.95"}
# Percentiles are the dearest part of the rows: only those of these KPIs are exported.
WITH_QUANTILES = frozenset(("queue_wait_seconds",))
# An age is exported as the moment that it counts from, so that it grows without us: time() - x.
SINCE_NAMES = {
    "oldest_wait_seconds": "oldest_contact_queued_timestamp_seconds",
    "oldest_unreplied_seconds": "oldest_ticket_unreplied_timestamp_seconds",
}
# Prometheus has base units only: people read hours, metrics say seconds.
SECONDS_NAMES = {
    kpi.name: f"{kpi.name.removesuffix('_hours')}_seconds" for kpi in CATALOGUE.values() if kpi.unit == "hours"
}
# What a further dimension is called where its name on the rows would not be understood.
DIMENSION_NAMES = {("service_level_decided", "reason"): "result", ("transfers", "reason"): "kind"}
# Of the ways to look at a level the one that is exported.
_LEVEL_BY = {"agents": ("state",), "backlog_tickets": ("age",)}


@dataclass(frozen=True, slots=True)
class Metric:
    """One metric: ``name`` as rules write it, ``kind`` as its TYPE line says it, ``parts`` the processes that have
    it.
    """

    name: str
    kind: str
    about: str
    labels: tuple[str, ...] = ()
    parts: tuple[str, ...] = (WORKER,)

    @property
    def family(self) -> str:
        """The name that the library wants: a counter's without ``_total``."""
        return self.name.removesuffix("_total") if self.kind == "counter" else self.name

    def head(self, *, open_metrics: bool = False) -> str:
        """Its HELP and TYPE lines; OpenMetrics names a counter without ``_total``."""
        name = self.family if open_metrics else self.name
        about = self.about.replace("\\", "\\\\").replace("\n", "\\n")
        return f"# HELP {name} {about}\n# TYPE {name} {self.kind}\n"

    def samples(self) -> dict[str, tuple[str, ...]]:
        """The names of its series, and the labels of each."""
        if self.kind != "histogram":
            return {self.name: self.labels}
        return {
            f"{self.name}_bucket": (*self.labels, "le"),
            f"{self.name}_sum": self.labels,
            f"{self.name}_count": self.labels,
        }


def escaped(value: str) -> str:
    """A label's value as the text form wants it."""
    return value.replace("\\", "\\\\").replace("\n", "\\n").replace('"', '\\"')


def place_labels(kpi: Kpi) -> tuple[str, ...]:
    """The labels that say where. Employees' answers by team are for the report only; a backlog is over all channels."""
    if kpi.overall or kpi.family == "employee":
        return ()
    if kpi.family == "agent":
        return ("team",)
    return ("queue",) if kpi.name == "backlog_tickets" else ("queue", "channel")


def further_dimensions(kpi: Kpi) -> tuple[str, ...]:
    """The further dimensions of the rows that are exported, as the rows name them."""
    if kpi.name in _LEVEL_BY:
        return _LEVEL_BY[kpi.name]
    return tuple(name for name in kpi.dimensions if name not in ("queue", "channel", "team"))


def windows_of(kpi: Kpi) -> tuple[str, ...]:
    """The windows in which a KPI is exported; of a level ``now``."""
    if kpi.live:
        return ("now",)
    if kpi.name in STEERED_BY:
        return WINDOWS
    windows = FEWEST_WINDOWS if "reason" in kpi.dimensions else FEWER_WINDOWS
    return windows if kpi.live is False else ("now", *windows)


def of_kpi(kpi: Kpi) -> dict[str, Metric]:
    """The metrics of a KPI, by the stat of its rows. A duration has its mean, and quantiles where they are wanted."""
    labels = (
        *place_labels(kpi),
        *(DIMENSION_NAMES.get((kpi.name, name), name) for name in further_dimensions(kpi)),
        *(() if kpi.live else ("window",)),
    )
    about, base = kpi.formula[0].upper() + kpi.formula[1:], kpi.name.removesuffix("_seconds")

    def metric(name: str, words: str, kind: str = "gauge", *further: str) -> Metric:
        return Metric(PREFIX + name, kind, words, (*labels, *further), (BOARD,))

    if kpi.form == "age":
        return {"value": metric(SINCE_NAMES[kpi.name], f"Since when: the age is {kpi.formula}")}
    if kpi.form != "duration":
        return {"value": metric(SECONDS_NAMES.get(kpi.name, kpi.name), about)}
    found = {"mean": metric(f"{base}_mean_seconds", f"Mean {kpi.formula}")}
    if kpi.name in WITH_QUANTILES:
        # Prometheus has the label "quantile" for summaries only: these are summaries that show their quantiles.
        quantiles = metric(f"{base}_quantile_seconds", f"Quantiles: {kpi.formula}", "summary", "quantile")
        found |= dict.fromkeys(QUANTILES, quantiles)
    return found


OF_KPIS: dict[tuple[str, str], Metric] = {
    (name, stat): metric for name, kpi in CATALOGUE.items() for stat, metric in of_kpi(kpi).items()
}


def _board(name: str, about: str, *labels: str, kind: str = "gauge") -> Metric:
    return Metric(PREFIX + name, kind, about, labels, (BOARD,))


def _worker(name: str, about: str, *labels: str, kind: str = "gauge") -> Metric:
    return Metric(PREFIX + name, kind, about, labels, (WORKER,))


def _counter(name: str, about: str, *labels: str) -> Metric:
    return _worker(f"{name}_total", about, *labels, kind="counter")


def _processed(kpi: str, *further: str) -> Metric:
    """What a worker has counted of a KPI: the same words, and that they are of the processing."""
    return _counter(kpi, f"While processing: {CATALOGUE[kpi].formula}", "queue", "channel", *further)


def _distribution(kpi: str) -> Metric:
    return _worker(kpi, f"While processing: {CATALOGUE[kpi].formula}", "queue", "channel", kind="histogram")


# Configuration as metrics: rules compare data with data, and no number stands in two places.
CONFIGURATION = (
    _board("service_level_objective_ratio", "Promised share of the service level", "queue", "channel"),
    _board("answer_target_seconds", "Answer target of the queue", "queue", "channel"),
    _board("abandonment_max_ratio", "The highest abandonment ratio that is accepted", "queue", "channel"),
    _board("longest_wait_max_seconds", "The longest wait that is accepted", "queue", "channel"),
    _board("queue_open", "1 while the queue is open, 0 while it is shut", "queue", "channel"),
    _board("queue_team", "1 for each team that takes the queue's contacts", "queue", "channel", "team"),
)
PIPELINE_OF_BOARD = (
    _board("pipeline_applied_events", "Events in the numbers shown, by what became of them", "topic", "outcome"),
    _board("pipeline_rejected_events", "Events refused, by reason", "topic", "reason"),
    _board("pipeline_watermark_timestamp_seconds", "Event time up to which data are shown", "topic"),
    _board("pipeline_last_published_timestamp_seconds", "When a worker was last heard of, oldest partition", "topic"),
    _board("pipeline_partitions", "Source partitions that there are", "topic"),
    _board("pipeline_partitions_seen", "Source partitions that a worker has published", "topic"),
    _board("pipeline_partitions_silent", "Source partitions not heard of for board.stale_seconds", "topic"),
    _board("board_ready", "1 when every partition is read and fresh"),
    _board("board_unreadable_records_total", "Records of the aggregates' topic that are none of ours", kind="counter"),
)
SERVICE = (
    _processed("contacts_offered"),
    _processed("contacts_answered"),
    _processed("contacts_abandoned"),
    _processed("contacts_flowed_out", "reason"),
    _processed("service_level_decided", "result"),
    _distribution("queue_wait_seconds"),
    _distribution("handle_seconds"),
    _distribution("first_response_seconds"),
    _counter("pipeline_impossible", "Ends that lie before their start, which give no duration", "queue", "channel"),
)
_DELAY = "to the acknowledged publication, which a board shows within a tenth of a second"
PIPELINE = (
    _counter("pipeline_events", "Events processed, by what became of them", "topic", "outcome"),
    _counter("pipeline_events_rejected", "Events rejected while processing, by reason", "topic", "reason"),
    _worker("pipeline_event_delay_seconds", f"From the event's time {_DELAY}", "topic", kind="histogram"),
    _worker("pipeline_processing_delay_seconds", f"From the arrival at the broker {_DELAY}", "topic", kind="histogram"),
    _worker("pipeline_last_event_timestamp_seconds", "Arrival at the broker of the newest event processed", "topic"),
    _worker("pipeline_partition_watermark_timestamp_seconds", "Highest event time processed", "topic", "partition"),
    _worker("pipeline_partition_lag_messages", "Events at the broker, not yet processed", "topic", "partition"),
    _worker("pipeline_partitions_assigned", "Source partitions owned", "topic"),
    _worker("pipeline_recovering", "1 while state is recovered or caught up", "topic"),
    _counter("pipeline_rebalances", "Rebalances seen", "topic"),
    _worker("pipeline_table_keys", "Records held", "topic"),
    _counter("pipeline_refolds", "Events that came out of order and were refolded", "topic"),
    _counter("pipeline_write_seconds", "Time spent publishing and persisting", "topic", "what"),
    _counter("pipeline_names_refused", "Uses of names beyond limits.queues, channels, teams", "kind"),
)
EXPORTER = tuple(
    Metric(PREFIX + name, "gauge", about, labels, (BOARD, WORKER))
    for name, about, labels in (
        ("exporter_series", "Series exported", ()),
        ("exporter_series_limit", "The most series that are exported: limits.series", ()),
        ("exporter_series_left_out", "Series beyond limits.series that were left out", ()),
        ("exporter_collect_seconds", "Processor time that the last rendering took", ()),
        ("build_info", "1; its labels say what runs", ("version", "config_version", "part")),
    )
)
# What the library says of every process, under the names that everybody's boards know.
PROCESS = tuple(
    Metric(f"process_{name}", kind, about, (), (BOARD, WORKER))
    for name, kind, about in (
        ("virtual_memory_bytes", "gauge", "Virtual memory size in bytes."),
        ("resident_memory_bytes", "gauge", "Resident memory size in bytes."),
        ("start_time_seconds", "gauge", "Start time of the process since unix epoch in seconds."),
        ("cpu_seconds_total", "counter", "Total user and system CPU time spent in seconds."),
        ("open_fds", "gauge", "Number of open file descriptors."),
        ("max_fds", "gauge", "Maximum number of open file descriptors."),
    )
)
METRICS: dict[str, Metric] = {
    metric.name: metric
    for metric in (*OF_KPIS.values(), *CONFIGURATION, *PIPELINE_OF_BOARD, *SERVICE, *PIPELINE, *EXPORTER, *PROCESS)
}
