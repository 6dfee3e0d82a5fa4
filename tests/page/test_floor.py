"""The floor view: each queue with its state by colour, sign and word; every state looks different and says what it is."""

from __future__ import annotations

import pytest
from playwright.async_api import expect

from tests.page.browser import PHONE
from tests.page.floors import FLOORS, HOSTILE, NOW_MS, snapshot, target, tile

WORDS = {
    "crit": "ACT",
    "warn": "WATCH",
    "ok": "OK",
    "closed": "CLOSED",
    "empty": "EMPTY",
    "unknown": "NO DATA",
    "old": "OLD",
}
SIGNS = {**{level: f"#s-{level}" for level in WORDS}, "old": "#s-unknown"}


async def cells(page):
    """queue -> (level, sign, word, text of the line that is shown) of the rows on the right."""
    found = await page.eval_on_selector_all(
        ".cell",
        """cells => cells.map(cell => [cell.dataset.testid.slice(6), [cell.dataset.level,
             cell.querySelector("use").getAttribute("href"), cell.querySelector(".word").innerText,
             [...cell.querySelectorAll(".now")].filter(line => line.offsetParent).map(line => line.innerText.replace(/\\s+/g, " ").trim()).join(" | ")]])""",
    )
    return dict(found)


async def test_every_level_has_its_sign_and_its_word(open_page):
    """Never colour alone: the word and the outline of the sign say the same."""
    page = await open_page("rotate=0", clock=True)
    found = await cells(page)
    assert len(found) == 7
    assert {level for level, *_ in found.values()} == {"crit", "warn", "ok", "closed"}
    for level, sign, word, _ in found.values():
        assert (sign, word) == (SIGNS[level], WORDS[level])
    hero = page.get_by_test_id("hero")
    assert await hero.get_attribute("data-level") == "crit"
    assert await hero.locator(".word").inner_text() == "ACT"
    assert await hero.get_by_test_id("headline").all_inner_texts() == ["12", "4:32"]


async def test_who_needs_somebody_comes_first(open_page):
    """ACT before WATCH before OK, closed last; a row shows the number that decides, its target, and who waits."""
    page = await open_page("rotate=0", clock=True)
    found = await cells(page)
    levels = [level for level, *_ in found.values()]
    assert levels == ["crit", "warn", "warn", "warn", "ok", "ok", "closed"]
    line = {queue: text.replace("\u00a0", " ") for queue, (*_, text) in found.items()}
    assert line["returns-mail"] == "longest wait 4 h 12 max 4 h 41 waiting"
    assert line["night line-voice"] == "opens 18:00"
    assert line["partner desk-mail"].endswith("left, gold 6 waiting")
    assert "78 % SL min 80 %" in line["technischer support – geschäftskunden österreich-voice"]


async def test_the_longest_wait_ticks_between_two_snapshots(open_page, board):
    """It grows from the moment that the contact has waited since, without a snapshot."""
    board.show(snapshot(tile("Billing", waiting=1, longest=10, service=0.9)))
    page = await open_page(clock=True)
    assert await page.get_by_test_id("headline").nth(1).inner_text() == "0:10"
    await page.clock.run_for(5000)
    assert await page.get_by_test_id("headline").nth(1).inner_text() == "0:15"


@pytest.mark.parametrize(
    ("floor", "levels"),
    [
        ("empty", {"empty"}),
        ("closed", {"closed"}),
        ("unknown", {"unknown"}),
        ("source-silent", {"warn", "old", "ok", "closed"}),
    ],
)
async def test_every_state_says_what_it_is(open_page, board, floor, levels):
    """Its word, its own sign, and nothing that looks like a number where none is known."""
    board.show(FLOORS[floor]())
    page = await open_page("rotate=0")
    found = await cells(page)
    assert {level for level, *_ in found.values()} == levels
    for level, sign, word, text in found.values():
        assert sign == SIGNS[level]
        assert word.startswith(WORDS[level])
        if level == "unknown":
            assert "0 waiting" not in text
            assert text.count("–") == 2
        if level == "empty":
            assert "0 waiting" in text
    mark = await page.get_by_test_id("mark").inner_text()
    assert mark == {"unknown": "NO DATA", "source-silent": "1 SILENT"}.get(floor, "LIVE")


async def test_a_board_that_starts_shows_dashes_and_how_far_it_is(open_page, board):
    """Unknown is a dash, never 0; the share that is read is said."""
    board.show(FLOORS["unknown"]())
    page = await open_page()
    assert await page.get_by_test_id("asof").inner_text() == "–:–:–"
    hero = await page.get_by_test_id("hero").inner_text()
    assert "Starting" in hero
    assert "64" in hero
    assert "0" not in await page.get_by_test_id("headline").first.inner_text()


async def test_a_window_beyond_what_is_kept_shows_no_number(open_page, board):
    """Outside of retention: said by its own word, the ratios are dashes, what is true now stays."""
    board.show(FLOORS["outside"]())
    page = await open_page("window=28d")
    assert board.windows[-1] == "28d"
    assert await page.get_by_test_id("mark").inner_text() == "OUTSIDE"
    hero = (await page.get_by_test_id("hero").inner_text()).replace("\n", " ")
    assert "7 days are kept" in hero
    assert "61" not in hero
    assert await page.get_by_test_id("headline").first.inner_text() == "12"


