"""The examples of the README and of the documents do what is written there."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from click.testing import CliRunner

from stream.cli import deskpulse
from stream.core.settings import load
from tests.cli.program import run

ROOT = Path(__file__).parent.parent.parent
README = (ROOT / "README.md").read_text()
BANK = ("anonymous_bank", "tests/data/anonymous_bank_small.tsv.gz", "--config", "examples/anonymous_bank.toml")


def test_the_report_of_the_readme_is_what_the_command_gives(monkeypatch: pytest.MonkeyPatch) -> None:
    """The row that is shown is the first of its KPI, digit for digit; the words before it are the command."""
    assert " ".join(README.replace("\\\n", "").split()).count(" ".join(("deskpulse report", *BANK))) == 1
    monkeypatch.chdir(ROOT)
    done = CliRunner().invoke(deskpulse, ["report", *BANK])
    assert done.exit_code == 0
    shown = re.search(r'head -6\n((?: {6}".*\n){6})```', README)
    assert shown is not None
    start = done.stdout.index('      "kpi": "service_level_ratio"')
    assert done.stdout[start:].splitlines()[:6] == shown[1].splitlines()
    assert f"{done.stderr.strip()}\n" in README


@pytest.mark.slow
def test_the_replay_of_the_readme_gives_the_same_rows(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The whole pipeline, from the command that is written there."""
    monkeypatch.chdir(ROOT)
    target = tmp_path / "friday.json"
    done = run("replay", *BANK, "--report", str(target))
    assert done.code == 0, done.err
    found, batch = (text[text.index('"rows"') :] for text in (target.read_text(), run("report", *BANK).out))
    assert found == batch


def test_the_configuration_of_the_readme_is_valid() -> None:
    """Every key is known and every value allowed."""
    (toml,) = re.findall(r"```toml\n(.*?)```", README, re.DOTALL)
    assert load(toml).zone_of("billing") == ("Europe/Berlin", "00:00")


def test_the_events_of_the_documents_are_accepted() -> None:
    """Every line of JSON that is shown to an author of a connector is an event, and the example makes a report."""
    text = (ROOT / "docs" / "events.md").read_text()
    lines = [line for line in text.splitlines() if line.startswith("{")]
    assert len(lines) >= 5
    done = CliRunner().invoke(deskpulse, ["report", "events", "-"], input="\n".join(lines))
    assert done.exit_code == 0
    assert f'"accepted": {len(lines)},' in done.stdout
    assert '"rejected": 0' in done.stdout
