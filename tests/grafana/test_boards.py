"""The boards as data: what is committed is what the code makes, every query is about metrics that exist, and what makes
a board a nuisance is refused.
"""

from __future__ import annotations

from itertools import combinations

import pytest
from grafana_foundation_sdk.models import units

from grafana.generate import rendered
from grafana.look import DATA_AGE, DEFAULTS, LEVEL, LINE
from stream.core.metrics import METRICS
from stream.core.thresholds import Bound
from tests.grafana.boards import BOARDS, FOLDER, SUBSTITUTES, all_panels, panels_of, substituted
from tests.grafana.promql import groupings, selectors

SAMPLES = {name: (set(labels), metric.kind) for metric in METRICS.values() for name, labels in metric.samples().items()}
OF_PROMETHEUS = {"up": (set(), "gauge"), "ALERTS": ({"alertstate", "layer", "alertname", "severity"}, "gauge")}
TARGETS = {"job", "instance"}
UNITS = {value for name, value in vars(units).items() if isinstance(value, str) and not name.startswith("_")}
PANELS = [pytest.param(board, panel, id=f"{board}-{panel['title']}") for board, panel in all_panels()]
QUERIES = [
    pytest.param(target["expr"], panel, id=f"{board}-{panel['title']}-{target['refId']}")
    for board, panel in all_panels()
    for target in panel["targets"]
]


def test_what_is_committed_is_what_the_code_makes():
    """Nobody has edited a board by hand: make generate writes the same files."""
    committed = {file.name: file.read_text() for file in FOLDER.glob("*.json")}
    assert committed == rendered()


def test_the_four_boards_are_there():
    """The wallboard, service level, agents and pipeline health, each with a uid that links can rely on."""
    assert {board["uid"]: board["title"] for board in BOARDS.values()} == {
        "deskpulse-wallboard": "Wallboard",
        "deskpulse-service-level": "Service level",
        "deskpulse-agents": "Agents",
        "deskpulse-pipeline": "Pipeline health",
    }


@pytest.mark.parametrize("board", BOARDS.values(), ids=BOARDS.keys())
def test_a_board_is_not_edited_in_place_and_finds_its_data_source(board):
    """Uneditable, of the schema that Grafana provisions, its Prometheus a variable, choices looked up again when the
    time range changes, panels numbered once, described, refreshed.
    """
    assert board["editable"] is False
    assert board["schemaVersion"] == 41
    assert board["description"]
    assert board["refresh"]
    ids = [panel["id"] for panel in board["panels"]]
    assert len(ids) == len(set(ids))
    source, *others = board["templating"]["list"]
    assert (source["name"], source["type"], source["query"]) == ("datasource", "datasource", "prometheus")
    for variable in others:
        assert variable["refresh"] == 2, variable["name"]
        assert variable["datasource"]["uid"] == "${datasource}"
        assert variable["includeAll"], variable["name"]
        assert f"${variable['name']}" in SUBSTITUTES
    for note in board["annotations"].get("list", []):
        assert note["datasource"]["uid"] == "${datasource}"


@pytest.mark.parametrize(("board", "panel"), PANELS)
def test_a_panel_explains_itself(board, panel):
    """Title, a description in words, a unit that exists, at least one query, a word for no value, no data source but
    the variable, the last value and not a mean over time.
    """
    assert panel["title"]
    assert len(panel["description"]) > 15
    assert panel["description"].endswith(".")
    defaults = panel["fieldConfig"]["defaults"]
    assert defaults["unit"] in UNITS
    assert defaults["noValue"]
    assert panel["datasource"]["uid"] == "${datasource}"
    assert panel["targets"]
    for target in panel["targets"]:
        assert target["datasource"]["uid"] == "${datasource}"
    if "reduceOptions" in panel["options"]:
        assert panel["options"]["reduceOptions"]["calcs"] == ["lastNotNull"]
    for override in panel["fieldConfig"]["overrides"]:
        for one in override["properties"]:
            assert one["id"] != "unit" or one["value"] in UNITS


