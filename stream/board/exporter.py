"""The board's metrics: one collector that reads the view, and bytes that are rendered once and served many times.

Names follow from the catalogue of KPIs, so that a new KPI appears by itself: a level or age now, everything else with
its window. A total over queues is never exported (a sum over labels must make sense); a ratio without a denominator
has no sample; beyond ``limits.series`` nothing is exported silently: what is left out is counted.
"""

from __future__ import annotations

import asyncio
import gzip
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from typing import TYPE_CHECKING

from prometheus_client import CollectorRegistry, ProcessCollector
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.exposition import choose_encoder
from prometheus_client.registry import Collector

from stream import __version__
from stream.board.sheet import Sheet
from stream.core.metrics import BOARD, CONFIGURATION, METRICS, PIPELINE_OF_BOARD
from topics.catalogue import SOURCES

if TYPE_CHECKING:
    from stream.board.state import State

EVERY_SECONDS, SELDOM_SECONDS, SHARE = 1.0, 10.0, 20
SCRAPED_SECONDS = 60.0  # so long after a scrape the next one is expected


Family = CounterMetricFamily | GaugeMetricFamily
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
        yield _one("support_exporter_series", series)
        yield _one("support_exporter_series_limit", self._state.settings.limits.series)
        yield _one("support_exporter_series_left_out", self._sheet.left_out)
        yield _one("support_exporter_collect_seconds", self._sheet.seconds)
        build = family("support_build_info")
        build.add_metric((__version__, self._state.settings.config_version, BOARD), 1)
        yield build

    def _configuration(self) -> Iterable[Metric]:
        """What alerts compare with, so that no number stands in two places."""
        families = [family(metric.name) for metric in CONFIGURATION]
        *per_queue, teams = families
        now_ms = self._state.now_ms()
        for place in self._state.view.places():
            if place.family == "queue":
                queue, labels = self._state.settings.queue(place.name), (place.name, place.channel)
                schedule = self._state.settings.schedule(place.name)
                values = (
                    queue.objective,
                    queue.answer_target_seconds,
                    queue.abandonment_max,
                    queue.longest_wait_max_seconds,
                    int(schedule is None or schedule.is_open(now_ms)),
                )
                for metric, value in zip(per_queue, values, strict=True):
                    metric.add_metric(labels, value)
                for team in queue.teams:
                    teams.add_metric((*labels, team), 1)
        return families

    def _pipeline(self) -> Iterable[Metric]:
        families = [family(metric.name) for metric in PIPELINE_OF_BOARD]
        events, rejected, watermark, heard, there, seen, quiet, ready, unreadable = families
        state = self._state
        silent = Counter(name.rpartition("/")[0] for name in state.silent())
        for topic in SOURCES:
            of_topic = [mark for (name, _), mark in state.view.marks.items() if name == topic]
            there.add_metric((topic,), state.follower.partitions)
            seen.add_metric((topic,), len(of_topic))
            if not of_topic or not state.follower.caught_up.is_set():
                continue  # half of what was published is no number
            quiet.add_metric((topic,), silent[topic])
            for outcome in ("accepted", "duplicate", "late"):
                events.add_metric((topic, outcome), sum(getattr(mark, outcome) for mark in of_topic))
            events.add_metric((topic, "rejected"), sum(sum(mark.rejected.values()) for mark in of_topic))
            for reason in sorted({reason for mark in of_topic for reason in mark.rejected}):
                rejected.add_metric((topic, reason), sum(mark.rejected.get(reason, 0) for mark in of_topic))
            highest = max(mark.watermark_ms for mark in of_topic)
            if highest:
                watermark.add_metric((topic,), highest / 1000)
            heard.add_metric((topic,), min(mark.published_ms for mark in of_topic) / 1000)
        ready.add_metric((), int(not state.problems()))
        unreadable.add_metric((), state.follower.unreadable)
        return families


def family(name: str) -> Family:
    """An empty family of the catalogue's metric ``name``."""
    metric = METRICS[name]
    kind = CounterMetricFamily if metric.kind == "counter" else GaugeMetricFamily
    return kind(metric.family, metric.about, labels=metric.labels)


def _one(name: str, value: float) -> Family:
    found = family(name)
    found.add_metric((), value)
    return found


class Exporter:
    """The rendered metrics: made anew in small pieces while somebody scrapes, and served as the bytes that they are.

    Between two renderings passes a second at least and twenty times what the last one took, so that the exporter has a
    twentieth of the time; but never more than ten seconds, or alerts would rest on old numbers. A scrape costs a copy.
    """

    def __init__(self, state: State) -> None:
        self._state = state
        self._sheet = Sheet(state)
        self._registry = CollectorRegistry()
        self._registry.register(BoardCollector(state, self._sheet))
        ProcessCollector(registry=self._registry)
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
            # A board that has yet to read everything has no numbers: half of them would be wrong ones.
            self._kpis = await self._sheet.text() if self._state.follower.caught_up.is_set() else ""
            forms = [(self._encoders[content_type], content_type, zipped) for content_type, zipped in self._bodies]
            self._bodies = {(name, zipped): await self._body(encode, zipped=zipped) for encode, name, zipped in forms}

    async def run(self) -> None:
        """For ever: keeps the bytes fresh as long as somebody scrapes."""
        while True:
            await asyncio.sleep(min(SELDOM_SECONDS, max(EVERY_SECONDS, SHARE * self._sheet.seconds)))
            if time.monotonic() - self._scraped <= SCRAPED_SECONDS:
                await self.refresh()
