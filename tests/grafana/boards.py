"""The committed boards, as the tests look at them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parent.parent.parent
FOLDER = ROOT / "grafana" / "dashboards"
BOARDS: dict[str, dict[str, Any]] = {file.stem: json.loads(file.read_text()) for file in sorted(FOLDER.glob("*.json"))}
# What Grafana puts in for its variables. The regular expressions are those of "All".
SUBSTITUTES = {"$__rate_interval": "1m", "$queue": ".+", "$channel": ".+", "$team": ".+", "$topic": ".+"}


def panels_of(board: dict[str, Any]) -> list[dict[str, Any]]:
    """The panels of a board, without its rows."""
    rows = [panel for panel in board["panels"] if panel["type"] == "row"]
    inside = [panel for row in rows for panel in row.get("panels", [])]
    return [panel for panel in board["panels"] if panel["type"] != "row"] + inside


def all_panels() -> list[tuple[str, dict[str, Any]]]:
    """(board, panel) of all boards."""
    return [(name, panel) for name, board in BOARDS.items() for panel in panels_of(board)]


def substituted(expr: str) -> str:
    """A query as Prometheus gets it when everything is chosen."""
    for name, value in SUBSTITUTES.items():
        expr = expr.replace(name, value)
    return expr
