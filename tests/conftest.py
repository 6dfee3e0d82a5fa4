"""What tests share: the real Kafka of a session, pipelines on it, and where the large data are."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import settings

from tests.end.pipeline import HISTORY, Pipeline, delete_topics
from tests.kafka.broker import KafkaBroker

ROOT = Path(__file__).parent.parent
DATA = Path(__file__).parent / "data"

# Two runs of one commit try the same examples, or a red run could not be told from bad luck; make explore tries others.
settings.register_profile("same", derandomize=True)
settings.register_profile("others", print_blob=True)
settings.load_profile("others" if os.environ.get("DESKPULSE_EXPLORE") else "same")


@pytest.fixture(scope="session")
def kafka(tmp_path_factory: pytest.TempPathFactory) -> Iterator[KafkaBroker]:
    """One Apache Kafka for the whole run."""
    broker = KafkaBroker(tmp_path_factory.mktemp("kafka")).start()
    yield broker
    broker.kill()


@pytest.fixture
def pipeline(kafka: KafkaBroker, tmp_path: Path) -> Iterator[Pipeline]:
    """A pipeline on the real Kafka, its topics made and empty; its processes are gone afterwards. It reads history."""
    delete_topics(kafka.address)
    with Pipeline(kafka.address, tmp_path, dict(HISTORY)) as found:
        made = found.run("topics", "create")
        assert made.returncode == 0, made.stderr + made.stdout
        yield found


@pytest.fixture(scope="session")
def bank() -> Path:
    """A small extract of the Anonymous Bank."""
    return DATA / "anonymous_bank_small.tsv.gz"


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """The folder of the large data sets; the test is skipped where it is absent."""
    folder = Path(os.environ.get("DESKPULSE_SHARED", ROOT.parent / "shared")) / "data"
    if not folder.is_dir():
        pytest.skip(f"needs the large data sets in {folder}")
    return folder
