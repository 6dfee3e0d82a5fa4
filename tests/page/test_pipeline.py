"""The page on the whole pipeline: Kafka, worker, board, Chromium. Speeds are measured by bench/page.py."""

from __future__ import annotations

import asyncio
import time

import pytest
import pytest_asyncio
from playwright.async_api import expect

from stream.sources.line import Line
from tests.core.floor import Entity
from tests.end.pipeline import Pipeline, delete_topics, produce
from tests.page.browser import WALL

WAIT_MS = 60_000  # bounds for a slow machine
STALE_SECONDS = 6


@pytest_asyncio.fixture(loop_scope="session")
async def live(kafka, tmp_path):
    """An empty pipeline by the wall clock; its processes are gone afterwards."""
    await asyncio.to_thread(delete_topics, kafka.address)
    settings = {"board.stale_seconds": STALE_SECONDS, "kafka.partitions": 2, "kafka.session_timeout_seconds": 6}
    with Pipeline(kafka.address, tmp_path, settings) as found:
        made = await asyncio.to_thread(found.run, "topics", "create")
        assert made.returncode == 0, made.stderr
        yield found


def entered(n: int) -> Line:
    """A caller who waits from now on."""
    made = Entity("call.events", f"c{n}")("queue.entered", 0, queue="billing", channel="voice", segment_id="1")
    topic, key, value = made
    now = str(time.time_ns() // 1_000_000).encode()
    start = value.index(b'"occurred_at":') + len(b'"occurred_at":')
    return Line(topic, key, value[:start] + now + value[start + len(now) :], 0)


@pytest.mark.kafka
async def test_from_kafka_to_the_wall_through_every_fault(live, browser):
    """An event is on the page; board killed: stale within 15 s, live again by itself; worker killed: the page says so."""
    worker = await asyncio.to_thread(live.start("worker").ready)
    board = await asyncio.to_thread(live.start("board").ready)
    context = await browser.new_context(viewport=WALL, locale="en-GB")
    page = await context.new_page()
    html, stale = page.locator("html"), page.get_by_test_id("stale")
    try:
        await page.goto(board.url + "/?lang=en&rotate=0")
        await expect(html).to_have_attribute("data-fresh", "live", timeout=WAIT_MS)
        await expect(page.get_by_test_id("hero")).to_contain_text("No queues yet")
        for n in range(1, 6):
            await asyncio.to_thread(produce, live, [entered(n)])
            await expect(page.get_by_test_id("headline").first).to_have_text(str(n), timeout=WAIT_MS)

        board.kill()
        await expect(stale).to_contain_text("No connection, retrying", timeout=WAIT_MS)
        address = board.url.removeprefix("http://")
        live.start("board", board__listen=address)
        await expect(html).to_have_attribute("data-fresh", "live", timeout=WAIT_MS)
        await expect(page.get_by_test_id("headline").first).to_have_text("5", timeout=WAIT_MS)

        worker.kill()
        await expect(stale).to_contain_text("Board is up, worker is silent", timeout=WAIT_MS)
        await expect(page.get_by_test_id("headline").first).to_have_text("5")
        await asyncio.to_thread(live.start("worker").ready)
        await expect(html).to_have_attribute("data-fresh", "live", timeout=WAIT_MS)
        await asyncio.to_thread(produce, live, [entered(6)])
        await expect(page.get_by_test_id("headline").first).to_have_text("6", timeout=WAIT_MS)
    finally:
        await context.close()
