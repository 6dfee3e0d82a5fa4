"""The commands ``demo`` and ``simulate``: a simulated support floor, paced by the wall clock."""

from __future__ import annotations

import asyncio
import signal
import time
from collections.abc import Callable, Iterable
from contextlib import suppress

from rich.console import Console

from stream.children import Children, free_port, port_is_free
from stream.configuration import Options
from stream.core.settings import Settings
from stream.embedded import EmbeddedBroker
from stream.failures import WrongCall
from stream.sources import monday
from stream.sources.line import Line
from stream.sources.plan import shown
from stream.sources.produce import Producer
from stream.sources.scenarios import SCENARIOS
from stream.sources.simulator import simulate as floor

WARM_UP_MS = 70 * 60_000
TICK_SECONDS = 0.2


def demo(options: Options, port: int, rate: float, seed: int, seconds: float | None) -> int:
    """Broker in this process, worker and board as its children, the simulated floor in between."""
    _check_rate(rate)
    if not port_is_free(port):
        raise WrongCall(f"--port: {port} is in use: choose another one")
    settings = options.settings()
    out = Console(stderr=True, highlight=False, soft_wrap=True)
    url = f"http://127.0.0.1:{port}"
    metrics_port = free_port()
    with EmbeddedBroker(settings.kafka.app_id, settings.kafka.partitions) as broker:
        further = {"kafka.brokers": broker.address, **({} if options.config else shown())}
        with Children(further, options.config, options.as_arguments()) as children:
            children.start("worker", worker__listen=f"127.0.0.1:{metrics_port}")
            children.start("board", board__listen=f"127.0.0.1:{port}")
            out.print(f"[bold]board[/]    {url}")
            out.print(f"[bold]metrics[/]  {url}/metrics  (worker: http://127.0.0.1:{metrics_port}/metrics)")
            out.print(f"[bold]broker[/]   {broker.address}, embedded: what it holds lives only as long as this process")
            out.print("Ctrl-C ends it.")
            return asyncio.run(_live(options.settings(further), rate, seed, seconds, children.check))


def simulate(
    options: Options, rate: float, scenario: str | None, seed: int, seconds: float | None, speed: float
) -> int:
    """Into the topics of ``kafka.brokers``: the floor, a Monday morning on it, or a scenario with known answers."""
    _check_rate(rate)
    out = Console(highlight=False)
    if scenario == "list":
        for name, about in ((monday.NAME, monday.ABOUT), *((s.name, s.about) for s in SCENARIOS.values())):
            out.print(f"{name:20} {about}", markup=False, soft_wrap=True)
        return 0
    settings = options.settings()
    if speed != 1 and scenario != monday.NAME:
        raise WrongCall(f"--speed: only --scenario {monday.NAME} can be sped up")
    if scenario is None:
        return asyncio.run(_live(settings, rate, seed, seconds, lambda: None))
    if scenario == monday.NAME:
        return asyncio.run(_morning(settings, rate, seed, seconds, speed))
    if scenario not in SCENARIOS:
        raise WrongCall(f"--scenario: {scenario!r} is none of {', '.join((monday.NAME, *SCENARIOS))}")
    count = asyncio.run(_send_scenario(settings, scenario))
    out.print(f"sent {count} events of {scenario}; expected: {SCENARIOS[scenario].expected_in_words()}", markup=False)
    return 0


def _check_rate(rate: float) -> None:
    if rate <= 0:
        raise WrongCall(f"--rate: {rate} should be above 0")


async def _send_scenario(settings: Settings, name: str) -> int:
    producer = Producer(settings.kafka, settings.kafka.partitions)
    await producer.start()
    try:
        lines = SCENARIOS[name].lines()
        for line in lines:
            await producer.send(line)
        return len(lines)
    finally:
        await producer.stop()


async def _live(settings: Settings, rate: float, seed: int, seconds: float | None, check: Callable[[], None]) -> int:
    """The floor as it goes: its last seventy minutes at once, then each event when it is due."""
    now_ms = round(time.time() * 1000)
    return await _pace(settings, floor(seed, now_ms - WARM_UP_MS, rate), now_ms, 1, seconds, check)


async def _morning(settings: Settings, rate: float, seed: int, seconds: float | None, speed: float) -> int:
    """The morning up to nine o'clock at once, then as it goes: from now on; or last Monday's, so many times as fast."""
    now_ms, until_nine_ms = round(time.time() * 1000), monday.SHORT_MS - monday.BEGINS_MS
    if speed == 1:
        begins_ms = now_ms - until_nine_ms
    elif settings.time.clock == "events":
        begins_ms = monday.last_monday_ms(now_ms, settings.time.zone)
    else:
        raise WrongCall('--speed: events that are older than now need time.clock = "events", here and for the board')
    lines = monday.monday_morning(seed, begins_ms, rate)
    return await _pace(settings, lines, begins_ms + until_nine_ms, speed, seconds, lambda: None)


async def _pace(
    settings: Settings, lines: Iterable[tuple[int, Line]], now_ms: int, speed: float, seconds: float | None,
    check: Callable[[], None],
) -> int:  # fmt: skip
    """What is due before ``now_ms`` at once, then each line when it is due, ``speed`` times as fast."""
    stop = asyncio.Event()
    for sig in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(sig, stop.set)
    producer = Producer(settings.kafka, settings.kafka.partitions)
    await producer.start()
    started = time.monotonic()
    try:
        for due_ms, line in lines:
            while (wait := (due_ms - now_ms) / 1000 / speed - (time.monotonic() - started)) > 0:
                await producer.flush()
                check()
                with suppress(TimeoutError):
                    await asyncio.wait_for(stop.wait(), min(TICK_SECONDS, max(0.001, wait)))
                if stop.is_set() or (seconds is not None and time.monotonic() - started > seconds):
                    return 130 if stop.is_set() and seconds is None else 0
            await producer.send(line)
    finally:
        await producer.stop()
    return 0
