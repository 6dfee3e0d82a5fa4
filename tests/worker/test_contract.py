"""What we rely on in Faust and aiokafka beyond their public interface: an upgrade fails here, not in production."""

from __future__ import annotations

import ast
import inspect
import re
import textwrap
import tomllib
from importlib.metadata import version
from pathlib import Path

import aiokafka
import faust
import pytest
from aiokafka.client import AIOKafkaClient
from aiokafka.cluster import ClusterMetadata
from aiokafka.producer.message_accumulator import BatchBuilder
from faust.app.base import App
from faust.tables.base import Collection
from faust.tables.manager import TableManager
from faust.tables.recovery import Recovery
from faust.transport.consumer import Consumer, ThreadDelegateConsumer
from faust.transport.drivers import TRANSPORTS
from faust.transport.drivers import aiokafka as driver
from faust.transport.utils import DefaultSchedulingStrategy
from mode import Service

from stream.core.settings import load
from stream.worker import transport
from stream.worker.app import WorkerApp, create_app
from stream.worker.folding import Folded, FoldScheduler
from stream.worker.records import StateTable

ROOT = Path(__file__).parent.parent.parent
PROJECT = ROOT / "pyproject.toml"
SOURCES = (*sorted((ROOT / "stream" / "worker").glob("*.py")), ROOT / "topics" / "broker.py")

OVERRIDDEN = [
    (WorkerApp, App, "_create_directories", "self"),
    (transport.Consumer, Consumer, "_add_gap", "self tp offset_from offset_to"),
    (transport.Consumer, Consumer, "pause_partitions", "self tps"),
    (transport.Consumer, Consumer, "resume_partitions", "self tps"),
    (transport.Consumer, Consumer, "resume_flow", "self"),
    (transport.Consumer, ThreadDelegateConsumer, "_getmany", "self active_partitions timeout"),
    (transport.Consumer, Consumer, "getmany", "self timeout"),
    (transport.Consumer, Consumer, "_new_offset", "self tp"),
    (transport.Consumer, Consumer, "on_partitions_revoked", "self revoked"),
    (transport.Consumer, Consumer, "perform_seek", "self"),
    (transport.Consumer, driver.Consumer, "_new_consumer_thread", "self"),
    (transport.ConsumerThread, driver.AIOKafkaConsumerThread, "_create_worker_consumer", "self transport"),
    (StateTable, Collection, "apply_changelog_batch", "self batch"),
    (StateTable, Collection, "on_rebalance", "self assigned revoked newly_assigned generation_id"),
    (StateTable, Collection, "on_recovery_completed", "self active_tps standby_tps"),
    (StateTable, Service, "on_start", "self"),
    (StateTable, Service, "on_stop", "self"),
    (FoldScheduler, DefaultSchedulingStrategy, "iterate", "self records"),
    (Folded, faust.Schema, "loads_key", "self app message loads serializer"),
    (Folded, faust.Schema, "loads_value", "self app message loads serializer"),
]
FOREIGN = ("faust", "mode", "aiokafka")
OURS = (WorkerApp, transport.Consumer, transport.ConsumerThread, transport.Transport, StateTable, FoldScheduler, Folded)
# Private names that we use without overriding them -> who must have them.
USED = {
    "_acked": Consumer,
    "_acked_index": Consumer,
    "_client": aiokafka.AIOKafkaConsumer,
    "_committed_offset": Consumer,
    "_fetch_max_wait_ms": aiokafka.AIOKafkaConsumer,
    "_generation_id": Recovery,
    "_is_changelog_tp": Consumer,
    "_thread": ThreadDelegateConsumer,
}


def words(function) -> str:
    """The parameters of a function, without types and defaults."""
    return " ".join(inspect.signature(function).parameters)


@pytest.mark.parametrize("name", ["faust-streaming", "aiokafka"])
def test_pinned_versions_are_the_installed_ones(name):
    """Libraries whose private names are used are pinned to the version that these tests ran with."""
    pins = [d for d in tomllib.loads(PROJECT.read_text())["project"]["dependencies"] if re.match(rf"{name}\W", d)]
    assert pins == [f"{name}=={version(name)}"]


