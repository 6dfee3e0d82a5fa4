"""The board as a process: follow, serve, end in order."""

from __future__ import annotations

import asyncio
import logging
import signal
import ssl
import sys
import time
from contextlib import suppress

from aiohttp import web
from aiokafka.errors import KafkaConnectionError, KafkaError

from stream.board.exporter import Exporter
from stream.board.feed import Feed
from stream.board.follower import Follower
from stream.board.http import create_http
from stream.board.state import State
from stream.core.settings import Settings
from stream.core.view import View
from stream.guard import read_token

log = logging.getLogger(__name__)
START_SECONDS = 10
RETAIN_SECONDS = 600


def _fail(line: str) -> int:
    sys.stderr.write(f"deskpulse board: {' '.join(line.split())}\n")
    return 1


async def _connect(follower: Follower, brokers: str) -> str | None:
    """Connects within ``START_SECONDS``; why not, or None."""
    deadline = time.monotonic() + START_SECONDS
    while True:
        try:
            await follower.start()
        except (KafkaError, OSError) as error:
            await follower.stop()
            if time.monotonic() > deadline or "topics create" in str(error):
                if isinstance(error, KafkaConnectionError):
                    return f"no Kafka at {brokers}: is it running? its address is --brokers or kafka.brokers"
                return f"cannot read the aggregates at {brokers} (kafka.brokers): {error}"
            await asyncio.sleep(1)
        else:
            return None


def _tls(settings: Settings) -> ssl.SSLContext | None:
    board = settings.board
    if not board.tls_cert:
        return None
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(board.tls_cert, board.tls_key or None)
    return context


async def _serve(settings: Settings) -> int:
    stop = asyncio.Event()
    for sig in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(sig, stop.set)
    view = View(settings)
    follower = Follower(settings.kafka, view)
    state = State(settings, view, follower)
    feed, exporter = Feed(state), Exporter(state)
    try:
        token, tls = read_token(settings.board.token_file), _tls(settings)
    except (OSError, ssl.SSLError) as error:
        return _fail(f"board.token_file, board.tls_cert or board.tls_key cannot be read: {error}")
    runner = web.AppRunner(create_http(state, feed, exporter, token), access_log=None, shutdown_timeout=2)
    await runner.setup()
    host, _, port = settings.board.listen.rpartition(":")
    try:
        await web.TCPSite(runner, host, int(port), ssl_context=tls).start()
    except OSError as error:
        return _fail(f"board.listen: cannot listen on {settings.board.listen}: {error.strerror}")
    problem = await _connect(follower, settings.kafka.brokers)
    if problem is not None:
        await runner.cleanup()
        return _fail(problem)
    tasks = [asyncio.create_task(work) for work in (follower.follow(), feed.run(), exporter.run(), _retain(state))]
    ended = asyncio.create_task(stop.wait())
    await asyncio.wait((ended, *tasks), return_when=asyncio.FIRST_COMPLETED)
    broken = next((task.exception() for task in tasks if task.done()), None)
    for task in (ended, *tasks):
        task.cancel()
    await runner.cleanup()
    with suppress(TimeoutError):
        await asyncio.wait_for(follower.stop(), 3)
    return _fail(f"stopped: {broken}") if broken is not None else 0


async def _retain(state: State) -> None:
    while True:
        await asyncio.sleep(RETAIN_SECONDS)
        state.view.retain(state.now_ms())


def run(settings: Settings) -> int:
    """Serves until SIGTERM (0) or until it cannot go on (1, with one line on standard error)."""
    import uvloop

    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        return runner.run(_serve(settings))
