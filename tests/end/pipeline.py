"""The real processes of a pipeline on one broker: started, asked, stopped and killed by the tests."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
import time
import tomllib
import uuid
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any, Self
from urllib.error import HTTPError, URLError
from urllib.request import Request, urlopen

import orjson

from stream.calendars import reader
from stream.core.settings import Settings, load
from tests.kafka.broker import free_port
from topics.catalogue import SOURCES

ROOT = Path(__file__).parent.parent.parent
READY_SECONDS = 60
HISTORY = {"time.clock": "events", "time.horizon_hours": 0, "board.retention_days": 0}


def wait_for(condition: Callable[[], Any], what: str, seconds: float = READY_SECONDS) -> Any:
    """What the condition gives, once that is true; fails after ``seconds``."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        found = condition()
        if found:
            return found
        time.sleep(0.05)
    raise AssertionError(f"not within {seconds} s: {what}")


def fetch(url: str, headers: dict[str, str] | None = None) -> tuple[int, bytes, dict[str, str]]:
    """(status, body, headers); status 0 when nobody answers."""
    try:
        with urlopen(Request(url, headers=headers or {}), timeout=30) as response:
            return response.status, response.read(), dict(response.headers)
    except HTTPError as error:
        return error.code, error.read(), dict(error.headers)
    except (URLError, OSError):
        return 0, b"", {}


class Process:
    """One ``deskpulse`` process; what it says is kept."""

    def __init__(self, name: str, arguments: list[str], environment: dict[str, str], folder: Path, url: str) -> None:
        self.name, self.url, self._said = name, url, folder / f"{name}-{uuid.uuid4().hex[:6]}.txt"
        with self._said.open("wb") as output:
            self.popen = subprocess.Popen(
                [sys.executable, "-m", "stream.cli", *arguments],
                cwd=ROOT,
                env=environment,
                stdout=output,
                stderr=output,
            )

    @property
    def said(self) -> str:
        """All its output so far."""
        return self._said.read_text()

    def get(self, path: str, **headers: str) -> Any:
        """The JSON at ``path``; None while it does not answer 200."""
        status, body, _ = fetch(self.url + path, headers)
        return orjson.loads(body) if status == 200 else None

    def ready(self, seconds: float = READY_SECONDS) -> Process:
        """Itself, once it is ready."""

        def look() -> bool:
            assert self.popen.poll() is None, f"{self.name} ended: {self.said}"
            return fetch(self.url + "/readyz")[0] == 200

        wait_for(look, f"{self.name} ready: {self.said}", seconds)
        return self

    def signal(self, sig: int) -> None:
        """Sends a signal."""
        self.popen.send_signal(sig)

    def wait(self, seconds: float) -> int:
        """Its exit status, which must come in time."""
        return self.popen.wait(seconds)

    def stop(self, seconds: float = 12) -> int:
        """SIGTERM; its exit status."""
        self.signal(signal.SIGTERM)
        return self.wait(seconds)

    def kill(self) -> None:
        """Kill -9."""
        if self.popen.poll() is None:
            self.popen.kill()
            self.popen.wait(10)


