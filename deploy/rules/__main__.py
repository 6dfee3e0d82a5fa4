"""Writes the rules: ``python -m deploy.rules`` into deploy/prometheus/rules, or with other links and another pace
elsewhere.
"""

from __future__ import annotations

import argparse
import re
from pathlib import Path
from typing import Any

import yaml
from markdown_it import MarkdownIt

from deploy.rules import alerts, cases_pipeline, cases_service, pipeline, records
from deploy.rules.case import as_test
from deploy.rules.model import Alert, Links, Pace

FOLDER = Path(__file__).parent.parent / "prometheus" / "rules"
TESTS = FOLDER.parent / "tests"
MADE = "# Made by make generate from deploy/rules: change that instead.\n"
EVERY = "15s"
RUNBOOK = FOLDER.parent.parent / "runbook.md"
PAGE = """\
<!doctype html>
<!-- Made by make generate from runbook.md: change that instead. -->
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>Runbook of Deskpulse</title>
<style>
body {{ font: 16px/1.5 system-ui, sans-serif; max-width: 46rem; margin: 2rem auto; padding: 0 1rem }}
:root {{ color-scheme: light dark }}
pre, code {{ font-family: ui-monospace, monospace }} pre {{ overflow: auto; padding: .6rem; background: #8882 }}
h2:target {{ background: #fc06 }}
</style>
{body}"""


class _Dumper(yaml.SafeDumper):
    """Long texts as blocks."""


def _text(dumper: yaml.SafeDumper, value: str) -> yaml.Node:
    return dumper.represent_scalar("tag:yaml.org,2002:str", value, style="|" if "\n" in value else None)


_Dumper.add_representer(str, _text)


def alert_groups(pace: Pace) -> dict[str, list[Alert]]:
    """File -> its alerts."""
    return {
        "service": [*alerts.service_level(pace), *alerts.queues(pace)],
        "pipeline": [
            *pipeline.flow(pace), *pipeline.freshness(pace), *pipeline.input_of(pace), *pipeline.machinery(pace)
        ],
        "meta": list(pipeline.watchers(pace)),
    }  # fmt: skip


def rendered(pace: Pace | None = None, links: Links | None = None) -> dict[str, str]:
    """File name -> its text. A file is one group: its records are evaluated before the alerts that read them."""
    pace, links = pace or Pace(), links or Links()
    files = {}
    for name, of_group in alert_groups(pace).items():
        recording = [record.rule() for record in records.groups(pace).get(name, [])]
        rules = [*recording, *(alert.rule(links) for alert in of_group)]
        interval = EVERY if pace.factor == 1 else "1s"
        files[f"{name}.yml"] = _dump({"groups": [{"name": f"deskpulse-{name}", "interval": interval, "rules": rules}]})
    return files


def unit_tests() -> dict[str, str]:
    """File name -> its text: the unit tests. Those over days are evaluated by the hour."""
    by_name: dict[str, list[Alert]] = {}
    for group in alert_groups(Pace()).values():
        for alert in group:
            by_name.setdefault(alert.name, []).append(alert)
    files = {}
    for name, rules, cases, every in (
        ("service.yml", ("service",), cases_service.CASES, "30s"),
        ("pipeline.yml", ("pipeline", "meta"), cases_pipeline.CASES, "30s"),
        ("days.yml", ("pipeline",), cases_pipeline.LONG_CASES, "1h"),
    ):
        found = [as_test(case, by_name, Links()) for case in cases]
        read = [f"../rules/{group}.yml" for group in rules]
        files[name] = _dump({"rule_files": read, "evaluation_interval": every, "tests": found})
    return files


def runbook(text: str) -> str:
    """The runbook as a page, each section with the anchor that its alert links to."""
    body = MarkdownIt("commonmark").enable("table").render(text)
    body = re.sub(r"<h2>(\w+)</h2>", lambda match: f'<h2 id="{match[1].lower()}">{match[1]}</h2>', body)
    return PAGE.format(body=body)


def _dump(tree: dict[str, Any]) -> str:
    return MADE + yaml.dump(tree, Dumper=_Dumper, sort_keys=False, width=110, allow_unicode=True)


def main() -> None:
    """Writes the files."""
    parser = argparse.ArgumentParser(prog="python -m deploy.rules", description=__doc__)
    parser.add_argument("--out", type=Path, default=FOLDER, help="the folder that the files go into")
    parser.add_argument("--dashboards", default=Links().dashboards, help="where Grafana is reached")
    parser.add_argument("--runbook", default=Links().runbook, help="where the runbook is published")
    parser.add_argument("--pace", type=float, default=1.0, help="so many times as fast as in real life, for trials")
    given = parser.parse_args()
    files = {
        given.out / name: text
        for name, text in rendered(Pace(given.pace), Links(given.dashboards, given.runbook)).items()
    }
    if given.out == FOLDER:
        files |= {TESTS / name: text for name, text in unit_tests().items()}
        files[RUNBOOK.with_suffix(".html")] = runbook(RUNBOOK.read_text())
    for path, text in files.items():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)


if __name__ == "__main__":
    main()
