"""Pictures of the page, each view in each state: python -m tests.page.pictures [FOLDER]   (make wallboard-pictures)

The floors are those of the tests, so that a picture shows what is tested.
"""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path
from typing import Any, NamedTuple

from tests.page.answers import explained, kpis
from tests.page.browser import LAPTOP, PHONE, WALL, chromium
from tests.page.fake import FakeBoard
from tests.page.floors import FLOORS, NOW_MS, trends

FOLDER = Path(__file__).parent.parent.parent / "docs" / "pictures"


class Picture(NamedTuple):
    """What is taken: the floor, the settings, the screen, what is pressed, and how often it takes its turn before."""

    floor: str
    query: str
    size: dict[str, int] = WALL
    press: str = ""
    cut_off: bool = False


PICTURES = {
    "floor-dark": Picture("live", ""),
    "floor-light": Picture("live", "theme=light"),
    "floor-german": Picture("live", "lang=de"),
    "floor-calm": Picture("calm", ""),
    "state-stale-connection": Picture("live", "", cut_off=True),
    "state-stale-pipeline": Picture("stale-pipeline", ""),
    "state-stale-pipeline-light": Picture("stale-pipeline", "theme=light"),
    "state-source-silent": Picture("source-silent", ""),
    "state-unknown": Picture("unknown", ""),
    "state-empty": Picture("empty", ""),
    "state-closed": Picture("closed", ""),
    "state-outside": Picture("outside", "window=28d"),
    "state-longest": Picture("longest", ""),
    "state-crowd": Picture("crowd", ""),
    "alarms-dark": Picture("live", "view=alarms"),
    "alarms-light": Picture("live", "view=alarms&theme=light"),
    "alarms-clear": Picture("calm", "view=alarms"),
    "alarms-stale": Picture("stale-pipeline", "view=alarms"),
    "alarms-silent": Picture("source-silent", "view=alarms"),
    "desk-dark": Picture("live", "view=desk", LAPTOP),
    "desk-light": Picture("live", "view=desk&theme=light", LAPTOP),
    "desk-explained": Picture("live", "view=desk", LAPTOP, '[data-testid="row-billing-voice"] td:nth-of-type(3) .num'),
    "desk-stale": Picture("stale-pipeline", "view=desk", LAPTOP),
    "desk-outside": Picture("outside", "view=desk&window=28d", LAPTOP),
    "phone-floor": Picture("live", "", PHONE),
    "phone-alarms": Picture("live", "view=alarms&theme=light", PHONE),
    "phone-desk": Picture("live", "view=desk", PHONE),
}
FACES = ("service", "loss", "people", "load")


async def take(folder: Path, wanted: set[str]) -> None:
    """All pictures, or those that are wanted, into a folder that is there."""
    async with chromium() as browser:
        for name, picture in PICTURES.items():
            if not wanted or name in wanted:
                await _one(browser, picture, folder / f"{name}.jpg")


async def _one(browser: Any, picture: Picture, target: Path) -> None:
    board = FakeBoard()
    found = FLOORS[picture.floor]()
    board.show(found, trends(found))
    board.kpis, board.explained = kpis(found), explained()
    await board.start()
    scale = 0.5 if picture.size == WALL else 1  # a wall is read from afar anyway
    context = await browser.new_context(
        viewport=picture.size, locale="en-GB", device_scale_factor=scale, reduced_motion="reduce"
    )
    page = await context.new_page()
    await page.clock.install(time=NOW_MS / 1000)
    await page.goto(f"{board.url}?{picture.query}")
    await page.wait_for_selector("main")
    await page.evaluate("document.fonts.ready.then(() => 1)")
    if picture.press:
        await page.click(picture.press)
        await page.wait_for_selector('[data-testid="contribution"]')
    if picture.cut_off:
        await board.stop()
        await page.clock.fast_forward(48_000)
        await page.wait_for_selector('[data-testid="stale"]')
    await page.clock.run_for(1000)
    await page.screenshot(path=target, type="jpeg", quality=75)
    await context.close()
    await board.stop()


if __name__ == "__main__":
    into = Path(sys.argv[1]) if len(sys.argv) > 1 else FOLDER
    into.mkdir(parents=True, exist_ok=True)
    asyncio.run(take(into, set(sys.argv[2:])))
