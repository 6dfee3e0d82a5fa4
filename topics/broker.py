"""The topics on a broker: how a client connects, which partition a key belongs to, and whether the topics are as they
should be.
"""

from __future__ import annotations

import asyncio
import ssl
import time
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient, NewTopic
from aiokafka.admin.config_resource import ConfigResource, ConfigResourceType
from aiokafka.errors import KafkaError, KafkaTimeoutError, TopicAlreadyExistsError, for_code
from aiokafka.partitioner import murmur2

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from topics.catalogue import Topic

REQUEST_TIMEOUT_MS = 30_000
VISIBLE_SECONDS = 30.0
LARGEST = "max.message.bytes"  # more of it does no harm, less stops a worker at the first row that does not fit


@dataclass(frozen=True, slots=True)
class Difference:
    """How a topic on the broker differs from the catalogue. ``fatal``: a worker must not start on it."""

    topic: str
    setting: str
    wanted: str
    found: str
    fatal: bool

    def __str__(self) -> str:
        return f"{self.topic}: {self.setting} is {self.found}, should be {self.wanted}"


def ssl_context(kafka: Any) -> ssl.SSLContext | None:
    """The TLS settings, or None where the protocol has none."""
    if "SSL" not in kafka.security_protocol.replace("SASL", ""):
        return None
    context = ssl.create_default_context(cafile=kafka.ssl_cafile or None)
    if kafka.ssl_certfile:
        context.load_cert_chain(kafka.ssl_certfile, kafka.ssl_keyfile or None)
    return context


def password(kafka: Any) -> str:
    """The SASL password: from its file where one is named."""
    return Path(kafka.sasl_password_file).read_text().strip() if kafka.sasl_password_file else kafka.sasl_password


def client_settings(kafka: Any) -> dict[str, Any]:
    """The arguments that every aiokafka client takes to reach the brokers."""
    found: dict[str, Any] = {
        "bootstrap_servers": [address.strip() for address in kafka.brokers.split(",")],
        "security_protocol": kafka.security_protocol,
        "ssl_context": ssl_context(kafka),
    }
    if kafka.security_protocol.startswith("SASL"):
        found |= {
            "sasl_mechanism": kafka.sasl_mechanism,
            "sasl_plain_username": kafka.sasl_username,
            "sasl_plain_password": password(kafka),
        }
    return found


async def partitions_of(consumer: AIOKafkaConsumer, topics: Iterable[str]) -> list[TopicPartition]:
    """All partitions of the topics. Raises ``KafkaError`` when one of them is not there."""
    metadata = await consumer._client.fetch_all_metadata()  # noqa: SLF001 - the only way to ask; a pinned name
    found = []
    for topic in topics:
        numbers = metadata.partitions_for_topic(topic)
        if not numbers:
            raise KafkaError(f"there is no topic {topic}: make it with deskpulse topics create")
        found += [TopicPartition(topic, number) for number in sorted(numbers)]
    return found


async def read_from_start(consumer: AIOKafkaConsumer, topic: str) -> dict[TopicPartition, int]:
    """Assigns all partitions of ``topic``, to be read from their beginning; where each ends now. Raises ``KafkaError``.

    ``seek_to_beginning`` would not do: a reset to the end that an assignment has begun may overtake it, and then
    everything is passed over in silence. So where to begin is asked first, and nothing awaits between assigning and
    seeking.
    """
    tps = await partitions_of(consumer, (topic,))
    starts, ends = await consumer.beginning_offsets(tps), await consumer.end_offsets(tps)
    consumer.assign(tps)
    for tp in tps:
        consumer.seek(tp, starts[tp])
    return dict(ends)


@lru_cache(maxsize=16_384)  # the same agents again and again, and it is slow
def partition_of(key: bytes, partitions: int) -> int:
    """The partition of a key, as Java's clients and aiokafka choose it."""
    return int(murmur2(key) & 0x7FFFFFFF) % partitions


class Bounds(NamedTuple):
    """Where the log of a partition begins and ends, and where the group would go on reading."""

    start: int
    end: int
    reads_from: int


