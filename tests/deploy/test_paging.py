"""Alertmanager: who is told of what, what silences what, and what a page says. On the real one."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

import pytest
import yaml

from deploy.paging import BASE, FOLDER, OPTIONAL, configuration
from tests.deploy.servers import Alertmanager, Hooks
from tests.deploy.test_rules import ALERTS
from tests.end.pipeline import wait_for

PACE = 20
QUEUE = {"queue": "billing", "channel": "voice"}
FAST = {
    "alertname": "SupportServiceLevelBurnFast",
    "layer": "kpi",
    "severity": "critical",
    "slo": "service_level",
    **QUEUE,
}
SLOW = {**FAST, "alertname": "SupportServiceLevelBurnSlow", "severity": "warning"}
OTHER = {**SLOW, "queue": "sales"}
STALLED = {"alertname": "SupportPipelineStalled", "layer": "pipeline", "severity": "critical", "slo": "stalled"}
DOWN = {**STALLED, "alertname": "SupportPipelineDown", "slo": "down"}
UNOWNED = {**STALLED, "alertname": "SupportPartitionUnowned", "slo": "unowned", "topic": "call.events"}
LATE_1H = {
    "alertname": "SupportPipelineFreshnessBurn",
    "layer": "pipeline",
    "severity": "critical",
    "slo": "freshness",
    "long_window": "1h",
}
LATE_6H, LATE_1D = {**LATE_1H, "long_window": "6h"}, {**LATE_1H, "long_window": "1d", "severity": "warning"}
DRAIN = {
    "alertname": "SupportPipelineDrainTooSlow",
    "layer": "pipeline",
    "severity": "warning",
    "slo": "drain",
    "topic": "call.events",
}
FAST_B, SLOW_B, SLOW_S = (f"SupportServiceLevelBurn{name}" for name in ("Fast/billing", "Slow/billing", "Slow/sales"))
LATE = "SupportPipelineFreshnessBurn"
RECEIVERS = {"critical": {"kpi": "supervisors", "pipeline": "engineers"}, "warning": "tickets", "info": "chat"}


def amtool(*arguments: str) -> subprocess.CompletedProcess[str]:
    """Alertmanager's own tool."""
    return subprocess.run(["amtool", *arguments], cwd=FOLDER, capture_output=True, text=True, check=False)


@pytest.mark.parametrize("receivers", [(), *((name,) for name in OPTIONAL), tuple(OPTIONAL)])
def test_amtool_accepts_the_configuration(tmp_path: Path, receivers):
    """Alone and with every optional receiver: Debian's Alertmanager is the oldest that must understand it."""
    path = FOLDER / "alertmanager.yml"
    if receivers:
        path = tmp_path / "alertmanager.yml"
        path.write_text(yaml.safe_dump(configuration(receivers=receivers)))
    done = amtool("check-config", str(path))
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize("alert", ALERTS, ids=lambda a: f"{a['alert']}-{a['labels'].get('long_window', '')}")
def test_every_alert_goes_to_those_whom_it_concerns(alert):
    """By layer and severity: a supervisor for customers, an engineer for numbers, a ticket, the chat, the switch."""
    labels = {"alertname": alert["alert"], **alert["labels"], **QUEUE}
    wanted = RECEIVERS.get(labels["severity"], "deadman")
    receiver = wanted if isinstance(wanted, str) else wanted[labels["layer"]]
    done = amtool(
        "config", "routes", "test", f"--config.file={BASE}", f"--verify.receivers={receiver}",
        *(f"{name}={value}" for name, value in labels.items()),
    )  # fmt: skip
    assert done.returncode == 0, done.stdout


def test_an_alert_that_nobody_thought_of_goes_to_the_chat():
    """The root route has no hole."""
    done = amtool("config", "routes", "test", f"--config.file={BASE}", "--verify.receivers=chat", "alertname=New")
    assert done.returncode == 0, done.stdout


def test_no_secret_is_in_the_configuration():
    """Keys, tokens and passwords are read from files."""
    text = BASE.read_text() + "".join(path.read_text() for path in OPTIONAL.values())
    for word in ("routing_key:", "service_key:", "api_key:", "api_url:", "auth_password:", "credentials:", "password:"):
        assert word not in text, word


@pytest.fixture
def paging(tmp_path):
    """A real Alertmanager and everybody whom it pages."""
    with Hooks() as hooks, Alertmanager(tmp_path / "alertmanager", hooks, PACE) as manager:
        yield manager, hooks


@pytest.mark.slow
def test_a_page_says_what_where_since_when_and_what_to_do(paging):
    """On the webhook and in PagerDuty's form, with the keys from the files; and that it is over."""
    manager, hooks = paging
    manager.tell(FAST, {**FAST, "channel": "chat"})
    page = wait_for(lambda: hooks.on("/supervisors", FAST["alertname"]), "the supervisor's page")[0]
    assert page.headers["Authorization"] == "Bearer secret-webhook_token"
    assert len(page.body["alerts"]) == 2  # one page for a queue
    form = wait_for(lambda: hooks.forms("trigger"), "PagerDuty's form")[0].body
    assert form["routing_key"] == "secret-pagerduty_supervisors"
    payload = form["payload"]
    assert payload["summary"] == "SupportServiceLevelBurnFast it is"
    assert payload["severity"] == "critical"
    assert payload["group"] == "billing"
    details = payload["custom_details"]
    assert details["queue"] in ("billing (voice), billing (chat)", "billing (chat), billing (voice)")
    assert "40 % within 20s" in details["what"]
    assert details["since"].count(" UTC") == 2
    assert form["links"] == [
        {"href": "http://boards/d/x", "text": "Dashboard"}, {"href": "http://runbook#x", "text": "Runbook"}
    ]  # fmt: skip
    manager.tell(FAST, {**FAST, "channel": "chat"}, ended=True)
    over = wait_for(lambda: hooks.forms("resolve"), "PagerDuty hears that it is over")[0].body
    assert over["dedup_key"] == form["dedup_key"]
    assert wait_for(lambda: hooks.on("/supervisors", status="resolved"), "so does the webhook")
    assert not hooks.on("/engineers")


