"""A worker's own HTTP: its metrics, whether it lives, whether it is ready."""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from aiohttp import web
from prometheus_client import CollectorRegistry
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.exposition import choose_encoder
from prometheus_client.registry import Collector

from stream import __version__
from stream.guard import guard
from stream.worker.answers import Answers
from stream.worker.records import StateTable

if TYPE_CHECKING:
    import faust

    from stream.core.settings import Settings

OPEN_PATHS = frozenset(("/healthz", "/readyz", "/metrics"))
OUTCOMES = ("accepted", "duplicate", "late", "rejected", "fenced", "forwarded")


class WorkerCollector(Collector):
    """Reads the tables at each scrape. What is counted is processing: after a crash a few events are counted again."""

    def __init__(self, app: faust.App, config_version: str) -> None:
        self._app = app
        self._config_version = config_version

    def _tables(self) -> list[StateTable]:
        return list(self._app.tables.values())

    def collect(self) -> Iterator[Metric]:  # long: a list of metrics, one after the other
        """The worker's metrics."""
        events = CounterMetricFamily(
            "support_pipeline_events", "Events processed, by what became of them", labels=("topic", "outcome")
        )
        rejected = CounterMetricFamily(
            "support_pipeline_events_rejected",
            "Events rejected while processing, by reason",
            labels=("topic", "reason"),
        )
        impossible = CounterMetricFamily(
            "support_pipeline_refolds", "Events that came out of order and were refolded", labels=("topic",)
        )
        records = GaugeMetricFamily("support_pipeline_table_keys", "Records held", labels=("topic",))
        assigned = GaugeMetricFamily(
            "support_pipeline_partitions_assigned", "Source partitions owned", labels=("topic",)
        )
        recovering = GaugeMetricFamily(
            "support_pipeline_recovering", "1 while state is recovered or caught up", labels=("topic",)
        )
        rebalances = CounterMetricFamily("support_pipeline_rebalances", "Rebalances seen", labels=("topic",))
        watermark = GaugeMetricFamily(
            "support_pipeline_watermark_timestamp_seconds",
            "Highest event time processed",
            labels=("topic", "partition"),
        )
        seconds = CounterMetricFamily(
            "support_pipeline_write_seconds", "Time spent publishing and persisting", labels=("topic", "what")
        )
        for table in self._tables():
            parts = {number: held.part for number, held in table.held.items()}
            for outcome in OUTCOMES:
                events.add_metric((table.source, outcome), sum(part.counts[outcome] for part in parts.values()))
            for reason in sorted({reason for part in parts.values() for reason in part.rejected}):
                rejected.add_metric((table.source, reason), sum(part.rejected[reason] for part in parts.values()))
            impossible.add_metric((table.source,), sum(part.counts["refolds"] for part in parts.values()))
            records.add_metric((table.source,), sum(part.record_count() for part in parts.values()))
            assigned.add_metric((table.source,), len(parts))
            recovering.add_metric((table.source,), 0 if is_ready(table) else 1)
            rebalances.add_metric((table.source,), table.rebalances)
            for number, part in sorted(parts.items()):
                if part.watermark_ms:
                    watermark.add_metric((table.source, str(number)), part.watermark_ms / 1000)
            for what, spent in table.seconds.items():
                seconds.add_metric((table.source, what), spent)
        yield from (events, rejected, impossible, records, assigned, recovering, rebalances, watermark, seconds)
        names = CounterMetricFamily(
            "support_pipeline_names_refused", "Uses of names beyond limits.queues, channels, teams", labels=("kind",)
        )
        for table in self._tables()[:1]:
            for kind, count in table.names.refused.items():
                names.add_metric((kind,), count)
        yield names
        build = GaugeMetricFamily(
            "support_build_info", "1; its labels say what runs", labels=("version", "config_version", "part")
        )
        build.add_metric((__version__, self._config_version, "worker"), 1)
        yield build


def is_ready(table: StateTable) -> bool:
    """Recovered, and caught up with where the log ended then."""
    return table.ready and all(held.ends_at is None for held in table.held.values())


async def serve_status(app: faust.App, settings: Settings, token: str = "") -> web.AppRunner:
    """Starts the server on ``worker.listen`` (nowhere when that is empty). Raises ``OSError`` when it cannot listen."""
    registry = CollectorRegistry()
    registry.register(WorkerCollector(app, settings.config_version))
    started = time.time()

    async def metrics(request: web.Request) -> web.Response:
        encode, content_type = choose_encoder(request.headers.get("Accept", ""))
        return web.Response(body=encode(registry), headers={"Content-Type": content_type})

    async def healthz(_request: web.Request) -> web.Response:
        return web.json_response({"alive": True, "seconds": round(time.time() - started)})

    async def readyz(_request: web.Request) -> web.Response:
        tables: list[Any] = list(app.tables.values())
        waiting = [table.source for table in tables if not is_ready(table)]
        owned = sum(len(table.held) for table in tables)
        state = {"ready": not waiting and owned > 0, "recovering": waiting, "partitions": owned}
        return web.json_response(state, status=200 if state["ready"] else 503)

    answers = Answers(settings, app.tables.values)
    server = web.Application(middlewares=[guard(token, OPEN_PATHS)])
    server.add_routes([
        web.get("/metrics", metrics), web.get("/healthz", healthz), web.get("/readyz", readyz),
        web.get("/api/v1/contributions", answers.contributions),
    ])  # fmt: skip
    runner = web.AppRunner(server, access_log=None)
    await runner.setup()
    if settings.worker.listen:
        host, _, port = settings.worker.listen.rpartition(":")
        await web.TCPSite(runner, host, int(port)).start()
    return runner