async def log_bounds(kafka: Any, partitions: Iterable[tuple[str, int]]) -> dict[tuple[str, int], Bounds]:
    """The bounds of each partition now. Raises ``KafkaError``.

    Asked on a connection of its own: behind a consumer's fetch an answer waits until there are data. Its consumer asks
    for what the group has committed, and joins it not.
    """
    tps = [TopicPartition(*partition) for partition in partitions]
    if not tps:
        return {}
    consumer = AIOKafkaConsumer(
        **client_settings(kafka), group_id=kafka.app_id, enable_auto_commit=False, request_timeout_ms=REQUEST_TIMEOUT_MS
    )
    await consumer.start()
    try:
        consumer.assign(tps)
        starts, ends = await consumer.beginning_offsets(tps), await consumer.end_offsets(tps)
        committed = {tp: await consumer.committed(tp) or 0 for tp in tps}
        return {(tp.topic, tp.partition): Bounds(starts[tp], ends[tp], max(starts[tp], committed[tp])) for tp in tps}
    finally:
        await consumer.stop()


async def topics_there(kafka: Any) -> set[str]:
    """The names of all topics. Raises ``KafkaError``."""
    admin = AIOKafkaAdminClient(**client_settings(kafka), request_timeout_ms=REQUEST_TIMEOUT_MS)
    await admin.start()
    try:
        return set(await admin.list_topics())
    finally:
        await admin.close()


async def create_topics(kafka: Any, topics: Iterable[Topic], partitions: int, replication: int) -> list[str]:
    """Creates what is missing and waits until the broker shows it; gives the names. Raises ``KafkaError``."""
    wanted = {topic.name: topic for topic in topics}
    admin = AIOKafkaAdminClient(**client_settings(kafka), request_timeout_ms=REQUEST_TIMEOUT_MS)
    await admin.start()
    try:
        missing = sorted(set(wanted) - set(await admin.list_topics()))
        if not missing:
            return []
        new = [
            NewTopic(
                name=n, num_partitions=partitions, replication_factor=replication, topic_configs=dict(wanted[n].config)
            )
            for n in missing
        ]
        response = await admin.create_topics(new)
        for name, code, *reason in response.topic_errors:
            if code and for_code(code) is not TopicAlreadyExistsError:
                raise for_code(code)(f"{name}: {reason[0] if reason else ''}")
        await _until_shown(admin, set(missing))
        return missing
    finally:
        await admin.close()


async def _until_shown(admin: AIOKafkaAdminClient, names: set[str]) -> None:
    """A broker takes new topics from the controller's log, a moment after the controller has answered."""
    deadline = time.monotonic() + VISIBLE_SECONDS
    while not names <= set(await admin.list_topics()):
        if time.monotonic() > deadline:
            raise KafkaTimeoutError(f"created, and not shown by the broker for {VISIBLE_SECONDS:g} s")
        await asyncio.sleep(0.1)


async def compare_topics(kafka: Any, topics: Iterable[Topic], partitions: int | None = None) -> list[Difference]:
    """How the broker's topics differ from ``topics``. Partition counts are compared with ``partitions`` or, without it,
    with each other. A broker that cannot describe its settings (the embedded one) is asked for the counts only.
    """
    wanted = {topic.name: topic for topic in topics}
    admin = AIOKafkaAdminClient(**client_settings(kafka), request_timeout_ms=REQUEST_TIMEOUT_MS)
    await admin.start()
    try:
        there = set(await admin.list_topics()) & set(wanted)
        found = [Difference(name, "topic", "there", "missing", fatal=True) for name in sorted(set(wanted) - there)]
        described = await admin.describe_topics(sorted(there)) if there else []
        counts = {topic["topic"]: len(topic["partitions"]) for topic in described}
        expected = partitions or max(counts.values(), default=0)
        found += [
            Difference(name, "partitions", str(expected), str(n), fatal=True)
            for name, n in counts.items()
            if n != expected
        ]
        found += await _compare_settings(admin, {name: wanted[name].config for name in sorted(there)})
        return found
    finally:
        await admin.close()


async def _compare_settings(admin: AIOKafkaAdminClient, wanted: Mapping[str, Mapping[str, str]]) -> list[Difference]:
    try:
        responses = await admin.describe_configs([ConfigResource(ConfigResourceType.TOPIC, name) for name in wanted])
    except (KafkaError, TypeError, ValueError):
        return []
    found = []
    for response in responses:
        for _code, _message, _type, name, entries in response.resources:
            values = {entry[0]: entry[1] for entry in entries}
            for setting, value in wanted[name].items():
                have = values.get(setting)
                if have is None or have == value or (setting == LARGEST and int(have) > int(value)):
                    continue
                found.append(Difference(name, setting, value, have, fatal=setting in ("cleanup.policy", LARGEST)))
    return found
