"""What a board answers to the supervisor's view: rows compared with those before, and what is behind a number."""

from __future__ import annotations

from typing import Any


def kpis(of: dict[str, Any]) -> dict[str, Any]:
    """What the board answers to the supervisor's view: rows of the window, each with those of the one before."""
    rows = []
    for one in of["queues"]:
        for n, (metric, value) in enumerate(one["values"].items()):
            kpi, number = value.get("kpi", ""), value["value"]
            if number is not None and metric in ("service", "abandoned", "first"):
                before = (
                    number * (1.24 - 0.08 * ((len(one["label"]) + n) % 6))
                    if metric != "service"
                    else min(1, number + 0.02 * (len(one["label"]) % 5 - 2))
                )
                rows.append(_row(kpi, one["queue"], one["channel"], number, before))
    rows += [_row("service_level_ratio", None, None, 0.792, 0.848), _row("abandonment_ratio", None, None, 0.046, 0.033),
             _row("first_response_seconds", None, None, 3128, 2878)]  # fmt: skip
    rows += [
        _row("occupancy_ratio", None, None, 0.83, 0.79, team="phones"),
        _row("occupancy_ratio", None, None, 0.83, 0.79, team=None),
    ]
    return {"rows": rows, "previous": {"from": "2025-12-01T13:32:00+00:00", "to": "2025-12-01T14:02:00+00:00",
                                       "until": "2025-12-01T14:32:00+00:00", "absent": None}}  # fmt: skip


def _row(
    kpi: str, queue: str | None, channel: str | None, value: float, previous: float, **further: Any
) -> dict[str, Any]:
    stat = "mean" if kpi.endswith("_seconds") else "value"
    return {"kpi": kpi, "stat": stat, "queue": queue, "channel": channel, "value": value, "count": 77, "compared": value,
            "previous": previous, **further}  # fmt: skip


def explained() -> dict[str, Any]:
    """What the board answers to who asks for the service level of Billing."""

    def contact(n: int, entered: str, waited_s: float, fact: str) -> dict[str, Any]:
        return {
            "entity": f"c-{n}", "queue": "billing", "channel": "voice", "numerator": float(fact == "answered met"),
            "denominator": 1.0, "since": None, "left_out": None,
            "facts": [{"fact": "offered", "at": f"2025-12-01T{entered}+00:00", "seconds": None},
                      {"fact": fact, "at": f"2025-12-01T{entered}+00:00", "seconds": waited_s}],
        }  # fmt: skip

    return {
        "kpi": "service_level_ratio", "unit": "ratio", "formula": "contacts answered within the target, by the named formula",
        "source": "K2, R05", "config_version": "3f9a01c27b5e", "queue": "billing", "channel": "voice", "team": None,
        "window": "30m", "from": "2025-12-01T14:02:10+00:00", "to": "2025-12-01T14:32:07+00:00",
        "complete_from": "2025-11-29T00:00:00+00:00", "stat": "value", "value": 0.6103896103896104, "numerator": 47.0,
        "denominator": 77.0, "contributing": 77, "left_out": 4,
        "contributions": [
            contact(90409, "14:26:40.120", 281, "abandoned"), contact(90397, "14:24:02.040", 238, "abandoned"),
            contact(90388, "14:22:51.902", 220, "answered"), contact(90371, "14:20:18.333", 175, "answered"),
            contact(90366, "14:19:40.250", 12, "answered met"),
        ],
    }  # fmt: skip
