"""Floors for the page: snapshots in the form that the board sends, their levels judged by the board's own code."""

from __future__ import annotations

from typing import Any

from stream.board.alarms import alarms, next_missed
from stream.board.tiles import CONTACT, SOON_MS, TICKET, judge
from stream.core.sections import Queue
from stream.core.thresholds import bounds

NOW_MS = 1_764_599_527_000  # Monday 2025-12-01, 14:32:07 UTC
MINUTE_MS = 60_000
LONG = "Technischer Support – Geschäftskunden Österreich"
Tile = dict[str, Any]


def tile(
    label: str,
    channel: str = "voice",
    *,
    waiting: int | None = 0,
    longest: float | None = None,
    limit: float = 20,
    service: float | None = None,
    objective: float = 0.8,
    count: int = 100,
    abandoned: float | None = None,
    first: float | None = None,
    first_limit: float = 120,
    agents: tuple[int, int, int] | None = None,
    occupancy: float | None = None,
    opens_ms: int | None = None,
    targets: dict[str, Any] | None = None,
    old_since_ms: int | None = None,
    backlog: int | None = None,
    queue: str | None = None,
) -> Tile:
    """A queue with these numbers at ``NOW_MS``; its level follows from them."""
    kind = "ticket" if channel in ("mail", "web") else "contact"
    of = bounds(
        Queue(
            longest_wait_max_seconds=limit,
            first_response_target_seconds=limit if kind == "ticket" else first_limit,
            objective=objective,
        )
    )
    numbers = {"longest": longest, "service": service, "abandoned": abandoned, "first": first}
    values: dict[str, Any] = {"waiting": {"value": waiting}}
    for metric, kpi in (CONTACT if kind == "contact" else TICKET).items():
        number, bound = numbers[metric], of[kpi]
        if number is None and metric == "first":
            continue
        values[metric] = {"kpi": kpi, "value": number, "target": bound.target, "min": bound.is_objective}
        if number is not None:
            values[metric] |= {
                "count": count, "level": bound.level(number), "level_since_ms": NOW_MS - 6 * MINUTE_MS,
                "urgency": bound.urgency(number),
            }  # fmt: skip
    _wait(values["longest"], waiting)
    _staff(values, agents, occupancy, of["occupancy_ratio"])
    made = {
        "queue": queue or label.lower(), "channel": channel, "label": label, "kind": kind, "answer_target_seconds": 20.0,
        "objective": objective, "open": opens_ms is None, "old_since_ms": old_since_ms, "known": True, "targets": targets or {},
        "values": values, "backlog": backlog, "teams": ["phones"] if agents else [],
    }  # fmt: skip
    if opens_ms is not None:
        made["next_opening_ms"] = opens_ms
    judge(made)
    return made


def _wait(value: dict[str, Any], waiting: int | None) -> None:
    number, limit_ms = value["value"], value["target"] * 1000
    since_ms = None if number is None else round(NOW_MS - number * 1000)
    due = None if since_ms is None else round(since_ms + limit_ms)
    over = due is not None and due < NOW_MS
    value |= {
        "since_ms": since_ms,
        "over": (waiting or 0) if over else 0,
        "soon": (waiting or 0) if due is not None and not over and due < NOW_MS + SOON_MS else 0,
        "next_due_ms": None if over else due,
    }


def _staff(values: dict[str, Any], agents: tuple[int, int, int] | None, occupancy: float | None, bound: Any) -> None:
    if agents:
        for name, number in zip(("free", "busy", "away"), agents, strict=True):
            values[name] = {"value": number, "kpi": "agents"}
        if values["waiting"]["value"] and not agents[0]:
            longest = values["longest"].get("level", "ok")
            values["free"]["level"] = "crit" if longest == "crit" else "warn"
    values["occupancy"] = {"kpi": "occupancy_ratio", "value": occupancy, "target": bound.target, "min": False}
    if occupancy is not None:
        values["occupancy"] |= {"level": bound.level(occupancy), "urgency": bound.urgency(occupancy)}


def target(
    *, breached: int = 0, at_risk: int = 0, due_s: float | None = None, late_s: float = 0, seconds: float = 3600
) -> Any:
    """One running service target of a queue."""
    due_ms = None if due_s is None else round(NOW_MS + due_s * 1000)
    return {
        "at_risk": at_risk, "breached": breached, "next_due_ms": due_ms,
        "soon": at_risk if due_ms is not None and due_ms < NOW_MS + SOON_MS else 0,
        "late_since_ms": round(NOW_MS - late_s * 1000) if breached else None, "seconds": seconds,
    }  # fmt: skip


