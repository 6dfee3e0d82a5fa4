"""The boards against Grafana's own schema: enums, and keys that nobody would miss."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from typing import Any

import pytest

from tests.grafana.boards import BOARDS, panels_of

TYPES = Path(__file__).parent / "types"
OPTIONS = {
    "stat": "stat/panelcfg/x/StatPanelCfg_types.gen",
    "timeseries": "timeseries/panelcfg/x/TimeSeriesPanelCfg_types.gen",
    "bargauge": "bargauge/panelcfg/x/BarGaugePanelCfg_types.gen",
    "heatmap": "heatmap/panelcfg/x/HeatmapPanelCfg_types.gen",
    "table": "table/panelcfg/x/TablePanelCfg_types.gen",
    "state-timeline": "statetimeline/panelcfg/x/StateTimelinePanelCfg_types.gen",
}
WITH_CUSTOM = ("timeseries", "heatmap", "state-timeline")


def source(boards: dict[str, dict[str, Any]]) -> str:
    """TypeScript in which each board and the options of each panel are literals of their types."""
    lines = [
        "import type {AnnotationQuery, DataQuery, Dashboard} from '@grafana/schema';",
        "import type {Json} from './json';",
        # What the data source has of its own.
        "type Marks = AnnotationQuery<DataQuery & {expr: string}> & {titleFormat: string; textFormat: string};",
    ]
    for kind, module in OPTIONS.items():
        name = kind.replace("-", "_")
        lines.append(f"import type * as {name} from '@grafana/schema/dist/esm/raw/composable/{module}';")
    for n, board in enumerate(boards.values()):
        marks = board["annotations"].get("list", [])
        lines.append(f"export const marks{n}: Json<Marks>[] = {json.dumps(marks)};")
        lines.append(f"export const board{n}: Json<Dashboard> = {json.dumps({**board, 'annotations': {'list': []}})};")
        for panel in panels_of(board):
            name = panel["type"].replace("-", "_")
            at = f"{n}_{panel['id']}"
            lines.append(f"export const options{at}: Json<Partial<{name}.Options>> = {json.dumps(panel['options'])};")
            if panel["type"] in WITH_CUSTOM:
                custom = panel["fieldConfig"]["defaults"].get("custom", {})
                lines.append(f"export const custom{at}: Json<Partial<{name}.FieldConfig>> = {json.dumps(custom)};")
    return "\n".join(lines) + "\n"


def complaints(folder: Path, boards: dict[str, dict[str, Any]]) -> str:
    """What the compiler says."""
    for name in ("node_modules", "json.d.ts"):
        (folder / name).symlink_to(TYPES / name)
    (folder / "boards.ts").write_text(source(boards))
    done = subprocess.run(
        ["node_modules/typescript/bin/tsc", "--noEmit", "--strict", "--skipLibCheck", "--module", "esnext",
         "--moduleResolution", "bundler", "--target", "es2022", "boards.ts"],
        cwd=folder, capture_output=True, text=True, timeout=120, check=False,
    )  # fmt: skip
    return done.stdout + done.stderr


@pytest.mark.slow
def test_the_boards_are_of_the_schema(tmp_path):
    """The compiler finds nothing wrong with any board, nor with the options of any panel."""
    assert complaints(tmp_path, BOARDS) == ""


@pytest.mark.slow
def test_the_schema_says_what_is_wrong(tmp_path):
    """A key that does not exist and a value that is none of an enum are refused: the check can fail."""
    wrong = {}
    for name in ("key", "option", "enum"):
        wrong[name] = json.loads(json.dumps(BOARDS["deskpulse-wallboard"]))
    wrong["key"]["refreshEvery"] = "5s"
    panels_of(wrong["option"])[0]["options"]["colourMode"] = "background"
    panels_of(wrong["enum"])[0]["options"]["graphMode"] = "aera"
    said = complaints(tmp_path, wrong)
    assert said.count("error TS") == 3, said
    assert "refreshEvery" in said
    assert "colourMode" in said
    assert '"aera"' in said
