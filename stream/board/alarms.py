"""What is missed and what will be next: one alarm for each queue in trouble, and the next target to be missed."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

RANK = {"crit": 0, "warn": 1}


def alarms(tiles: Iterable[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """One for each tile that is in ``crit`` or ``warn``: the worse first, then the one with the most contacts."""
    found = [_alarm(tile) for tile in tiles if tile["level"] in RANK]
    return sorted(found, key=lambda one: (RANK[one["level"]], -one["contacts"], one["queue"], one["channel"]))


def _alarm(tile: Mapping[str, Any]) -> dict[str, Any]:
    """What is missed (``late_since_ms``) or will be (``due_ms``), by how many contacts, and how many more reasons."""
    metric = tile["deciding"]
    told = {
        "queue": tile["queue"], "channel": tile["channel"], "label": tile["label"], "kind": tile["kind"],
        "level": tile["level"], "metric": metric, "more": len(tile["missed"]) - 1, "target": None,
        "late_since_ms": None, "due_ms": None,
    }  # fmt: skip
    if metric == "targets":
        return told | _of_targets(tile["targets"])
    value = tile["values"][metric]
    told |= {"value": value["value"], "limit": value["target"], "min": value["min"]}
    if metric == "longest":
        if value["over"]:
            late_ms = round(value["since_ms"] + value["target"] * 1000)
            return told | {"contacts": value["over"], "late_since_ms": late_ms}
        return told | {"contacts": max(1, value["soon"]), "due_ms": value["next_due_ms"]}
    count = value["count"]
    share = 1 - value["value"] if value["min"] else value["value"]
    return told | {"contacts": round(count * share), "late_since_ms": value["level_since_ms"]}


def _of_targets(targets: Mapping[str, Mapping[str, Any]]) -> dict[str, Any]:
    """Of the breached the longest late; else of those that fall due soon the next."""
    late = {name: one for name, one in targets.items() if one["breached"]}
    if late:
        name = min(late, key=lambda name: late[name]["late_since_ms"] or 0)
        one = late[name]
        return {"target": name, "contacts": one["breached"], "late_since_ms": one["late_since_ms"],
                "value": one["breached"], "limit": one["seconds"], "min": False}  # fmt: skip
    soon = {name: one for name, one in targets.items() if one["next_due_ms"] is not None}
    name = min(soon, key=lambda name: soon[name]["next_due_ms"])
    one = soon[name]
    return {"target": name, "contacts": max(one["at_risk"], one["soon"], 1), "due_ms": one["next_due_ms"],
            "value": max(one["at_risk"], one["soon"], 1), "limit": one["seconds"], "min": False}  # fmt: skip


def next_missed(tiles: Iterable[Mapping[str, Any]]) -> dict[str, Any] | None:
    """The next moment at which an open queue misses a target when nobody does anything; None: none is in sight."""
    found: list[dict[str, Any]] = []
    for tile in tiles:
        if tile["level"] in ("closed", "old"):
            continue
        told = {name: tile[name] for name in ("queue", "channel", "label", "kind")}
        longest = tile["values"]["longest"]
        if longest["next_due_ms"] is not None:
            found.append({**told, "metric": "longest", "target": None, "due_ms": longest["next_due_ms"],
                          "contacts": max(1, longest["soon"]), "limit": longest["target"]})  # fmt: skip
        found += [
            {**told, "metric": "targets", "target": name, "due_ms": one["next_due_ms"],
             "contacts": max(1, one["soon"]), "limit": one["seconds"]}
            for name, one in tile["targets"].items() if one["next_due_ms"] is not None
        ]  # fmt: skip
    return min(found, key=lambda one: one["due_ms"], default=None)
