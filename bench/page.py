"""The wallboard on the whole pipeline: ``python -m bench.page``.

A simulated floor (``deskpulse demo``) runs all the time; on top of it, in one run:

* freshness: 200 callers who enter a queue of their own; from the moment before the event is produced to the moment at
  which Chromium shows the count;
* first paint: a cold cache, twenty times;
* many readers: 500 of them at the feed; how far apart the first and the last get the same snapshot, how old it is then,
  the freshness of the page beside them, and what the worker uses with and without them.
"""

from __future__ import annotations

import asyncio
import json
import random
import re
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from aiokafka import AIOKafkaProducer
from playwright.async_api import Browser, Page

from bench import machine
from bench.live import percentile
from tests.kafka.broker import free_port
from tests.page.browser import WALL, chromium
from topics.broker import client_settings, partition_of

RATE, EVENTS, PAINTS, READERS, READ_SECONDS, WARM_SECONDS = 50, 200, 20, 500, 20, 25
WATCH = """() => {
  window.seen = {};
  const look = () => {
    const node = document.querySelector('[data-testid="headline"]');
    if (node && !(node.textContent in window.seen)) window.seen[node.textContent] = Date.now();
  };
  new MutationObserver(look).observe(document.body, {subtree: true, childList: true, characterData: true});
  look();
}"""


class Demo:
    """The demo in a process of its own, and its children."""

    def __init__(self, folder: Path) -> None:
        self.port = free_port()
        program = str(Path(sys.executable).parent / "deskpulse")
        command = [program, "demo", "--port", str(self.port), "--rate", str(RATE)]
        readers = str(READERS + 1)  # they, and the page that is watched
        self.process = machine.Process("demo", command, folder, DESKPULSE_LIMITS__SSE_CLIENTS=readers)
        self.url = f"http://127.0.0.1:{self.port}"

    async def broker(self) -> str:
        """The address of the embedded broker, once it is said."""
        while True:
            self.process.check()
            found = re.search(r"broker\s+(\S+:\d+)", self.process.output.read_text())
            if found:
                return found[1]
            await asyncio.sleep(0.2)

    def child(self, name: str) -> int:
        """The process id of the worker or the board."""
        children = Path(f"/proc/{self.process.pid}/task").glob("*/children")
        for pid in (pid for task in children for pid in task.read_text().split()):
            if name in Path(f"/proc/{pid}/cmdline").read_bytes().decode().split("\0"):
                return int(pid)
        raise RuntimeError(f"the demo has no {name}")


async def freshness(page: Page, producer: AIOKafkaProducer, queue: str, partitions: int, count: int) -> list[float]:
    """Seconds from producing to showing, of each event."""
    await page.evaluate(WATCH)
    sent = []
    for n in range(1, count + 1):
        await asyncio.sleep(random.uniform(0.15, 0.45))
        entity = f"{queue}-{n}"
        event = {
            "event_id": entity, "type": "queue.entered", "schema_version": 1, "source": "bench", "entity_id": entity,
            "occurred_at": time.time_ns() // 1_000_000, "queue": queue, "channel": "voice", "segment_id": "1",
        }  # fmt: skip
        sent.append(time.time())
        number = partition_of(entity.encode(), partitions)
        await producer.send_and_wait("call.events", json.dumps(event).encode(), entity.encode(), partition=number)
    await asyncio.sleep(5)
    seen = sorted((int(text), at / 1000) for text, at in (await page.evaluate("window.seen")).items() if text.isdigit())
    took = []
    for n, at in enumerate(sent, 1):
        shown = next((when for number, when in seen if number >= n), None)
        took.append(60.0 if shown is None else max(0.0, shown - at))
    return took


async def first_paint(browser: Browser, url: str) -> dict[str, float]:
    """From a cold cache: until something is painted, and until numbers stand there."""
    painted, numbers = [], []
    for _ in range(PAINTS):
        context = await browser.new_context(viewport=WALL)
        page = await context.new_page()
        await page.goto(url, wait_until="commit")
        await page.wait_for_selector(".cell")
        numbers.append(await page.evaluate("performance.now()") / 1000)
        paint = "performance.getEntriesByName('first-contentful-paint')[0].startTime"
        painted.append(await page.evaluate(paint) / 1000)
        await context.close()
    return {"first paint, median ms": percentile(painted, 0.5), "first paint, longest ms": percentile(painted, 1),
            "numbers on the page, median ms": percentile(numbers, 0.5)}  # fmt: skip


