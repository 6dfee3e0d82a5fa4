"""Workers are killed, frozen, added and taken away: every row of every window stays what it must be."""

from __future__ import annotations

import pytest

from tests.faults.storm import Storm
from tests.faults.stream import lines

pytestmark = [pytest.mark.kafka, pytest.mark.slow]


def test_kill_9_again_and_again(floor, broker):
    """More than 25 kills at random times: no event lost, none counted twice."""
    storm = Storm(floor, broker, seed=1)
    storm.send(lines(1, 30_000), rate=400)
    storm.storm({storm.kill: 1}, (0.5, 4.0), least=26)
    verdict = storm.settle()
    assert storm.faults["kill -9 of a worker"] >= 26
    assert verdict.differs == []
    assert verdict.rows > 1000
