"""The board's metrics: one collector that reads the view, and bytes that are rendered once and served many times.

Names follow from the catalogue of KPIs, so that a new KPI appears by itself: a level or age now, everything else with
its window. A total over queues is never exported (a sum over labels must make sense); a ratio without a denominator
has no sample; beyond ``limits.series`` nothing is exported silently: what is left out is counted.
"""

from __future__ import annotations

import gzip
import time
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

from prometheus_client import CollectorRegistry
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric, SummaryMetricFamily
from prometheus_client.exposition import choose_encoder
from prometheus_client.registry import Collector

from stream import __version__
from stream.core.forms import Kpi
from stream.core.kpis import CATALOGUE
from stream.core.view import KpiRow, further_of

if TYPE_CHECKING:
    from stream.board.state import State

WINDOWS = ("5m", "15m", "30m", "1h", "today")
QUANTILES = {"p50": "0.5", "p90": "0.9", "p95": "0.95"}
WITH_QUANTILES = frozenset(("queue_wait_seconds",))
PREFIX = "support_"
# An age is exported as the moment that it counts from, so that it grows without us: time() - x.
SINCE_NAMES = {
    "oldest_wait_seconds": "oldest_contact_queued_timestamp_seconds",
    "oldest_unreplied_seconds": "oldest_ticket_unreplied_timestamp_seconds",
}
# What a further dimension is called where its name on the rows would not be understood.
DIMENSION_NAMES = {("service_level_decided", "reason"): "result", ("transfers", "reason"): "kind"}
_LEFT_OUT = "Series beyond limits.series that were left out"


class BoardCollector(Collector):
    """Reads the state at each rendering."""

    def __init__(self, state: State) -> None:
        self._state = state

    def collect(self) -> Iterator[Metric]:
        """KPIs, configuration, pipeline; then what this cost."""
        started = time.perf_counter()
        left, dropped, series = self._state.settings.limits.series, 0, 0
        for family in (*self._kpis(), *self._configuration(), *self._pipeline()):
            if len(family.samples) > left:
                dropped += len(family.samples) - left
                family.samples = family.samples[:left]
            left -= len(family.samples)
            series += len(family.samples)
            if family.samples:
                yield family
        yield _gauge("support_exporter_series", "Series exported", series)
        yield _gauge("support_exporter_series_left_out", _LEFT_OUT, dropped)
        yield _gauge(
            "support_exporter_collect_seconds", "Time that the last rendering took", time.perf_counter() - started
        )
        build = GaugeMetricFamily(
            "support_build_info", "1; its labels say what runs", labels=("version", "config_version", "part")
        )
        build.add_metric((__version__, self._state.settings.config_version, "board"), 1)
        yield build

    def _kpis(self) -> Iterable[Metric]:
        now_ms, view = self._state.now_ms(), self._state.view
        families: dict[str, Metric] = {}
        for window in ("now", *WINDOWS):
            for row in view.rows(window, now_ms):
                if (
                    (row.queue is None or row.channel is None)
                    and not isinstance(row.team, str)
                    and row.kpi != "backlog_tickets"
                ):
                    continue
                _add(families, CATALOGUE[row.kpi], row, window, now_ms)
        return families.values()

    def _configuration(self) -> Iterable[Metric]:
        """What alerts compare with, so that no number stands in two places."""
        objective = _family(
            "support_service_level_objective_ratio", "Promised share of the service level", "queue", "channel"
        )
        target = _family("support_answer_target_seconds", "Answer target of the queue", "queue", "channel")
        is_open = _family("support_queue_open", "1 while the queue is open", "queue", "channel")
        for place in self._state.view.places():
            if place.family == "queue":
                queue, labels = self._state.settings.queue(place.name), (place.name, place.channel)
                objective.add_metric(labels, queue.objective)
                target.add_metric(labels, queue.answer_target_seconds)
                is_open.add_metric(labels, 1)
        return objective, target, is_open

    def _pipeline(self) -> Iterable[Metric]:
        events = _family(
            "support_pipeline_applied_events", "Events in the numbers shown, by what became of them", "topic", "outcome"
        )
        rejected = _family("support_pipeline_rejected_events", "Events refused, by reason", "topic", "reason")
        watermark = _family(
            "support_pipeline_watermark_timestamp_seconds", "Event time up to which data are shown", "topic"
        )
        heard = _family(
            "support_pipeline_last_published_timestamp_seconds",
            "When a worker was last heard of, oldest partition",
            "topic",
        )
        lag = _family("support_pipeline_partitions_seen", "Source partitions that a worker has published", "topic")
        marks = self._state.view.marks
        for topic in sorted({topic for topic, _ in marks}):
            of_topic = [mark for (name, _), mark in marks.items() if name == topic]
            for outcome in ("accepted", "duplicate", "late"):
                events.add_metric((topic, outcome), sum(getattr(mark, outcome) for mark in of_topic))
            events.add_metric((topic, "rejected"), sum(sum(mark.rejected.values()) for mark in of_topic))
            for reason in sorted({reason for mark in of_topic for reason in mark.rejected}):
                rejected.add_metric((topic, reason), sum(mark.rejected.get(reason, 0) for mark in of_topic))
            highest = max(mark.watermark_ms for mark in of_topic)
            if highest:
                watermark.add_metric((topic,), highest / 1000)
            heard.add_metric((topic,), min(mark.published_ms for mark in of_topic) / 1000)
            lag.add_metric((topic,), len(of_topic))
        unreadable = CounterMetricFamily(
            "support_board_unreadable_records", "Records of the aggregates' topic that are none of ours"
        )
        unreadable.add_metric((), self._state.follower.unreadable)
        return events, rejected, watermark, heard, lag, unreadable


