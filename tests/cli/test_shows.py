"""The commands that show something, and what a report takes and gives."""

from __future__ import annotations

import gzip
from pathlib import Path

import orjson
import pytest
from click.testing import CliRunner, Result

from stream.cli import deskpulse
from stream.core.kpis import CATALOGUE
from stream.sources.monday import NAME as MORNING
from stream.sources.scenarios import SCENARIOS
from tests.core.floor import answered, call, entered
from topics.catalogue import SOURCES, TOPICS


def shown(*words: str, **how: object) -> Result:
    """What a command shows; it must end with 0."""
    done = CliRunner().invoke(deskpulse, list(words), **how)  # type: ignore[arg-type]
    assert done.exit_code == 0, done.output
    return done


def test_all_kpis_are_listed_with_unit_formula_and_origin() -> None:
    """One line each, uncut."""
    lines = shown("kpis").output.splitlines()
    assert len(lines) == 1 + len(CATALOGUE)
    for kpi in CATALOGUE.values():
        (line,) = [line for line in lines if line.split()[0] == kpi.name]
        assert kpi.unit in line
        assert kpi.formula in line
        assert kpi.source in line


@pytest.mark.parametrize("name", CATALOGUE)
def test_one_kpi_is_shown_in_full(name: str) -> None:
    """Formula, inputs, windows, dimensions, settings and whose definition it follows."""
    out = shown("kpis", name).output
    for word in ("name", "unit", "formula", "stats", "made from", "windows", "by", "settings", "follows"):
        assert f"\n{word:10} " in "\n" + out
    assert CATALOGUE[name].formula in out


def test_all_topics_are_listed_with_their_settings() -> None:
    """The catalogue's topics and the changelogs of the records; no broker is asked."""
    out = shown("topics", "list").output
    for name in (*TOPICS, *(f"deskpulse-{source}-changelog" for source in SOURCES)):
        assert f" {name} " in out
    assert "cleanup.policy=compact" in out


def test_all_scenarios_are_listed() -> None:
    """Name and what it shows; no broker is asked."""
    out = shown("simulate", "--scenario", "list").output
    assert [line.split()[0] for line in out.splitlines()] == [MORNING, *SCENARIOS]


def test_config_show_names_every_origin_and_masks_secrets(tmp_path: Path) -> None:
    """Every key is there once, with its value and where that came from; a password never is."""
    path = tmp_path / "deskpulse.toml"
    path.write_text("[time]\nzone = 'Asia/Tokyo'\n[kafka]\nsasl_password = 'hush'\n[queues.billing]\nobjective = 0.7\n")
    environ = {"DESKPULSE_BOARD__LISTEN": "127.0.0.1:9", "DESKPULSE_KAFKA__SASL_USERNAME": "me"}
    out = shown("config", "show", "--config", str(path), "--brokers", "b:1", env=environ).output
    lines = out.splitlines()
    assert f"time.zone = 'Asia/Tokyo'  ({path})" in lines
    assert f"queues.billing.objective = 0.7  ({path})" in lines
    assert "board.listen = '127.0.0.1:9'  (environment)" in lines
    assert "kafka.brokers = 'b:1'  (option)" in lines
    assert "time.clock = 'wall'  (default)" in lines
    assert f"kafka.sasl_password = '********'  ({path})" in [line.replace('"', "'") for line in lines]
    assert "hush" not in out
    keys = [line.partition(" = ")[0] for line in lines]
    assert len(keys) == len(set(keys))


def test_options_may_stand_before_the_command(tmp_path: Path) -> None:
    """--config before or after the command is the same; the one after holds."""
    path = tmp_path / "deskpulse.toml"
    path.write_text("[time]\nzone = 'Asia/Tokyo'\n")
    assert (
        shown("--config", str(path), "config", "show").output == shown("config", "show", "--config", str(path)).output
    )
    assert "'b:2'" in shown("--brokers", "a:1", "config", "show", "--brokers", "b:2").output


def test_config_check_tells_the_version() -> None:
    """A valid configuration is told so, with what its numbers are named by."""
    assert shown("config", "check").output.startswith("the configuration is valid: version ")


def events() -> bytes:
    """A call that waited 41 s and was answered at 10:00:41 UTC."""
    one = call("c1")
    return b"\n".join(value for _, _, value in (entered(one, 0), answered(one, 41)))


def rows(text: str, kpi: str) -> list[dict[str, object]]:
    """The rows over everything of one KPI."""
    found = orjson.loads(text)["rows"]
    return [r for r in found if r["kpi"] == kpi and r.get("queue") is None and r.get("channel") is None]


def test_a_report_from_standard_input_a_file_and_a_gzipped_one_is_the_same(tmp_path: Path) -> None:
    """To standard output unless said otherwise."""
    plain, packed, target = tmp_path / "e.jsonl", tmp_path / "e.jsonl.gz", tmp_path / "report.json"
    plain.write_bytes(events())
    packed.write_bytes(gzip.compress(events()))
    piped = shown("report", "events", "-", input=events()).stdout
    assert shown("report", "events", str(plain)).stdout == piped
    assert shown("report", "events", str(packed), "--report", str(target)).stdout == ""
    assert target.read_text() == piped
    assert {r["stat"]: r["value"] for r in rows(piped, "answer_speed_seconds")}["sum"] == 41


def test_a_window_of_a_report_is_one_of_the_rows() -> None:
    """The answer falls into the second minute, the offer into the first (R45)."""
    window = ("--from", "2025-12-01T10:00:30Z", "--to", "2025-12-01T11:01:00+01:00")
    text = shown("report", "events", "-", *window, input=events()).stdout
    assert [r["value"] for r in rows(text, "contacts_answered")] == [1]
    assert [r["value"] for r in rows(text, "contacts_offered")] == [0]
    assert orjson.loads(text)["from"].startswith("2025-12-01T10:00:30")


def test_what_an_adapter_leaves_out_is_told() -> None:
    """On standard error, so that the report stays a report."""
    done = shown("report", "events", "-", input=b"\n" + events() + b"\n\n")
    assert "skipped 2 rows: empty line" in done.stderr
    assert orjson.loads(done.stdout)["events"]["accepted"] == 2
