"""What a scrape of a large floor costs: size and time on the board and on a worker, memory in a real Prometheus.

python -m bench.scrape [QUEUES]     # a thousand queues, each of one channel
"""

from __future__ import annotations

import asyncio
import gzip
import json
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from aiohttp import ClientSession, web

from deploy.rules.__main__ import rendered
from stream.board.exporter import Exporter
from stream.board.state import State
from stream.children import free_port
from stream.core.metrics import SERVICE
from stream.core.names import Names
from stream.core.partition import new_partition
from stream.core.rows import Row
from stream.core.settings import load
from stream.core.tally import Counting, Tally
from stream.core.view import View
from topics.catalogue import SOURCES

CALLS, EVERY_S, SCRAPES = 3, 1.0, 60
PLAIN = "text/plain"


def events(queue: int, now_ms: int) -> list[Row]:
    """Some calls of one queue, over the last half hour: answered, abandoned, waiting."""
    found = []
    for n in range(CALLS):
        name, at_ms = f"q{queue}-c{n}", now_ms - (n + 1) * 240_000
        common = {"schema_version": 1, "source": "bench", "entity_id": name}
        life: list[tuple[str, int, dict[str, Any]]] = [
            ("queue.entered", 0, {"queue": f"queue-{queue:04}", "channel": "voice", "segment_id": "1"}),
            ("contact.answered", 15_000, {"agent_id": "a", "segment_id": "1"}),
            ("contact.ended", 90_000, {"by": "customer"}),
        ]
        if n == 1:
            life[1:] = [("queue.left", 40_000, {"reason": "abandoned"})]
        for kind, after_ms, fields in life:
            event = {**common, "event_id": f"{name}:{kind}", "type": kind, "occurred_at": at_ms + after_ms, **fields}
            found.append((name.encode(), json.dumps(event).encode()))
    return [SimpleNamespace(offset=queue * 100 + i, key=k, value=v, timestamp=now_ms) for i, (k, v) in enumerate(found)]  # type: ignore[misc]


def floor(queues: int) -> tuple[State, Tally]:
    """A board's state and a worker's tally after some calls on each queue."""
    settings = load("", {}, {"limits.series": 1_000_000, "limits.queues": queues})
    view, tally, names, now_ms = View(settings), Tally(settings), Names(settings.limits), time.time_ns() // 1_000_000
    for topic in SOURCES:
        part = new_partition(topic, 0, settings, names)
        part.counting = Counting(tally)
        part.counting.restart(part.ledger, now_ms)
        for queue in range(queues) if topic == "call.events" else ():
            part.apply(events(queue, now_ms))
        part.counting.settle(now_ms)
        for key, value in part.changed_aggregates(now_ms, wide=True):
            view.put(key, value)
    read = asyncio.Event()
    read.set()
    follower: Any = SimpleNamespace(partitions=1, caught_up=read, unreadable=0, progress=1.0)
    return State(settings, view, follower), tally


def told(name: str, value: str) -> None:
    """One line of the result."""
    print(f"{name:46} {value:>14}", flush=True)


async def board(state: State, folder: Path) -> None:
    """The board's exposition, scraped by a real Prometheus with our rules."""
    exporter = Exporter(state)
    started = time.perf_counter()
    body, _ = await exporter.render(PLAIN, zipped=False)
    told("board: first rendering", f"{time.perf_counter() - started:.2f} s")
    series = sum(1 for line in body.splitlines() if not line.startswith(b"#"))
    told("board: series", f"{series:,}")
    told("board: size", f"{len(body) / 1e6:.1f} MB")
    told("board: size, packed", f"{len(gzip.compress(body, 1)) / 1e6:.2f} MB")
    await asyncio.sleep(10)  # so that every window has moved
    started, spent = time.perf_counter(), time.process_time()
    await exporter.refresh()
    told("board: next rendering", f"{time.perf_counter() - started:.2f} s")
    spent = time.process_time() - spent
    told("board: processor time of that", f"{spent:.2f} s")
    spent = time.process_time()
    for _ in range(100):
        await exporter.render(PLAIN, zipped=False)
    told("board: processor time of a scrape", f"{(time.process_time() - spent) * 10:.3f} ms")

    async def metrics(request: web.Request) -> web.Response:
        zipped = "gzip" in request.headers.get("Accept-Encoding", "")
        body, kind = await exporter.render(request.headers.get("Accept", ""), zipped=zipped)
        return web.Response(
            body=body, headers={"Content-Type": kind} | ({"Content-Encoding": "gzip"} if zipped else {})
        )

    app, port = web.Application(), free_port()
    app.add_routes([web.get("/metrics", metrics)])
    runner = web.AppRunner(app)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", port).start()
    running = asyncio.create_task(exporter.run())
    try:
        await prometheus(port, folder)
    finally:
        running.cancel()
        await runner.cleanup()


