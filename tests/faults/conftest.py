"""A broker of its own for each fault run: it is killed, too."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.end.pipeline import Pipeline
from tests.faults.storm import SETTINGS
from tests.kafka.broker import KafkaBroker


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
