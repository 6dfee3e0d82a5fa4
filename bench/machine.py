"""What is measured with: processes and their CPU, one real Kafka, and the events on it."""

from __future__ import annotations

import asyncio
import os
import platform
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from bench import workload
from stream.core.settings import Settings, load
from stream.sources.line import Line
from stream.sources.produce import Producer
from tests.kafka.broker import KafkaBroker
from topics.broker import create_topics
from topics.catalogue import SOURCES, TOPICS, Topic, changelog

TICKS = os.sysconf("SC_CLK_TCK")
STOP_SECONDS = 15


def settings_for(address: str, app_id: str = "deskpulse") -> Settings:
    """The configuration of a measured worker: as it comes, but now is the last event."""
    return load("", {}, {"kafka.brokers": address, "kafka.app_id": app_id, "time.clock": "events"})


class Process:
    """A started program: CPU seconds and peak memory of it alone."""

    def __init__(self, name: str, command: list[str], folder: Path, **environment: str) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self.output = folder / f"{name}.output"
        self.started = time.monotonic()
        with self.output.open("wb") as output:
            self._process = subprocess.Popen(
                command, env={**os.environ, **environment}, stdout=output, stderr=output, start_new_session=True
            )

    @property
    def pid(self) -> int:
        """Its process id."""
        return self._process.pid

    def check(self) -> None:
        """Raises ``RuntimeError`` when it has ended."""
        if self._process.poll() is not None:
            said = self.output.read_text(errors="replace")[-2000:]
            raise RuntimeError(f"ended with {self._process.returncode}: {said}")

    def cpu_s(self) -> float:
        """CPU seconds so far, of user and system."""
        return cpu_s(self.pid)

    def peak_mb(self) -> float:
        """The most memory that it has held."""
        status = Path(f"/proc/{self.pid}/status").read_text()
        return int(status.split("VmHWM:")[1].split()[0]) / 1024

    def stop(self, sig: int = signal.SIGTERM) -> None:
        """Ends it, in order where it can."""
        if self._process.poll() is None:
            self._process.send_signal(sig)
            try:
                self._process.wait(STOP_SECONDS)
            except subprocess.TimeoutExpired:
                os.killpg(self.pid, signal.SIGKILL)
        self._process.wait()


def rss_mb() -> float:
    """What this process holds in memory now."""
    return int(Path("/proc/self/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE") / 1e6


def cpu_s(pid: int) -> float:
    """CPU seconds of a process, of user and system."""
    fields = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / TICKS


def worker(
    address: str, app_id: str, listen: int, folder: Path, name: str = "worker", sampled: Path | None = None
) -> Process:
    """The real worker of the command line."""
    environment = {"DESKPULSE_KAFKA__APP_ID": app_id, "DESKPULSE_TIME__CLOCK": "events"}
    environment["DESKPULSE_WORKER__LISTEN"] = f"127.0.0.1:{listen}"
    program = [str(Path(sys.executable).parent / "deskpulse")]
    if sampled is not None:
        program = [sys.executable, "-m", "bench.sampled", str(sampled)]
    command = [*program, "worker", "--brokers", address]
    return Process(name, command, folder, **environment)


@contextmanager
def kafka() -> Iterator[KafkaBroker]:
    """One Apache Kafka, with the topics of one engine."""
    with tempfile.TemporaryDirectory(prefix="deskpulse-bench-") as folder:
        broker = KafkaBroker(Path(folder) / "kafka").start()
        try:
            yield broker
        finally:
            broker.kill()


def make_topics(address: str, app_id: str, *more: Topic) -> None:
    """The topics of an engine."""
    kafka_ = settings_for(address, app_id).kafka
    wanted = [*TOPICS.values(), *(changelog(app_id, source) for source in SOURCES), *more]
    asyncio.run(create_topics(kafka_, wanted, kafka_.partitions, 1))


def preload(address: str, path: Path, into: str | None = None) -> None:
    """Produces the events to their source topics, or all of them to one topic."""

    async def produce() -> None:
        kafka_ = settings_for(address).kafka
        producer = Producer(kafka_, kafka_.partitions)
        await producer.start()
        try:
            for topic, key, value in workload.rows(path):
                await producer.send(Line(into or topic, key, value, 0))
        finally:
            await producer.stop()

    import uvloop

    uvloop.run(produce())


def described() -> dict[str, str | int | float]:
    """The machine, as results say it."""
    lines = Path("/proc/cpuinfo").read_text().splitlines()
    return {
        "cpu": next((line.split(":")[1].strip() for line in lines if "model name" in line), ""),
        "cpus": os.cpu_count() or 0,
        "python": platform.python_version(),
        "system": platform.platform(),
        "load_1m": round(os.getloadavg()[0], 2),
    }
