"""One place for every border: the colour on the page is that of the core, and that of the Grafana board."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from grafana.look import LEVEL
from stream.core.sections import Queue
from stream.core.thresholds import bounds
from tests.page.browser import LAPTOP
from tests.page.floors import snapshot, tile

BOARD = Path(__file__).parent.parent.parent / "grafana" / "dashboards" / "deskpulse-wallboard.json"
SWEEPS = {
    "service": ("service level", "service_level_ratio", [n / 100 + 0.005 for n in range(60, 95)]),
    "longest": ("longest wait", "oldest_wait_seconds", [n + 0.5 for n in range(45, 70)]),
    "abandoned": ("abandoned", "abandonment_ratio", [n / 1000 + 0.0005 for n in range(36, 60)]),
}


def steps_of(title):
    """The steps of a panel of the Grafana board: (from, level), the first from below everything."""
    colours = {colour: level for level, colour in LEVEL.items()}
    panels = json.loads(BOARD.read_text())["panels"]
    panels += [inner for panel in panels for inner in panel.get("panels", [])]
    (panel,) = (panel for panel in panels if panel.get("title", "").endswith(f"· {title}"))
    steps = panel["fieldConfig"]["defaults"]["thresholds"]["steps"]
    return [(float("-inf") if step["value"] is None else step["value"], colours[step["color"]]) for step in steps]


@pytest.mark.parametrize("metric", SWEEPS)
async def test_page_core_and_grafana_agree_on_every_level(open_page, board, metric):
    """A sweep of values over both borders: the level on the page, the bound's level, and the step of the Grafana panel."""
    title, kpi, values = SWEEPS[metric]
    bound = bounds(Queue())[kpi]
    tiles = [tile(f"Q{n:02}", waiting=1, limit=60, **{metric: value}) for n, value in enumerate(values)]
    board.show(snapshot(*tiles))
    page = await open_page("view=desk&sort=queue", size=LAPTOP)
    column = {"longest": 2, "service": 3, "abandoned": 4}[metric]
    shown = await page.eval_on_selector_all(
        f".grid tbody td:nth-of-type({column}) .num", "nodes => nodes.map(node => node.dataset.level || 'ok')"
    )
    expected = [bound.level(value) for value in values]
    assert shown == expected
    steps = steps_of(title)
    assert [[level for border, level in steps if value >= border][-1] for value in values] == expected
    assert set(expected) == {"ok", "warn", "crit"}
