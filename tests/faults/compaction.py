"""Changelogs that the broker compacts all the time, and how far it has come."""

from __future__ import annotations

import asyncio
from collections import defaultdict
from dataclasses import replace

import msgspec

from stream.core.partition import META_KEY
from tests.end.pipeline import Pipeline, read_topic
from tests.kafka.broker import KafkaBroker
from topics.broker import create_topics
from topics.catalogue import SOURCES, changelog

EAGER = {
    "cleanup.policy": "compact",
    "min.compaction.lag.ms": "0",
    "segment.ms": "300",
    "min.cleanable.dirty.ratio": "0.01",
    "delete.retention.ms": "0",
}


def create_eager_topics(floor: Pipeline) -> None:
    """All topics; of the changelogs everything but the newest rows is compacted at once."""
    kafka = floor.loaded().kafka
    made = [changelog(kafka.app_id, source) for source in SOURCES]
    made = [replace(topic, config={**topic.config, **EAGER}) for topic in made]
    asyncio.run(create_topics(kafka, made, kafka.partitions, 1))
    assert floor.run("topics", "create").returncode == 0


def compacted_to(broker: KafkaBroker, topic: str) -> dict[int, int]:
    """Partition -> the offset before which it is compacted, as the broker's cleaner keeps it."""
    checkpoint = broker.folder / "log" / "cleaner-offset-checkpoint"
    if not checkpoint.exists():
        return {}
    entries = (line.split() for line in checkpoint.read_text().splitlines())
    return {int(entry[1]): int(entry[2]) for entry in entries if len(entry) == 3 and entry[0] == topic}


def has_holes(floor: Pipeline, topic: str) -> bool:
    """Whether the topic has lost offsets in between."""
    by_partition: defaultdict[int, list[int]] = defaultdict(list)
    for row in read_topic(str(floor.settings["kafka.brokers"]), topic):
        by_partition[row.partition].append(row.offset)
    return any(offsets[-1] - offsets[0] + 1 > len(offsets) for offsets in by_partition.values())


def stale_rows(floor: Pipeline) -> dict[tuple[str, int], int]:
    """(changelog, partition) -> the offset of the last row that lies behind a newer one of the same record."""
    kafka, found = floor.loaded().kafka, {}
    for source in SOURCES:
        name = changelog(kafka.app_id, source).name
        newest: defaultdict[tuple[int, bytes], int] = defaultdict(lambda: -1)
        for row in read_topic(kafka.brokers, name):
            if row.value is None or row.key == META_KEY:
                continue
            fence = msgspec.msgpack.decode(row.value)[0]
            if fence < newest[row.partition, row.key]:
                found[name, row.partition] = row.offset
            newest[row.partition, row.key] = max(fence, newest[row.partition, row.key])
    return found
