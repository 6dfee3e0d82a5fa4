"""The whole stack, started from the commands of docker-compose.yml: Kafka, topics, two workers, board, simulator,
Prometheus, Alertmanager. It becomes healthy, Prometheus has live numbers, and every query of every Grafana board has an
answer.
"""

from __future__ import annotations

import asyncio
import math
import time
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlencode

import orjson
import pytest

from tests.compose.started import Stack
from tests.end.pipeline import fetch, wait_for
from tests.grafana.boards import all_panels, substituted
from topics.catalogue import SOURCES

pytestmark = [pytest.mark.kafka, pytest.mark.slow]


@pytest.fixture(scope="module")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    """All of it, healthy, with a simulated floor and one event that is refused."""
    with Stack(tmp_path_factory.mktemp("stack"), scrape="2s", SIMULATOR_RATE="8") as found:
        found.kafka.start()
        assert found.is_healthy("kafka")
        found.run("topics")
        for name in ("worker-1", "worker-2", "board", "alertmanager", "prometheus"):
            found.launch(name)
        found.healthy("worker-1", "worker-2", "board", "alertmanager", "prometheus")
        found.launch("simulator")
        asyncio.run(poison(found.kafka.address))
        yield found


async def poison(brokers: str) -> None:
    """A line that is no event."""
    from aiokafka import AIOKafkaProducer

    producer = AIOKafkaProducer(bootstrap_servers=brokers)
    await producer.start()
    try:
        await producer.send_and_wait("ticket.events", b"{", b"t-poison")
    finally:
        await producer.stop()


def ask(stack: Stack, path: str, **parameters: Any) -> Any:
    """Prometheus' answer."""
    status, body, _ = fetch(f"{stack.url('prometheus:9090')}/api/v1/{path}?{urlencode(parameters)}")
    answer = orjson.loads(body)
    assert status == 200, answer
    return answer["data"]


def result(stack: Stack, expr: str) -> list[Any]:
    """The series of a query now."""
    return ask(stack, "query", query=expr)["result"]


def values(stack: Stack, target: dict[str, Any]) -> list[float]:
    """All numbers that a query of a board gives: now, or over the last half minute as a graph asks it."""
    expr = substituted(target["expr"]).replace("[1m]", "[16s]")
    if target.get("instant"):
        return [float(series["value"][1]) for series in result(stack, expr)]
    now = time.time()
    series = ask(stack, "query_range", query=expr, start=now - 30, end=now, step=1)["result"]
    return [float(value) for one in series for _, value in one["values"]]


def test_live_numbers_are_in_prometheus(stack: Stack):
    """Every job is up; contacts of the floor are counted by the board, and go on; both workers have partitions, all of
    them together.
    """
    wait_for(lambda: len(result(stack, "up == 1")) == 5, "five targets are up", 60)
    offered = 'sum(support_contacts_offered{window="today"})'
    first = wait_for(
        lambda: (found := result(stack, offered)) and float(found[0]["value"][1]) > 100 and found, "numbers", 90
    )
    wait_for(
        lambda: float(result(stack, offered)[0]["value"][1]) > float(first[0]["value"][1]), "the number goes on", 90
    )
    owned = result(stack, "sum by (instance) (support_pipeline_partitions_assigned)")
    assert len(owned) == 2
    assert sum(float(one["value"][1]) for one in owned) == len(SOURCES) * 8
    alertmanagers = ask(stack, "alertmanagers")["activeAlertmanagers"]
    assert [one["url"] for one in alertmanagers] == [f"{stack.url('alertmanager:9093')}/api/v2/alerts"]


def test_every_query_of_every_board_has_an_answer(stack: Stack):
    """Not one is empty, and every number is finite but where a quantile has nothing to tell of."""

    def silent() -> list[str]:
        return [
            f"{board}, {panel['title']}: {target['expr']}"
            for board, panel in all_panels()
            for target in panel["targets"]
            if not values(stack, target)
        ]

    wait_for(lambda: not silent(), "every query has an answer", 120)
    for board, panel in all_panels():
        for target in panel["targets"]:
            found = values(stack, target)
            finite = [value for value in found if math.isfinite(value)]
            assert finite, (board, panel["title"])
            assert len(finite) == len(found) or "histogram_quantile" in target["expr"], (board, panel["title"])


def test_choices_of_the_boards_are_found(stack: Stack):
    """Queues, teams and topics are there to choose from."""
    for label, metric in (("queue", "support_contacts_waiting"), ("team", "support_agents")):
        assert len(ask(stack, f"label/{label}/values", **{"match[]": metric})) >= 2
    found = ask(stack, "label/topic/values", **{"match[]": "support_pipeline_applied_events"})
    assert set(found) == set(SOURCES)


def test_every_process_ends_in_order(stack: Stack):
    """SIGTERM: status 0, and nothing has to be killed."""
    assert stack.stop("simulator") in (0, 130)
    for name in ("worker-1", "worker-2", "board"):
        assert stack.stop(name) == 0, stack.said(name)
