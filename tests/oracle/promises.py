"""The targets of the settings as rows (R29): what SQL matches with tickets and contacts."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

FAR_MS = 1 << 60
COLUMNS = {
    **dict.fromkeys(("target", "metric"), "TEXT"),
    **dict.fromkeys(("queues", "priorities", "tiers"), "TEXT[]"),
    **dict.fromkeys(("from_ms", "until_ms", "limit_ms", "warn_ms", "precedence"), "BIGINT"),
    "is_business": "BOOLEAN",
}


def table(settings: dict[str, Any]) -> tuple[str, dict[str, str], list[dict[str, Any]]]:
    """(name, columns, rows): of several that match, the one with most keys holds, then the first in the file."""
    zone = ZoneInfo(settings.get("time", {}).get("zone", "UTC"))
    rows = []
    for place, (name, variants) in enumerate(settings.get("targets", {}).items()):
        listed = variants if isinstance(variants, list) else [variants]
        starts = [_start_ms(target.get("from"), zone) for target in listed]
        for target, start, end in zip(listed, starts, [*starts[1:], FAR_MS], strict=True):
            match = target["match"]
            rows.append(
                {
                    "target": name,
                    "metric": target["metric"],
                    "queues": _names(match, "queue"),
                    "priorities": _names(match, "priority"),
                    "tiers": _names(match, "tier"),
                    "from_ms": start,
                    "until_ms": end,
                    "limit_ms": round(target["seconds"] * 1000),
                    "warn_ms": round(target.get("warn_seconds", 0) * 1000),
                    "precedence": 10_000 * (3 - len(match)) + place,
                    "is_business": target.get("clock", "calendar") == "business",
                }
            )
    return "promises", COLUMNS, rows


def _start_ms(day: Any, zone: ZoneInfo) -> int:
    return round(datetime(day.year, day.month, day.day, tzinfo=zone).timestamp() * 1000) if day else 0


def _names(match: dict[str, Any], key: str) -> list[str] | None:
    if key not in match:
        return None
    return [match[key]] if isinstance(match[key], str) else list(match[key])