def snapshot(*tiles: Tile, **changes: Any) -> dict[str, Any]:
    """What the board would send of these queues."""
    ages = changes.pop("ages", {"voice": 1, "chat": 2, "tickets": 4, "agents": 1})
    topics = {"voice": "call.events", "chat": "chat.events", "tickets": "ticket.events", "agents": "agent.events"}
    sources = [
        {"name": name, "topic": topics[name], "newest_ms": NOW_MS - age * 1000, "silent": age > 200}
        for name, age in ages.items()
    ]
    return {
        "now_ms": NOW_MS, "window": "30m", "clock": "wall", "zone": "UTC", "watermark_ms": NOW_MS, "heard_ms": NOW_MS,
        "stale": {"partitions": 0, "since_ms": None}, "starting": None,
        "retention": {"days": 35, "first_ms": NOW_MS - 86_400_000, "outside": False}, "per_agent": False,
        "config_version": "3f9a01c27b5e", "events": {"accepted": 2412, "duplicate": 3, "late": 1, "rejected": 0},
        "sources": sources, "configured": [], "queues": list(tiles),
        "teams": [{"team": "phones", "states": {"available": 9, "on_contact": 36, "acw": 4, "break": 10}, "occupancy": 0.83}],
        "next": next_missed(tiles), "alarms": alarms(tiles), "build": "test", **changes,
    }  # fmt: skip


def day(**changes: Any) -> dict[str, Any]:
    """An afternoon with two queues in trouble: the floor of the design."""
    return snapshot(
        tile("Billing", waiting=12, longest=272, service=0.61, abandoned=0.091, agents=(0, 8, 2), occupancy=0.97, count=77),
        tile("Returns", "mail", waiting=41, longest=15_120, limit=14_400, first=11_110, agents=(1, 3, 2), occupancy=0.88, backlog=96),
        tile(LONG, waiting=2, longest=11, service=0.784, abandoned=0.04, agents=(1, 11, 3), occupancy=0.91, count=23),
        tile("Sales chat", "chat", waiting=3, longest=37, limit=40, service=0.86, abandoned=0.021, first=28, agents=(0, 6, 1), occupancy=0.89),
        tile("Orders and delivery", waiting=1, longest=7, service=0.842, abandoned=0.032, agents=(3, 9, 2), occupancy=0.74),
        tile("Account access", "chat", waiting=0, limit=40, service=0.941, abandoned=0.008, first=19, agents=(4, 5, 0), occupancy=0.56),
        tile("Partner desk", "mail", waiting=6, longest=4815, limit=28_800, first=2900, agents=(2, 2, 1), occupancy=0.61, backlog=14,
             targets={"gold": target(at_risk=2, due_s=700)}),
        tile("Night line", waiting=0, opens_ms=NOW_MS + 12_473_000),
        **changes,
    )  # fmt: skip


def calm() -> dict[str, Any]:
    """A floor that keeps every promise."""
    return snapshot(
        tile("Orders and delivery", waiting=1, longest=7, service=0.942, abandoned=0.012, agents=(3, 9, 2), occupancy=0.74),
        tile("Account access", "chat", waiting=0, limit=40, service=0.941, abandoned=0.008, first=19, agents=(4, 5, 0), occupancy=0.56),
        tile("Returns", "mail", waiting=6, longest=11_920, limit=14_400, first=2900, agents=(2, 2, 1), occupancy=0.61, backlog=14),
    )  # fmt: skip


def silent() -> dict[str, Any]:
    """The source of tickets has said nothing for four minutes: its queues are old, the others live."""
    found = day()
    since_ms = NOW_MS - 250_000
    for one in found["queues"]:
        if one["kind"] == "ticket":
            one["old_since_ms"] = since_ms
            judge(one)
    tiles = found["queues"]
    ages = {"voice": 1, "chat": 2, "tickets": 250, "agents": 1}
    return snapshot(*tiles, ages=ages)


def stale() -> dict[str, Any]:
    """No worker is heard of for nearly three minutes."""
    return day(stale={"partitions": 48, "since_ms": NOW_MS - 175_000}, watermark_ms=NOW_MS - 175_000)


def empty() -> dict[str, Any]:
    """The doors are open and nobody has called yet."""
    return snapshot(
        *(tile(name, agents=(7, 0, 1), occupancy=0) for name in ("Billing", "Orders and delivery", LONG)),
        tile("Sales chat", "chat", limit=40, agents=(7, 0, 1), occupancy=0),
        tile("Returns", "mail", limit=14_400, backlog=0), tile("Partner desk", "mail", limit=28_800, backlog=0),
    )  # fmt: skip


def closed() -> dict[str, Any]:
    """Every queue is closed until the morning, one until Thursday."""
    hour_ms = 3_600_000
    return snapshot(
        *(tile(name, opens_ms=NOW_MS + 18 * hour_ms) for name in ("Billing", "Orders and delivery", LONG)),
        tile("Returns", "mail", waiting=23, longest=4000, limit=14_400, opens_ms=NOW_MS + 66 * hour_ms),
        tile("Night line", opens_ms=NOW_MS + 4 * hour_ms),
    )


