"""The board's HTTP: what a wrong question gets, who may read, and how much is said at once."""

from __future__ import annotations

import asyncio
import subprocess
from types import SimpleNamespace

import orjson
import pytest
from aiohttp.test_utils import TestClient, TestServer
from msgspec.structs import replace
from prometheus_client.openmetrics.parser import text_string_to_metric_families

from stream.board import feed as feed_module
from stream.board.exporter import Exporter
from stream.board.feed import Feed
from stream.board.http import create_http
from stream.board.state import State
from stream.core.metrics import BOARD, CONFIGURATION, EXPORTER, METRICS, PIPELINE_OF_BOARD
from stream.core.settings import load
from stream.core.view import View
from tests.core.floor import ARRIVED_MS, CALL, T0_MS, answered, call, entered, left, partition, rows_of
from topics.catalogue import SOURCES

PARTITIONS = 1


def follower(*, caught_up: bool = True) -> SimpleNamespace:
    """As much of a follower as the state looks at."""
    read = asyncio.Event()
    if caught_up:
        read.set()
    return SimpleNamespace(partitions=PARTITIONS, caught_up=read, unreadable=0, progress=float(caught_up))


@pytest.fixture
async def board(request):
    """A client of a board with three calls; parametrised: overrides of settings, token."""
    overrides, token = getattr(request, "param", ({}, ""))
    settings = load("", {}, {"time.clock": "events", "board.retention_days": 0, **overrides})
    view = View(settings)
    first, second, third = call("c1"), call("c2"), call("c3")
    events = [
        entered(first, 0),
        answered(first, 12),
        entered(second, 1),
        left(second, 40, "abandoned"),
        entered(third, 30),
    ]
    for topic in SOURCES:
        part = partition(topic, settings)
        part.apply(rows_of(events) if topic == CALL else [])
        for key, value in part.changed_aggregates(ARRIVED_MS, wide=True):
            view.put(key, value)
    state = State(settings, view, follower())
    feed = Feed(state)
    running = asyncio.create_task(feed.run())
    async with TestClient(TestServer(create_http(state, feed, Exporter(state), token))) as client:
        client.state, client.feed = state, feed
        yield client
    running.cancel()


@pytest.mark.parametrize(
    ("query", "parameter"),
    [
        ("window=2h", "window"),
        ("kpi=happiness", "kpi"),
        ("window=all&colour=blue", "colour"),
        ("kpi=contacts_offered&kpis=x", "kpis"),
        ("window=1h&compare=next", "compare"),
    ],
)
async def test_a_wrong_parameter_is_named(board, query, parameter):
    """400 with JSON that says which parameter and what it should be."""
    response = await board.get(f"/api/v1/kpis?{query}")
    assert response.status == 400
    body = await response.json()
    assert body["parameter"] == parameter
    assert body["error"]


async def test_rows_can_be_filtered(board):
    """By KPI, queue and channel; a queue that nobody has seen has no rows."""
    body = await (await board.get("/api/v1/kpis?window=all&kpi=contacts_offered&queue=billing&channel=voice")).json()
    assert [row["value"] for row in body["rows"]] == [3]
    assert body["events"]["accepted"] == 5
    body = await (await board.get("/api/v1/kpis?window=all&queue=nowhere")).json()
    assert body["rows"] == []


async def test_a_window_is_compared_with_the_one_before(board):
    """Every row has what it is compared with; without ``compare`` none has; why there is nothing before is said."""
    query = "/api/v1/kpis?window=5m&kpi=contacts_offered&queue=billing&channel=voice"
    plain = await (await board.get(query)).json()
    assert "previous" not in plain
    assert "previous" not in plain["rows"][0]
    body = await (await board.get(f"{query}&compare=previous")).json()
    assert "began before the first event" in body["previous"]["absent"]
    assert body["rows"] == plain["rows"]
    mark = replace(board.state.view.marks["call.events", 0], watermark_ms=T0_MS + 600_000)
    board.state.view.marks["call.events", 0] = mark
    body = await (await board.get(f"{query}&compare=previous")).json()
    assert body["previous"]["absent"] is None
    assert body["previous"]["to"] == "2025-12-01T10:05:00+00:00"
    row = body["rows"][0]
    assert (row["value"], row["compared"], row["previous"]) == (0, 0, 1)  # of 10:00:10 to 10:05:00
    body = await (await board.get("/api/v1/kpis?window=5m&formula=all&compare=previous&queue=billing")).json()
    assert all("previous" in row for row in body["rows"])


