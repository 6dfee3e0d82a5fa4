"""Workers are killed, frozen, added and taken away: every row of every window stays what it must be."""

from __future__ import annotations

import pytest

from tests.faults.storm import Storm
from tests.faults.stream import LONG_SPREAD, lines

pytestmark = [pytest.mark.kafka, pytest.mark.slow]


def test_kill_9_again_and_again(floor):
    """More than 25 kills at random times: no event lost, none counted twice."""
    storm = Storm(floor, seed=1)
    storm.send(lines(1, 22_000), rate=450)
    storm.storm({storm.kill: 1}, (0.5, 3.2), least=26)
    verdict = storm.settle()
    assert storm.faults["kill -9 of a worker"] >= 26
    assert verdict.differs == []
    assert verdict.rows > 1000


@pytest.mark.matrix
def test_kill_9_while_panes_become_final(floor):
    """Five days of event time: panes that are final stay, records that are old are forgotten, killed or not."""
    storm = Storm(floor, seed=8)
    storm.send(lines(8, 24_000, LONG_SPREAD), rate=500)
    storm.storm({storm.kill: 2, storm.term: 1}, (1.0, 5.0), least=10)
    assert storm.settle(by_oracle=False).differs == []


@pytest.mark.matrix
def test_kill_9_without_static_membership(floor):
    """Every death is a rebalance for the others."""
    storm = Storm(floor, seed=2, workers=3, static=False)
    storm.send(lines(2, 20_000), rate=500)
    storm.storm({storm.kill: 1}, (1.0, 8.0), least=12)
    assert storm.settle().differs == []


@pytest.mark.matrix
@pytest.mark.parametrize("static", [True, False])
def test_sigterm(floor, static):
    """Workers end in order and come back, as in a rolling restart."""
    storm = Storm(floor, seed=3, static=static)
    storm.send(lines(3, 12_000), rate=400)
    storm.storm({storm.term: 1}, (1.0, 5.0), least=6)
    assert storm.settle().differs == []


def test_one_three_two_one(floor):
    """Workers join and leave while events flow."""
    storm = Storm(floor, seed=5, workers=1, static=False)
    storm.send(lines(5, 10_000), rate=500)
    for count in (3, 2, 1):
        storm.at_work()
        storm.scale(count)
    assert storm.settle().differs == []
    assert storm.faults == {"join": 1, "leave": 2}


def test_killed_between_two_acknowledgements(floor):
    """Exactly after the records are durable, and exactly after the panes are out: both before the commit."""
    storm = Storm(floor, seed=6)
    storm.send(lines(6, 10_000), rate=500)
    storm.at_work()
    for point in ("changelog_written", "published") * 2:
        storm.die_at(point)
    assert storm.settle().differs == []


@pytest.mark.matrix
def test_the_board_is_killed(floor):
    """A board that comes back reads everything and shows the same."""
    storm = Storm(floor, seed=7, workers=1)
    storm.send(lines(7, 8_000), rate=800)
    storm.storm({storm.kill_board: 1}, (1.0, 2.0), least=4)
    assert storm.settle().differs == []


@pytest.mark.matrix
@pytest.mark.parametrize("seed", [11, 12, 13, 14])
def test_mixture(floor, broker, seed):
    """Everything that can happen to workers, boards and the broker, by chance."""
    storm = Storm(floor, seed=seed, static=seed % 2 == 1, broker=broker)
    storm.send(lines(seed, 16_000), rate=400)
    actions = {
        storm.kill: 6,
        storm.term: 3,
        storm.freeze: 1,
        storm.join_and_leave: 3,
        storm.kill_board: 1,
        storm.kill_broker: 1,
    }
    storm.storm(actions, (0.5, 4.0), least=10)
    assert storm.settle().differs == []
