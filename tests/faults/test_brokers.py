"""The broker dies, is slow, moves leaders, compacts: workers survive it in the same process, and nothing is lost."""

from __future__ import annotations

import asyncio
from dataclasses import replace

import pytest

from tests.end.pipeline import Pipeline, wait_for
from tests.faults.storm import SETTINGS, Storm
from tests.faults.stream import lines
from tests.kafka.cluster import Cluster
from topics.broker import create_topics
from topics.catalogue import SOURCES, changelog

pytestmark = [pytest.mark.kafka, pytest.mark.slow]


@pytest.mark.parametrize("seconds", [5, pytest.param(60, marks=pytest.mark.matrix)])
def test_the_broker_is_killed(floor, broker, seconds):
    """Away for a while: the workers wait, in the same process, and go on."""
    storm = Storm(floor, broker, seed=21)
    storm.send(lines(21, 12_000), rate=600)
    storm.at_work()
    before = {slot: worker.popen.pid for slot, worker in storm.workers.items()}
    storm.kill_broker(seconds)
    assert storm.settle().differs == []
    assert {slot: worker.popen.pid for slot, worker in storm.workers.items()} == before


@pytest.mark.matrix
def test_the_broker_answers_nothing(floor, broker):
    """Producers are blocked for 30 s, every buffer is full."""
    storm = Storm(floor, broker, seed=22)
    storm.send(lines(22, 20_000), rate=800)
    storm.at_work()
    storm.block(30)
    assert storm.settle().differs == []


def test_compaction_during_recovery(broker, tmp_path):
    """Changelogs are compacted all the time: offsets have holes, and a recovery runs into them."""
    with Pipeline(broker.address, tmp_path, dict(SETTINGS)) as floor:
        kafka = floor.loaded().kafka
        eager = {"cleanup.policy": "compact", "min.compaction.lag.ms": "0", "segment.ms": "300",
                 "min.cleanable.dirty.ratio": "0.01", "delete.retention.ms": "0"}  # fmt: skip
        made = [changelog(kafka.app_id, source) for source in SOURCES]
        made = [replace(topic, config={**topic.config, **eager}) for topic in made]
        asyncio.run(create_topics(kafka, made, kafka.partitions, 1))
        assert floor.run("topics", "create").returncode == 0
        storm = Storm(floor, broker, seed=23)
        storm.send(lines(23, 12_000), rate=600)
        storm.storm({storm.kill: 3, storm.term: 1}, (1.0, 4.0), least=5)
        wait_for(lambda: b"Cleaned" in _cleaner(broker) or _holes(kafka), "the broker has compacted", 60)
        for worker in storm.workers.values():
            worker.kill()
        assert storm.settle().differs == []


def _cleaner(broker) -> bytes:
    return (broker.folder / "output").read_bytes()


def _holes(kafka) -> bool:
    """Whether a changelog has lost offsets in between."""
    from tests.end.pipeline import read_topic

    rows = read_topic(kafka.brokers, changelog(kafka.app_id, "call.events").name)
    by_partition: dict[int, list[int]] = {}
    for row in rows:
        by_partition.setdefault(row.partition, []).append(row.offset)
    return any(offsets[-1] - offsets[0] + 1 > len(offsets) for offsets in by_partition.values())


@pytest.mark.matrix
def test_leaders_change(tmp_path):
    """Three brokers, two copies needed: each is killed once, and every leader moves."""
    with Cluster(tmp_path / "cluster") as cluster:
        settings = {**SETTINGS, "kafka.replication": 3}
        with Pipeline(cluster.address, tmp_path, settings) as floor:
            made = floor.run("topics", "create")
            assert made.returncode == 0, made.stderr
            storm = Storm(floor, cluster, seed=24)
            storm.send(lines(24, 20_000), rate=400)
            storm.at_work()
            for number in range(3):
                storm.faults["kill -9 of a leader"] += 1
                cluster.brokers[number].kill()
                storm.rest(8)
                cluster.brokers[number].start()
            assert storm.settle().differs == []
