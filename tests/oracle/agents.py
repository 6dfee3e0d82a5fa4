"""What agents' events say, as rows for SQL: heartbeats with the contacts that they list, capacities, shifts."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from tests.oracle.calendars import Calendar

DAY_MS = 86_400_000
FIELDS = {**dict.fromkeys(("since", "shift_from", "shift_to"), "BIGINT"), "is_productive": "BOOLEAN", "rate": "BIGINT"}
Tables = Iterator[tuple[str, dict[str, str], list[dict[str, Any]]]]


def fields(event: dict[str, Any]) -> dict[str, Any]:
    """The fields of an event that only agents' have."""
    if event["type"] == "shift.scheduled":
        return {"shift_from": event["start"], "shift_to": event["end"], "is_productive": event["productive"]}
    if event["type"] == "agent.snapshot":
        return {"since": event["since"], "contacts": event["contacts"], "capacity": event["capacity"]}
    if event["type"] == "agent.profile_changed":
        rate = event.get("cost_rate")
        return {"capacity": event.get("capacity"), "rate": None if rate is None else round(rate * 1000)}
    return {}


def tables(settings: dict[str, Any], arrivals: list[dict[str, Any]], organisation: Calendar) -> Tables:
    """(name, columns, rows): the interval of heartbeats, the contacts in them, the capacities told, the days that
    shifts may cover.
    """
    heartbeat_s = settings.get("kpis", {}).get("heartbeat_seconds", 120)
    yield "heartbeat", {"heartbeat_ms": "BIGINT"}, [{"heartbeat_ms": round(heartbeat_s * 1000)}]
    named = dict.fromkeys(("agent", "event_id", "channel"), "TEXT")
    listings = [
        {**_of(a), **{key: c[key] for key in ("channel", "state", "since")}, "contact": c["contact_id"]}
        for a in arrivals
        for c in a.get("contacts") or ()
    ]
    yield "listings", {**named, "contact": "TEXT", "state": "TEXT", "since": "BIGINT"}, listings
    capacities = [
        {**_of(a), "channel": channel, "number": number}
        for a in arrivals
        for channel, number in (a.get("capacity") or {}).items()
    ]
    yield "capacities", {**named, "number": "BIGINT"}, capacities
    planned = [at for a in arrivals if a.get("shift_to") for at in (max(1, a["shift_from"]), a["shift_to"])]
    planned += [a["at_ms"] for a in arrivals]
    starts = organisation.starts_ms(max(1, min(planned) - 2 * DAY_MS), max(planned) + 2 * DAY_MS) if planned else []
    yield "organisation_days", {"start_ms": "BIGINT"}, [{"start_ms": start} for start in starts]


def _of(arrival: dict[str, Any]) -> dict[str, Any]:
    return {"agent": arrival["entity"], "event_id": arrival["event_id"]}
