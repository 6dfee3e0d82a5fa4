"""Processes: how they start, what they say when they cannot, how they end, and what a board shows meanwhile."""

from __future__ import annotations

import os
import time
from pathlib import Path

import pytest

from stream.sources.line import Line
from tests.core.floor import call, entered
from tests.end.pipeline import ROOT, Pipeline, fetch, produce, wait_for
from tests.kafka.broker import free_port

kafka = pytest.mark.kafka


def one_line(said: str) -> str:
    """The only line that a process said."""
    lines = said.strip().splitlines()
    assert len(lines) == 1, said
    return lines[0]


@kafka
def test_sigterm_ends_in_order(pipeline: Pipeline):
    """A worker with events in flight and a board: within ten seconds, status 0, nothing said, everything committed."""
    worker, board = pipeline.start("worker").ready(), pipeline.start("board").ready()
    produce(pipeline, [Line(*entered(call(f"c{n}"), n), 0) for n in range(2000)])
    assert worker.stop(10) == 0
    assert worker.said == ""
    assert not (ROOT / f"{pipeline.settings['kafka.app_id']}-data").exists()  # a worker leaves nothing on disk
    again = pipeline.start("worker").ready()
    pipeline.settle(board)
    rows = board.get("/api/v1/kpis?window=all&kpi=contacts_offered")
    assert rows["events"] == {"accepted": 2000, "duplicate": 0, "late": 0, "rejected": 0}
    assert board.stop(10) == 0
    assert board.said == ""
    assert again.stop(10) == 0


@kafka
def test_topics_that_are_missing(pipeline: Pipeline):
    """A worker does not start on topics that are not there, and says how to make them."""
    pipeline.settings["kafka.app_id"] = "another-app"
    worker = pipeline.start("worker")
    assert worker.wait(30) == 1
    said = one_line(worker.said)
    assert "another-app-" in said
    assert "deskpulse topics create" in said


@kafka
def test_topics_with_another_partition_count(pipeline: Pipeline):
    """A worker does not start where the partition count differs from its setting."""
    worker = pipeline.start("worker", kafka__partitions=4)
    assert worker.wait(30) == 1
    assert "partitions is 8, should be 4" in one_line(worker.said)


@pytest.mark.slow
@pytest.mark.parametrize("command", ["worker", "board"])
def test_no_broker_at_start(tmp_path, command):
    """Without a broker one line names the key; status 1, within forty seconds."""
    with Pipeline(f"127.0.0.1:{free_port()}", tmp_path) as pipeline:
        process = pipeline.start(command)
        assert process.wait(40) == 1
        said = process.said.strip().splitlines()
        assert "kafka.brokers" in said[-1]
        assert not any("Traceback" in line for line in said)


@kafka
def test_a_port_in_use(pipeline: Pipeline):
    """A worker or board whose port is taken says which setting it is."""
    board = pipeline.start("board")
    wait_for(lambda: fetch(board.url + "/healthz")[0] == 200, "board answers")
    second = pipeline.start("board", board__listen=board.url.removeprefix("http://"))
    assert second.wait(30) == 1
    assert one_line(second.said).startswith("deskpulse board: board.listen: cannot listen on")
    worker = pipeline.start("worker", worker__listen=board.url.removeprefix("http://"))
    assert worker.wait(30) == 1
    assert one_line(worker.said).startswith("deskpulse worker: worker.listen: cannot listen on")


@kafka
def test_readiness_staleness_and_restart_of_the_board(pipeline: Pipeline):
    """Not ready before a worker has published every partition; stale, with its values, when the workers are gone; a
    restarted board shows the same numbers; ages grow with no events.
    """
    for key in ("time.clock", "time.horizon_hours", "board.retention_days"):
        pipeline.settings.pop(key)
    pipeline.settings["board.stale_seconds"] = 8
    board = pipeline.start("board")
    wait_for(lambda: fetch(board.url + "/healthz")[0] == 200, "board answers")
    wait_for(lambda: b"no worker has published" in fetch(board.url + "/readyz")[1], "nobody has published yet")
    assert fetch(board.url + "/readyz")[0] == 503
    worker = pipeline.start("worker").ready()
    board.ready()
    since = time.time() - 30 - 1_764_583_200
    produce(pipeline, [Line(*entered(call("c1"), since), 0)])

    def oldest() -> float | None:
        rows = board.get("/api/v1/kpis?window=now&kpi=oldest_wait_seconds&queue=billing&channel=voice")["rows"]
        return rows[0]["value"] if rows else None

    first = wait_for(oldest, "the wait of the contact is shown")
    assert 29 < first < 60
    wait_for(lambda: oldest() > first + 1, "the age grows with no events", 10)

    assert worker.stop() == 0
    wait_for(lambda: fetch(board.url + "/readyz")[0] == 503, "the board is stale", 30)
    stale = board.get("/api/v1/queues")
    assert [queue["queue"] for queue in stale["queues"]] == ["billing"]
    assert oldest() > first  # the last known truth, growing; not a zero
    feed = wait_for(lambda: (s := read_snapshot(board)) and s["stale"]["partitions"] == 56 and s, "all are stale", 10)
    assert feed["stale"]["since_ms"] > 0
    waiting = board.get("/api/v1/kpis?window=now&kpi=contacts_waiting")["rows"]
    assert board.stop() == 0

    board = pipeline.start("board")
    wait_for(lambda: b"heard" in fetch(board.url + "/readyz")[1], "the aggregates are read again")
    assert board.get("/api/v1/kpis?window=now&kpi=contacts_waiting")["rows"] == waiting


def read_snapshot(board) -> dict:
    """The first snapshot of the feed."""
    from urllib.request import urlopen

    import orjson

    with urlopen(board.url + "/api/v1/stream", timeout=10) as stream:
        kind = b""
        for line in stream:
            kind = line.strip() if line.startswith(b"event: ") else kind
            if kind == b"event: snapshot" and line.startswith(b"data: "):
                return orjson.loads(line[6:])
    raise AssertionError("no snapshot")


@kafka
def test_an_idle_worker_costs_next_to_nothing(pipeline: Pipeline):
    """At no traffic a worker with all 56 partitions uses less than three hundredths of a core, by its CPU time."""
    worker = pipeline.start("worker").ready()
    board = pipeline.start("board").ready()

    def cpu(process) -> float:
        fields = Path(f"/proc/{process.popen.pid}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    before, started = (cpu(worker), cpu(board)), time.monotonic()
    wait_for(lambda: time.monotonic() - started > 10, "ten seconds of nothing", 12)
    seconds = time.monotonic() - started
    assert (cpu(worker) - before[0]) / seconds < 0.03
    assert (cpu(board) - before[1]) / seconds < 0.03
