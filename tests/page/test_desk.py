"""The supervisor's view: sorted, compared, explained; agents by name only where that is allowed."""

from __future__ import annotations

import pytest_asyncio
from playwright.async_api import expect

from tests.page.answers import explained, kpis
from tests.page.browser import LAPTOP
from tests.page.floors import FLOORS


@pytest_asyncio.fixture(loop_scope="session")
async def desk(open_page, board):
    """The view on a laptop, with the rows of this window and of the one before."""
    board.kpis, board.explained = kpis(FLOORS["live"]()), explained()
    page = await open_page("view=desk&lang=en", size=LAPTOP)
    await page.get_by_test_id("compared").wait_for()
    return page


async def order(page):
    return await page.eval_on_selector_all(".grid tbody tr", "rows => rows.map(row => row.dataset.testid.slice(4))")


async def test_columns_sort_both_ways_and_what_has_no_value_is_last(desk):
    """Press: the largest first; again: the smallest; a third time: by urgency. The order stands in the address."""
    first = await order(desk)
    head = desk.locator('[data-key="head-service"] button')
    await head.click()
    assert (await order(desk))[:3] == ["account access-chat", "sales chat-chat", "orders and delivery-voice"]
    assert "sort=-service" in desk.url
    await head.click()
    assert (await order(desk))[:2] == ["billing-voice", "technischer support – geschäftskunden österreich-voice"]
    assert (await order(desk))[-1] == "returns-mail"
    assert await desk.locator('[data-key="head-service"]').get_attribute("aria-sort") == "ascending"
    await head.click()
    assert await order(desk) == first


async def test_every_number_stands_beside_that_of_the_window_before(desk):
    """The change in points or seconds with its sign, for each queue and for all; and what it is compared with."""
    assert await desk.get_by_test_id("compared").inner_text() == "compared with 13:32–14:02"
    total = [
        text.replace("\u00a0", " ") for text in await desk.get_by_test_id("total").locator(".was").all_inner_texts()
    ]
    assert total == ["−5.6 pp", "+1.3 pp", "+4 pp", "+4:10"]
    sales = desk.get_by_test_id("row-sales chat-chat").locator(".was")
    assert len(await sales.all_inner_texts()) == 4


async def test_a_press_on_a_number_shows_what_it_means_and_the_contacts_behind_it(desk, board):
    """The formula, how it adds up, the other formulas, the contacts, the command; Escape closes and focus returns."""
    number = desk.locator('[data-testid="row-billing-voice"] td:nth-of-type(3) .num')
    await number.click()
    await desk.get_by_test_id("contribution").first.wait_for()
    drawer = (await desk.get_by_test_id("drawer").inner_text()).replace("\u00a0", " ")
    for said in ("Service level", "19 pp under the objective of 80 %", "contacts answered within the target, by the named formula",
                 "K2, R05", "3f9a01c27b5e", "offered", "58.0 %", "c-90409", "abandoned 4:41",
                 "deskpulse explain service_level_ratio --queue billing --channel voice --window 30m"):  # fmt: skip
        assert said in drawer, said
    assert await desk.get_by_test_id("explained").inner_text() == "61.0\u00a0%"
    asked = next(path for path in board.asked if "explain" in path)
    assert "kpi=service_level_ratio&queue=billing&channel=voice&window=30m" in asked
    await desk.keyboard.press("Escape")
    assert await desk.get_by_test_id("drawer").count() == 0
    assert await number.evaluate("node => node === document.activeElement")


async def test_what_is_not_answered_says_why(desk, board):
    """Partitions that move between workers are no empty list."""
    board.explained = {"error": "partitions are moving between workers: ask again in a few seconds"}
    await desk.locator('[data-testid="row-billing-voice"] .num').first.click()
    await expect(desk.get_by_test_id("drawer")).to_contain_text("Not answered: partitions are moving")


async def test_another_window_is_asked_of_the_feed_and_of_the_rows(desk, board):
    """A press on 1h: the feed and the rows are those of an hour, and so is the address."""
    await desk.locator(".seg a", has_text="1h").click()
    await expect(desk.locator(".seg [aria-current]")).to_have_text("1h")
    assert "window=1h" in desk.url
    await desk.get_by_test_id("compared").wait_for()
    assert board.windows[-1] == "1h"
    assert any("window=1h&compare=previous" in path for path in board.asked)


async def test_what_cannot_be_compared_says_why(open_page, board):
    """The reason of the board stands where the comparison would."""
    absent = {"from": None, "to": None, "until": None, "absent": "it began before the first event"}
    board.kpis = {"rows": [], "previous": absent}
    page = await open_page("view=desk&window=7d&lang=en", size=LAPTOP)
    await expect(page.get_by_test_id("uncompared")).to_have_text(
        "comparison not available: it began before the first event"
    )


async def test_agents_by_name_only_where_that_is_allowed(desk, board):
    """Without ``board.per_agent`` there is no list; with it one by name, never by rank."""
    assert await desk.get_by_test_id("agents").count() == 0
    board.explained = {**explained(), "kpi": "occupancy_ratio", "contributions": [
        {**explained()["contributions"][0], "entity": name, "numerator": busy, "denominator": 600.0} for name, busy in (("a9", 300.0), ("a1", 90.0))
    ]}  # fmt: skip
    board.show({**FLOORS["live"](), "per_agent": True})
    await desk.locator('[data-testid="agents"] button').first.click()
    await expect(desk.locator('[data-testid="agents"] tbody tr')).to_have_count(2)
    lines = [
        line.replace("\u00a0", " ").split()
        for line in await desk.locator('[data-testid="agents"] tbody tr').all_inner_texts()
    ]
    assert lines == [["a1", "1:30", "10:00", "15", "%"], ["a9", "5:00", "10:00", "50", "%"]]


async def test_a_window_beyond_what_is_kept_says_so(open_page, board):
    """Outside of retention: the sentence, its own mark, dashes."""
    board.show(FLOORS["outside"]())
    page = await open_page("view=desk&window=28d&lang=en", size=LAPTOP)
    assert (
        await page.get_by_test_id("outside").inner_text()
        == "This window begins before the 7 days that are kept: what it would show is not known."
    )
    assert await page.locator('[data-testid="row-billing-voice"] td:nth-of-type(3)').inner_text() == "–"