async def prometheus(port: int, folder: Path) -> None:
    """Scrapes once a second, as often in a minute as a real one in a quarter of an hour."""
    rules = []
    for name, text in rendered().items():
        (folder / name).write_text(text)
        rules.append(name)
    listen = f"127.0.0.1:{free_port()}"
    config = {
        "global": {"scrape_interval": f"{EVERY_S:g}s", "evaluation_interval": "15s"},
        "rule_files": rules,
        "scrape_configs": [
            {"job_name": "deskpulse-board", "static_configs": [{"targets": [f"127.0.0.1:{port}"]}]},
            {"job_name": "prometheus", "static_configs": [{"targets": [listen]}]},
        ],
    }
    (folder / "prometheus.yml").write_text(json.dumps(config))
    command = ["prometheus", "--config.file=prometheus.yml", "--storage.tsdb.path=data",
               f"--web.listen-address={listen}", "--log.level=error"]  # fmt: skip
    server = subprocess.Popen(command, cwd=folder)  # noqa: ASYNC220 - it starts and runs beside us
    try:
        await asyncio.sleep(SCRAPES * EVERY_S)
        async with ClientSession() as session:
            for name, query in (
                ("Prometheus: duration of a scrape", 'max(scrape_duration_seconds{job="deskpulse-board"})'),
                ("Prometheus: samples of a scrape", 'max(scrape_samples_scraped{job="deskpulse-board"})'),
                ("Prometheus: evaluation of our rules", "sum(prometheus_rule_group_last_duration_seconds)"),
            ):
                async with session.get(f"http://{listen}/api/v1/query", params={"query": query}) as answer:
                    found = (await answer.json())["data"]["result"]
                told(name, f"{float(found[0]['value'][1]):.2f}" if found else "absent")
        told(f"Prometheus: memory after {SCRAPES} scrapes", f"{resident_mb(server.pid):.0f} MB")
    finally:
        server.terminate()
        server.wait()


def resident_mb(pid: int) -> float:
    """How much memory a process holds."""
    return int(Path(f"/proc/{pid}/status").read_text().split("VmRSS:")[1].split()[0]) / 1024


def worker(tally: Tally) -> None:
    """A worker's counters and distributions."""
    started, spent = time.perf_counter(), time.process_time()
    lines = [line for _, block in tally.blocks() for line in block]
    told("worker: rendering, in pieces", f"{time.perf_counter() - started:.2f} s")
    told("worker: processor time of a scrape", f"{(time.process_time() - spent) * 1000:.0f} ms")
    told(f"worker: series of {len(SERVICE)} metrics", f"{len(lines):,}")
    told("worker: size", f"{sum(map(len, lines)) / 1e6:.1f} MB")


def main() -> None:
    """Prints the table."""
    queues = int(sys.argv[1]) if len(sys.argv) > 1 else 1000
    state, tally = floor(queues)
    told("queues, one channel each", f"{queues:,}")
    with tempfile.TemporaryDirectory() as folder:
        asyncio.run(board(state, Path(folder)))
    worker(tally)
    told("this process: memory", f"{resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024:.0f} MB")


if __name__ == "__main__":
    main()