def _family(name: str, about: str, *labels: str) -> GaugeMetricFamily:
    return GaugeMetricFamily(name, about, labels=labels)


def _gauge(name: str, about: str, value: float) -> GaugeMetricFamily:
    return GaugeMetricFamily(name, about, value=value)


def _add(families: dict[str, Metric], kpi: Kpi, row: KpiRow, window: str, now_ms: int) -> None:
    """The sample of a row, in the family that it belongs to; some rows have none."""
    found = _further(kpi, row) if kpi.form == "level" else _stat(kpi, row, now_ms)
    if found is None:
        return
    name, about, further, value = found
    place = (
        {"team": row.team or ""}
        if isinstance(row.team, str)
        else {"queue": row.queue or "", "channel": row.channel or ""}
    )
    labels = {**place, **further} | ({} if kpi.live else {"window": window})
    if kpi.name == "backlog_tickets":  # over all channels, by age: one series for each way to look at it
        del labels["channel"]
    family = families.get(name)
    if family is None:
        # Prometheus has the label "quantile" for summaries only: these are summaries that show their quantiles.
        kind = SummaryMetricFamily if "quantile" in labels else GaugeMetricFamily
        family = families[name] = kind(PREFIX + name, about[0].upper() + about[1:], labels=tuple(labels))
    family.add_sample(PREFIX + name, labels, value)


Sampled = tuple[str, str, dict[str, str], float]


def _further(kpi: Kpi, row: KpiRow) -> Sampled | None:
    """A level: where it has a further dimension, by that dimension and not its total."""
    if kpi.name == "agents":
        return (kpi.name, kpi.formula, {"state": row.state}, row.value) if isinstance(row.state, str) else None
    if kpi.name == "backlog_tickets":
        over_channels = row.channel is None and row.queue is not None
        return (
            (kpi.name, kpi.formula, {"age": row.age}, row.value) if over_channels and isinstance(row.age, str) else None
        )
    return kpi.name, kpi.formula, {}, row.value


def _stat(kpi: Kpi, row: KpiRow, now_ms: int) -> Sampled | None:
    """An age as the moment that it counts from, a duration by its mean and quantiles, anything else as it is."""
    if kpi.form == "age":
        return SINCE_NAMES[kpi.name], f"Since when: the age is {kpi.formula}", {}, (now_ms - row.value * 1000) / 1000
    further: dict[str, str] = {}
    for name, value in further_of(row).items():
        if value is None:  # the total over a further dimension: the sum over its label
            return None
        further[DIMENSION_NAMES.get((kpi.name, name), name)] = value
    if kpi.form != "duration":
        return kpi.name, kpi.formula, further, row.value
    base = kpi.name.removesuffix("_seconds")
    if row.stat == "mean":
        return f"{base}_mean_seconds", f"Mean {kpi.formula}", further, row.value
    if row.stat in QUANTILES and kpi.name in WITH_QUANTILES:
        return (
            f"{base}_quantile_seconds",
            f"Quantiles: {kpi.formula}",
            further | {"quantile": QUANTILES[row.stat]},
            row.value,
        )
    return None


class Exporter:
    """The rendered metrics, made anew when the view has changed or a second has passed, and served as bytes."""

    def __init__(self, state: State) -> None:
        self._state = state
        self._registry = CollectorRegistry()
        self._registry.register(BoardCollector(state))
        self._kept: dict[tuple[str, bool], tuple[tuple[int, int], bytes, str]] = {}

    def render(self, accept: str, *, zipped: bool) -> tuple[bytes, str]:
        """(body, content type) for what the scraper accepts."""
        encode, content_type = choose_encoder(accept)
        at = (self._state.view.version, self._state.now_ms() // 1000)
        kept = self._kept.get((content_type, zipped))
        if kept is None or kept[0] != at:
            body = encode(self._registry)
            kept = self._kept[content_type, zipped] = (at, gzip.compress(body, 1) if zipped else body, content_type)
        return kept[1], kept[2]
