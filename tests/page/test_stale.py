"""Stale data is the worst lie: what is old says so, and mends itself when it can."""

from __future__ import annotations

from playwright.async_api import expect

from tests.page.floors import FLOORS, NOW_MS, snapshot, tile

WAIT_MS = 30_000  # bounds, not expectations: the machine may be slow


async def fresh(page):
    """Waits until the page is live."""
    await expect(page.locator("html")).to_have_attribute("data-fresh", "live", timeout=WAIT_MS)


async def test_without_a_word_for_fifteen_seconds_everything_is_stale(open_page, board):
    """A banner in place of the header, grey tokens, clocks stand still, no forecast; a snapshot mends it."""
    page = await open_page("rotate=0", clock=True)
    await fresh(page)
    await page.clock.fast_forward(8000)
    await page.clock.run_for(1000)
    assert await page.get_by_test_id("stale").count() == 0
    await page.clock.fast_forward(8000)
    await page.clock.run_for(1000)
    await expect(page.get_by_test_id("stale")).to_contain_text("DATA STALE")
    text = await page.get_by_test_id("stale").inner_text()
    assert "since 14:32:07" in text.replace("\n", " ")
    assert "No connection, retrying" in text
    assert await page.get_by_test_id("next").count() == 0
    grey = await page.evaluate(
        "getComputedStyle(document.querySelector('.hero')).backgroundColor.match(/\\d+/g).map(Number)"
    )
    assert max(grey) - min(grey) < 24
    board.show(FLOORS["live"]())
    await fresh(page)
    assert await page.get_by_test_id("stale").count() == 0


async def test_killed_and_restarted_the_board_is_followed_again(open_page, board):
    """Stale while it is away, its clocks stand still; live again by itself when it is back."""
    page = await open_page("rotate=0", clock=True)
    await fresh(page)
    await board.stop()
    await page.clock.fast_forward(16_000)
    await page.clock.run_for(1000)
    await expect(page.get_by_test_id("stale")).to_be_visible(timeout=WAIT_MS)
    before = await page.get_by_test_id("headline").all_inner_texts()
    await page.clock.run_for(5000)
    assert await page.get_by_test_id("headline").all_inner_texts() == before
    board.show(snapshot(tile("Billing", waiting=7, longest=3, service=0.9)))
    await board.start()
    for _ in range(20):
        await page.clock.run_for(2000)
        if await page.locator("html").get_attribute("data-fresh") == "live":
            break
    await fresh(page)
    assert await page.get_by_test_id("headline").first.inner_text() == "7"


async def test_an_answer_with_an_error_does_not_end_the_page(open_page, board):
    """A browser gives up a feed that was answered with 503: the page does not."""
    board.refuse = 2
    page = await open_page(clock=True)
    assert await page.locator("html").get_attribute("data-fresh") == "unknown"
    for _ in range(10):
        await page.clock.run_for(5000)
        if board.readers:
            break
    await fresh(page)
    assert len(board.windows) >= 3


async def test_a_dead_connection_is_given_up(open_page, board):
    """Open but silent for twenty seconds: the page asks again."""
    page = await open_page(clock=True)
    await fresh(page)
    asked = len(board.windows)
    await page.clock.fast_forward(21_000)
    await page.clock.run_for(1000)
    await fresh(page)
    assert len(board.windows) == asked + 1


async def test_silent_workers_are_said_by_another_sign(open_page, board):
    """The board is up: another sentence, another sign, since when; the numbers are those of that moment."""
    board.show(FLOORS["stale-pipeline"]())
    page = await open_page(clock=True)
    banner = page.get_by_test_id("stale")
    text = (await banner.inner_text()).replace("\n", " ")
    assert "since 14:29:12, 2:5" in text
    assert "Board is up, worker is silent" in text
    assert await banner.locator("use").get_attribute("href") == "#s-pause"
    board.show(FLOORS["live"]())
    await fresh(page)


async def test_a_new_build_is_loaded(open_page, board):
    """The page loads itself again, once."""
    page = await open_page()
    await page.evaluate("window.mark = 1")
    board.show({**FLOORS["live"](), "build": "another"})
    await page.wait_for_event("framenavigated", timeout=WAIT_MS)
    await expect(page.locator("main")).to_be_visible(timeout=WAIT_MS)
    assert await page.evaluate("window.mark") is None
    await fresh(page)


async def test_two_boards_of_different_builds_do_not_make_a_circle(open_page, board):
    """Behind a balancer each answers in turn: a page that has just been loaded is not loaded again."""
    page = await open_page(clock=True)
    await page.evaluate("sessionStorage.setItem('reloaded', String(Date.now()))")
    await page.evaluate("window.mark = 1")
    board.show({**FLOORS["live"](), "build": "another"})
    board.show(snapshot(tile("Billing", waiting=9, longest=3, service=0.9), build="yet another"))
    await expect(page.get_by_test_id("headline").first).to_have_text("9", timeout=WAIT_MS)
    await page.clock.run_for(3000)
    assert await page.evaluate("window.mark") == 1


async def test_one_source_that_is_silent_makes_its_queues_old_only(open_page, board):
    """Its queues are dimmed with the age, after WATCH; the others are live, and their clocks run."""
    board.show(FLOORS["source-silent"]())
    page = await open_page("rotate=0", clock=True)
    assert await page.locator("html").get_attribute("data-fresh") == "live"
    assert await page.get_by_test_id("source-tickets").get_attribute("data-level") == "warn"
    words = await page.locator('.cell[data-level="old"] .word').all_inner_texts()
    assert words == ["OLD 4:10", "OLD 4:10"]
    await page.clock.run_for(3000)
    assert await page.get_by_test_id("headline").nth(1).inner_text() != "4:32"


async def test_the_picture_shifts_against_burn_in(open_page):
    """By a pixel or two each minute, and back."""
    page = await open_page(clock=True)
    seen = set()
    for _ in range(4):
        box = await page.locator("main").bounding_box()
        seen.add((box["x"], box["y"]))
        await page.clock.fast_forward(59_000)
        await page.clock.run_for(1000)
    assert len(seen) == 4
    assert max(max(place) for place in seen) <= 2


async def test_the_screen_is_kept_awake(open_page, board):
    """A wake lock is asked for when the page is seen."""
    page = await open_page()
    asked = await page.evaluate(
        """async () => {
             let asked = 0;
             Object.defineProperty(navigator, "wakeLock", {value: {request: async (kind) => { asked += kind === "screen"; }}, configurable: true});
             document.dispatchEvent(new Event("visibilitychange"));
             await Promise.resolve();
             return asked;
           }"""
    )
    assert asked == 1
    assert board.snapshot["now_ms"] == NOW_MS
