"""The feed of the pages and the page's files, over HTTP."""

from __future__ import annotations

import asyncio
import gzip

import orjson
import pytest
from aiohttp.test_utils import TestClient, TestServer

from stream.board.exporter import Exporter
from stream.board.feed import Feed
from stream.board.http import create_http
from stream.core.batch import Engine
from tests.board.test_snapshot import events, state_at, tile
from tests.core.floor import ARRIVED_MS, call, entered


@pytest.fixture
async def client():
    """A board over HTTP."""
    state = state_at(580)
    feed = Feed(state)
    running = asyncio.create_task(feed.run())
    async with TestClient(TestServer(create_http(state, feed, Exporter(state)))) as found:
        found.state, found.feed = state, feed
        yield found
    running.cancel()


async def snapshot_of(client, window):
    async with client.session.get(client.make_url(f"/api/v1/stream?window={window}")) as stream:
        while await stream.content.readline() != b"event: snapshot\n":
            pass
        return orjson.loads((await stream.content.readline()).removeprefix(b"data: "))


async def test_each_reader_has_its_window(client):
    """Two readers, two windows; a window that is none is named."""
    async with asyncio.timeout(20):
        assert (await snapshot_of(client, "5m"))["window"] == "5m"
        assert tile(await snapshot_of(client, "today"), "billing")["values"]["service"]["count"] == 4
        refused = await client.get("/api/v1/stream?window=9y")
        assert (refused.status, (await refused.json())["parameter"]) == (400, "window")
        refused = await client.get("/api/v1/stream?queue=billing")
        assert (refused.status, (await refused.json())["parameter"]) == (400, "queue")


async def test_a_change_is_pushed_before_the_second_is_over(client):
    """What changes the view is told at the next quarter of a second, and each reader takes the newest only."""
    async with asyncio.timeout(20), client.session.get(client.make_url("/api/v1/stream")) as stream:
        engine = Engine(client.state.settings)
        for topic, key, value in [*events(), entered(call("w3"), 570)]:
            engine.feed(topic, key, value, ARRIVED_MS)
        for key, value in engine.aggregates():
            client.state.view.put(key, value)
        while True:
            line = await stream.content.readline()
            if line.startswith(b'data: {"now_ms'):
                waiting = tile(orjson.loads(line.removeprefix(b"data: ")), "billing")["values"]["waiting"]["value"]
                if waiting == 3:
                    break


async def test_files_travel_packed_and_are_not_sent_twice(client):
    """gzip where it is taken, 304 where the browser has it, a build that names what it is made of."""
    url = client.make_url("/board.js")
    async with client.session.get(url, headers={"Accept-Encoding": "identity"}) as plain:
        text = await plain.read()
        etag = plain.headers["ETag"]
        assert plain.headers["Cache-Control"] == "no-cache"
    async with client.session.get(url, headers={"Accept-Encoding": "gzip"}) as packed:
        assert packed.headers["Content-Encoding"] == "gzip"
        assert await packed.read() == text
    assert len(gzip.compress(text)) < len(text)
    async with client.session.get(url, headers={"If-None-Match": etag}) as again:
        assert again.status == 304
    assert len(client.feed.build.rpartition("-")[2]) == 12