@pytest.mark.parametrize(("expr", "panel"), QUERIES)
def test_a_query_is_about_metrics_that_exist(expr, panel):
    """It parses, each series is in the catalogue with the labels that it is asked by, counters are read as rates and
    gauges are not, and windows are the board's own variable.
    """
    found = list(selectors(substituted(expr)))
    assert found or expr.startswith("vector(")
    known = SAMPLES | OF_PROMETHEUS
    for name, labels, function in found:
        assert name in known, name
        allowed, kind = known[name]
        assert labels <= allowed | TARGETS, name
        assert (function in ("rate", "increase")) == (kind in ("counter", "histogram")), f"{name} under {function!r}"
    every = set().union(*(known[name][0] for name, _, _ in found)) if found else set()
    assert set(groupings(substituted(expr))) <= every | TARGETS
    if panel["type"] in ("timeseries", "heatmap"):
        assert "[" not in expr.replace("[$__rate_interval]", "")


@pytest.mark.parametrize("board", BOARDS.values(), ids=BOARDS.keys())
def test_panels_do_not_lie_on_each_other(board):
    """Every panel is inside the 24 columns and no two share a cell."""
    cells: dict[int, set[tuple[int, int]]] = {}
    for panel in board["panels"]:
        at = panel["gridPos"]
        assert at["x"] + at["w"] <= 24
        cells[panel["id"]] = {
            (x, y) for x in range(at["x"], at["x"] + at["w"]) for y in range(at["y"], at["y"] + at["h"])
        }
    for first, second in combinations(cells, 2):
        assert not cells[first] & cells[second], (first, second)


def test_the_wallboard_is_one_screen_of_few_tiles():
    """At most six tiles, refreshed every 5 s, data age first, nothing but tiles, and no more rows than a full screen
    in kiosk mode shows.
    """
    board = BOARDS["deskpulse-wallboard"]
    panels = panels_of(board)
    assert len(panels) <= 6
    assert board["refresh"] == "5s"
    assert panels[0]["title"] == "Data age"
    assert {panel["type"] for panel in panels} == {"stat"}
    assert max(panel["gridPos"]["y"] + panel["gridPos"]["h"] for panel in panels) * 38 <= 1080


@pytest.mark.parametrize(
    ("title", "bound"),
    [
        ("Data age", DATA_AGE),
        ("$queue · service level", DEFAULTS["service_level_ratio"]),
        ("$queue · longest wait", DEFAULTS["oldest_wait_seconds"]),
        ("$queue · abandoned", DEFAULTS["abandonment_ratio"]),
    ],
)
def test_the_colours_turn_where_the_core_says(title: str, bound: Bound):
    """For a sweep of values the step of the tile is the level of the core, and its colour that level's."""
    (panel,) = [panel for panel in panels_of(BOARDS["deskpulse-wallboard"]) if panel["title"] == title]
    steps = panel["fieldConfig"]["defaults"]["thresholds"]["steps"]
    assert steps[0].get("value") is None
    for n in range(400):
        value = n / 200 * bound.target
        if value in dict(bound.borders()):
            continue  # on the border itself Grafana's step begins; the query of a queue is exact there
        colour = [step["color"] for step in steps if step.get("value") is None or step["value"] <= value][-1]
        assert colour == LEVEL[bound.level(value)], value


@pytest.mark.parametrize(("board", "heading", "kpi"), [
    ("deskpulse-service-level", "Service level", "service_level_ratio"),
    ("deskpulse-service-level", "Abandoned", "abandonment_ratio"),
])  # fmt: skip
def test_the_cells_of_a_table_turn_there_too(board, heading, kpi):
    """The borders in a table's column are those of the core."""
    overrides = [o for p in panels_of(BOARDS[board]) for o in p["fieldConfig"]["overrides"]]
    (steps,) = [
        one["value"]["steps"]
        for override in overrides
        if override["matcher"]["options"] == heading
        for one in override["properties"]
        if one["id"] == "thresholds"
    ]
    borders = DEFAULTS[kpi].borders()
    assert [step["value"] for step in steps[1:]] == [value for value, _ in borders[1:]]
    assert [step["color"] for step in steps] == [LINE[level] for _, level in borders]