class Reader:
    """One reader of the feed: when it got which snapshot."""

    def __init__(self, port: int) -> None:
        self.port = port
        self.arrived: dict[int, float] = {}

    async def read(self) -> None:
        """For ever."""
        reader, writer = await asyncio.open_connection("127.0.0.1", self.port, limit=1 << 22)
        writer.write(b"GET /api/v1/stream HTTP/1.1\r\nHost: x\r\n\r\n")
        while True:
            line = await reader.readline()
            if line.startswith(b'data: {"now_ms":'):
                self.arrived.setdefault(int(line[16:29]), time.time())
            elif not line:
                raise ConnectionError("the board has closed the feed")


async def many(demo: Demo) -> tuple[list[Reader], list[asyncio.Task[None]]]:
    """Five hundred readers."""
    readers = [Reader(demo.port) for _ in range(READERS)]
    tasks = []
    for reader in readers:
        tasks.append(asyncio.create_task(reader.read()))
        await asyncio.sleep(0.005)
    return readers, tasks


def spread(readers: list[Reader], from_ms: float) -> dict[str, Any]:
    """How far apart the first and the last reader get a snapshot, and how old it is when the last one has it."""
    moments = {number for reader in readers for number in reader.arrived if number > from_ms}
    apart, late = [], []
    for number in sorted(moments)[1:-2]:
        got = [reader.arrived[number] for reader in readers if number in reader.arrived]
        apart.append(max(got) - min(got))
        late.append(max(got) - number / 1000)
    return {
        "snapshots": len(late), "readers": len(readers),
        "made to the last reader, p50 ms": percentile(late, 0.5),
        "made to the last reader, p99 ms": percentile(late, 0.99),
        "first to last reader, p99 ms": percentile(apart, 0.99),
    }  # fmt: skip


async def measured(demo: Demo) -> dict[str, Any]:
    """All of it."""
    address = await demo.broker()
    settings = machine.settings_for(address)
    await asyncio.sleep(WARM_SECONDS)
    producer = AIOKafkaProducer(**client_settings(settings.kafka), acks="all", linger_ms=0)
    await producer.start()
    found: dict[str, Any] = {}
    worker, board = demo.child("worker"), demo.child("board")
    async with chromium() as browser:
        found |= await first_paint(browser, demo.url)
        for name, count, crowd in (("alone", EVENTS, False), ("crowd", EVENTS // 4, True)):
            readers, tasks = await many(demo) if crowd else ([], [])
            page = await (await browser.new_context(viewport=WALL)).new_page()
            await page.goto(f"{demo.url}/?queues={name}&rotate=0")
            await asyncio.sleep(2)
            cpu, started = (machine.cpu_s(worker), machine.cpu_s(board)), time.time()
            took = await freshness(page, producer, name, settings.kafka.partitions, count)
            seconds = time.time() - started
            with_readers = f"with {READERS} readers" if crowd else "without readers"
            found |= {
                f"event to page {with_readers}, p50 ms": percentile(took, 0.5),
                f"event to page {with_readers}, p99 ms": percentile(took, 0.99),
                f"worker {with_readers}, % of a core": round(100 * (machine.cpu_s(worker) - cpu[0]) / seconds, 1),
                f"board {with_readers}, % of a core": round(100 * (machine.cpu_s(board) - cpu[1]) / seconds, 1),
            }
            if crowd:
                found |= spread(readers, started * 1000)
            for task in tasks:
                task.cancel()
            await page.context.close()
    await producer.stop()
    return found


def main() -> None:
    """Measures and prints."""
    with tempfile.TemporaryDirectory(prefix="deskpulse-bench-") as folder:
        demo = Demo(Path(folder))
        try:
            found = asyncio.run(measured(demo))
        finally:
            demo.process.stop()
    width = max(map(len, found))
    for name, value in {**found, **machine.described()}.items():
        print(f"{name:{width}}  {value}")


if __name__ == "__main__":
    main()