@pytest.mark.parametrize("board", [({}, "secret")], indirect=True)
async def test_a_token_is_needed_for_everything_but_health(board):
    """401 without it or with another one, 200 with it; health and readiness are for machines that have none, and the
    files of the page hold no number.
    """
    for path in ("/metrics", "/api/v1/kpis", "/api/v1/stream", "/api/v1/queues", "/api/v1/progress"):
        response = await board.get(path)
        assert response.status == 401, path
        assert response.headers["WWW-Authenticate"] == "Bearer"
    assert (await board.get("/api/v1/kpis", headers={"Authorization": "Bearer wrong"})).status == 401
    assert (await board.get("/api/v1/kpis", headers={"Authorization": "Bearer secret"})).status == 200
    assert (await board.get("/healthz")).status == 200
    assert (await board.get("/readyz")).status == 200
    assert (await board.get("/")).status == 200


@pytest.mark.parametrize("board", [({}, "secret")], indirect=True)
async def test_a_browser_gets_the_token_as_a_cookie(board):
    """Who shows it once is let through from then on, by a cookie that no script can read; who does not gets none."""
    refused = await board.post("/api/v1/session", headers={"Authorization": "Bearer wrong"})
    assert refused.status == 401
    assert "Set-Cookie" not in refused.headers
    given = await board.post("/api/v1/session", headers={"Authorization": "Bearer secret"})
    cookie = given.headers["Set-Cookie"]
    assert "HttpOnly" in cookie
    assert "SameSite=Strict" in cookie
    value = cookie.partition(";")[0]
    board.session.cookie_jar.clear()
    async with board.session.get(board.make_url("/api/v1/queues"), headers={"Cookie": value}) as let_through:
        assert let_through.status == 200
    async with board.session.get(board.make_url("/api/v1/queues"), headers={"Cookie": "deskpulse=wrong"}) as not_let:
        assert not_let.status == 401


async def test_pages_may_load_nothing_from_elsewhere(board):
    """Every answer carries the policy: no foreign script, no framing, no guessing of types."""
    for path in ("/", "/api/v1/kpis", "/metrics", "/nowhere"):
        headers = (await board.get(path)).headers
        assert headers["Content-Security-Policy"].startswith(
            "default-src 'none'; script-src 'self'; style-src 'self';"
        ), path
        assert headers["X-Content-Type-Options"] == "nosniff"


async def test_metrics_are_negotiated(board):
    """Plain text for whoever asks for nothing, OpenMetrics for Prometheus, zipped where that is understood."""
    plain = await board.get("/metrics", headers={"Accept-Encoding": "identity"})
    assert plain.headers["Content-Type"].startswith("text/plain")
    text = await plain.text()
    waiting = [line for line in text.splitlines() if line.startswith("support_contacts_waiting{")]
    assert [line.split()[-1] for line in waiting] == ["1.0"]
    accept = {"Accept": "application/openmetrics-text; version=1.0.0", "Accept-Encoding": "identity"}
    open_metrics = await board.get("/metrics", headers=accept)
    assert open_metrics.headers["Content-Type"].startswith("application/openmetrics-text")
    assert (await open_metrics.text()).endswith("# EOF\n")
    async with board.session.get(board.make_url("/metrics"), headers={"Accept-Encoding": "gzip"}) as zipped:
        assert zipped.headers["Content-Encoding"] == "gzip"
        assert (await zipped.text()).startswith("# HELP")