class Pipeline:
    """Processes that share a broker, an application id, settings (by dotted key) and a configuration file (``toml``)."""

    def __init__(self, brokers: str, folder: Path, settings: dict[str, Any] | None = None, toml: str = "") -> None:
        self.folder, self.toml = folder, toml
        self.settings = {"kafka.brokers": brokers, "kafka.app_id": f"t{uuid.uuid4().hex[:8]}", **(settings or {})}
        self.processes: list[Process] = []

    def loaded(self) -> Settings:
        """The settings, as the processes see them."""
        return load(self.toml, {}, self.settings, reader(ROOT))

    @property
    def plain(self) -> dict[str, Any]:
        """The settings as the judge reads them: plain tables."""
        found = tomllib.loads(self.toml)
        for path, setting in self.settings.items():
            section, key = path.split(".")
            found.setdefault(section, {})[key] = setting
        return found

    def environment(self, **further: Any) -> dict[str, str]:
        """The environment of a process; ``further``: section__key=value."""
        kept = {k: v for k, v in os.environ.items() if not k.startswith("DESKPULSE_")}
        own = {f"DESKPULSE_{k.upper().replace('.', '__')}": v for k, v in self.settings.items()}
        own |= {f"DESKPULSE_{k.upper()}": v for k, v in further.items()}
        return kept | {k: v if isinstance(v, str) else orjson.dumps(v).decode() for k, v in own.items()}

    def start(self, command: str, *arguments: str, name: str = "", **settings: Any) -> Process:
        """A process in the background; a board or a worker listens on a port of its own."""
        address = f"127.0.0.1:{free_port()}"
        if command in ("worker", "board"):
            settings = {f"{command}__listen": address, **settings}
            if self.toml:
                file = self.folder / "deskpulse.toml"
                file.write_text(self.toml)
                arguments = ("--config", str(file), *arguments)
        arguments = (command, *arguments)
        environment = self.environment(**settings)
        process = Process(name or command, [*arguments], environment, self.folder, f"http://{address}")
        self.processes.append(process)
        return process

    def run(self, *arguments: str, seconds: float = 120, **settings: Any) -> subprocess.CompletedProcess[str]:
        """A command to its end."""
        return subprocess.run(
            [sys.executable, "-m", "stream.cli", *arguments],
            cwd=ROOT, env=self.environment(**settings), capture_output=True, text=True, timeout=seconds, check=False,
        )  # fmt: skip

    def replay(self, board: Process, source: str, *files: str | Path) -> dict[str, Any]:
        """Replays through the running processes; the report of the board."""
        brokers = str(self.settings["kafka.brokers"])
        target = self.folder / "report.json"
        done = self.run(
            "replay", source, *map(str, files), "--brokers", brokers, "--board", board.url, "--report", str(target),
            seconds=300,
        )  # fmt: skip
        assert done.returncode == 0, done.stderr
        return orjson.loads(target.read_bytes())  # type: ignore[no-any-return]

    def report(self, source: str, *files: str | Path) -> dict[str, Any]:
        """The report without a broker."""
        done = self.run("report", source, *map(str, files), seconds=300)
        assert done.returncode == 0, done.stderr
        return orjson.loads(done.stdout)  # type: ignore[no-any-return]

    def settle(self, board: Process) -> None:
        """Waits until the board shows everything that is in the topics."""
        from stream.replay import Board, settle

        async def wait() -> None:
            client = Board(board.url)
            try:
                await settle(self.loaded().kafka, client)
            finally:
                await client.close()

        asyncio.run(wait())

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        for process in self.processes:
            with suppress(ProcessLookupError):
                process.signal(signal.SIGCONT)
            process.kill()


def delete_topics(brokers: str) -> None:
    """Deletes everything of ours on a broker, and waits until it is gone."""
    from aiokafka.admin import AIOKafkaAdminClient

    async def delete() -> None:
        admin = AIOKafkaAdminClient(bootstrap_servers=brokers)
        await admin.start()
        try:
            for _ in range(200):
                names = [n for n in await admin.list_topics() if not n.startswith("__")]
                if not names:
                    return
                await admin.delete_topics(names)
                await asyncio.sleep(0.1)
            raise AssertionError(f"the broker keeps {names}")
        finally:
            await admin.close()

    asyncio.run(delete())


def read_topic(brokers: str, topic: str) -> list[Any]:
    """All records of a topic, by partition and offset."""
    from aiokafka import AIOKafkaConsumer

    from topics.broker import read_from_start

    async def read() -> list[Any]:
        consumer = AIOKafkaConsumer(bootstrap_servers=brokers, enable_auto_commit=False)
        await consumer.start()
        try:
            ends = await read_from_start(consumer, topic)
            found: list[Any] = []
            while [tp for tp in ends if await consumer.position(tp) < ends[tp]]:
                for records in (await consumer.getmany(timeout_ms=500)).values():
                    found += records
            return sorted(found, key=lambda r: (r.partition, r.offset))
        finally:
            await consumer.stop()

    return asyncio.run(read())


def produce(pipeline: Pipeline, lines: list[Any]) -> None:
    """Sends lines, and waits until the broker has them."""
    from stream.sources.produce import Producer

    async def send() -> None:
        kafka = pipeline.loaded().kafka
        producer = Producer(kafka, kafka.partitions)
        await producer.start()
        try:
            for line in lines:
                await producer.send(line)
        finally:
            await producer.stop()

    asyncio.run(send())


def value(report: dict[str, Any], kpi: str, stat: str = "value", **where: Any) -> Any:
    """The value of one row of a report; queue and channel are null unless said otherwise."""
    where = {"queue": None, "channel": None, **where}
    found = [r["value"] for r in report["rows"] if r["kpi"] == kpi and r["stat"] == stat
             and all(r.get(k, "absent") == v for k, v in where.items())]  # fmt: skip
    assert len(found) <= 1, found
    return found[0] if found else None


ALL_SOURCES = tuple(SOURCES)
