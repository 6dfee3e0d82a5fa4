"""The broker dies, is slow, moves leaders, compacts: workers survive it in the same process, and nothing is lost."""

from __future__ import annotations

import pytest

from tests.end.pipeline import Pipeline, wait_for
from tests.faults.compaction import create_eager_topics, has_holes
from tests.faults.storm import SETTINGS, Storm
from tests.faults.stream import lines
from tests.kafka.cluster import Cluster
from topics.catalogue import SOURCES, changelog

pytestmark = [pytest.mark.kafka, pytest.mark.slow]


@pytest.mark.parametrize("seconds", [5, pytest.param(60, marks=pytest.mark.matrix)])
def test_the_broker_is_killed(floor, broker, seconds):
    """Away for a while: the workers wait, in the same process, and go on."""
    storm = Storm(floor, seed=21, broker=broker)
    storm.send(lines(21, 8_000), rate=600)
    storm.at_work()
    before = {slot: worker.popen.pid for slot, worker in storm.workers.items()}
    storm.kill_broker(seconds)
    assert storm.settle().differs == []
    assert {slot: worker.popen.pid for slot, worker in storm.workers.items()} == before


@pytest.mark.matrix
def test_the_broker_answers_nothing(floor, broker):
    """Producers are blocked for 30 s, every buffer is full."""
    storm = Storm(floor, seed=22, broker=broker)
    storm.send(lines(22, 16_000), rate=800)
    storm.at_work()
    storm.block(30)
    assert storm.settle().differs == []


@pytest.mark.matrix
def test_compaction_during_recovery(broker, tmp_path):
    """Changelogs are compacted all the time: offsets have holes, and a recovery runs into them."""
    with Pipeline(broker.address, tmp_path, {**SETTINGS, "worker.persist_ms": 400}) as floor:
        create_eager_topics(floor)
        storm = Storm(floor, seed=23, broker=broker)
        storm.send(lines(23, 12_000), rate=500)
        storm.at_work()
        storm.storm({storm.kill: 3, storm.term: 1}, (1.0, 4.0), least=5)
        names = [changelog(floor.settings["kafka.app_id"], source).name for source in SOURCES]
        wait_for(lambda: any(has_holes(floor, name) for name in names), "the broker has compacted")
        storm.kill_all()
        assert storm.settle().differs == []


@pytest.mark.matrix
def test_leaders_change(tmp_path):
    """Three brokers, two copies needed: each is killed once, and every leader moves."""
    with Cluster(tmp_path / "cluster") as cluster:
        settings = {**SETTINGS, "kafka.replication": 3}
        with Pipeline(cluster.address, tmp_path, settings) as floor:
            made = floor.run("topics", "create")
            assert made.returncode == 0, made.stderr
            storm = Storm(floor, seed=24, broker=cluster)
            storm.send(lines(24, 14_000), rate=400)
            storm.at_work()
            for number in range(3):
                storm.faults["kill -9 of a leader"] += 1
                cluster.brokers[number].kill()
                storm.rest(8)
                cluster.brokers[number].start()
            assert storm.settle().differs == []