def starting() -> dict[str, Any]:
    """The board reads what is stored: of the queues only the names are known."""
    names = ("Billing", "Returns", LONG, "Sales chat", "Orders and delivery")
    configured = [
        {"queue": name.lower(), "label": name, "channels": ["voice"], "objective": 0.8, "longest_wait_max_seconds": 20}
        for name in names
    ]
    return snapshot(
        starting={"progress": 0.64, "why": "the aggregates are still being read"}, configured=configured, sources=[],
        watermark_ms=None, heard_ms=None,
    )  # fmt: skip


def outside() -> dict[str, Any]:
    """A window of 28 days where seven are kept: what is true now is known, what was is not."""
    found = day()["queues"]
    for one in found:
        for metric in ("service", "abandoned", "first", "occupancy"):
            if metric in one["values"]:
                one["values"][metric] = {**one["values"][metric], "value": None}
                one["values"][metric].pop("level", None)
        one["known"] = False
        judge(one)
    return snapshot(*found, window="28d", retention={"days": 7, "first_ms": NOW_MS - 6 * 86_400_000, "outside": True})


def longest() -> dict[str, Any]:
    """The longest names and the largest values that have to find room."""
    far = {"count": 99_999, "limit": 20}
    return snapshot(
        tile(LONG, waiting=12_345, longest=86_000, service=0.61, abandoned=0.091, agents=(0, 888, 222), occupancy=1.0, **far),
        tile("Reklamationsbearbeitung der Großkunden", "mail", waiting=12_345, longest=2_700_000, limit=14_400, backlog=99_999, first=500_000),
        tile("Technischer Support Zentrale Österreich", waiting=2, service=0.784, longest=17.5, **far),
        tile("Kundenrückfragen Vertrag Schweiz", "chat", waiting=99_999, longest=3599, limit=3600, service=0.999, first=3599, first_limit=3600),
        tile("Technischer Support Sonderfälle Österreich", waiting=10_000, longest=3599, limit=7200, service=1.0),
        tile("W" * 48, "chat", waiting=99_999, service=1.0, first=1),
        tile("Obsługa zgłoszeń międzynarodowych", "mail", waiting=6, longest=4815, limit=28_800),
        tile("Night line", opens_ms=NOW_MS + 4 * 86_400_000),
        ages={"voice": 29, "chat": 3599, "tickets": 28, "agents": 3599},
    )  # fmt: skip


HOSTILE = (
    "<script>window.pwned = 1</script>", '<img src=x onerror="window.pwned = 1">', "\u202eקבוצה של שירות\u202c",
    "x" * 200, "🚑🚒 Notfälle 👩‍👩‍👧‍👦", '"; window.pwned = 1; //', "a\u0000b\nc\td", "  ", "مرحبا بالعالم الخدمة",
)  # fmt: skip


def hostile() -> dict[str, Any]:
    """Names that somebody invented to break the page."""
    return snapshot(
        *(
            tile(name, waiting=n, longest=5 * n, limit=20, service=0.9, abandoned=0.01, queue=name)
            for n, name in enumerate(HOSTILE)
        )
    )


def crowd(n: int = 60) -> dict[str, Any]:
    """More queues than find room on one screen."""
    return snapshot(
        *(
            tile(f"Queue {i:03}", waiting=i % 7, longest=4.0 * (i % 7), service=0.85 if i % 9 else 0.75, abandoned=0.01)
            for i in range(n)
        )
    )


def trends(of: dict[str, Any]) -> dict[str, Any]:
    """An hour before the snapshot that leads to its numbers."""
    return {
        "minute_ms": NOW_MS // MINUTE_MS * MINUTE_MS,
        "tiles": [
            {
                "queue": one["queue"], "channel": one["channel"],
                "points": {m: _hour(v["value"], v["target"]) for m, v in one["values"].items()
                           if v["value"] is not None and v.get("target")},
            }
            for one in of["queues"]
        ],
    }  # fmt: skip


def _hour(value: float, target: float) -> list[float]:
    """Sixty points from near the target to the value, with the small unrest of real numbers."""
    start = (value + 2 * target) / 3
    wave = (0, 0.02, 0.01, -0.015, -0.02, 0.005, 0.015, -0.01)
    return [
        round(start + (value - start) * (n / 60) ** 1.6 + wave[n * 7 % 8] * abs(value - start), 3) for n in range(60)
    ]


FLOORS = {
    "live": day, "calm": calm, "source-silent": silent, "stale-pipeline": stale, "unknown": starting, "empty": empty,
    "closed": closed, "longest": longest, "crowd": crowd, "hostile": hostile,
    "outside": outside,
    "nothing": snapshot,
}  # fmt: skip
