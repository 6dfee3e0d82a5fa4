"""Months without anybody: constant memory, no other host, old browsers, a light page, and a policy that lets nothing else in."""

from __future__ import annotations

import gzip
import json
import re
from pathlib import Path

from playwright.async_api import expect

from stream.board.files import PACKED, PAGE, lean
from tests.page.browser import LAPTOP
from tests.page.floors import FLOORS, NOW_MS, crowd, trends

ACORN = Path(__file__).parent / "node_modules" / "acorn" / "dist" / "acorn.js"
SYNTAX = 2021  # of a Chromium of five years ago
WEIGHT_MAX = 60_000
# What came later than the oldest Chromium that is promised (96, of November 2021), of what one is tempted to use.
NEWER_SCRIPT = (
    r"structuredClone\(", r"\.findLast\(", r"\.findLastIndex\(", r"\.toSorted\(", r"\.toReversed\(", r"\.with\(", r"\.groupBy\(",
    r"Promise\.withResolvers", r"\.isWellFormed\(", r"\.intersection\(", r"\.checkVisibility\(", r"AbortSignal\.timeout",
    r"Array\.fromAsync", r"\.showModal\(", r"startViewTransition", r"popover",
)  # fmt: skip
NEWER_STYLE = (
    r":has\(", r"@container", r"color-mix\(", r"@layer", r"\bd?[sl]?vh\b(?<!\dvh)", r"\d[dsl]v[hw]", r"subgrid", r"@scope", r"@starting-style",
    r"light-dark\(", r"text-wrap", r"(?m)^\s*&", r"field-sizing", r"accent-color: color", r"@property", r"\bnth-child\([^)]* of ",
)  # fmt: skip


def packed_size():
    """All three views together, as they travel, with the font that every one needs."""
    texts = [path for path in PAGE.glob("*.*") if path.suffix in PACKED]
    packed = (gzip.compress(lean(path.read_text(), path.suffix).encode(), 9) for path in texts)
    return sum(map(len, packed)) + (PAGE / "font" / "deskpulse-sans.woff2").stat().st_size


def scripts():
    return sorted(PAGE.glob("*.js"))


def styles():
    return sorted(PAGE.glob("*.css"))


async def test_scripts_have_no_syntax_that_an_old_browser_does_not_know(open_page):
    """Each file is parsed as the language of five years ago."""
    page = await open_page(bypass_csp=True)
    await page.add_script_tag(path=ACORN)
    assert len(scripts()) >= 8
    for path in scripts():
        options = {"ecmaVersion": SYNTAX, "sourceType": "module"}
        wrong = await page.evaluate(
            "([text, options]) => { try { acorn.parse(text, options); return null } catch (error) { return String(error) } }",
            [path.read_text(), options],
        )
        assert wrong is None, (path.name, wrong)
    newer = ["class A { static { } }", "{ ecmaVersion: SYNTAX, sourceType: 'module' }"]
    assert await page.evaluate(
        "([text, v]) => { try { acorn.parse(text, {ecmaVersion: v}); return false } catch (error) { return true } }",
        [newer[0], SYNTAX],
    )