async def test_what_will_be_missed_next_is_said_with_its_time(open_page, board):
    """The header's last line: which queue, how many, by which target, in how long."""
    gold = {"gold": target(at_risk=3, due_s=190, seconds=3600)}
    board.show(snapshot(tile("Partner desk", "mail", waiting=6, longest=100, limit=28_800, targets=gold)))
    page = await open_page(clock=True)
    text = (await page.get_by_test_id("next").inner_text()).replace("\u00a0", " ").replace("\n", " ")
    assert "Partner desk in 3:" in text
    assert "3 gold, target 1 h" in text


async def test_urgent_queues_take_turns_and_rows_turn_pages(open_page, board):
    """Several in ACT stand on the left one after the other; more queues than rows come page by page."""
    board.show(FLOORS["crowd"]())
    page = await open_page("rotate=20", clock=True)
    first = await page.get_by_test_id("hero").get_attribute("data-queue")
    shown = await cells(page)
    assert len(shown) == 7
    await page.clock.run_for(20_000)
    board.show(FLOORS["crowd"]())
    await page.clock.run_for(1000)
    assert await page.get_by_test_id("hero").get_attribute("data-queue") != first
    assert set(await cells(page)) != set(shown)


async def test_the_order_stays_for_twenty_seconds(open_page, board):
    """A queue that turns red does so in its place; it moves to the front at the next turn."""
    calm = [tile(name, waiting=1, longest=2, service=0.9) for name in ("A", "B", "C")]
    board.show(snapshot(*calm))
    page = await open_page(clock=True)
    before = list(await cells(page))
    worse = next(one for one in calm if f"{one['queue']}-voice" == before[-1])
    board.show(
        snapshot(*(one for one in calm if one is not worse), tile(worse["label"], waiting=3, longest=19, service=0.9))
    )
    await expect(page.locator(".cell").last).to_have_attribute("data-level", "warn", timeout=20_000)
    assert list(await cells(page)) == before
    await page.clock.run_for(20_000)
    assert await page.get_by_test_id("hero").get_attribute("data-queue") == worse["queue"]


async def test_hostile_names_are_text(open_page, board):
    """Markup, right-to-left marks, 200 letters, emoji, control characters: shown as they are, and nothing runs."""
    board.show(FLOORS["hostile"]())
    page = await open_page("rotate=0")
    assert await page.evaluate("window.pwned") is None
    assert await page.locator("main script, main img").count() == 0
    heads = await page.eval_on_selector_all(".sr table tbody th", "rows => rows.map(row => row.textContent)")
    for name in HOSTILE:
        assert any(head.startswith(name) for head in heads), name
    assert await page.evaluate("document.documentElement.scrollWidth <= innerWidth")


async def test_two_channels_of_a_queue_are_told_apart(open_page, board):
    """One label, two rows: the channel stands behind it; a queue with one channel has its label alone."""
    board.show(
        snapshot(
            tile("Billing", waiting=1, longest=3, service=0.9),
            tile("Returns", "mail", waiting=2, longest=30, limit=600),
            tile("Returns", "web", waiting=1, longest=20, limit=600),
        )
    )
    page = await open_page("rotate=0&queues=Returns,Billing")
    names = {*await page.locator(".cell h3").all_inner_texts(), await page.locator(".hero h2").inner_text()}
    assert names == {"Billing", "Returns · mail", "Returns · web"}


async def test_only_the_queues_that_are_asked_for(open_page):
    """``queues`` takes names or labels; a name that nobody has seen says so."""
    page = await open_page("queues=billing,Sales chat")
    shown = {
        await page.get_by_test_id("hero").get_attribute("data-queue"),
        *(key.rsplit("-", 1)[0] for key in await cells(page)),
    }
    assert shown == {"billing", "sales chat"}
    nobody = await open_page("queues=nobody")
    assert "None of these queues was seen" in await nobody.get_by_test_id("hero").inner_text()


async def test_a_table_says_the_same_to_screen_readers(open_page):
    """Every queue has its row with every number; what has changed is announced, not each tick."""
    page = await open_page(clock=True)
    table = page.get_by_test_id("table").locator("tbody tr")
    assert await table.count() == 8
    first = [text.replace("\u00a0", " ") for text in await table.first.locator("th, td").all_text_contents()]
    assert first[:8] == ["Billing (voice)", "ACT", "12", "4:32", "0:20", "61 %", "80 %", "9 %"]
    assert await page.locator("#says").text_content() == ""


async def test_a_change_of_level_is_announced(open_page, board):
    """In a sentence: who, what, why."""
    board.show(snapshot(tile("Billing", waiting=1, longest=5, service=0.9)))
    page = await open_page(clock=True)
    board.show(snapshot(tile("Billing", waiting=4, longest=40, service=0.9)))
    await expect(page.locator("#says")).to_have_text("Billing: ACT. Longest wait 0:40, max 0:20.", timeout=20_000)


async def test_a_phone_shows_everything_and_scrolls(open_page):
    """All lines of a row are open, the names are whole, nothing is wider than the screen."""
    page = await open_page(size=PHONE)
    assert await page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    long = page.locator('[data-testid^="queue-technischer"] h3')
    assert (await long.inner_text()).startswith("Technischer Support – Geschäftskunden")
    assert await page.locator(".cell .face:visible").count() > 15


async def test_a_replay_of_history_says_so(open_page, board):
    """Where now is the last event nothing is live and no clock runs."""
    board.show({**FLOORS["calm"](), "clock": "events"})
    page = await open_page(clock=True)
    assert await page.get_by_test_id("mark").inner_text() == "REPLAY"
    before = await page.locator(".floor").inner_text()
    await page.clock.run_for(5000)
    assert await page.locator(".floor").inner_text() == before
    assert board.snapshot["now_ms"] == NOW_MS
