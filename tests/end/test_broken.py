"""Broken input through a real Kafka: everything good counts, everything bad is kept with its reason and its bytes."""

from __future__ import annotations

import random
import subprocess
from collections import Counter
from itertools import islice

import orjson
import pytest

from stream.sources.line import Line
from stream.sources.scenarios import BREAKS, HUGE_BYTES, break_every_hundredth
from stream.sources.simulator import simulate
from tests.core.floor import call, entered, left
from tests.end.pipeline import Pipeline, fetch, produce, read_topic, wait_for
from topics.broker import partition_of
from topics.catalogue import LATE, REJECTED

START_MS = 1_764_583_200_000
LINES = 100 * len(BREAKS)
pytestmark = pytest.mark.kafka


def promtool(text: bytes) -> None:
    """Prometheus' own opinion of an exposition."""

    done = subprocess.run(["promtool", "check", "metrics"], input=text, capture_output=True, check=False)
    assert done.returncode == 0, (done.stdout + done.stderr).decode()


def metrics(process) -> str:
    """What the process exports, accepted by promtool."""

    _, body, _ = fetch(process.url + "/metrics")
    promtool(body)
    return body.decode()


@pytest.fixture
def files(tmp_path):
    """(the clean file, the broken one, Counter of (reason, bytes))."""
    lines = [line for _, line in islice(simulate(11, START_MS, 50), LINES)]
    clean, broken = tmp_path / "clean.jsonl", tmp_path / "broken.jsonl"
    clean.write_bytes(b"".join(line.value + b"\n" for line in lines))
    bad: Counter = Counter()
    noise = random.Random(5).randbytes(HUGE_BYTES).replace(b"\n", b"\x0b").replace(b"\r", b"\x0b")
    with broken.open("wb") as file:
        for raw, reason in break_every_hundredth(iter(lines)):
            file.write(raw + b"\n")
            if reason:
                bad[reason, raw] += 1
        file.write(noise + b"\n")  # 10 MB that no compression makes small
        bad["too large", noise] += 1
    return clean, broken, bad


def test_a_file_with_every_hundredth_line_broken(pipeline: Pipeline, files):
    """Truncated, binary, 10 MB, wrong in every way: the numbers are those of the good lines, the bad ones are kept."""
    clean, broken, bad = files
    worker, board = pipeline.start("worker").ready(), pipeline.start("board").ready()
    report = pipeline.replay(board, "events", broken)
    expected = pipeline.report("events", clean)
    assert report["rows"] == expected["rows"]
    assert report["events"] == {**expected["events"], "rejected": bad.total()}

    kept = read_topic(pipeline.settings["kafka.brokers"], REJECTED)
    found = Counter((dict(r.headers)["reason"].decode(), r.value) for r in kept)
    assert found == bad
    for record in kept:
        headers = dict(record.headers)
        place = (headers["topic"], headers["partition"], headers["offset"])
        assert record.key == b"|".join(place)

    reasons = Counter(reason for reason, _ in bad.elements())
    text = metrics(board)
    for reason, count in reasons.items():
        of_reason = [line for line in text.splitlines() if "rejected_events{" in line and f'reason="{reason}"' in line]
        assert sum(float(line.split()[-1]) for line in of_reason) == count
    metrics(worker)

    listed = pipeline.run("rejected", "list")
    assert f"{bad.total()} rejected" in listed.stdout
    assert "10485" in pipeline.run("rejected", "list", "--reason", "too large").stdout

    assert worker.stop() == 0  # the fix: somebody raises the limit; then what was too large is sent again
    worker = pipeline.start("worker", limits__event_bytes=2 * HUGE_BYTES).ready()
    again = pipeline.run("rejected", "replay", "--reason", "too large")
    assert f"sent {reasons['too large']} again" in again.stdout
    pipeline.settle(board)
    events = board.get("/api/v1/kpis?window=all")["events"]
    assert events["accepted"] == report["events"]["accepted"] + reasons["too large"] - 1
    assert events["rejected"] == bad.total() + 1  # the noise is no JSON at any size
    assert worker.stop() == 0


def test_late_facts_are_kept(pipeline: Pipeline):
    """A fact behind the horizon goes to its topic, with what it would have changed."""

    pipeline.settings["time.horizon_hours"] = 50
    beside = next(n for n in map(str, range(999)) if partition_of(n.encode(), 8) == partition_of(b"early", 8))
    early, clock = call("early"), call(beside)  # of one partition: the border of late is each partition's own
    events = [entered(early, 0), entered(clock, 90 * 3600), left(early, 40, "abandoned")]
    worker, board = pipeline.start("worker").ready(), pipeline.start("board").ready()
    produce(pipeline, [Line(*event, 0) for event in events])
    pipeline.settle(board)
    late = read_topic(pipeline.settings["kafka.brokers"], LATE)
    facts = [orjson.loads(record.value) for record in late]
    assert {fact["place"][1] for fact in facts} == {"billing"}
    assert board.get("/api/v1/kpis?window=all")["events"]["late"] == 1
    assert worker.stop() == 0


def test_a_flood_of_queue_names(pipeline: Pipeline):
    """R44: of ten thousand queues as many as the limit have rows and series, the rest counts as ``_other``."""

    pipeline.settings["limits.queues"] = 100
    worker, board = pipeline.start("worker").ready(), pipeline.start("board").ready()
    events = [entered(call(f"c{n}"), n / 1000, queue=f"queue-{n}") for n in range(10_000)]
    produce(pipeline, [Line(*event, 0) for event in events])
    pipeline.settle(board)
    report = board.get("/api/v1/kpis?window=all&kpi=contacts_offered")
    by_queue = {row["queue"]: row["value"] for row in report["rows"] if row["channel"] is None}
    assert by_queue.pop(None) == 10_000
    assert len(by_queue) == 101
    assert by_queue["_other"] == 10_000 - 100
    text = metrics(board)
    exported = {line.split('queue="')[1].split('"')[0] for line in text.splitlines() if 'queue="' in line}
    assert len(exported) <= 101
    assert "_other" in exported
    refused = [
        line for line in metrics(worker).splitlines() if line.startswith("support_pipeline_names_refused_total{")
    ]
    assert [float(line.split()[-1]) for line in refused if 'kind="queue"' in line] == [9_900]


def test_a_queue_without_contacts_has_no_ratio(pipeline: Pipeline):
    """An empty denominator gives no sample, neither a zero nor a NaN."""

    pipeline.start("worker").ready()
    board = pipeline.start("board").ready()
    produce(pipeline, [Line(*entered(call("c1"), 0), 0)])
    pipeline.settle(board)
    wait_for(lambda: "support_contacts_waiting" in metrics(board), "the waiting contact is exported")
    text = metrics(board)
    assert "service_level_ratio{" not in text
    assert "NaN" not in text