async def test_promtool_accepts_the_metrics(board):
    """Prometheus' own tool finds nothing to say; an empty denominator is absent, not NaN."""
    text = await (await board.get("/metrics")).text()
    done = await asyncio.to_thread(
        subprocess.run, ["promtool", "check", "metrics"], input=text.encode(), capture_output=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert "NaN" not in text


async def test_the_feed_begins_with_a_snapshot_and_stays_alive(board, monkeypatch):
    """A whole snapshot at once; while nothing changes a comment keeps the connection."""
    monkeypatch.setattr(feed_module, "HEARTBEAT_SECONDS", 0.05)
    async with asyncio.timeout(10), board.session.get(board.make_url("/api/v1/stream")) as stream:
        assert stream.headers["Content-Type"] == "text/event-stream"
        assert (await stream.content.readline()).startswith(b"retry: ")
        assert await stream.content.readline() == b"\n"
        assert await stream.content.readline() == b"event: trends\n"
        await stream.content.readuntil(b"\n\n")
        assert await stream.content.readline() == b"event: snapshot\n"
        snapshot = orjson.loads((await stream.content.readline()).removeprefix(b"data: "))
        assert [queue["queue"] for queue in snapshot["queues"]] == ["billing"]
        while await stream.content.readline() != b": alive\n":
            pass
        while await stream.content.readline() != b"event: snapshot\n":
            pass


@pytest.mark.parametrize("board", [({"limits.sse_clients": 2}, "")], indirect=True)
async def test_readers_of_the_feed_are_limited(board):
    """The one too many gets 503 and the name of the limit; who leaves makes room."""
    url = board.make_url("/api/v1/stream")
    one = await board.session.get(url)
    two = await board.session.get(url)
    async with board.session.get(url) as refused:
        assert refused.status == 503
        assert (await refused.json())["key"] == "limits.sse_clients"
    one.close()
    async with asyncio.timeout(10):
        while board.feed.readers > 1:  # noqa: ASYNC110 - a server notices a reader's leave when it writes to it
            await asyncio.sleep(0.05)
    two.close()


async def test_readiness(board):
    """Ready when everything is read and every partition has been said; else 503 with the reason in words."""
    assert (await board.get("/readyz")).status == 200
    board.state.view.marks.pop(("agent.events", 0))
    response = await board.get("/readyz")
    assert response.status == 503
    assert "agent.events/0" in (await response.json())["problems"][0]
    board.state.follower.caught_up.clear()
    assert (await (await board.get("/readyz")).json())["problems"] == ["the aggregates are still being read"]


def test_a_worker_that_is_silent_is_named():
    """By the wall clock: silent for longer than ``board.stale_seconds`` is stale, and since when is said."""
    settings = load("", {}, {"board.stale_seconds": 30})
    view = View(settings)
    for topic in SOURCES:
        for key, value in partition(topic, settings).changed_aggregates(1_000_000, wide=True):
            view.put(key, value)
    now = [1_020_000]
    state = State(settings, view, follower(), clock=lambda: now[0])
    assert state.problems() == []
    now[0] = 1_031_000
    assert f"no worker is heard of for {len(SOURCES)} partitions" in state.problems()[0]
    snapshot = state.snapshot()
    assert snapshot["stale"] == {"partitions": len(SOURCES), "since_ms": 1_000_000}


async def test_a_board_that_has_yet_to_read_has_no_numbers(board):
    """Half of what was published would be a wrong number, and wake somebody: there is none until all of it is read."""
    board.state.follower.caught_up.clear()
    text = await (await board.get("/metrics")).text()
    assert "window=" not in text
    assert "support_pipeline_partitions_silent" not in text
    assert "support_board_ready 0.0" in text


async def test_a_scrape_has_the_catalogues_metrics(board):
    """Names, types, HELP and labels are those of the catalogue; everything that is of the configuration and the pipeline
    is there.
    """
    accept = {"Accept": "application/openmetrics-text; version=1.0.0", "Accept-Encoding": "identity"}
    text = await (await board.get("/metrics", headers=accept)).text()
    families = {family.name: family for family in text_string_to_metric_families(text)}
    known = {metric.family: metric for metric in METRICS.values() if BOARD in metric.parts}
    assert families.keys() <= known.keys()
    for name, family in families.items():
        assert (family.type, family.documentation) == (known[name].kind, known[name].about), name
        for sample in family.samples:
            assert set(sample.labels) == set(known[name].samples()[sample.name]), sample
    always = {metric.family for metric in (*CONFIGURATION, *PIPELINE_OF_BOARD, *EXPORTER)}
    assert always - families.keys() == {"support_queue_team", "support_pipeline_rejected_events"}
    assert {
        f"support_{name}" for name in ("service_level_ratio", "contacts_waiting", "queue_wait_quantile_seconds")
    } <= families.keys()