@pytest.mark.parametrize(("ours", "theirs", "name", "parameters"), OVERRIDDEN)
def test_overridden_methods_have_their_old_shape(ours, theirs, name, parameters):
    """Every method that we override still exists where it was, takes what it took, and is awaited as it was."""
    old, new = getattr(theirs, name), getattr(ours, name)
    assert name in ours.__dict__
    assert words(old) == parameters
    assert inspect.iscoroutinefunction(old) == inspect.iscoroutinefunction(new)
    assert inspect.isasyncgenfunction(old) == inspect.isasyncgenfunction(new)


def bases(ours) -> list[type]:
    """What a class of ours takes from Faust, mode and aiokafka; a scheduler is one by its shape only."""
    found = [base for base in ours.__mro__[1:] if base.__module__.split(".")[0] in FOREIGN]
    return found or [DefaultSchedulingStrategy]


def own_attributes(cls: type) -> set[str]:
    """What a class defines, and what its methods set on ``self``."""
    tree = ast.parse(textwrap.dedent(inspect.getsource(cls)))
    stored = {
        node.attr
        for node in ast.walk(tree)
        if isinstance(node, ast.Attribute) and isinstance(node.ctx, ast.Store) and ast.unparse(node.value) == "self"
    }
    return stored | set(vars(cls))


def test_every_override_is_in_the_contract():
    """Nothing of Faust is overridden that the list above does not name."""
    found = {
        (ours, name)
        for ours in OURS
        for name, member in vars(ours).items()
        if inspect.isfunction(member) and name != "__init__" and any(name in vars(base) for base in bases(ours))
    }
    assert found == {(ours, name) for ours, _, name, _ in OVERRIDDEN}


@pytest.mark.parametrize("ours", OURS)
def test_our_own_names_are_not_theirs(ours):
    """What our classes add has no namesake in theirs, which an upgrade could bring: each would overwrite the other."""
    meant = {name for cls, _, name, _ in OVERRIDDEN if cls is ours} | {"logger", "Consumer", "_abc_impl"}
    theirs = set().union(*(own_attributes(base) for base in bases(ours)))
    added = {name for name in own_attributes(ours) - meant if not name.startswith("__")}
    assert added & theirs == set()


def test_every_private_name_that_is_used_is_in_the_contract():
    """What we read of others under a private name is in the list, and its owner still has it."""
    known = set().union(*(own_attributes(ours) for ours in OURS))
    found = set()
    for path in SOURCES:
        tree = ast.parse(path.read_text())
        own = {
            node.attr
            for node in ast.walk(tree)
            if isinstance(node, ast.Attribute) and isinstance(node.ctx, ast.Store) and ast.unparse(node.value) == "self"
        } | {node.name for node in ast.walk(tree) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)}
        own |= {"_exit"}  # of os
        found |= {
            node.attr
            for node in ast.walk(tree)
            if isinstance(node, ast.Attribute) and re.match(r"_[a-z]", node.attr) and node.attr not in own | known
        }
    assert found == set(USED)
    for name, owner in USED.items():
        assert any(name in own_attributes(cls) for cls in owner.__mro__ if cls is not object), f"{owner}.{name}"


def test_private_names_that_are_used():
    """Every private name that we read or call is there."""
    for owner, names in (
        (Consumer, ("_is_changelog_tp", "commit")),
        (App, ("crash", "consumer_generation_id", "crash_reason", "crashed")),
        (Collection, ("changelog_topic_name",)),
        (AIOKafkaClient, ("fetch_all_metadata",)),
        (ClusterMetadata, ("partitions_for_topic",)),
    ):
        for name in names:
            assert hasattr(owner, name), f"{owner.__name__}.{name}"
    assert '_client"' in inspect.getsource(aiokafka.AIOKafkaConsumer) or "self._client =" in inspect.getsource(
        aiokafka.AIOKafkaConsumer
    )
    assert "fetch_max_wait_ms=self._fetch_max_wait_ms" in inspect.getsource(aiokafka.AIOKafkaConsumer.start)


