"""The board's metrics: one collector that reads the view, and bytes that are rendered once and served many times.

Names follow from the catalogue of KPIs, so that a new KPI appears by itself: a level or age now, everything else with
its window. A total over queues is never exported (a sum over labels must make sense); a ratio without a denominator
has no sample; beyond ``limits.series`` nothing is exported silently: what is left out is counted.
"""

from __future__ import annotations

import asyncio
import gzip
import time
from collections.abc import Callable, Iterable, Iterator
from typing import TYPE_CHECKING

from prometheus_client import CollectorRegistry
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.exposition import choose_encoder
from prometheus_client.registry import Collector

from stream import __version__
from stream.board.sheet import Sheet

if TYPE_CHECKING:
    from stream.board.state import State

EVERY_SECONDS, SHARE = 1.0, 20
SCRAPED_SECONDS = 60.0  # so long after a scrape the next one is expected
_LEFT_OUT = "Series beyond limits.series that were left out"


Encoder = Callable[[CollectorRegistry], bytes]


class BoardCollector(Collector):
    """Configuration and pipeline: what is not a KPI. Reads the state at each rendering."""

    def __init__(self, state: State, sheet: Sheet) -> None:
        self._state, self._sheet = state, sheet

    def collect(self) -> Iterator[Metric]:
        """What alerts compare with, how fresh everything is, what the last rendering cost."""
        families = [family for family in (*self._configuration(), *self._pipeline()) if family.samples]
        yield from families
        series = self._sheet.series + sum(len(family.samples) for family in families)
        yield _gauge("support_exporter_series", "Series exported", series)
        yield _gauge("support_exporter_series_left_out", _LEFT_OUT, self._sheet.left_out)
        yield _gauge("support_exporter_collect_seconds", "Time that the last rendering took", self._sheet.seconds)
        build = GaugeMetricFamily(
            "support_build_info", "1; its labels say what runs", labels=("version", "config_version", "part")
        )
        build.add_metric((__version__, self._state.settings.config_version, "board"), 1)
        yield build

    def _configuration(self) -> Iterable[Metric]:
        """What alerts compare with, so that no number stands in two places."""
        objective = _family(
            "support_service_level_objective_ratio", "Promised share of the service level", "queue", "channel"
        )
        target = _family("support_answer_target_seconds", "Answer target of the queue", "queue", "channel")
        is_open = _family("support_queue_open", "1 while the queue is open, 0 while it is shut", "queue", "channel")
        now_ms = self._state.now_ms()
        for place in self._state.view.places():
            if place.family == "queue":
                queue, labels = self._state.settings.queue(place.name), (place.name, place.channel)
                objective.add_metric(labels, queue.objective)
                target.add_metric(labels, queue.answer_target_seconds)
                schedule = self._state.settings.schedule(place.name)
                is_open.add_metric(labels, int(schedule is None or schedule.is_open(now_ms)))
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


class Exporter:
    """The rendered metrics: made anew in small pieces while somebody scrapes, and served as the bytes that they are.

    Between two renderings passes a second at least, and twenty times what the last one took at most: the exporter may
    have a twentieth of the time, whatever the number of series. A scrape costs a copy.
    """

    def __init__(self, state: State) -> None:
        self._state = state
        self._sheet = Sheet(state)
        self._registry = CollectorRegistry()
        self._registry.register(BoardCollector(state, self._sheet))
        self._kpis = ""
        self._bodies: dict[tuple[str, bool], bytes] = {}
        self._encoders: dict[str, Encoder] = {}
        self._scraped = -SCRAPED_SECONDS
        self._rendering = asyncio.Lock()

    async def render(self, accept: str, *, zipped: bool) -> tuple[bytes, str]:
        """(body, content type) for what the scraper accepts."""
        if time.monotonic() - self._scraped > SCRAPED_SECONDS:
            await self.refresh()
        self._scraped = time.monotonic()
        encode, content_type = choose_encoder(accept)
        if (content_type, zipped) not in self._bodies:
            self._bodies[content_type, zipped] = await self._body(encode, zipped=zipped)
            self._encoders[content_type] = encode
        return self._bodies[content_type, zipped], content_type

    async def _body(self, encode: Encoder, *, zipped: bool) -> bytes:
        data = self._kpis.encode() + encode(self._registry)
        return await asyncio.to_thread(gzip.compress, data, 1) if zipped else data

    async def refresh(self) -> None:
        """Renders what has changed, in the forms that were asked for before."""
        async with self._rendering:
            self._kpis = await self._sheet.text()
            forms = [(self._encoders[content_type], content_type, zipped) for content_type, zipped in self._bodies]
            self._bodies = {(name, zipped): await self._body(encode, zipped=zipped) for encode, name, zipped in forms}

    async def run(self) -> None:
        """For ever: keeps the bytes fresh as long as somebody scrapes."""
        while True:
            await asyncio.sleep(max(EVERY_SECONDS, SHARE * self._sheet.seconds))
            if time.monotonic() - self._scraped <= SCRAPED_SECONDS:
                await self.refresh()
