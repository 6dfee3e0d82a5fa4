"""A pipeline with everything that watches it: real Kafka, workers, boards, Prometheus, Alertmanager, and who is paged."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Iterable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

from stream.sources.line import Line
from stream.sources.produce import Producer
from tests.deploy.servers import Alertmanager, Hooks, Prometheus
from tests.end.pipeline import Pipeline, Process, delete_topics

PACE = 20  # so many times as fast as in real life is everything that rules and routes wait for
AT_ONCE = 4000
QUEUES = {
    "kafka.partitions": 2,
    "queues.billing.teams": ["phones"],
    # It has the same shortage, and is shut: open on Sundays only.
    "queues.orders.schedule": "sundays",
    "schedules.sundays.sun": ["00:00-24:00"],
}


class Watched:
    """The pipeline, its processes by name, and who watches it."""

    def __init__(self, pipeline: Pipeline, folder: Path, stack: ExitStack) -> None:
        self.pipeline, self._folder, self._stack = pipeline, folder, stack
        self.hooks: Hooks = stack.enter_context(Hooks())
        self.boards: list[Process] = []
        self.workers: list[Process] = []

    def start(self, boards: int, workers: int) -> None:
        """Starts processes, and waits until they are ready."""
        self.workers += [self.pipeline.start("worker", name=f"worker-{n}") for n in range(workers)]
        self.boards += [self.pipeline.start("board", name=f"board-{n}") for n in range(boards)]
        for process in self.boards:
            process.ready()

    def watch(self) -> None:
        """Prometheus and Alertmanager begin."""
        self.manager = self._stack.enter_context(Alertmanager(self._folder / "alertmanager", self.hooks, PACE))
        targets = {"board": addresses(self.boards), "worker": addresses(self.workers)}
        self.prometheus = self._stack.enter_context(
            Prometheus(self._folder / "prometheus", targets, PACE, self.manager)
        )

    def send(self, lines: Iterable[tuple[int, Line]]) -> None:
        """Everything, a piece at a time, until the first board shows it: however slow the machine, no piece waits for
        so long that somebody would be paged for it.
        """
        waiting = list(lines)
        for start in range(0, len(waiting), AT_ONCE):
            asyncio.run(self._paced(waiting[start : start + AT_ONCE], 0, 0))
            self.pipeline.settle(self.boards[0])

    @contextmanager
    def sending(self, lines: Iterable[tuple[int, Line]], from_ms: int, speed: float) -> Iterator[None]:
        """Meanwhile the lines go out as they fall due, so many times as fast; until they are all out."""
        thread = threading.Thread(target=asyncio.run, args=(self._paced(lines, from_ms, speed),))
        thread.start()
        yield
        thread.join()

    async def _paced(self, lines: Iterable[tuple[int, Line]], from_ms: int, speed: float) -> None:
        kafka = self.pipeline.loaded().kafka
        producer = Producer(kafka, kafka.partitions)
        await producer.start()
        started = time.monotonic()
        try:
            for due_ms, line in lines:
                while speed and (wait := (due_ms - from_ms) / 1000 / speed - (time.monotonic() - started)) > 0:
                    await producer.flush()
                    await asyncio.sleep(min(wait, 0.2))
                await producer.send(line)
        finally:
            await producer.stop()

    def level(self, board: Process, window: str, queue: str = "billing") -> float | None:
        """The service level that a board shows; None: it has none."""
        body: Any = board.get(f"/api/v1/kpis?window={window}&kpi=service_level_ratio&queue={queue}&channel=voice")
        return body["rows"][0]["value"] if body and body["rows"] else None

    def sum_of(self, query: str) -> float | None:
        """A sum, as Prometheus has it."""
        return self.prometheus.value(f"sum({query})")


def addresses(processes: list[Process]) -> list[str]:
    """Where they are scraped."""
    return [process.url.removeprefix("http://") for process in processes]


@contextmanager
def watched(brokers: str, folder: Path, **settings: Any) -> Iterator[Watched]:
    """An empty pipeline on the broker; everything is gone afterwards."""
    delete_topics(brokers)
    own = QUEUES | {name.replace("__", "."): value for name, value in settings.items()}
    with ExitStack() as stack, Pipeline(brokers, folder, own) as pipeline:
        made = pipeline.run("topics", "create")
        assert made.returncode == 0, made.stderr + made.stdout
        with stack:
            yield Watched(pipeline, folder, stack)