async def test_eight_hours_leave_nothing_behind(open_page, board):
    """A snapshot for every twenty minutes of it, the floor another one each time: the elements of the page and the heap stay as they are."""
    live, later = FLOORS["live"](), crowd(20)
    page = await open_page("rotate=20", clock=True)
    session = await page.context.new_cdp_session(page)
    await session.send("HeapProfiler.enable")

    async def size():
        await session.send("HeapProfiler.collectGarbage")
        usage = await session.send("Runtime.getHeapUsage")
        counters = await session.send("Memory.getDOMCounters")
        return usage["usedSize"], counters["nodes"], counters["jsEventListeners"]

    async def hours(rounds):
        for n in range(rounds):
            found = {**(live if n % 2 else later), "config_version": f"{n}"}
            board.show({**found, "now_ms": NOW_MS + n * 1000}, trends(found))
            await page.wait_for_selector(f'html[data-config="{n}"]')
            await page.clock.fast_forward(8 * 3_600_000 // rounds - 1000)
            await page.clock.run_for(1000)
        board.show({**live, "config_version": "last"}, trends(live))
        await page.wait_for_selector('html[data-config="last"]')
        await page.clock.run_for(1000)

    await hours(8)  # warm: fonts, caches of names, compiled code
    before = await size()
    await hours(24)
    after = await size()
    assert after[0] <= before[0] * 1.15 + 300_000, (before, after)
    assert after[1] <= before[1] + 60, (before, after)
    assert after[2] <= before[2] + 4, (before, after)


async def test_the_page_is_light_asks_no_other_host_and_runs_nothing_inline(open_page, board):
    """From a cold cache: at most 60 kB packed in all, every address its own, a policy without any exception."""
    page = await open_page("lang=en")
    entries = json.loads(
        await page.evaluate(
            "JSON.stringify(performance.getEntriesByType('resource').map(e => [e.name, e.encodedBodySize]))"
        )
    )
    assert all(name.startswith(board.url) for name, _ in entries)
    assert any(name.endswith(".woff2") for name, _ in entries)
    weight = sum(size for name, size in entries if "/api/" not in name) + len(
        gzip.compress((PAGE / "index.html").read_bytes(), 9)
    )
    weight += (
        len(gzip.compress((PAGE / "icon.svg").read_bytes()))
        if not any("icon.svg" in name for name, _ in entries)
        else 0
    )
    assert weight <= WEIGHT_MAX, weight
    assert packed_size() <= WEIGHT_MAX


async def test_the_policy_stops_what_is_inline(open_page):
    """Code that somebody got into the page does not run."""
    page = await open_page()
    refused = await page.evaluate(
        """() => {
             const refused = [];
             for (const put of [
               () => { document.body.innerHTML = "<img src=x onerror='window.pwned = 1'>"; },
               () => { const script = document.createElement("script"); script.text = "window.pwned = 1"; document.body.append(script); },
               () => { setTimeout("window.pwned = 1", 0); },
             ]) try { put(); } catch (error) { refused.push(error.name); }
             return refused;
           }"""
    )
    assert refused == ["TypeError", "TypeError", "TypeError"]
    assert await page.evaluate("window.pwned") is None


async def test_numbers_and_words_are_those_of_the_language(open_page):
    """German: its words, its decimal comma, its weekday; the address says which."""
    page = await open_page("view=desk&lang=de", size=LAPTOP)
    row = (await page.get_by_test_id("row-billing-voice").inner_text()).replace("\u00a0", " ")
    assert "HANDELN" in row
    assert "61,0 %" in row
    assert await page.locator("html").get_attribute("lang") == "de"
    wall = await open_page("lang=de")
    hero = await wall.get_by_test_id("hero").inner_text()
    assert "Aufgelegt" in hero
    assert "waiting" not in hero


async def test_settings_stand_in_the_address_and_what_is_wrong_is_left_out(open_page, board):
    """Theme, window, language, view; a value that does not exist is the usual one."""
    page = await open_page("theme=light&window=5m&view=alarms&lang=de&rotate=0")
    html = page.locator("html")
    assert await html.get_attribute("data-theme") == "light"
    assert await html.get_attribute("data-view") == "alarms"
    assert board.windows[-1] == "5m"
    odd = await open_page("theme=pink&window=9y&view=sky&lang=xx&rotate=fast")
    assert await odd.locator("html").get_attribute("data-theme") == "dark"
    assert await odd.locator("html").get_attribute("data-view") == "floor"
    assert board.windows[-1] == "30m"
    auto = await open_page("theme=auto", color_scheme="light")
    assert await auto.locator("html").get_attribute("data-theme") == "light"


async def test_the_menu_leads_to_every_view_by_keyboard(open_page):
    """Out of sight on a wall until somebody wants it."""
    page = await open_page("theme=light&lang=en")
    menu = page.locator("#views")
    box = await menu.bounding_box()
    assert box["y"] >= 1080
    await menu.locator("a").nth(1).focus()
    await page.keyboard.press("Enter")
    await expect(page.locator("html")).to_have_attribute("data-view", "alarms")
    assert "theme=light" in page.url
    await menu.locator("a").nth(2).focus()
    await page.keyboard.press("Enter")
    await expect(page.locator(".grid tbody tr")).to_have_count(8)


def test_nothing_newer_than_the_oldest_browser_is_used():
    """Neither functions nor styles that came later than the oldest browser that is promised."""
    for paths, newer in ((scripts(), NEWER_SCRIPT), (styles(), NEWER_STYLE)):
        for path in paths:
            text = re.sub(r"/\*.*?\*/", "", path.read_text(), flags=re.DOTALL)
            assert [pattern for pattern in newer if re.search(pattern, text)] == [], path.name


def test_every_language_has_every_word():
    """The texts are apart, and no language misses one; each is used."""
    text = (PAGE / "strings.js").read_text()
    blocks = re.findall(r"\n  (\w\w): \{\n(.*?)\n  \},", text, re.DOTALL)
    words = {lang: set(re.findall(r'(?:^|[ {,])(\w+): "', block)) for lang, block in blocks}
    assert set(words) == {"en", "de"}
    assert words["en"] == words["de"]
    code = "".join(path.read_text() for path in scripts() if path.name != "strings.js")
    made = {
        "contacts1",
        "replies1",
        "ofvoice1",
        "ofchat1",
        "ofticket1",
        "repliesshort",
        "replies1short",
        "tickets",
        "voice",
        "chat",
        "ticket",
    }
    of_data = {"today", "yesterday", "name"}  # windows by their name, and what a language calls itself
    assert {word for word in words["en"] - made - of_data if not re.search(rf"[\"'`.]{word}[\"'`]", code)} == set()


def test_markup_and_scripts_hold_nothing_inline():
    """No inline script, no inline style, no handler in the markup, no markup made from text."""
    html = (PAGE / "index.html").read_text()
    assert not re.search(r"<script(?![^>]*\bsrc=)|<style|\bstyle=|\bon\w+=", html)
    code = "".join(path.read_text() for path in scripts())
    assert not [line for line in code.splitlines() if line.count("`") % 2]  # texts over two lines: see ``lean``
    assert not re.search(r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|\beval\(|new Function", code)
    assert not re.search(r"https?://(?!www\.w3\.org/2000/svg)", code + html)
