"""What SQL reads: an event as a row of any definition's columns, and the options of the surveys."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from tests.oracle import agents

ARRIVALS = {
    **dict.fromkeys(("topic", "source", "entity", "event_id", "type", "named_queue", "named_channel", "team"), "TEXT"),
    **dict.fromkeys(("segment", "agent", "reason", "ended_by", "role", "visibility", "status_from"), "TEXT"),
    **dict.fromkeys(("status_to", "class", "status", "transfer", "priority", "tier"), "TEXT"),
    **dict.fromkeys(("actor", "author", "to_agent", "to_group"), "TEXT"),
    **dict.fromkeys(("customer", "stands_for", "direction"), "TEXT"),
    **dict.fromkeys(("part", "off", "at_ms", "seq"), "BIGINT"),
    **dict.fromkeys(("is_test", "is_auto", "higher_is_better"), "BOOLEAN"),
    **dict.fromkeys(("score", "scale_min", "scale_max"), "DOUBLE"),
    **dict.fromkeys(("cost_from", "cost_to", "money"), "BIGINT"),
    "survey": "TEXT",
    **agents.FIELDS,
}
SURVEY_TERMS = {
    **dict.fromkeys(("low", "high", "good"), "DOUBLE"),
    **dict.fromkeys(("with_passives", "easier_is_higher"), "BOOLEAN"),
}


def arrival(topic: str, partition: int, offset: int, event: dict[str, Any]) -> dict[str, Any]:
    """An event as a row of SQL's: what any definition looks at."""
    return {
        "topic": topic, "part": partition, "off": offset,
        "source": event["source"], "entity": event["entity_id"], "event_id": event["event_id"], "type": event["type"],
        "at_ms": event["occurred_at"], "seq": event.get("seq"), "is_test": event.get("is_test") or False,
        "named_queue": event.get("queue"), "named_channel": event.get("channel"), "team": event.get("team"),
        "segment": event.get("segment_id") or None, "agent": event.get("agent_id") or None,
        "reason": event.get("reason"), "ended_by": event.get("by"),
        "role": event.get("author_role") or event.get("submitter_role"), "is_auto": event.get("is_auto") or False,
        "visibility": event.get("visibility"), "status_from": event.get("from"), "status_to": event.get("to"),
        "class": event.get("class"), "status": event.get("status"), "survey": event.get("kind"),
        "transfer": event["kind"] if event["type"] == "contact.transferred" else None,
        "priority": event.get("priority"), "tier": event.get("tier"),
        **{name: event.get(name) for name in ("actor", "to_agent", "to_group", "direction")},
        "author": event.get("author_id"), "customer": event.get("customer_id"),
        "stands_for": event.get("requester_id") or event.get("visitor_id"),
        "money": int(event["amount"] * 1000 + 0.5) if "amount" in event else None,
        **dict(zip(("cost_from", "cost_to"), period(event["period"]), strict=True) if "period" in event else ()),
        **agents.fields(event),
        **{name: event.get(name) for name in ("score", "scale_min", "scale_max", "higher_is_better")},
    }  # fmt: skip


SETTING = {
    **dict.fromkeys(("horizon_ms", "resume_ms", "first_contact_ms"), "BIGINT"),
    **dict.fromkeys(("formula", "per_hour", "first_contact_form"), "TEXT"),
    "of_received": "BOOLEAN",
    "of_created": "BOOLEAN",
}


def setting(horizon_ms: int, level: dict[str, Any], kpis: dict[str, Any]) -> dict[str, Any]:
    """The knobs of the definitions, one row."""
    return {
        "horizon_ms": horizon_ms, "resume_ms": kpis.get("resume_within_seconds", 60) * 1000,
        "formula": level.get("formula", "genesys"), "per_hour": kpis.get("per_hour_denominator", "staffed"),
        "first_contact_ms": round(kpis.get("first_contact_window_days", 7) * 86_400_000),
        "first_contact_form": kpis.get("first_contact_form", "any"),
        "of_created": kpis.get("first_response_denominator") == "created",
        "of_received": kpis.get("first_contact_denominator") == "received",
    }  # fmt: skip


def period(text: str) -> tuple[int, int]:
    """[start, end) in ms of an interval, UTC where nothing else is said. Raises ``ValueError``."""
    start, end = (datetime.fromisoformat(part) for part in text.split("/"))
    zoned = [moment if moment.tzinfo else moment.replace(tzinfo=UTC) for moment in (start, end)]
    return round(zoned[0].timestamp() * 1000), round(zoned[1].timestamp() * 1000)


BUSINESS_TERMS = {"fixed": "DOUBLE", "years": "DOUBLE", "is_total": "BOOLEAN"}


def business_terms(kpis: dict[str, Any]) -> dict[str, Any]:
    """The fixed cost of an hour, and the two knobs of the lifetime value."""
    return {
        "fixed": kpis.get("fixed_cost_per_hour", 0),
        "years": kpis.get("customer_lifespan_years"),
        "is_total": kpis.get("lifetime_value_form", "average") == "total",
    }


def survey_terms(kpis: dict[str, Any]) -> dict[str, Any]:
    """How scores are shown, and from where they are good (R35a)."""
    low, high = kpis.get("csat_scale", (1, 5))
    return {
        "low": low, "high": high, "good": kpis.get("csat_good_from", low + 0.75 * (high - low)),
        "with_passives": kpis.get("net_promoter_passives", "counted") == "counted",
        "easier_is_higher": kpis.get("customer_effort_form", "ces_2") == "ces_2",
    }  # fmt: skip
