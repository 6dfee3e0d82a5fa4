"""What Grafana is given: a data source, a folder, boards that nobody edits in place."""

from __future__ import annotations

import re

import yaml

from tests.grafana.boards import BOARDS, ROOT

PROVISIONING = ROOT / "grafana" / "provisioning"


def test_the_data_source_has_a_fixed_uid_and_can_not_be_edited():
    """One Prometheus, by an address from the environment."""
    (source,) = yaml.safe_load((PROVISIONING / "datasources" / "prometheus.yaml").read_text())["datasources"]
    assert source["uid"] == "deskpulse-prometheus"
    assert source["type"] == "prometheus"
    assert source["url"] == "$PROMETHEUS_URL"
    assert source["editable"] is False


def test_the_boards_are_in_one_folder_and_stay_as_they_are():
    """One provider, folder Support; nothing is deleted or changed from Grafana's pages; no board has an alert of its
    own: alerts are Prometheus' matter.
    """
    (provider,) = yaml.safe_load((PROVISIONING / "dashboards" / "support.yaml").read_text())["providers"]
    assert provider["folder"] == "Support"
    assert provider["disableDeletion"] is True
    assert provider["allowUiUpdates"] is False
    assert not [panel for board in BOARDS.values() for panel in board["panels"] if "alert" in panel]


def test_links_of_alerts_lead_to_boards_and_choices_that_are_there():
    """Every alert's dashboard is one of the boards, and each variable of its link one that the board has."""
    links = [
        rule["annotations"]["dashboard"]
        for file in (ROOT / "deploy" / "prometheus" / "rules").glob("*.yml")
        for group in yaml.safe_load(file.read_text())["groups"]
        for rule in group["rules"]
        if "alert" in rule and rule["labels"]["layer"] in ("kpi", "pipeline")
    ]
    assert links
    for link in links:
        uid, _, query = link.partition("/d/")[2].partition("?")
        choices = {variable["name"] for variable in BOARDS[uid]["templating"]["list"]}
        assert set(re.findall(r"var-(\w+)=", query)) <= choices, link
