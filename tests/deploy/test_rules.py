"""Prometheus' rules: made from the catalogue, each tested, and reading nothing that nobody exposes."""

from __future__ import annotations

import json
import re
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml

from deploy.rules.__main__ import FOLDER, RUNBOOK, TESTS, alert_groups, rendered, runbook, unit_tests
from deploy.rules.model import Pace
from deploy.rules.records import RECORDS
from tests.deploy.promql import KNOWN, selectors, unknown

ROOT = Path(__file__).parent.parent.parent
PROMETHEUS = ROOT / "deploy" / "prometheus"
RULES = {path.name: yaml.safe_load(path.read_text()) for path in sorted(FOLDER.glob("*.yml"))}
ALL: list[dict[str, Any]] = [rule for file in RULES.values() for group in file["groups"] for rule in group["rules"]]
ALERTS = [rule for rule in ALL if "alert" in rule]
ALWAYS = {"Watchdog"}


def promtool(*arguments: str) -> None:
    """Runs it; it must have nothing to say against what it is given."""
    done = subprocess.run(["promtool", *arguments], cwd=PROMETHEUS, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize("name", sorted(rendered()))
def test_rules_are_up_to_date(name):
    """Made again, the file is the same: else run make generate."""
    assert (FOLDER / name).read_text() == rendered()[name]


def test_the_runbook_as_a_page_is_up_to_date():
    """Made again it is the same, and every alert's link has its anchor there."""
    text = RUNBOOK.with_suffix(".html").read_text()
    assert text == runbook(RUNBOOK.read_text())
    for alert in ALERTS:
        anchor = alert["annotations"]["runbook_url"].rpartition("#")[2]
        assert f'<h2 id="{anchor}">' in text


@pytest.mark.parametrize("name", sorted(unit_tests()))
def test_unit_tests_are_up_to_date(name):
    """As the rules."""
    assert (TESTS / name).read_text() == unit_tests()[name]


def test_promtool_accepts_rules_and_configuration():
    """No lint either: Debian's Prometheus is the oldest that must understand them."""
    promtool("check", "rules", "--lint=all", "--lint-fatal", *(f"rules/{name}" for name in RULES))
    promtool("check", "config", "--lint=all", "--lint-fatal", "prometheus.yml")
    assert set(yaml.safe_load((PROMETHEUS / "prometheus.yml").read_text())["rule_files"]) == {
        f"rules/{name}" for name in RULES
    }


@pytest.mark.slow
@pytest.mark.parametrize("name", sorted(unit_tests()))
def test_every_rule_does_what_its_cases_say(name):
    """Prometheus' own unit tests: labels, words and moments included."""
    promtool("test", "rules", f"tests/{name}")


def test_every_alert_has_a_firing_and_a_silent_case_and_every_record_a_value():
    """A rule that nothing tries is one that somebody's sleep hangs on."""
    fires, silent, values = set(), set(), set()
    for file in TESTS.glob("*.yml"):
        for test in yaml.safe_load(file.read_text())["tests"]:
            for asked in test.get("alert_rule_test", []):
                (fires if asked["exp_alerts"] else silent).add(asked["alertname"])
            for asked in test.get("promql_expr_test", []):
                assert asked["exp_samples"]
                values |= {name for name, _ in selectors(asked["expr"])}
    names = {alert["alert"] for alert in ALERTS}
    assert fires == names
    assert silent == names - ALWAYS
    assert values == {rule["record"] for rule in ALL if "record" in rule} == set(RECORDS)


@pytest.mark.parametrize("pace", [1, 30])
def test_every_selector_is_known(pace):
    """A metric of the catalogue, a record, or one of Prometheus' own; and no label that it has not."""
    found = [
        f"{rule.get('alert') or rule['record']}: {problem}"
        for text in rendered(Pace(pace)).values()
        for group in yaml.safe_load(text)["groups"]
        for rule in group["rules"]
        for problem in unknown(rule["expr"])
    ]
    assert found == []


def test_a_selector_that_nobody_has_is_found():
    """The check itself: a misspelt name, a label of another metric, a rate of what is no range."""
    assert list(unknown('sum(rate(support_contacts_ofered_total[5m])) > support_queue_open{window="5m"}')) == [
        "support_contacts_ofered_total: nobody has it",
        "support_queue_open: no label window",
    ]
    with pytest.raises(ValueError, match="type"):
        selectors("rate(support_contacts_offered_total)")


def test_templates_ask_for_what_is_there():
    """The queries inside the words of an alert read known metrics too."""
    asked = [
        query.replace("%q", '"x"') for alert in ALERTS for text in alert["annotations"].values()
        for query in re.findall(r"printf `([^`]+)`", text)
    ]  # fmt: skip
    assert len(asked) > 10
    assert [problem for query in asked for problem in unknown(query)] == []


def test_every_alert_has_the_labels_that_routes_and_inhibition_compare():
    """A label that is missing on both sides counts as equal there, so none may be missing."""
    for alert in ALERTS:
        labels = alert["labels"]
        assert labels["severity"] in ("critical", "warning", "info", "none"), alert["alert"]
        assert labels["layer"] in ("kpi", "pipeline", "meta"), alert["alert"]
        assert labels["slo"], alert["alert"]
        assert {"summary", "description", "dashboard", "runbook_url"} == set(alert["annotations"]), alert["alert"]


def test_alerts_of_service_never_read_what_is_counted_while_processing():
    """A crash counts a few events twice: what wakes a supervisor is the board's exact number."""
    kept = {
        name for name, _ in (pair for a in ALERTS if a["labels"]["layer"] == "kpi" for pair in selectors(a["expr"]))
    }
    read = {name for name, _ in (pair for name in kept if name in RECORDS for pair in selectors(RECORDS[name].expr))}
    assert [name for name in kept | read if name.endswith(("_total", "_bucket", "_count", "_sum"))] == []


def test_a_link_leads_to_a_board_and_to_a_section_of_the_runbook():
    """Whoever is woken finds both."""
    boards = {json.loads(path.read_text())["uid"] for path in (ROOT / "grafana" / "dashboards").glob("*.json")}
    sections = set(re.findall(r"^## (\w+)$", (ROOT / "deploy" / "runbook.md").read_text(), re.MULTILINE))
    names = {alert["alert"] for alert in ALERTS}
    assert sections == names
    for alert in ALERTS:
        uid = re.search(r"/d/([\w-]+)", alert["annotations"]["dashboard"])
        assert uid is not None
        assert not boards or uid[1] in boards, alert["alert"]
        assert alert["annotations"]["runbook_url"].endswith(f"#{alert['alert'].lower()}")


def test_the_runbook_says_what_to_do():
    """One section an alert: what it means for customers, how to check, what to do, when it is a false alarm."""
    text = (ROOT / "deploy" / "runbook.md").read_text()
    bodies = dict(zip(*[iter(re.split(r"^## (\w+)$", text, flags=re.MULTILINE)[1:])] * 2, strict=True))
    for name, body in bodies.items():
        for part in ("**For customers.**", "**Check.**", "**Do.**", "**False alarm.**"):
            said = re.search(re.escape(part) + r"(.+?)(?=\*\*\w[\w ]+\.\*\*|\Z)", body, re.DOTALL)
            assert said is not None, f"{name}: {part}"
            assert len(said[1].split()) >= 6, f"{name}: {part}"
    metrics = set(re.findall(r"`(support_\w+)`", text))
    assert metrics <= set(KNOWN), metrics - set(KNOWN)
    queries = re.findall(r"^```promql\n(.+?)\n```$", text, re.MULTILINE | re.DOTALL)
    assert len(queries) >= len(bodies)
    assert [problem for query in queries for problem in unknown(query)] == []


def test_groups_keep_records_before_alerts():
    """Within a group rules are evaluated in order: an alert reads this round's records, not those of before."""
    for file in RULES.values():
        for group in file["groups"]:
            kinds = ["record" in rule for rule in group["rules"]]
            assert kinds == sorted(kinds, reverse=True)
    assert set(alert_groups(Pace())) == {name.removesuffix(".yml") for name in RULES}


def test_every_alert_is_documented():
    """The page on alerts names each of them, and no other."""
    text = (ROOT / "docs" / "alerts.md").read_text()
    named = set(re.findall(r"`((?:Support|Prometheus|Alertmanager|Watchdog)\w*)`", text))
    assert named == {alert["alert"] for alert in ALERTS}
