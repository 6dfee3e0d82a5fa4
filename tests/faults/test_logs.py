"""Logs that are empty, idle, short, poisoned or trimmed."""

from __future__ import annotations

import asyncio

import pytest
from aiokafka.admin import AIOKafkaAdminClient, RecordsToDelete
from aiokafka.structs import TopicPartition

from stream.sources.line import Line
from tests.core.floor import call, entered, left
from tests.end.pipeline import produce
from tests.faults.storm import Storm
from tests.faults.truth import judge
from topics.broker import partition_of
from topics.catalogue import changelog

pytestmark = [pytest.mark.kafka, pytest.mark.slow]


def calls_of(partition: int, count: int) -> list[str]:
    """Names of calls that belong to one partition."""
    names = (f"call-{n}" for n in range(100_000))
    found = []
    while len(found) < count:
        name = next(names)
        if partition_of(name.encode(), 8) == partition:
            found.append(name)
    return found


def test_empty_idle_and_single_record_partitions(floor):
    """Most partitions hold nothing or one record, are idle for long, and workers are killed: nothing is missing."""
    storm = Storm(floor, seed=31)
    for number in (0, 3):
        (name,) = calls_of(number, 1)
        produce(floor, [Line(*entered(call(name), 0), 0)])
    storm.settled()
    for _ in range(2):  # nothing new comes, and they start again
        storm.kill()
        storm.kill()
        storm.rest(1)
    assert storm.settle().differs == []
    (name,) = calls_of(3, 1)
    produce(floor, [Line(*left(call(name, event_id="gone"), 36_000, "abandoned"), 0)])  # idle for ten hours
    verdict = storm.settle()
    assert verdict.differs == []
    assert storm.board.get("/api/v1/kpis?window=all")["events"]["accepted"] == 3


def test_poison_in_a_batch(floor):
    """One message that cannot be read at the head, in the middle and at the end of a batch, with a kill on top."""
    storm = Storm(floor, seed=32, workers=1)
    storm.at_work()
    batches = []
    for partition, at in ((1, 0), (4, 200), (6, 400)):
        names = calls_of(partition, 400)
        batch = [Line(*entered(call(name), n), 0) for n, name in enumerate(names)]
        batches += [*batch[:at], Line("call.events", names[0].encode(), b"\xff\x00{", 0), *batch[at:]]
    produce(floor, batches)
    storm.kill()
    assert storm.settle().differs == []
    assert storm.board.get("/api/v1/kpis?window=all")["events"] == {
        "accepted": 1200, "duplicate": 0, "late": 0, "rejected": 3,
    }  # fmt: skip


def test_a_log_that_was_trimmed_before_it_was_read(floor):
    """What is gone cannot be counted: the worker ends with one line that says so, and does not go on."""
    names = calls_of(2, 600)
    produce(floor, [Line(*entered(call(name), n), 0) for n, name in enumerate(names[:100])])
    worker, board = floor.start("worker").ready(), floor.start("board").ready()
    floor.settle(board)
    assert worker.stop() == 0
    produce(floor, [Line(*entered(call(name), n), 0) for n, name in enumerate(names[100:])])

    async def trim() -> None:
        admin = AIOKafkaAdminClient(bootstrap_servers=str(floor.settings["kafka.brokers"]))
        await admin.start()
        await admin.delete_records({TopicPartition("call.events", 2): RecordsToDelete(before_offset=300)})
        await admin.close()

    asyncio.run(trim())
    worker = floor.start("worker")
    assert worker.wait(30) == 1
    lines = worker.said.strip().splitlines()
    assert len(lines) == 1
    assert lines[0].startswith("deskpulse worker: call.events/2: offsets 100 to 299 are gone: the broker trimmed them")


def test_a_state_that_cannot_be_read(floor):
    """A row of the changelog that is none: the worker ends with one line, and writes nothing over it."""
    name = changelog(floor.settings["kafka.app_id"], "call.events").name
    produce(floor, [Line(name, b"call-1", b"\xc1 no msgpack", 0)])
    worker = floor.start("worker")
    assert worker.wait(30) == 1
    assert len(worker.said.strip().splitlines()) == 1


@pytest.mark.matrix
def test_two_workers_under_one_name(floor):
    """The same static name twice is a mistake: they take the partitions from each other again and again, and even so
    nothing is counted twice.
    """
    floor.start("worker", name="first", kafka__instance_id="same").ready()
    second = floor.start("worker", name="second", kafka__instance_id="same")
    board = floor.start("board")
    for n, name in enumerate(calls_of(1, 40)):
        produce(floor, [Line(*entered(call(name), n), 0)])
    board.ready()
    second.kill()
    floor.settle(board)
    assert judge(floor, board).differs == []


@pytest.mark.matrix
@pytest.mark.parametrize("gone", ["support.aggregates", "support.rejected", "call.events", "changelog"])
def test_a_topic_is_deleted_under_a_worker(floor, gone):
    """A client would wait for the topic as it waits for a broker: the worker looks, and ends with one line."""
    name = changelog(floor.settings["kafka.app_id"], "call.events").name if gone == "changelog" else gone
    worker = floor.start("worker").ready()

    async def delete() -> None:
        admin = AIOKafkaAdminClient(bootstrap_servers=str(floor.settings["kafka.brokers"]))
        await admin.start()
        await admin.delete_topics([name])
        await admin.close()

    asyncio.run(delete())
    assert worker.wait(30) == 1, worker.said
    assert [line.split(": ")[1] for line in worker.said.splitlines()] == [f"{name} is not there any more"]
