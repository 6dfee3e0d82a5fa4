"""The Faust application of a worker, and the process around it."""

from __future__ import annotations

import asyncio
import gc
import logging
import os
import signal
import sys
import threading
import time
from typing import Any

import faust
from aiokafka.errors import KafkaConnectionError, KafkaError
from mode.supervisors import CrashingSupervisor

from stream.core.names import Names
from stream.core.settings import Settings
from stream.core.tally import Tally
from stream.guard import read_token
from stream.worker.folding import Folded, FoldScheduler
from stream.worker.records import StateTable
from stream.worker.status import serve_status
from stream.worker.transport import FAUST, SCHEME
from stream.worker.writer import Writer
from topics.broker import compare_topics, password, ssl_context, topics_there
from topics.catalogue import SOURCES, TOPICS, changelog

log = logging.getLogger(__name__)
STOP_SECONDS = 9.0
TOPICS_SECONDS = 8.0
CRASHED_STOP_SECONDS = 3.0  # nothing is written any more; leaving the group lets others take over at once
QUEUED_SLICES = 4
FETCH_BYTES = 131_072  # of a partition, compressed: some thousand events; more only waits, unpacked, in memory
# A worker holds millions of small objects that stay, and makes hardly any cycles: looking for garbage among them again
# and again would cost a tenth of its time. So what is there is set aside, and all of it looked through now and then.
SET_ASIDE_SECONDS, COLLECT_SECONDS = 2.0, 3600.0


class WorkerApp(faust.App):
    """Faust's application, but for what it would keep on disk: the tables are in memory, so there is nothing."""

    logger = FAUST

    def _create_directories(self) -> None:
        """No folder in whatever folder the worker was started in: it may be one that cannot be written."""


def create_app(settings: Settings) -> faust.App:
    """The application: for each source topic an agent, a table and its changelog; ``tables`` are its ``StateTable``
    objects.
    """
    kafka = settings.kafka
    partitions = kafka.partitions
    app = WorkerApp(
        kafka.app_id,
        broker=";".join(f"{SCHEME}://{address.strip()}" for address in kafka.brokers.split(",")),
        broker_credentials=_credentials(kafka),
        Table=StateTable,
        ConsumerScheduler=FoldScheduler,
        agent_supervisor=CrashingSupervisor,
        topic_partitions=partitions,
        topic_allow_declare=False,
        topic_disable_leader=True,
        table_standby_replicas=0,
        consumer_auto_offset_reset="earliest",
        consumer_max_fetch_size=FETCH_BYTES,
        consumer_group_instance_id=kafka.instance_id or None,
        stream_wait_empty=True,
        stream_processing_timeout=600,
        broker_commit_interval=1.0,
        broker_session_timeout=kafka.session_timeout_seconds,
        broker_heartbeat_interval=kafka.heartbeat_seconds,
        broker_request_timeout=30,
        broker_rebalance_timeout=30,
        producer_request_timeout=30,
        producer_compression_type="zstd",
        web_enabled=False,
        web_tables_enabled=False,
        web_router_enabled=False,
    )
    names, writer, tally = Names(settings.limits), Writer(kafka, partitions), Tally(settings)
    for source in SOURCES:
        _follow(app, source, settings, names, writer, tally)
    return app


def _follow(app: faust.App, source: str, settings: Settings, names: Names, writer: Writer, tally: Tally) -> None:
    """One source topic: its agent applies slices to its table."""
    partitions = settings.kafka.partitions
    events = app.topic(source, schema=Folded(), partitions=partitions, maxsize=QUEUED_SLICES)
    state_topic = app.topic(
        changelog(settings.kafka.app_id, source).name,
        schema=Folded(),
        partitions=partitions,
        internal=True,
        acks=False,
        compacting=True,
        allow_empty=True,
    )
    table = app.Table(f"records-{source}", changelog_topic=state_topic, partitions=partitions, recovery_buffer_size=4)
    table.source, table.settings, table.names, table.writer, table.tally = source, settings, names, writer, tally

    async def ingest(stream: Any) -> None:
        async for event in stream.noack().events():
            await table.take(event)

    app.agent(events, concurrency=1, name=f"ingest-{source}")(ingest)


def _credentials(kafka: Any) -> Any:
    context = ssl_context(kafka)
    if kafka.security_protocol.startswith("SASL"):
        return faust.SASLCredentials(
            username=kafka.sasl_username, password=password(kafka), mechanism=kafka.sasl_mechanism, ssl_context=context
        )
    return faust.SSLCredentials(context) if context is not None else None


