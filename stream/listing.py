"""The commands that show something: topics, rejected input, the catalogue of KPIs, the configuration."""

from __future__ import annotations

import asyncio
import difflib
import sys
from collections.abc import AsyncIterator
from typing import Any

from aiokafka import AIOKafkaConsumer, AIOKafkaProducer
from rich.console import Console
from rich.table import Table

from stream.configuration import Options, origins
from stream.core.kpis import CATALOGUE
from stream.core.settings import Settings
from stream.core.windows import WINDOWS
from stream.failures import WrongCall
from topics.broker import client_settings, compare_topics, create_topics, partition_of, read_from_start
from topics.catalogue import REJECTED, SOURCES, TOPICS, Topic, changelog
from topics.codec import Reason

WIDE = 400
SHOWN_BYTES = 100
REQUEST_BYTES_MAX = 16 * 1024 * 1024


def _out() -> Console:
    """For people on a terminal; a file or a pipe gets one line a row, uncut."""
    return Console(highlight=False, soft_wrap=True, width=None if sys.stdout.isatty() else WIDE)


def _all_topics(settings: Settings) -> list[Topic]:
    return [*TOPICS.values(), *(changelog(settings.kafka.app_id, source) for source in SOURCES)]


def topics(options: Options, action: str) -> int:
    """Create, check or list the topics."""
    settings, out = options.settings(), _out()
    wanted = _all_topics(settings)
    if action == "list":
        table = Table("topic", "key", "what", "settings", box=None)
        for topic in wanted:
            table.add_row(topic.name, topic.key, topic.about, ", ".join(f"{k}={v}" for k, v in topic.config.items()))
        out.print(table)
        return 0
    kafka = settings.kafka
    if action == "create":
        made = asyncio.run(create_topics(kafka, wanted, kafka.partitions, kafka.replication))
        out.print(f"created {len(made)} topics of {kafka.partitions} partitions" if made else "nothing to create")
    differences = asyncio.run(compare_topics(kafka, wanted, kafka.partitions))
    for difference in differences:
        out.print(str(difference))
    if not differences:
        out.print(f"{len(wanted)} topics are as they should be")
    return 1 if any(difference.fatal for difference in differences) else 0


async def _rejected(
    settings: Settings, topic: str | None, reason: str | None
) -> AsyncIterator[tuple[dict[str, str], Any]]:
    """(headers, record) of the rejected input that is asked for, from the beginning to where it ends now."""
    consumer = AIOKafkaConsumer(**client_settings(settings.kafka), enable_auto_commit=False)
    try:
        await consumer.start()
        ends = await read_from_start(consumer, REJECTED)
        seen: set[bytes] = set()  # after a crash a worker says again what it had said
        while [tp for tp in ends if await consumer.position(tp) < ends[tp]]:
            for records in (await consumer.getmany(timeout_ms=500)).values():
                for record in records:
                    if record.key in seen:
                        continue
                    seen.add(record.key)
                    headers = {name: value.decode("utf-8", "replace") for name, value in record.headers}
                    if topic in (None, headers.get("topic")) and reason in (None, headers.get("reason")):
                        yield headers, record
    finally:
        await consumer.stop()


def rejected(options: Options, action: str, topic: str | None, reason: str | None) -> int:
    """List rejected input, or send it again."""
    if topic is not None and topic not in SOURCES:
        raise WrongCall(f"--topic: {topic!r} is none of {', '.join(SOURCES)}")
    if reason is not None and reason not in {r.value for r in Reason}:
        raise WrongCall(f"--reason: {reason!r} is none of {', '.join(r.value for r in Reason)}")
    settings = options.settings()
    return asyncio.run((_list_rejected if action == "list" else _replay_rejected)(settings, topic, reason))


async def _list_rejected(settings: Settings, topic: str | None, reason: str | None) -> int:
    out, count = _out(), 0
    async for headers, record in _rejected(settings, topic, reason):
        count += 1
        where = f"{headers['topic']}/{headers['partition']}@{headers['offset']}"
        value = record.value or b""
        more = f" … {len(value)} bytes" if len(value) > SHOWN_BYTES else ""
        out.print(f"{where}  [bold]{headers['reason']}[/]  {headers['detail']}", markup=True)
        out.print(f"    {value[:SHOWN_BYTES].decode('utf-8', 'replace')}{more}", markup=False)
    out.print(f"{count} rejected")
    return 0


async def _replay_rejected(settings: Settings, topic: str | None, reason: str | None) -> int:
    """The original bytes go to their topic again, under their key: what is still wrong is rejected again."""
    producer = AIOKafkaProducer(
        **client_settings(settings.kafka), acks="all", compression_type="zstd", max_request_size=REQUEST_BYTES_MAX
    )
    count = 0
    try:
        await producer.start()
        async for headers, record in _rejected(settings, topic, reason):
            key = dict(record.headers)["key"]
            partition = partition_of(key, settings.kafka.partitions)
            await producer.send_and_wait(headers["topic"], record.value, key, partition=partition)
            count += 1
    finally:
        await producer.stop()
    _out().print(f"sent {count} again")
    return 0


def kpis(_options: Options, name: str | None) -> int:
    """The catalogue, or one KPI of it in full."""
    out = _out()
    if name is None:
        table = Table("name", "unit", "formula", "follows", box=None)
        for kpi in CATALOGUE.values():
            table.add_row(kpi.name, kpi.unit, kpi.formula, kpi.source)
        out.print(table)
        return 0
    if name not in CATALOGUE:
        near = difflib.get_close_matches(name, CATALOGUE, n=1)
        meant = f"did you mean {near[0]}? " if near else ""
        raise WrongCall(f"NAME: {name!r} is no KPI: {meant}deskpulse kpis lists them")
    found = CATALOGUE[name]
    windows = ("now",) if found.live else tuple(window for window in WINDOWS if window != "now")
    for label, value in (
        ("name", found.name), ("unit", found.unit), ("formula", found.formula), ("stats", ", ".join(found.stats)),
        ("made from", ", ".join(found.inputs)), ("windows", ", ".join(windows)), ("by", ", ".join(found.dimensions)),
        ("settings", ", ".join(found.knobs) or "none"), ("follows", found.source),
    ):  # fmt: skip
        out.print(f"{label:10} {value}", markup=False)
    return 0


def config(options: Options, action: str) -> int:
    """Check it, or show what is in force."""
    out = _out()
    settings = options.settings()
    if action == "check":
        out.print(f"the configuration is valid: version {settings.config_version}")
        return 0
    for key, value, origin in origins(options):
        out.print(f"{key} = {value!r}  ({origin})", markup=False)
    return 0
