"""The same rows, digit for digit: through the pipeline on a real Kafka, on the embedded broker, and without any."""

from __future__ import annotations

from pathlib import Path

import orjson
import pytest

from tests.end.pipeline import HISTORY, Pipeline, value, wait_for


def through_kafka(pipeline: Pipeline, source: str, file: Path) -> dict:
    workers = [pipeline.start("worker", name=f"worker{n}") for n in (1, 2)]
    board = pipeline.start("board").ready()
    wait_for(lambda: [(w.get("/readyz") or {}).get("partitions") for w in workers] == [28, 28], "each has its half")
    report = pipeline.replay(board, source, file)
    assert [worker.stop() for worker in workers] == [0, 0]
    assert board.stop() == 0
    return report


def through_embedded(pipeline: Pipeline, source: str, file: Path, seconds: float) -> dict:
    target = pipeline.folder / "embedded.json"
    done = pipeline.run("replay", source, str(file), "--report", str(target), seconds=seconds)
    assert done.returncode == 0, done.stderr
    return orjson.loads(target.read_bytes())


@pytest.mark.kafka
def test_two_workers_on_kafka_give_the_rows_of_the_batch(pipeline, bank):
    """Topics of 8 partitions, two workers and a board report what a batch over the same file reports."""
    report = through_kafka(pipeline, "anonymous_bank", bank)
    assert report == pipeline.report("anonymous_bank", bank)
    assert value(report, "contacts_offered") > 0


def test_the_embedded_broker_gives_the_rows_of_the_batch(tmp_path, bank):
    """A replay without brokers reports what a batch over the same file reports."""
    with Pipeline("", tmp_path, dict(HISTORY)) as pipeline:
        del pipeline.settings["kafka.brokers"]
        report = through_embedded(pipeline, "anonymous_bank", bank, 60)
        assert report == pipeline.report("anonymous_bank", bank)


@pytest.mark.slow
@pytest.mark.kafka
@pytest.mark.parametrize(
    ("source", "file"),
    [
        ("anonymous_bank", "anonymous_bank/calls_1999-02.tsv.gz"),
        ("helpdesk_italian", "helpdesk_italian/helpdesk.csv.gz"),
    ],
)
def test_whole_data_sets_on_kafka(pipeline, shared_data, source, file):
    """A month of calls and all tickets of a help desk give the rows of the batch."""
    assert through_kafka(pipeline, source, shared_data / file) == pipeline.report(source, shared_data / file)


@pytest.mark.slow
@pytest.mark.alone
@pytest.mark.parametrize(
    ("source", "file"),
    [
        ("anonymous_bank", "anonymous_bank/calls_1999-02.tsv.gz"),
        ("helpdesk_italian", "helpdesk_italian/helpdesk.csv.gz"),
    ],
)
def test_whole_data_sets_on_the_embedded_broker(tmp_path, shared_data, source, file):
    """The same, in less than a minute, with no broker but the embedded one."""
    with Pipeline("", tmp_path, dict(HISTORY)) as pipeline:
        del pipeline.settings["kafka.brokers"]
        report = through_embedded(pipeline, source, shared_data / file, 60)
        assert report == pipeline.report(source, shared_data / file)