async def check_topics(settings: Settings) -> str | None:
    """Why the worker cannot start on these topics, or None. Settings that differ without harm are logged."""
    wanted = [*TOPICS.values(), *(changelog(settings.kafka.app_id, source) for source in SOURCES)]
    try:
        differences = await compare_topics(settings.kafka, wanted, settings.kafka.partitions)
    except KafkaConnectionError:
        return f"no Kafka at {settings.kafka.brokers}: is it running? its address is --brokers or kafka.brokers"
    except (KafkaError, OSError) as error:
        return f"Kafka at {settings.kafka.brokers} (kafka.brokers): {error}"
    for difference in differences:
        if not difference.fatal:
            log.warning("%s", difference)
    fatal = [difference for difference in differences if difference.fatal]
    if not fatal:
        return None
    more = f" and {len(fatal) - 1} more" if len(fatal) > 1 else ""
    return f"{fatal[0]}{more}: see deskpulse topics check, or make them with deskpulse topics create"


async def _work(settings: Settings) -> int:
    problem = await check_topics(settings)
    if problem is not None:
        return _fail(problem)
    app = create_app(settings)
    stop = asyncio.Event()
    for sig in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(sig, stop.set)
    try:
        token = read_token(settings.board.token_file)
    except OSError as error:
        return _fail(f"board.token_file: cannot be read: {error}")
    try:
        site = await serve_status(app, settings, token)
    except OSError as error:
        return _fail(f"worker.listen: cannot listen on {settings.worker.listen}: {error.strerror}")
    app.finalize()
    collecting = asyncio.create_task(_collect())
    starting = asyncio.create_task(app.start())
    stopped, crashed = asyncio.create_task(stop.wait()), asyncio.create_task(_until_crashed(app, starting, settings))
    await asyncio.wait((stopped, crashed), return_when=asyncio.FIRST_COMPLETED)
    code = 0
    if crashed.done():
        reason = crashed.result()
        code = _fail(str(reason) or f"crashed: {reason!r}")
        log.debug("crashed", exc_info=reason)
    try:
        await asyncio.wait_for(app.stop(), CRASHED_STOP_SECONDS if code else STOP_SECONDS)
    except (TimeoutError, Exception) as error:  # noqa: BLE001 - it ends now, whatever happens; recovery is exact
        code = code or _fail(
            f"could not stop in order: {error!r}; what was not acknowledged is read again at the next start"
        )
    starting.cancel()
    collecting.cancel()
    await site.cleanup()
    return code


async def _until_crashed(app: faust.App, starting: asyncio.Task[None], settings: Settings) -> BaseException:
    """Why the application cannot go on, once it cannot."""
    looking = asyncio.create_task(_until_topic_is_gone(settings))
    while True:  # the service keeps a flag, and no event that can be awaited
        if app.crashed:
            return app.crash_reason or RuntimeError("the worker crashed")
        if starting.done() and not starting.cancelled() and (error := starting.exception()) is not None:
            return error
        if looking.done():
            return looking.exception() or looking.result()
        await asyncio.sleep(0.1)


async def _collect() -> None:
    """Cyclic garbage, in place of the interpreter's own collector."""
    gc.disable()
    due = time.monotonic() + COLLECT_SECONDS
    while True:
        await asyncio.sleep(SET_ASIDE_SECONDS)
        if time.monotonic() > due:
            gc.unfreeze()
            gc.collect()
            due = time.monotonic() + COLLECT_SECONDS
        gc.freeze()


async def _until_topic_is_gone(settings: Settings) -> BaseException:
    """Why the worker cannot go on: a topic of its own was not there, twice. A client would wait for it for ever, as it
    does for a broker that is away.
    """
    wanted = {*TOPICS, *(changelog(settings.kafka.app_id, source).name for source in SOURCES)}
    before: set[str] = set()
    while True:
        await asyncio.sleep(TOPICS_SECONDS)
        try:
            gone = wanted - await topics_there(settings.kafka)
        except (KafkaError, OSError):
            gone = set()
        if both := sorted(gone & before):
            return RuntimeError(f"{both[0]} is not there any more: what it held cannot be counted or shown")
        before = gone


def _fail(line: str) -> int:
    sys.stderr.write(f"deskpulse worker: {' '.join(line.split())}\n")
    return 1


def _quietly(died: threading.ExceptHookArgs) -> None:
    """The consumer's thread may not end in order when the worker cannot go on: that is said once, in one line."""
    log.debug("a thread ended", exc_info=died.exc_value)


def run(settings: Settings) -> int:
    """Works until SIGTERM (0) or until it cannot go on (1, with one line on standard error)."""
    import uvloop

    threading.excepthook = _quietly
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        code = runner.run(_work(settings))
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code)  # clients of a broker that is away keep their tasks: nothing is left to wait for
