"""The alarm view: what is missed or will be, the most contacts first; a sound only for who has asked for it."""

from __future__ import annotations

from playwright.async_api import expect

from tests.page.floors import FLOORS, snapshot, tile


async def rows(page):
    """queue -> (level, the text of its row) in the order that they stand in."""
    found = await page.eval_on_selector_all(
        ".alarm",
        "rows => rows.map(row => [row.dataset.testid.slice(6), [row.dataset.level, row.innerText.replace(/\\s+/g, ' ')]])",
    )
    return dict(found)


async def test_the_most_contacts_come_first_and_each_says_why_how_many_and_when(open_page):
    """ACT before WATCH, then by contacts; late or left on one time axis; further reasons are counted."""
    page = await open_page("view=alarms&rotate=0", clock=True)
    found = await rows(page)
    assert [level for level, _ in found.values()] == ["crit", "crit", "warn", "warn", "warn"]
    text = {queue: line.replace("\u00a0", " ") for queue, (_, line) in found.items()}
    assert list(text)[:2] == ["returns-mail", "billing-voice"]
    assert "oldest 4 h 12 max 4 h 41 replies 12:00 late" in text["returns-mail"]
    assert "longest 4:32 max 0:20, +2 12 callers 4:12 late" in text["billing-voice"]
    assert text["partner desk-mail"].endswith("2 tickets 11:40 left")
    assert (await page.locator("h1").text_content()).split() == ["Deskpulse", "2", "ACT", "3", "WATCH"]


async def test_when_nothing_is_missed_it_says_so_and_what_comes_next(open_page, board):
    """A big green check, the words, and the next target with its time."""
    board.show(FLOORS["calm"]())
    page = await open_page("view=alarms", clock=True)
    text = await page.get_by_test_id("calm").inner_text()
    assert "All targets met" in text
    assert "next: Orders and delivery, in 0:1" in text


async def test_a_calm_that_is_not_known_is_none(open_page, board):
    """No check while nothing is read yet, or a source is silent."""
    board.show(FLOORS["unknown"]())
    page = await open_page("view=alarms")
    assert await page.get_by_test_id("calm").count() == 0
    assert await page.get_by_test_id("mark").inner_text() == "NO DATA"
    board.show(FLOORS["source-silent"]())
    await expect(page.get_by_test_id("mark")).to_have_text("1 SILENT")


async def test_the_sound_is_off_until_somebody_allows_it(open_page, board):
    """One press; then a queue that turns red is heard, and one that stays red is not heard again."""
    board.show(FLOORS["calm"]())
    page = await open_page("view=alarms")
    await page.evaluate("""() => {
      window.tones = 0;
      const make = AudioContext.prototype.createOscillator;
      AudioContext.prototype.createOscillator = function () { window.tones += 1; return make.call(this); };
    }""")
    red = snapshot(tile("Billing", waiting=3, longest=100, service=0.9))
    board.show(red)
    await expect(page.locator(".alarm")).to_have_count(1)
    assert await page.evaluate("window.tones") == 0
    button = page.locator(".sound")
    assert await button.get_attribute("aria-pressed") == "false"
    await button.click()
    assert await button.get_attribute("aria-pressed") == "true"
    tried = await page.evaluate("window.tones")
    assert tried > 0
    board.show(snapshot(tile("Billing", waiting=4, longest=101, service=0.9)))
    await expect(page.locator(".hit b")).to_have_text("4")
    assert await page.evaluate("window.tones") == tried
    board.show(
        snapshot(
            tile("Billing", waiting=4, longest=102, service=0.9), tile("Sales", waiting=1, longest=50, service=0.9)
        )
    )
    await expect(page.locator(".alarm")).to_have_count(2)
    assert await page.evaluate("window.tones") > tried
