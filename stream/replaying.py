"""The commands ``replay`` and ``report``: the same rows, through the pipeline and without it."""

from __future__ import annotations

import asyncio
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.progress import BarColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

from stream.children import Children, free_port
from stream.configuration import Options
from stream.core.batch import Batch
from stream.core.settings import Settings
from stream.embedded import EmbeddedBroker
from stream.failures import WrongCall
from stream.replay import Board, ends, settle
from stream.replay import replay as send
from stream.reporting import check_target, write
from stream.sources import SOURCES, Line
from stream.sources.files import BadFile
from stream.sources.produce import Producer


def check_files(source: str, files: Sequence[str]) -> None:
    """Whether there is such a source and all of the files, before anything is started. Raises ``WrongCall``."""
    if source not in SOURCES:
        raise WrongCall(f"SOURCE: {source!r} is none of {', '.join(SOURCES)}")
    for path in map(Path, files):
        if path.is_dir():
            raise WrongCall(f"FILE: {path} is a directory")
        if str(path) != "-" and not path.exists():
            raise WrongCall(f"FILE: there is no file {path}")


def lines_of(source: str, files: Sequence[str], skipped: Counter[str]) -> Iterator[Line]:
    """The lines of the files. Raises ``WrongCall``, ``OSError``."""
    try:
        yield from SOURCES[source].read([Path(file) for file in files], skipped)
    except BadFile as error:
        raise WrongCall(f"FILE: {error}") from error


def moment_ms(option: str, text: str | None) -> int | None:
    """An ISO 8601 time with offset, in ms. Raises ``WrongCall``."""
    if text is None:
        return None
    try:
        moment = datetime.fromisoformat(text)
        if moment.tzinfo is not None:
            return round(moment.timestamp() * 1000)
    except ValueError:
        pass
    raise WrongCall(f"{option}: {text!r} should be a time with offset, such as 2026-11-24T09:00:00+01:00")


def say_skipped(skipped: Counter[str]) -> None:
    """What the adapter left out, on standard error."""
    for reason, count in skipped.items():
        Console(stderr=True).print(f"skipped {count} rows: {reason}", highlight=False)


def report(options: Options, source: str, files: Sequence[str], start: str | None, end: str | None, target: str) -> int:
    """The rows of a batch over the same core."""
    settings = options.settings(options.history())
    from_ms, to_ms = moment_ms("--from", start), moment_ms("--to", end)
    if from_ms is not None and to_ms is not None and from_ms >= to_ms:
        raise WrongCall("--to: should be later than --from")
    check_target(target)
    check_files(source, files)
    skipped: Counter[str] = Counter()
    batch = Batch(settings, from_ms=from_ms, to_ms=to_ms)
    arrived_ms = time.time_ns() // 1_000_000
    for line in lines_of(source, files, skipped):
        batch.feed(line.topic, line.key, line.value, arrived_ms)
    write(batch.report(), target)
    say_skipped(skipped)
    return 0


def replay(
    options: Options,
    source: str,
    files: Sequence[str],
    speed: str,
    board: str | None,
    target: str | None,
    *,
    serve: bool,
) -> int:
    """Through the pipeline: an embedded one, or that of ``--brokers``."""
    pace = _pace(speed)
    check_target(target)
    if options.brokers is None and board is not None:
        raise WrongCall("--board: goes with --brokers")
    if options.brokers is not None and target is not None and board is None:
        raise WrongCall("--report: with --brokers the report comes from a board: give its address with --board")
    settings = options.settings(options.history())
    check_files(source, files)
    skipped: Counter[str] = Counter()
    lines = lines_of(source, files, skipped)
    if options.brokers is not None:
        asyncio.run(_send(settings, lines, board, pace, target, None))
    else:
        _embedded(options, settings, lines, pace, target, serve=serve)
    say_skipped(skipped)
    return 0


def _pace(speed: str) -> float | None:
    if speed == "max":
        return None
    try:
        pace = float(speed)
    except ValueError:
        pace = 0.0
    if not 0 < pace < float("inf"):
        raise WrongCall(f"--speed: {speed!r} should be a number above 0, or max")
    return pace


def _embedded(
    options: Options, settings: Settings, lines: Iterator[Line], pace: float | None, target: str | None, *, serve: bool
) -> None:
    """Broker in this process, worker and board as its children."""
    port = free_port()
    url = f"http://127.0.0.1:{port}"
    with EmbeddedBroker(settings.kafka.app_id, settings.kafka.partitions) as broker:
        further = {**options.history(), "kafka.brokers": broker.address}
        with Children(further, options.config, options.as_arguments()) as children:
            children.start("worker", worker__listen=f"127.0.0.1:{free_port()}")
            children.start("board", board__listen=f"127.0.0.1:{port}")
            asyncio.run(_send(options.settings(further), lines, url, pace, target, children))
            if serve:
                Console(stderr=True).print(f"the board stays at {url} until Ctrl-C", highlight=False)
                while True:
                    time.sleep(0.5)
                    children.check()


async def _send(
    settings: Settings,
    lines: Iterator[Line],
    url: str | None,
    pace: float | None,
    target: str | None,
    children: Children | None,
) -> None:
    board = Board(url, children.check if children else lambda: None) if url else None
    producer = Producer(settings.kafka, settings.kafka.partitions)
    if children is not None:
        await children.ready(f"{url}/readyz")
    await producer.start()
    try:
        base = await ends(settings.kafka)
        with _progress() as progress:
            task = progress.add_task("replay", total=None, reached="", rate=0.0)
            shown = _shower(progress, task)
            count = await send(lines, producer, board, base, pace, shown)
            progress.update(task, completed=count, total=count)
        if board is not None:
            await settle(settings.kafka, board)
            if target is not None:
                write(await board.get("/api/v1/kpis?window=all"), target)
    finally:
        await producer.stop()
        if board is not None:
            await board.close()


def _shower(progress: Progress, task: Any) -> Any:
    started = time.monotonic()

    def shown(count: int, at_ms: int) -> None:
        rate = count / max(0.001, time.monotonic() - started)
        reached = datetime.fromtimestamp(at_ms / 1000).astimezone().isoformat(" ", "seconds") if at_ms else ""
        progress.update(task, completed=count, reached=reached, rate=rate)

    return shown


def _progress() -> Progress:
    """Events, rate and event time reached; nothing where there is no terminal."""
    console = Console(stderr=True)
    columns = (
        SpinnerColumn(),
        TextColumn("{task.completed:,} events"),
        BarColumn(),
        TextColumn("{task.fields[rate]:,.0f}/s"),
        TextColumn("{task.fields[reached]}"),
        TimeElapsedColumn(),
    )
    return Progress(*columns, console=console, disable=not console.is_terminal)
