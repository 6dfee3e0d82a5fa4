"""A board with a token: the page says that it is locked, and takes the token from behind # in its address."""

from __future__ import annotations

import asyncio

from aiohttp.test_utils import TestServer
from playwright.async_api import expect

from stream.board.exporter import Exporter
from stream.board.feed import Feed
from stream.board.http import create_http
from tests.board.test_snapshot import state_at

WAIT_MS = 30_000


async def test_the_token_opens_the_page_and_a_reload_keeps_it(browser):
    """Without it: locked. With it: live, and again after a reload without it in the address."""
    state = state_at(580)
    feed = Feed(state)
    running = asyncio.create_task(feed.run())
    context = await browser.new_context()
    try:
        async with TestServer(create_http(state, feed, Exporter(state), "secret")) as server:
            page = await context.new_page()
            await page.goto(str(server.make_url("/?lang=en")))
            await expect(page.get_by_test_id("hero")).to_contain_text("Locked", timeout=WAIT_MS)
            await page.evaluate("location.hash = 'token=secret'")
            await expect(page.locator("html")).to_have_attribute("data-fresh", "live", timeout=WAIT_MS)
            await expect(page.get_by_test_id("hero")).to_have_attribute("data-queue", "billing")
            again = await context.new_page()
            await again.goto(str(server.make_url("/?lang=en")))
            await expect(again.locator("html")).to_have_attribute("data-fresh", "live", timeout=WAIT_MS)
            await context.close()
    finally:
        running.cancel()
