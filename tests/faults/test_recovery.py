"""How long nobody counts: measured, printed and kept by ``make faults``; held against bounds that a slow machine keeps."""

from __future__ import annotations

import sys
import time

import pytest

from stream.sources.line import Line
from tests.core.floor import call, entered
from tests.end.pipeline import produce
from tests.faults.storm import SESSION_SECONDS, Storm, note
from tests.faults.stream import lines
from tests.faults.test_logs import calls_of
from topics.catalogue import PARTITIONS_DEFAULT

pytestmark = [pytest.mark.kafka, pytest.mark.slow, pytest.mark.matrix]
AGAIN_SECONDS = 5  # promised, on a machine that has nothing else to do
SLOW_SECONDS = 20  # what a busy one may add


def counted_again(storm: Storm, what: str, turn: int) -> float:
    """Seconds until an event in each partition, sent now, is shown by the board."""
    started = time.monotonic()
    names = [calls_of(number, turn)[-1] for number in range(PARTITIONS_DEFAULT)]
    produce(storm.pipeline, [Line(*entered(call(name), 0), 0) for name in names])
    storm.pipeline.settle(storm.board)
    seconds = time.monotonic() - started
    sys.stdout.write(f"{what}: {seconds:.1f} s\n")
    note(measured=f"{what}: {seconds:.1f} s")
    return seconds


def test_how_long_nobody_counts(floor):
    """A worker that is killed and started again counts within seconds; where it stays away, another has its
    partitions within the session timeout and as many.
    """
    storm = Storm(floor, seed=9)
    storm.send(lines(9, 8_000), rate=1000)
    storm.at_work()
    storm.settled()
    storm.workers[0].kill()
    storm.tend()
    assert counted_again(storm, "the same worker, started again", 1) < AGAIN_SECONDS + SLOW_SECONDS
    storm.at_work()
    storm.wanted = {0}
    storm.workers[1].kill()
    limit = SESSION_SECONDS + AGAIN_SECONDS + SLOW_SECONDS
    assert counted_again(storm, f"another worker, session timeout {SESSION_SECONDS:g} s", 2) < limit
    storm.faults["kill -9 of a worker"] += 2
    assert storm.settle().differs == []
