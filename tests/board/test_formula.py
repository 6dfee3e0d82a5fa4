"""The service level by another formula than the chosen one: ``formula`` of the KPIs' address."""

from __future__ import annotations

import pytest
from aiohttp.test_utils import TestClient, TestServer

from stream.board.exporter import Exporter
from stream.board.feed import Feed
from stream.board.follower import Follower
from stream.board.http import create_http
from stream.board.state import State
from stream.core.view import View
from tests.core.floor import CALL, history, partition, rows_of
from tests.core.test_contact import SCENARIO_B, _scenario_b

BILLING = {"window": "today", "queue": "billing", "channel": "voice"}


@pytest.fixture
async def client():
    """A board that has seen scenario B."""
    settings = history()
    view = View(settings)
    calls = partition(CALL, settings)
    calls.apply(rows_of(_scenario_b()))
    for key, row in calls.changed_aggregates(0, wide=True):
        view.put(key, row)
    follower = Follower(settings.kafka, view)
    follower.caught_up.set()
    state = State(settings, view, follower)
    async with TestClient(TestServer(create_http(state, Feed(state), Exporter(state)))) as client:
        yield client


async def _rows(client, **query):
    response = await client.get("/api/v1/kpis", params=query)
    assert response.status == 200, await response.text()
    return (await response.json())["rows"]


async def test_all_formulas_side_by_side(client):
    """K2: seven rows over the same calls, each naming its formula; without the parameter rows name none."""
    rows = await _rows(client, **BILLING, formula="all")
    assert {row["formula"]: row["value"] for row in rows} == {f: pytest.approx(v) for f, v in SCENARIO_B.items()}
    rows = await _rows(client, **BILLING, kpi="service_level_ratio", formula="connect")
    assert [(row["formula"], row["value"]) for row in rows] == [("connect", pytest.approx(3 / 7))]
    rows = await _rows(client, **BILLING, kpi="service_level_ratio")
    assert [("formula" in row, row["value"]) for row in rows] == [(False, pytest.approx(0.4))]


@pytest.mark.parametrize("query", [{"formula": "best"}, {"formula": "all", "kpi": "contacts_offered"}])
async def test_a_wrong_formula_is_named(client, query):
    """400 with the parameter that is wrong."""
    response = await client.get("/api/v1/kpis", params=query)
    assert response.status == 400
    assert (await response.json())["parameter"] == "formula"


async def test_reasons_are_labels_and_their_total_is_none(client):
    """A further dimension is a label of the metric; the total over it is not exported, a sum over the label gives it."""
    text = await (await client.get("/metrics")).text()
    series = [line for line in text.splitlines() if line.startswith("support_contacts_flowed_out{")]
    today = [line for line in series if 'window="today"' in line]
    assert len(today) == 9
    assert sum(float(line.rsplit(" ", 1)[1]) for line in today) == 1
    decided = [line for line in text.splitlines() if line.startswith("support_service_level_decided{")]
    assert {'result="met"' in line or 'result="missed"' in line for line in decided} == {True}
