"""A worker's metrics: those of the catalogue, counters that never fall, delays, and the limit on series."""

from __future__ import annotations

import asyncio
import subprocess
from collections import defaultdict
from types import SimpleNamespace

import pytest
from prometheus_client.openmetrics.parser import text_string_to_metric_families as open_metrics
from prometheus_client.parser import text_string_to_metric_families as plain

from stream.core.metrics import METRICS, WORKER
from stream.core.settings import load
from stream.core.tally import Counting, Distribution, Tally
from stream.worker.counted import Counted
from stream.worker.delays import EDGES_MS, Waiting, show
from stream.worker.exporter import WorkerExporter
from stream.worker.held import Held
from tests.core.floor import CALL, T0_MS, TICKET, answered, call, entered, left, partition, reply, rows_of, ticket

OPEN = "application/openmetrics-text; version=1.0.0"


class Consumer:
    """As much of the consumer as is asked: where the logs end."""

    def __init__(self, end=None):
        self.end = end

    def highwater(self, tp):
        assert self.end is not None, "not assigned"
        return self.end


def table(topic, settings, tally, *events):
    """A worker's table as its exporter reads it, with one partition that has applied the events."""
    part = partition(topic, settings)
    part.counting = Counting(tally)
    held = Held(part)
    held.restart(T0_MS)
    counted = Counted()
    part.apply(rows_of([*events, (topic, b"c9", b"not json")]))
    counted.applied(held, T0_MS + 100_000)
    counted.shown([held.swap()], T0_MS + 100_000)
    counted.newest_ms = T0_MS
    held.next = len(events) + 1
    seconds = defaultdict(float, publish=0.1)
    names = SimpleNamespace(refused={"queue": 1})
    return SimpleNamespace(
        source=topic,
        held={0: held},
        names=names,
        tally=tally,
        counted=counted,
        ready=True,
        rebalances=1,
        seconds=seconds,
    )


@pytest.fixture
def app():
    """A worker after a busy minute."""
    settings, (one, created) = load("", {}, {}), ticket()
    tally = Tally(settings)
    first, second, third, fifth = (call(f"c{n}") for n in range(4))
    calls = [
        entered(first, 0), answered(first, 5), first("contact.ended", 60, by="customer"), entered(second, 0),
        left(second, 30, "abandoned"), entered(third, 0), left(third, 20, "overflow"), entered(fifth, 50), answered(fifth, 10),
    ]  # fmt: skip
    tables = {
        "calls": table(CALL, settings, tally, *calls),
        "tickets": table(TICKET, settings, tally, created, reply(one, 1800)),
    }
    return SimpleNamespace(tables=tables, consumer=Consumer(20), settings=settings)


async def samples(app, accept="", **overrides):
    """Name -> samples, as Prometheus reads them."""
    settings = load("", {}, overrides)
    body, _ = await WorkerExporter(app, settings).render(accept, zipped=False)
    parse = open_metrics if accept else plain
    found = defaultdict(list)
    for family in parse(body.decode()):
        for sample in family.samples:
            found[sample.name].append(sample)
    return found


async def test_a_scrape_has_the_catalogues_metrics(app):
    """Every metric that the catalogue gives to a worker, with its labels and its type, and no other."""
    body, _ = await WorkerExporter(app, app.settings).render(OPEN, zipped=False)
    families = {family.name: family for family in open_metrics(body.decode())}
    wanted = {metric.family: metric for metric in METRICS.values() if WORKER in metric.parts}
    assert families.keys() == wanted.keys()
    for name, metric in wanted.items():
        assert families[name].type == metric.kind, name
        assert families[name].documentation == metric.about, name
        for sample in families[name].samples:
            assert set(sample.labels) == set(metric.samples()[sample.name]), sample


async def test_promtool_accepts_a_workers_metrics(app):
    """Prometheus' own tool finds nothing to say."""
    body, content_type = await WorkerExporter(app, app.settings).render("", zipped=False)
    assert content_type.startswith("text/plain")
    done = await asyncio.to_thread(
        subprocess.run, ["promtool", "check", "metrics"], input=body, capture_output=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr


async def test_the_lag_is_what_the_broker_has_more(app):
    """Twenty events at the broker, ten of the calls processed; while partitions move it is unknown, and nothing fails."""
    found = await samples(app)
    lag = {s.labels["topic"]: s.value for s in found["support_pipeline_partition_lag_messages"]}
    assert lag == {CALL: 10, TICKET: 17}
    app.consumer.end = None
    assert "support_pipeline_partition_lag_messages" not in await samples(app)


async def test_a_partition_that_goes_leaves_what_was_counted_of_it(app):
    """A counter that fell would look like a restart, and everything before would count again."""
    before = await samples(app)
    calls = app.tables["calls"]
    calls.counted.leave(calls.held.pop(0).part)
    after = await samples(app)
    for name in (
        "support_pipeline_events_total",
        "support_pipeline_events_rejected_total",
        "support_contacts_offered_total",
    ):
        assert [s.value for s in after[name]] == [s.value for s in before[name]], name
    assigned = {s.labels["topic"]: s.value for s in after["support_pipeline_partitions_assigned"]}
    assert assigned == {CALL: 0, TICKET: 1}


async def test_no_series_beyond_the_limit(app):
    """A distribution is exported whole or not at all; what is left out is counted."""
    whole, cut = await samples(app), await samples(app, **{"limits.series": 20})
    of_service = [sum(len(s) for s in found.values() if "queue" in s[0].labels) for found in (whole, cut)]
    assert of_service[1] <= 20 < of_service[0]
    assert cut["support_exporter_series_left_out"][0].value == of_service[0] - of_service[1]
    assert cut["support_exporter_series_limit"][0].value == 20
    for name in ("queue_wait", "handle", "first_response"):
        counts = {(*s.labels.values(), s.value) for s in cut[f"support_{name}_seconds_count"]}
        whole_counts = {(*s.labels.values(), s.value) for s in whole[f"support_{name}_seconds_count"]}
        assert counts <= whole_counts


def test_a_delay_is_counted_when_it_is_shown():
    """It waits until a publication is acknowledged, and is then as long as it was."""
    waiting, found = Waiting(), Distribution(EDGES_MS)
    waiting.take([T0_MS, T0_MS, T0_MS + 900], T0_MS + 1000, found)
    assert found.buckets()[-1] == ("+Inf", 0)
    show(waiting.swap(), T0_MS + 1150, found)
    assert dict(found.buckets())["0.25"] == 1
    assert dict(found.buckets())["1.0"] == 1
    assert dict(found.buckets())["2.5"] == 3
    assert found.shown_ms == 1150 + 1150 + 250
    show(waiting.swap(), T0_MS + 9000, found)
    assert found.buckets()[-1] == ("+Inf", 3)


def test_delays_take_little_room():
    """Events of hours, read again after an outage, are counted at once or kept by their moment."""
    waiting, found = Waiting(), Distribution(EDGES_MS)
    for hour in range(4):
        now = T0_MS + hour * 3_600_000
        waiting.take(range(now - 899_000, now, 7), now, found)
        waiting.take(range(now - 9_000_000, now - 8_000_000, 100), now, found)
        assert len(waiting._since) <= 3 * EDGES_MS[-1] // 10
    assert found.buckets()[-1][1] >= 40_000
