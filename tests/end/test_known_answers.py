"""The scenarios with known answers, through the command ``report``."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import orjson
import pytest
from click.testing import CliRunner

from stream.cli import deskpulse
from stream.sources.scenarios import SCENARIOS


@pytest.mark.parametrize("name", SCENARIOS)
def test_a_scenario_gives_its_known_answers(name: str, tmp_path: Path):
    """A file of events in, the expected values in the printed rows."""
    scenario = SCENARIOS[name]
    file, config = tmp_path / "events.jsonl", tmp_path / "deskpulse.toml"
    with file.open("wb") as out:
        for line in scenario.lines():
            out.write(orjson.dumps({**orjson.loads(line.value), "topic": line.topic}) + b"\n")
    config.write_text(scenario.toml)
    window: list[str] = []
    if scenario.window is not None:
        midnight = datetime(2025, 12, 1, tzinfo=UTC)
        start, end = ((midnight + timedelta(seconds=s)).isoformat() for s in scenario.window)
        window = ["--from", start, "--to", end]

    result = CliRunner().invoke(deskpulse, ["report", "events", str(file), "--config", str(config), *window])

    assert result.exit_code == 0, result.output
    rows = orjson.loads(result.stdout)["rows"]
    for kpi, stat, where, expected in scenario.expected:
        place = {"queue": None, "channel": None, **where}
        clock = where.get("clock", "calendar")
        found = [
            row["value"]
            for row in rows
            if (row["kpi"], row["stat"], row.get("clock", clock)) == (kpi, stat, clock)
            and all(row.get(k) == v for k, v in place.items())
        ]
        assert found == [pytest.approx(expected)], (kpi, stat, where)
