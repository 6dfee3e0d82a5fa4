"""Read from five metres, by everybody: sizes, room, contrast, and states that do not hang on colour."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.page.answers import explained, kpis
from tests.page.browser import LAPTOP, PHONE, WALL, WALL_4K
from tests.page.floors import FLOORS, trends

AXE = Path(__file__).parent / "node_modules" / "axe-core" / "axe.min.js"
WALLS = (
    "live",
    "calm",
    "source-silent",
    "stale-pipeline",
    "unknown",
    "empty",
    "closed",
    "outside",
    "longest",
    "crowd",
    "hostile",
    "nothing",
)

# Every text that is seen: its size against 6 % of the height. And every text that sticks out of the screen, or of a box that cuts it.
SMALL = """() => {
  const least = innerHeight * 0.06 - 0.5, found = [];
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  for (let node = walker.nextNode(); node; node = walker.nextNode()) {
    const parent = node.parentElement;
    if (!node.data.trim() || parent.closest(".sr, .views, noscript, script") || !parent.offsetParent) continue;
    const size = parseFloat(getComputedStyle(parent).fontSize);
    if (size < least) found.push([size, node.data]);
  }
  return found;
}"""
CUT = """() => {
  const found = [];
  const seen = (rect) => rect.width > 0 && rect.height > 0;
  for (const node of document.querySelectorAll("main *")) {
    if (node.closest(".sr, svg, .out") || !node.offsetParent || !node.textContent.trim() || node.children.length) continue;
    const range = document.createRange();
    range.selectNodeContents(node);
    for (const rect of range.getClientRects()) {
      if (!seen(rect)) continue;
      if (rect.left < -1 || rect.right > innerWidth + 1) found.push(["off the screen", node.textContent]);
      for (let box = node.parentElement; box && box.tagName !== "BODY"; box = box.parentElement) {
        if (getComputedStyle(box).overflowX !== "hidden") continue;
        const frame = box.getBoundingClientRect();
        if (rect.top >= frame.bottom - 1 || rect.left >= frame.right - 1) break;  // left whole: out of sight
        if ((rect.right > frame.right + 1.5 || rect.left < frame.left - 1.5)) found.push(["cut at the side", node.textContent, box.className]);
      }
    }
  }
  if (document.documentElement.scrollWidth > innerWidth + 2 || document.documentElement.scrollHeight > innerHeight + 2) found.push(["the page scrolls", document.documentElement.scrollWidth, document.documentElement.scrollHeight]);
  return found;
}"""


async def settled(page):
    """Two frames later: fonts are there, and what does not fit has left."""
    await page.evaluate("new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))")


async def shown(page, board, floor):
    """Shows a floor, and waits until the page has drawn it: the clock of the snapshot says which it is."""
    number = board.shown = getattr(board, "shown", 0) + 1
    found = FLOORS[floor]()
    board.show({**found, "config_version": str(number)}, trends(found))
    await page.wait_for_selector(f'html[data-config="{number}"]')
    await settled(page)


@pytest.mark.parametrize(
    ("size", "floors", "langs"),
    [(WALL, WALLS, ("en", "de")), (WALL_4K, ("live", "longest", "stale-pipeline"), ("en",))],
    ids=["1080", "2160"],
)
async def test_no_text_of_a_wall_is_below_six_percent_of_its_height_and_none_is_cut(
    open_page, board, size, floors, langs
):
    """Every state of both views, in both languages, with the longest names and the largest values."""
    page = await open_page(size=size, reduced_motion="reduce")
    for view in ("floor", "alarms"):
        for lang in langs:
            await page.goto(f"{board.url}?view={view}&lang={lang}&rotate=0")
            await page.wait_for_selector("main")
            for floor in floors:
                await shown(page, board, floor)
                assert await page.evaluate(SMALL) == [], (view, lang, floor)
                assert await page.evaluate(CUT) == [], (view, lang, floor)


async def test_every_line_of_the_floor_has_room(open_page, board):
    """All five faces of the rows, not the first only."""
    board.show(FLOORS["longest"](), trends(FLOORS["longest"]()))
    page = await open_page("rotate=20", clock=True, reduced_motion="reduce")
    faces = set()
    for n in range(5):
        board.show({**FLOORS["longest"](), "config_version": f"{n}"})  # what is stale does not turn
        await page.wait_for_selector(f'html[data-config="{n}"][data-fresh="live"]')
        faces.add(await page.locator("html").get_attribute("data-face"))
        assert await page.evaluate(SMALL) == []
        assert await page.evaluate(CUT) == []
        await page.clock.run_for(20_000)
    assert len(faces) == 5


async def test_the_headline_is_read_from_across_the_floor(open_page):
    """At least 13 % of the height."""
    page = await open_page()
    size = await page.get_by_test_id("headline").first.evaluate("node => parseFloat(getComputedStyle(node).fontSize)")
    assert size >= 0.13 * 1080


async def barriers(page):
    """What axe-core finds against WCAG 2.1 A and AA."""
    return await page.evaluate(
        """async () => (await axe.run({runOnly: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa"]})).violations
             .map(v => [v.id, v.nodes.length, v.nodes[0].html.slice(0, 200), v.nodes[0].failureSummary])"""
    )


STATES = ("live", "calm", "source-silent", "stale-pipeline", "unknown", "empty", "closed", "outside", "nothing")
TWO = ("live", "stale-pipeline")


@pytest.mark.parametrize(
    ("size", "query", "states"),
    [
        (WALL, "view=floor", STATES),
        (WALL, "view=alarms", STATES),
        (LAPTOP, "view=desk", STATES),
        (WALL, "view=floor&theme=light", TWO),
        (WALL, "view=alarms&theme=light", TWO),
        (LAPTOP, "view=desk&theme=light", TWO),
        (PHONE, "view=floor", TWO),
        (PHONE, "view=alarms", ("live",)),
        (PHONE, "view=desk", ("live",)),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
async def test_axe_finds_no_barrier(open_page, board, size, query, states):
    """Every view in every state: none of the rules of WCAG 2.1 AA is broken."""
    board.kpis = kpis(FLOORS["live"]())
    page = await open_page(query, size=size, reduced_motion="reduce", bypass_csp=True)
    await page.add_script_tag(path=AXE)
    for floor in states:
        await shown(page, board, floor)
        assert await barriers(page) == [], floor


async def test_axe_finds_no_barrier_behind_a_number(open_page, board):
    """The drawer of the supervisor's view, open; and the list of agents where that is allowed."""
    board.kpis, board.explained = kpis(FLOORS["live"]()), explained()
    board.show({**FLOORS["live"](), "per_agent": True}, trends(FLOORS["live"]()))
    page = await open_page("view=desk", size=LAPTOP, reduced_motion="reduce", bypass_csp=True)
    await page.locator('[data-testid="row-billing-voice"] td:nth-of-type(3) .num').click()
    await page.wait_for_selector('[data-testid="contribution"]')
    await page.locator('[data-testid="agents"] button').first.click()
    await page.wait_for_selector('[data-testid="agents"] tbody tr')
    await page.add_script_tag(path=AXE)
    assert await barriers(page) == []


async def test_states_differ_without_colour(open_page):
    """As somebody sees it who sees no colour: the pictures of the five signs differ from each other in their outlines."""
    page = await open_page("rotate=0")
    session = await page.context.new_cdp_session(page)
    for kind in ("achromatopsia", "deuteranopia", "protanopia", "tritanopia"):
        await session.send("Emulation.setEmulatedVisionDeficiency", {"type": kind})
        pictures = {}
        for level in ("crit", "warn", "ok", "closed"):
            row = page.locator(f'.cell[data-level="{level}"]').first
            pictures[level] = await row.locator(".sign").screenshot()
            assert await row.locator(".word").is_visible()
        assert len(set(pictures.values())) == 4, kind
