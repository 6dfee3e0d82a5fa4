"""A broker of its own for each fault run: it is killed, too."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.end.pipeline import Pipeline
from tests.faults.storm import SETTINGS
from tests.kafka.broker import KafkaBroker

ALL = "DESKPULSE_FAULTS"


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """A test run takes a selection; ``make faults`` says that it wants them all."""
    if os.environ.get(ALL) == "all":
        return
    left_out = [item for item in items if item.get_closest_marker("matrix")]
    items[:] = [item for item in items if item not in left_out]
    config.hook.pytest_deselected(items=left_out)


@pytest.fixture
def broker(tmp_path: Path) -> Iterator[KafkaBroker]:
    """A real Kafka that a test may kill."""
    found = KafkaBroker(tmp_path / "kafka").start()
    yield found
    found.kill()


@pytest.fixture
def floor(broker: KafkaBroker, tmp_path: Path) -> Iterator[Pipeline]:
    """A pipeline on it, with its topics and the settings of fault runs."""
    with Pipeline(broker.address, tmp_path, dict(SETTINGS)) as found:
        made = found.run("topics", "create")
        assert made.returncode == 0, made.stderr + made.stdout
        yield found
