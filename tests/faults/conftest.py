"""The brokers of the fault runs, which of the runs are done, and what is kept of them for ``make faults``."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.end.pipeline import Pipeline, delete_topics
from tests.faults.storm import SETTINGS, note
from tests.kafka.broker import KafkaBroker

ALL = "DESKPULSE_FAULTS"


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """A test run takes a selection; ``make faults`` says that it wants them all."""
    if os.environ.get(ALL) == "all":
        return
    left_out = [item for item in items if item.get_closest_marker("matrix")]
    items[:] = [item for item in items if item not in left_out]
    config.hook.pytest_deselected(items=left_out)


def pytest_runtest_logreport(report: pytest.TestReport) -> None:
    """How each test ended, and how long it took."""
    if report.when == "call":
        note(test=report.nodeid.rpartition("::")[2], outcome=report.outcome, seconds=round(report.duration))


@pytest.fixture
def broker(tmp_path: Path) -> Iterator[KafkaBroker]:
    """A real Kafka of its own, which a test may kill."""
    found = KafkaBroker(tmp_path / "kafka").start()
    yield found
    found.kill()


@pytest.fixture
def floor(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Pipeline]:
    """A pipeline with its topics and the settings of fault runs: on the test's own broker where it has one, else on
    the one of the session.
    """
    own = "broker" in request.fixturenames
    found_broker: KafkaBroker = request.getfixturevalue("broker" if own else "kafka")
    if not own:
        delete_topics(found_broker.address)
    with Pipeline(found_broker.address, tmp_path, dict(SETTINGS)) as found:
        made = found.run("topics", "create")
        assert made.returncode == 0, made.stderr + made.stdout
        yield found
