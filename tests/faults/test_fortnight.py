"""A fortnight with every kind of event through real processes on a real Kafka: every row is the judge's, killed or not.

The clocks go forward in it, there are days off, hours and targets that change in the middle; merges, splits, reopens,
customers who come back, answers that are given again, events that are up to an hour late or there twice.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import takewhile
from pathlib import Path

import orjson
import pytest

from stream.sources.line import Line
from stream.sources.simulator import simulate
from tests.end.pipeline import Pipeline
from tests.end.test_fortnight import FROM_MS, TOML
from tests.faults.storm import SETTINGS, Storm
from tests.kafka.broker import KafkaBroker

pytestmark = [pytest.mark.kafka, pytest.mark.slow]
DAY_MS = 86_400_000
# The Sunday on which the clocks change, the first of April on which hours and targets do, and Good Friday.
CORE_MS, CORE_DAYS = FROM_MS + round(5.75 * DAY_MS), 6.0
KINDS = frozenset(
    (
        "queue.entered", "contact.answered", "contact.transferred", "hold.started", "acw.ended", "bot.handoff",
        "ticket.created", "ticket.status_changed", "ticket.merged", "ticket.split", "ticket.marked_spam",
        "ticket.deleted", "ticket.assigned", "ticket.fields_changed", "ticket.priority_changed", "agent.logged_in",
        "agent.snapshot", "agent.profile_changed", "shift.scheduled", "survey.sent", "survey.answered",
        "survey.expired", "survey.revoked", "customer.acquired", "customer.churned", "customer.reactivated",
        "purchase.made", "cost.recorded",
    )
)  # fmt: skip


@pytest.fixture
def history(broker: KafkaBroker, tmp_path: Path) -> Iterator[Pipeline]:
    """A pipeline that reads history under the fortnight's schedules and targets."""
    settings = {**SETTINGS, "time.horizon_hours": 0, "board.retention_days": 0}
    with Pipeline(broker.address, tmp_path, settings, TOML) as found:
        made = found.run("topics", "create")
        assert made.returncode == 0, made.stderr + made.stdout
        yield found


def lines(seed: int, start_ms: int, days: float, rate: float) -> list[Line]:
    """What arrives in so many days."""
    until_ms = start_ms + round(days * DAY_MS)
    return [line for _, line in takewhile(lambda sent: sent[0] <= until_ms, simulate(seed, start_ms, rate))]


def test_the_days_that_matter_with_kill_9(history, broker):
    """Six days over the change of the clocks, of the targets, and Good Friday; workers are killed in between."""
    sent = lines(21, CORE_MS, CORE_DAYS, 0.006)
    storm = Storm(history, seed=21)
    storm.send(sent, rate=800)
    storm.storm({storm.kill: 1}, (0.5, 3.0), least=4)
    verdict = storm.settle(windows=("all", "7d", "today", "now"))
    assert verdict.differs == []
    assert verdict.judged > 2000


@pytest.mark.matrix
@pytest.mark.parametrize("kills", [0, 10])
def test_a_fortnight_with_every_kind_of_event(history, broker, kills):
    """Every row of every window equals the judge, without a fault and with ten kill -9."""
    sent = lines(11, FROM_MS, 14, 0.02)
    assert {orjson.loads(line.value)["type"] for line in sent} >= KINDS
    storm = Storm(history, seed=kills)
    storm.send(sent, rate=400)
    if kills:
        storm.storm({storm.kill: 1}, (1.0, 6.0), least=kills)
    verdict = storm.settle()
    assert verdict.differs == []
    assert storm.faults["kill -9 of a worker"] >= kills
    assert verdict.judged > 5000
