"""A board around its panels: choices, links, marks of alerts, and the JSON that Grafana is given."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any

from grafana_foundation_sdk.builders import dashboard
from grafana_foundation_sdk.cog.encoder import JSONEncoder
from grafana_foundation_sdk.models import dashboard as d

from grafana.look import LINE
from grafana.panels import SOURCE, Panel

SCHEMA = 41
ALERT = LINE["crit"]


def variable(name: str, label: str, query: str) -> dashboard.QueryVariable:
    """A choice of label values, all at first, looked up again when the time range changes."""
    everything = d.VariableOption(selected=True, text="All", value="$__all")
    found = dashboard.QueryVariable(name).label(label).datasource(SOURCE)
    found.query({"query": query, "refId": "variable"}).refresh(d.VariableRefresh.ON_TIME_RANGE_CHANGED)
    return found.multi(True).include_all(True).current(everything).sort(d.VariableSort.ALPHABETICAL_ASC)


def source_variable() -> dashboard.DatasourceVariable:
    """Which Prometheus."""
    return (
        dashboard.DatasourceVariable("datasource")
        .label("Prometheus")
        .type("prometheus")
        .hide(d.VariableHide.HIDE_VARIABLE)
    )


def row(title: str) -> dashboard.Row:
    """A heading over the panels that follow."""
    return dashboard.Row(title)


def _marks(alerts: str) -> dict[str, object]:
    """Marks in the graphs; of each the query of the data source, which the generator has no place for."""
    return {
        "name": "Alerts",
        "datasource": {"type": SOURCE.type_val, "uid": SOURCE.uid},
        "enable": True,
        "iconColor": ALERT,
        "target": {"expr": alerts, "refId": "Alerts"},
        "titleFormat": "{{alertname}}",
        "textFormat": "{{queue}} {{channel}}",
    }


def board(
    uid: str, title: str, about: str, panels: Iterable[Panel], variables: Iterable[Any],
    *, refresh: str, since: str, alerts: str = "",
) -> str:  # fmt: skip
    """The board as JSON. Panels flow from left to right; a row starts a new line. What the query ``alerts`` gives is
    marked in every graph.
    """
    made = dashboard.Dashboard(title).uid(uid).description(about).tags(["deskpulse", "support"]).readonly()
    made.time(since, "now").refresh(refresh).timezone("browser").tooltip(d.DashboardCursorSync.CROSSHAIR)
    made.timepicker(dashboard.TimePicker().refresh_intervals(["5s", "10s", "30s", "1m", "5m"]))
    made.with_variable(source_variable())
    for one in variables:
        made.with_variable(one)
    link = dashboard.DashboardLink("Boards").type(d.DashboardLinkType.DASHBOARDS).tags(["deskpulse"]).as_dropdown(False)
    made.link(link.keep_time(True).include_vars(False))
    for panel in panels:
        if isinstance(panel, dashboard.Row):
            made.with_row(panel)
        else:
            made.with_panel(panel)
    built = made.build()
    built.schema_version = SCHEMA
    for n, panel in enumerate(built.panels or [], 1):
        panel.id_val = n
    plain_json = json.loads(json.dumps(built, cls=JSONEncoder))
    for choice in plain_json["templating"]["list"]:
        for key in [key for key in choice if key.startswith("auto")]:
            del choice[key]  # of intervals only: Grafana's schema refuses it elsewhere, the generator writes it
    if alerts:
        plain_json["annotations"]["list"] = [_marks(alerts)]
    for panel in plain_json["panels"]:
        if panel["type"] == "table":
            del panel["options"]["footer"]  # of older Grafanas only
    return json.dumps(plain_json, indent=2, sort_keys=True, ensure_ascii=False) + "\n"