async def test_positions_of_the_consumer():
    """The consumer keeps what is acknowledged and committed by topic and partition, as the window needs it."""
    consumer = create_app(load())._new_consumer()
    assert isinstance(consumer, transport.Consumer)
    tp = faust.types.TP("call.events", 3)
    assert consumer._acked[tp] == []
    assert consumer._acked_index[tp] == set()
    assert consumer._committed_offset[tp] is None
    assert isinstance(consumer._thread, transport.ConsumerThread)
    consumer._thread.thread_loop.close()


def test_acknowledging_fills_the_index():
    """An acknowledged offset goes into the list and into the index, and nowhere else."""
    source = inspect.getsource(Consumer.ack)
    assert "acked_index = self._acked_index[tp]" in source
    assert "acked_index.add(offset)" in source
    assert "acked_for_tp = self._acked[tp]" in source


def test_the_scheme_is_ours():
    """Faust finds the transport by the scheme of the address."""
    assert TRANSPORTS.by_url(f"{transport.SCHEME}://localhost:9092") is transport.Transport


def test_order_of_resuming_after_recovery():
    """Sources are resumed before they are sought, and the flow only afterwards: why resuming is deferred."""
    source = inspect.getsource(Recovery._resume_streams)
    order = [
        "consumer.resume_partitions(",
        "consumer.perform_seek()",
        "flow_control.resume()",
        "consumer.resume_flow()",
    ]
    found = [source.index(step) for step in order]
    assert found == sorted(found)


def test_tables_are_told_of_the_end_of_recovery_before_the_sources_resume():
    """The state is rebuilt before the first source record can come, by tasks that outlive an interrupted recovery."""
    source = inspect.getsource(Recovery._restart_recovery.fun)
    assert "self._wait(T(self.on_recovery_completed)(generation_id))" in source
    source = inspect.getsource(Recovery.on_recovery_completed)
    order = ["table.on_recovery_completed", "consumer.resume_partitions(", "consumer.perform_seek()", "resume_flow()"]
    found = [source.index(step) for step in order]
    assert found == sorted(found)
    assert "self._generation_id = generation_id" in inspect.getsource(Recovery.on_rebalance)


def test_recovery_goes_on_where_it_was_for_partitions_that_stay():
    """Offsets already recovered are kept for what stays assigned, also when a rebalance is overtaken by the next: why
    a table drops state only when recovery has completed.
    """
    source = inspect.getsource(Recovery.on_rebalance)
    assert source.index("generation_id != app.consumer_generation_id") < source.index("self.revoke(tp)")
    assert "if tp in self.active_tps" in source
    manager = inspect.getsource(TableManager.on_rebalance)
    assert manager.index("table.on_rebalance") < manager.index("self.recovery.on_rebalance")


def test_streams_end_before_tables_when_the_app_stops():
    """Stopping waits until every slice is acknowledged before it stops the tables that acknowledge."""
    source = inspect.getsource(App._stop_consumer)
    assert source.index("_consumer_wait_empty") < source.index("self.tables.stop()")


def test_an_empty_set_means_all_to_aiokafka():
    """Why a snapshot of the active partitions is handed over: a set that empties meanwhile would mean all of them."""
    from aiokafka.consumer.fetcher import Fetcher

    assert "if partitions and tp not in partitions" in inspect.getsource(Fetcher.fetched_records)


def test_a_batch_takes_its_first_row_whatever_its_size():
    """A row larger than a batch travels alone."""
    batch = BatchBuilder(1000, 0)
    assert batch.append(key=b"k", value=b"x" * 50_000, timestamp=None) is not None
    assert batch.append(key=b"k", value=b"x", timestamp=None) is None


def test_an_idempotent_producer_never_gives_up():
    """A broker that is away delays a write for ever, and never loses it."""
    from aiokafka.producer.sender import SendProduceReqHandler

    source = inspect.getsource(SendProduceReqHandler._can_retry)
    assert "_txn_manager is None and batch.expired()" in source
