"""A worker's metrics: what it has counted, read at a scrape, and how it is doing.

A large floor has tens of thousands of series here, so their lines are made in small pieces, between which events are
processed, and not more than once a second whoever asks.
"""

from __future__ import annotations

import asyncio
import gzip
import time
from collections.abc import Iterator
from typing import TYPE_CHECKING

from aiokafka import TopicPartition
from prometheus_client import CollectorRegistry, ProcessCollector
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, HistogramMetricFamily, Metric
from prometheus_client.exposition import choose_encoder
from prometheus_client.registry import Collector

from stream import __version__
from stream.core.metrics import EXPORTER, METRICS, PIPELINE, WORKER

if TYPE_CHECKING:
    import faust

    from stream.core.settings import Settings
    from stream.core.tally import Distribution
    from stream.worker.held import Held
    from stream.worker.records import StateTable

OUTCOMES = ("accepted", "duplicate", "late", "rejected", "fenced", "forwarded")
KINDS = {"counter": CounterMetricFamily, "gauge": GaugeMetricFamily, "histogram": HistogramMetricFamily}
PIECE = 200  # places between two of which events may be processed
FRESH_SECONDS = 1.0


def is_ready(table: StateTable) -> bool:
    """Recovered, and caught up with where the log ended then."""
    return table.ready and all(held.ends_at is None for held in table.held.values())


class WorkerCollector(Collector):
    """How the worker is doing. What is counted is processing: after a crash a few events are counted again."""

    def __init__(self, app: faust.App, config_version: str) -> None:
        self._app = app
        self._config_version = config_version
        self._families: dict[str, Metric] = {}
        self.series = self.series_max = self.left_out = 0
        self.seconds = 0.0

    def collect(self) -> Iterator[Metric]:
        """The metrics of the pipeline, and of their exposition."""
        self._families = {
            metric.name: KINDS[metric.kind](metric.family, metric.about, labels=metric.labels)
            for metric in (*PIPELINE, *EXPORTER)
        }
        tables: list[StateTable] = list(self._app.tables.values())
        for table in tables:
            self._topic(table)
            self._partitions(table)
        for table in tables[:1]:  # they share their names
            for kind, count in table.names.refused.items():
                self._add("pipeline_names_refused_total", count, kind)
        self._add("build_info", 1, __version__, self._config_version, WORKER)
        self._add("exporter_series_limit", self.series_max)
        self._add("exporter_series_left_out", self.left_out)
        self._add("exporter_collect_seconds", self.seconds)
        self._add("exporter_series", self.series + sum(len(family.samples) for family in self._families.values()) + 1)
        yield from self._families.values()

    def _add(self, name: str, value: float, *labels: str) -> None:
        self._families[f"support_{name}"].add_metric(labels, value)  # type: ignore[attr-defined]

    def _topic(self, table: StateTable) -> None:
        source, parts = table.source, [held.part for held in table.held.values()]
        counts, rejected = table.counted.outcomes(parts)
        for outcome in OUTCOMES:
            self._add("pipeline_events_total", counts[outcome], source, outcome)
        for reason, number in sorted(rejected.items()):
            self._add("pipeline_events_rejected_total", number, source, reason)
        self._add("pipeline_refolds_total", counts["refolds"], source)
        self._add("pipeline_table_keys", sum(part.record_count() for part in parts), source)
        self._add("pipeline_partitions_assigned", len(parts), source)
        self._add("pipeline_recovering", 0 if is_ready(table) else 1, source)
        self._add("pipeline_rebalances_total", table.rebalances, source)
        if table.counted.newest_ms:
            self._add("pipeline_last_event_timestamp_seconds", table.counted.newest_ms / 1000, source)
        for what, spent in table.seconds.items():
            self._add("pipeline_write_seconds_total", spent, source, what)
        self._distribution("pipeline_event_delay_seconds", table.counted.event_delay, source)
        self._distribution("pipeline_processing_delay_seconds", table.counted.processing_delay, source)

    def _distribution(self, name: str, found: Distribution, *labels: str) -> None:
        family = self._families[f"support_{name}"]
        family.add_metric(labels, buckets=found.buckets(), sum_value=found.shown_ms / 1000)  # type: ignore[attr-defined]

    def _partitions(self, table: StateTable) -> None:
        for number, held in sorted(table.held.items()):
            if held.part.watermark_ms:
                watermark_s = held.part.watermark_ms / 1000
                self._add("pipeline_partition_watermark_timestamp_seconds", watermark_s, table.source, str(number))
            lag = self._lag(table, number, held)
            if lag is not None:
                self._add("pipeline_partition_lag_messages", lag, table.source, str(number))

    def _lag(self, table: StateTable, number: int, held: Held) -> int | None:
        """How many events the broker has that are not processed; None: not known, as while partitions move."""
        if not table.ready:
            return None
        try:
            end = self._app.consumer.highwater(TopicPartition(table.source, number))
        except Exception:  # noqa: BLE001 - the client asserts; whatever it is, a scrape must not fail for it
            return None
        at = held.next if held.next is not None else held.part.next
        return None if end is None else max(0, end - max(at, held.start))


class WorkerExporter:
    """The bytes of a scrape."""

    def __init__(self, app: faust.App, settings: Settings) -> None:
        self._app, self._series_max = app, settings.limits.series
        self._collector = WorkerCollector(app, settings.config_version)
        self._collector.series_max = self._series_max
        self._registry = CollectorRegistry()
        self._registry.register(self._collector)
        ProcessCollector(registry=self._registry)
        self._bodies: dict[tuple[str, bool], tuple[float, bytes]] = {}
        self._rendering = asyncio.Lock()

    async def render(self, accept: str, *, zipped: bool) -> tuple[bytes, str]:
        """(body, content type) for what the scraper accepts."""
        encode, content_type = choose_encoder(accept)
        async with self._rendering:
            made_at, body = self._bodies.get((content_type, zipped), (-FRESH_SECONDS, b""))
            if time.monotonic() - made_at >= FRESH_SECONDS:
                text = await self._service(open_metrics="openmetrics" in content_type)
                body = text.encode() + encode(self._registry)
                if zipped:
                    body = await asyncio.to_thread(gzip.compress, body, 1)
                self._bodies[content_type, zipped] = (time.monotonic(), body)
        return body, content_type

    async def _service(self, *, open_metrics: bool) -> str:
        """What was counted of the service, up to ``limits.series``."""
        collector, parts, headed = self._collector, list[str](), ""
        series = left_out = 0
        spent, started = 0.0, time.perf_counter()
        for table in list(self._app.tables.values())[:1]:  # they share their tally
            for n, (name, lines) in enumerate(table.tally.blocks()):
                if series + len(lines) > self._series_max:
                    left_out += len(lines)
                    continue
                if name != headed:
                    headed = name
                    parts.append(METRICS[name].head(open_metrics=open_metrics))
                parts += lines
                series += len(lines)
                if n % PIECE == PIECE - 1:
                    spent += time.perf_counter() - started
                    await asyncio.sleep(0)
                    started = time.perf_counter()
        collector.series, collector.left_out = series, left_out
        collector.seconds = spent + time.perf_counter() - started
        return "".join(parts)
