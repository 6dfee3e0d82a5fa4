"""What the tests of the page share: one browser, and a board that says what they want."""

from __future__ import annotations

import inspect
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

import pytest
import pytest_asyncio
from playwright.async_api import Browser, Page, expect

from tests.page.browser import WALL, chromium
from tests.page.fake import FakeBoard
from tests.page.floors import FLOORS, NOW_MS, trends

expect.set_options(timeout=30_000)  # a bound, not an expectation: the machine may be slow
Opened = Callable[..., Awaitable[Page]]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """What awaits needs the browser, and runs in the one loop that it lives in."""
    for item in items:
        function = getattr(item, "function", None)
        if "tests/page" in item.path.as_posix() and inspect.iscoroutinefunction(function):
            item.add_marker(pytest.mark.slow)
            item.add_marker(pytest.mark.asyncio(loop_scope="session"), append=False)


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def browser() -> AsyncIterator[Browser]:
    """One Chromium for all."""
    async with chromium() as found:
        yield found


@pytest_asyncio.fixture(loop_scope="session")
async def board() -> AsyncIterator[FakeBoard]:
    """A board that shows the floor of the design until it is told otherwise."""
    fake = FakeBoard()
    fake.show(FLOORS["live"](), trends(FLOORS["live"]()))
    await fake.start()
    yield fake
    await fake.stop()


@pytest_asyncio.fixture(loop_scope="session")
async def open_page(browser: Browser, board: FakeBoard) -> AsyncIterator[Opened]:
    """Opens the page with these settings; what it complains of fails the test."""
    contexts, complaints = [], []

    async def opened(query: str = "", *, size: Any = WALL, clock: bool = False, **context: Any) -> Page:
        made = await browser.new_context(viewport=size, locale="en-GB", **context)
        contexts.append(made)
        page = await made.new_page()
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.on("console", lambda said: complaints.append(said.text) if said.type in ("error", "warning") else None)
        if clock:  # stands still until the test moves it
            await page.clock.install(time=NOW_MS / 1000)
            await page.clock.pause_at(NOW_MS / 1000 + 1)
        await page.goto(f"{board.url}?{query}")
        await page.wait_for_selector("main")
        await page.evaluate("document.fonts.ready.then(() => 1)")
        return page

    yield opened
    for context in contexts:
        await context.close()
    expected = (
        "ERR_",
        "503",
        "This document requires 'Trusted",
    )  # of tests that take the board away, or try to break in
    assert [said for said in complaints if not any(part in said for part in expected)] == []