@pytest.mark.slow
def test_what_silences_what(paging):
    """Wrong numbers page no supervisor; one page for one thing; other queues' alerts go on."""
    manager, _ = paging
    for told, silenced in (
        ((FAST, SLOW, OTHER), {SLOW_B}),
        ((FAST, SLOW, OTHER, LATE_6H, LATE_1D), {SLOW_B, f"{LATE}/1d"}),
        ((FAST, OTHER, STALLED, UNOWNED, DRAIN), {FAST_B, SLOW_S, UNOWNED["alertname"], DRAIN["alertname"]}),
        ((FAST, STALLED, DOWN, LATE_1H), {FAST_B, STALLED["alertname"], f"{LATE}/1h"}),
        ((FAST, LATE_1H), {FAST_B}),
        ((FAST, {**STALLED, "cluster": "another"}), set()),
    ):
        manager.tell(*told)
        wait_for(lambda told=told: len(manager.alerts()) == len(told), f"all of {told}")
        found = manager.alerts()
        assert {name for name, state in found.items() if state == "suppressed"} == silenced, found
        manager.tell(*told, ended=True)
        wait_for(lambda: not manager.alerts(), "all of it is over")


@pytest.mark.slow
def test_the_dead_mans_switch_hears_again_and_again(paging):
    """Not once, but all the time, and nobody else hears it; a repeated page comes when its time is over."""
    manager, hooks = paging
    manager.tell({"alertname": "Watchdog", "layer": "meta", "severity": "none", "slo": "watchdog"})
    wait_for(lambda: len(hooks.on("/deadman", "Watchdog")) >= 3, "three signs of life", 60)
    assert {page.path for page in hooks.pages} == {"/deadman"}


def test_optional_receivers_say_the_same():
    """Slack, Opsgenie and e-mail take their words from the same templates, and their secrets from files."""
    tree = configuration(receivers=OPTIONAL)
    by_name = {receiver["name"]: receiver for receiver in tree["receivers"]}
    assert "deskpulse.text" in by_name["chat"]["slack_configs"][0]["text"]
    assert by_name["engineers"]["opsgenie_configs"][0]["api_key_file"].startswith("/run/secrets/")
    assert "deskpulse.title" in by_name["tickets"]["email_configs"][0]["headers"]["Subject"]
    assert {"pagerduty_configs", "webhook_configs"} <= by_name["supervisors"].keys()


LINKS = {"dashboard": "http://boards/d/x", "runbook_url": "http://runbook#x"}
TOLD = {
    "receiver": "chat", "status": "firing", "externalURL": "http://alerts", "groupLabels": {},
    "commonLabels": {"alertname": "New"}, "commonAnnotations": {},
    "alerts": [
        {"status": "firing", "labels": {"alertname": "New", **QUEUE}, "startsAt": "2025-12-01T09:40:00+01:00",
         "annotations": {"summary": "It burns", "description": "40 % within 20s.", **LINKS}},
        {"status": "resolved", "labels": {"alertname": "New", "topic": "call.events"}, "startsAt": "2025-12-01T09:40:00Z",
         "endsAt": "2025-12-01T10:41:00Z", "annotations": {"summary": "It stood", "description": "60s.", **LINKS}},
    ],
}  # fmt: skip


@pytest.mark.parametrize(
    ("template", "text"),
    [
        ("title", "New: billing (voice), call.events"),
        ("what", "It burns: 40 % within 20s. | It stood: 60s."),
        ("since", "2025-12-01 08:40:00 UTC, 2025-12-01 09:40:00 UTC until 10:41:00 UTC"),
        ("dashboard", "http://boards/d/x"),
        ("runbook", "http://runbook#x"),
        (
            "text",
            (
                "40 % within 20s.\nSince 2025-12-01 08:40:00 UTC.\nBoard: http://boards/d/x\nRunbook: http://runbook#x\n"
                "60s.\nSince 2025-12-01 09:40:00 UTC, over at 10:41:00 UTC.\nBoard: http://boards/d/x\n"
                "Runbook: http://runbook#x\n"
            ),
        ),
    ],
)
def test_the_words_of_a_page(tmp_path: Path, template: str, text: str):
    """Several alerts in one message: each with its place, its own since when, and that it is over."""
    data = tmp_path / "data.json"
    data.write_text(json.dumps(TOLD))
    done = amtool(
        "template", "render", "--template.glob=templates/*.tmpl", f"--template.data={data}",
        f'--template.text={{{{ template "deskpulse.{template}" . }}}}',
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert done.stdout == text
