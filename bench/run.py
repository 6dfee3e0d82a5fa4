"""All systems side by side, on one real Kafka, over the same events: ``python -m bench.run [EVENTS] [--only A,B]``.

Each has the topic preloaded and works it off with one process (Bytewax, Kafka Streams: one worker, one thread). CPU is
counted from its first event to its last; its result must equal that of SQL over the events before any figure of it is
printed. Who is too slow is stopped after ``--cap`` seconds: its CPU counts, and it is checked on a smaller topic.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import time
import uuid
from pathlib import Path
from typing import Any

from bench import engine, machine, oracle, published, report, workload
from topics.catalogue import Topic

HERE = Path(__file__).parent
PEERS_PYTHON = Path(sys.prefix) / "peers" / "bin" / "python"
PEERS = {
    "bare client": [sys.executable, "-m", "bench.peers.bare"],
    "Kafka Streams": ["java", "-Xmx2g", "-cp", f"{HERE}/kstreams/target/*:{HERE}/kstreams/target/libs/*", "bench.Job"],
    "Bytewax": [str(PEERS_PYTHON), "-m", "bench.peers.bytewax_panes"],
    "Quix Streams": [str(PEERS_PYTHON), "-m", "bench.peers.quix_panes"],
    "Faust": [str(PEERS_PYTHON), "-m", "bench.peers.faust_panes"],
}
ON_DISK = "changelog, RocksDB"
DURABLE = {
    "engine": "changelog, acks=all, before the offset",
    "bare client": "nothing",
    "Bytewax": "nothing",
    "Kafka Streams": ON_DISK,
    "Quix Streams": ON_DISK,
    "Faust": "changelog",
}
ENGINE = "engine"
START_SECONDS = 90
STUCK_SECONDS = 300
EVENTS_MIN = 20_000  # fewer say nothing: a system may stop for a rebalance after its first ones
CHECK_EVENTS = 30_000


def progress(folder: Path) -> tuple[int, int, int]:
    """Events consumed, samples sent and received."""
    try:
        consumed, sent, received = map(int, (folder / "progress").read_text().split())
    except (OSError, ValueError):
        return 0, 0, 0
    return consumed, sent, received


def drain(name: str, address: str, folder: Path, topic: str, events: int, cap_s: float) -> dict[str, Any]:
    """One peer over one topic; ``result`` is there when it was not stopped before its end."""
    run = folder / f"{name.replace(' ', '-')}-{uuid.uuid4().hex[:6]}"
    run.mkdir()
    process = machine.Process(
        "peer", PEERS[name], run, BROKER=address, TOPIC=topic, GROUP=f"bench-{run.name}", RUN_DIR=str(run),
        PYTHONPATH=str(HERE.parent), PYTHONWARNINGS="ignore",
    )  # fmt: skip
    try:
        first = last = _wait_for_first(process, run)
        while last[2] < events and (last[0] - first[0] < cap_s or last[2] < EVENTS_MIN):
            if last[0] - first[0] > STUCK_SECONDS:
                raise RuntimeError(f"{name}: {last[2]} of {events} events in {STUCK_SECONDS} s")
            last = _look(process, run)
            time.sleep(0.05)
        done = last[2] - first[2]
        found = {
            "events": events, "worked_off": last[2], "cpu_s_per_million": round((last[1] - first[1]) / done * 1e6, 2),
            "events_per_cpu_s": round(done / (last[1] - first[1])), "events_per_s": round(done / (last[0] - first[0])),
            "start_s": round(first[0] - process.started, 2), "peak_mb": round(process.peak_mb()),
            "load_1m": round(os.getloadavg()[0], 2),
        }  # fmt: skip
        if last[2] >= events:
            found["result"] = _result(process, run, topic)
        return found
    finally:
        process.stop()


def _look(process: machine.Process, run: Path) -> tuple[float, float, int]:
    """(now, CPU seconds, events worked off): who has two stages is as far as the second."""
    process.check()
    consumed, sent, received = progress(run)
    whole = consumed if received >= sent else min(consumed - 1, round(consumed * received / sent))
    return time.monotonic(), process.cpu_s(), whole


def _wait_for_first(process: machine.Process, run: Path) -> tuple[float, float, int]:
    while time.monotonic() - process.started < START_SECONDS:
        found = _look(process, run)
        if found[2] > 0:
            return found
        time.sleep(0.02)
    raise RuntimeError(f"no event in {START_SECONDS} s: {process.output.read_text()[-2000:]}")


def _result(process: machine.Process, run: Path, topic: str) -> Any:
    time.sleep(0.5)
    (run / "stop.part").write_text(str(LAST_PANE[topic]))
    (run / "stop.part").rename(run / "stop")
    deadline = time.monotonic() + 60
    while not (run / "result").exists():
        if time.monotonic() > deadline:
            raise RuntimeError(f"no result: {process.output.read_text()[-2000:]}")
        time.sleep(0.05)
    return json.loads((run / "result").read_text())


LAST_PANE: dict[str, int] = {}


def judged(found: dict[str, Any], expected: dict[str, Any]) -> str:
    """Whether the result is right, in a word; raises ``SystemExit`` when it is wrong."""
    wrong = oracle.differences(found.pop("result"), expected)
    if wrong:
        raise SystemExit(f"{len(wrong)} cells are wrong, so there is nothing to print: {wrong[0]}")
    return "equal"


def prepared(address: str, events: int) -> tuple[str, dict[str, Any]]:
    """The topic of the peers with that many events, and what the result must be."""
    path, topic = workload.made(events), f"bench.events.{events}"
    machine.make_topics(address, "deskpulse", Topic(topic, "entity id", "the events of all source topics in one"))
    machine.preload(address, path, topic)
    LAST_PANE[topic] = oracle.last_pane(path)
    return topic, oracle.results(path)


def measured(arguments: argparse.Namespace) -> dict[str, Any]:
    """Everything, by name."""
    found: dict[str, Any] = {}
    only = arguments.only.split(",") if arguments.only else [ENGINE, *PEERS]
    with machine.kafka() as broker:
        topic, expected = prepared(broker.address, arguments.events)
        small = None
        for name in only:
            print(f"{name} ...", file=sys.stderr, flush=True)
            if name == ENGINE:
                machine.preload(broker.address, workload.made(arguments.events))
                found[name] = engine.drain(broker.address, broker.folder, arguments.events)
                found[name]["result"] = published.results(broker.address)
            else:
                found[name] = drain(name, broker.address, broker.folder, topic, arguments.events, arguments.cap)
                if "result" not in found[name]:
                    small = small or prepared(broker.address, CHECK_EVENTS)
                    checked = drain(name, broker.address, broker.folder, small[0], CHECK_EVENTS, 300)
                    found[name]["check"] = f"{judged(checked, small[1])} ({CHECK_EVENTS:,} events)"
            if "result" in found[name]:
                found[name]["check"] = judged(found[name], expected)
            found[name]["durable"] = DURABLE[name]
            print(json.dumps({name: found[name]}), file=sys.stderr, flush=True)
    return found


def main() -> None:
    """Measures, prints, keeps."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("events", nargs="?", type=int, default=workload.EVENTS)
    parser.add_argument("--only", help="of: engine, " + ", ".join(PEERS))
    parser.add_argument("--cap", type=float, default=45, help="seconds after which a peer is stopped")
    arguments = parser.parse_args()
    report.keep("drain", {"events": arguments.events, "systems": measured(arguments)})
    report.write()
    print(report.drain_table())


if __name__ == "__main__":
    main()
