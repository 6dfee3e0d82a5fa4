"""A storm over a pipeline: events flow while workers, boards and brokers are killed, frozen, added and taken away."""

from __future__ import annotations

import asyncio
import os
import random
import re
import signal
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterable
from contextlib import suppress
from pathlib import Path
from typing import Any

import orjson

from stream.core.windows import WINDOWS
from stream.sources.line import Line
from stream.sources.produce import Producer
from tests.end.pipeline import Pipeline, Process, fetch, wait_for
from tests.faults.truth import Verdict, judge

LOG = "DESKPULSE_FAULTS_LOG"
SESSION_SECONDS = 6.0
SETTINGS = {
    "kafka.session_timeout_seconds": SESSION_SECONDS,
    "kafka.heartbeat_seconds": 1.0,
    "time.clock": "events",
    "time.horizon_hours": 50,
    "board.stale_seconds": 120,
}


class Storm:
    """``faults`` counts what was done. Whatever dies is started again, as a supervisor of processes would."""

    def __init__(
        self, pipeline: Pipeline, seed: int, workers: int = 2, *, static: bool = True, broker: Any = None
    ) -> None:
        self.pipeline, self.broker, self.seed, self.static = pipeline, broker, seed, static
        self.random = random.Random(seed)
        self.faults: Counter[str] = Counter()
        self.workers: dict[int, Process] = {}
        self.wanted = set(range(workers))
        self.crash_at = ""
        self.board = pipeline.start("board")
        self._sending: threading.Thread | None = None
        self._failed: list[BaseException] = []
        self.tend()

    # --- processes ---------------------------------------------------------------------------------------------------

    def tend(self) -> None:
        """Starts what is wanted and not running; what ended by itself must have said why, in one line."""
        for slot in sorted(self.wanted):
            worker = self.workers.get(slot)
            if worker is None or worker.popen.poll() is not None:
                if worker is not None and worker.popen.returncode not in (0, -signal.SIGKILL):
                    self._heard(worker)
                self._start(slot, **({"crash_at": self.crash_at} if self.crash_at else {}))
        if self.board.popen.poll() is not None:
            self.board = self.pipeline.start("board")

    def _start(self, slot: int, **environment: str) -> Process:
        further = {"kafka__instance_id": f"slot-{slot}"} if self.static else {}
        started = self.pipeline.start("worker", name=f"worker{slot}", **further, **environment)
        self.workers[slot] = started
        return started

    def _heard(self, worker: Process) -> None:
        lines = [line for line in worker.said.splitlines() if line.startswith("deskpulse worker: ")]
        assert worker.popen.returncode == 1, worker.said
        assert len(lines) == 1, worker.said
        assert "Traceback" not in worker.said
        why = re.sub(r"[\d.]*\d", "so many", lines[0].removeprefix("deskpulse worker: ").partition(",")[0])
        self.faults[f"ended by itself: {why}"] += 1

    def rest(self, seconds: float) -> None:
        """Lets it run, tending the processes."""
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            self.tend()
            time.sleep(0.1)

    def at_work(self) -> None:
        """Waits until every worker is ready."""

        def look() -> bool:
            self.tend()
            return all(fetch(self.workers[slot].url + "/readyz")[0] == 200 for slot in self.wanted)

        wait_for(look, "all workers are ready", 90)

    def any_worker(self) -> Process:
        """One that is running, by chance."""
        running = [self.workers[slot] for slot in sorted(self.workers) if self.workers[slot].popen.poll() is None]
        return self.random.choice(running)

    def _at_work(self) -> Process | None:
        """One by chance, once it is ready; None when it ended by itself meanwhile."""
        worker = self.any_worker()
        wait_for(lambda: worker.popen.poll() is not None or worker.get("/readyz"), "the worker is at work", 90)
        return worker if worker.popen.poll() is None else None

    # --- events ------------------------------------------------------------------------------------------------------

    def send(self, lines: Iterable[Line], rate: float) -> None:
        """Sends in the background, at about ``rate`` lines a second."""

        async def sending() -> None:
            kafka = self.pipeline.loaded().kafka
            producer = Producer(kafka, kafka.partitions)
            await producer.start()
            started = time.monotonic()
            for n, line in enumerate(lines):
                await producer.send(line)
                if n % 50 == 49:
                    await producer.flush()
                    await asyncio.sleep(max(0.0, started + n / rate - time.monotonic()))
            await producer.stop()

        def run() -> None:
            try:
                asyncio.run(sending())
            except BaseException as error:  # noqa: BLE001 - told when it is waited for
                self._failed.append(error)

        self._sending = threading.Thread(target=run, daemon=True)
        self._sending.start()

    @property
    def is_sending(self) -> bool:
        """Whether there is more to come."""
        return self._sending is not None and self._sending.is_alive()

    # --- faults ------------------------------------------------------------------------------------------------------

    def kill(self) -> None:
        """Kill -9 of a worker."""
        self.faults["kill -9 of a worker"] += 1
        self.any_worker().kill()

    def term(self) -> None:
        """SIGTERM of a worker, which ends in order."""
        worker = self._at_work()
        if worker is None:
            return
        self.faults["SIGTERM of a worker"] += 1
        if worker.stop(20) != 0:  # a machine with other work may not give it the nine seconds: it says so, and recovers
            assert len(worker.said.splitlines()) == 1, worker.said
            assert "could not stop in order" in worker.said
            self.faults["of these not in order"] += 1

    def freeze(self, seconds: float = SESSION_SECONDS + 4) -> None:
        """A worker sleeps through its session and wakes up as a zombie: it must end by itself."""
        worker = self._at_work()
        if worker is None:
            return
        self.faults["SIGSTOP beyond the session"] += 1
        worker.signal(signal.SIGSTOP)
        self.rest(seconds)
        worker.signal(signal.SIGCONT)
        assert worker.wait(30) == 1, worker.said

    def join_and_leave(self) -> None:
        """Another number of workers: 1, 2 or 3."""
        count = self.random.choice([n for n in (1, 2, 3) if n != len(self.wanted)])
        self.scale(count)

    def scale(self, count: int) -> None:
        """So many workers."""
        self.faults["join" if count > len(self.wanted) else "leave"] += 1
        self.wanted = set(range(count))
        for slot in [slot for slot in self.workers if slot not in self.wanted]:
            worker = self.workers.pop(slot)
            if worker.popen.poll() is None:
                ready = fetch(worker.url + "/readyz")[0] == 200  # else it may have nobody yet who hears the signal
                code = worker.stop(20)
                assert code == 0 or not ready or "could not stop in order" in worker.said, worker.said
        self.tend()

    def kill_broker(self, seconds: float = 5) -> None:
        """Kill -9 of the broker, which is back after a while."""
        self.faults[f"kill -9 of the broker for {seconds:g} s"] += 1
        self.broker.kill()
        self.rest(seconds)
        self.broker.start()

    def block(self, seconds: float = 30) -> None:
        """The broker takes connections and answers nothing: every buffer fills."""
        self.faults[f"broker answers nothing for {seconds:g} s"] += 1
        self.broker.process.send_signal(signal.SIGSTOP)
        self.rest(seconds)
        self.broker.process.send_signal(signal.SIGCONT)

    def kill_board(self) -> None:
        """Kill -9 of the board."""
        self.faults["kill -9 of the board"] += 1
        self.board.kill()
        self.tend()

    def kill_all(self) -> None:
        """Kill -9 of every worker and of the board at once: all that is known is what the broker has."""
        for process in (*self.workers.values(), self.board):
            process.kill()
        self.faults["kill -9 of everything"] += 1
        self.tend()

    def die_at(self, point: str) -> None:
        """The workers die exactly there, each time that they come to it."""
        self.crash_at = point
        for worker in self.workers.values():
            worker.kill()
        self.tend()
        self.faults[f"killed at {point}"] += 1
        doomed = list(self.workers.values())
        wait_for(lambda: any(worker.popen.poll() == -signal.SIGKILL for worker in doomed), f"a worker dies at {point}")
        self.crash_at = ""
        for worker in doomed:
            worker.kill()
        self.tend()

    def freeze_at(self, point: str) -> Process:
        """A worker starts again and sleeps exactly there, beyond its session; the caller wakes it."""
        self.faults[f"frozen at {point}"] += 1
        self.workers[0].kill()
        worker = self._start(0, freeze_at=point)
        wait_for(lambda: _is_asleep(worker), f"a worker freezes at {point}")
        return worker

    # --- the end -----------------------------------------------------------------------------------------------------

    def settle(self, *, by_oracle: bool = True, windows: tuple[str, ...] = WINDOWS) -> Verdict:
        """Waits for the rest of the events and until the board shows them all; the verdict."""
        self.settled()
        verdict = judge(self.pipeline, self.board, by_oracle=by_oracle, windows=windows)
        self.report(verdict)
        return verdict

    def settled(self) -> None:
        """All events are sent, all workers are up, and the board shows everything."""
        while self.is_sending:
            self.rest(0.2)
        assert not self._failed, self._failed
        for slot in sorted(self.wanted):
            self.tend()
            wait_for(lambda slot=slot: self._is_up(slot), f"worker {slot} is up: {self.workers[slot].said}", 90)  # type: ignore[misc]
        wait_for(lambda: fetch(self.board.url + "/readyz")[0] == 200, "the board is ready", 90)
        self.pipeline.settle(self.board)

    def _is_up(self, slot: int) -> bool:
        self.tend()
        if _is_asleep(self.workers[slot]):
            return True
        with suppress(OSError):
            return fetch(self.workers[slot].url + "/healthz")[0] == 200
        return False

    def report(self, verdict: Verdict) -> None:
        """What was done and found: printed, and kept for ``make faults``."""
        faults = ", ".join(f"{count} x {what}" for what, count in sorted(self.faults.items())) or "none"
        words = f"seed {self.seed}: {verdict.events} events; {faults}; {verdict.rows} rows compared, {verdict.judged} of them"
        sys.stdout.write(f"{words} with the judge too: {len(verdict.differs)} differences\n")
        (self.pipeline.folder / "differences.txt").write_text("\n".join(verdict.differs))
        note(seed=self.seed, events=verdict.events, faults=faults, rows=verdict.rows, judged=verdict.judged,
             differences=len(verdict.differs))  # fmt: skip

    def storm(self, actions: dict[Callable[[], None], float], pauses: tuple[float, float], least: int = 0) -> None:
        """While events flow (and at least so many times): one of the actions by weight, then a pause."""
        done = 0
        while self.is_sending or done < least:
            self.rest(self.random.uniform(*pauses))
            action = self.random.choices(list(actions), list(actions.values()))[0]
            action()
            self.tend()
            done += 1


def note(**what: Any) -> None:
    """Keeps something about the test that runs, for ``make faults``."""
    if LOG in os.environ:
        name = os.environ.get("PYTEST_CURRENT_TEST", "").rpartition("::")[2].split(" ")[0]
        with Path(os.environ[LOG]).open("ab") as file:
            file.write(orjson.dumps({"test": name, **what}) + b"\n")


def _is_asleep(worker: Process) -> bool:
    """Stopped by a signal, as the system says."""
    return Path(f"/proc/{worker.popen.pid}/stat").read_text().rpartition(")")[2].split()[0] == "T"
