"""Bytes to judged input: what an event must look like (events.md), and why another one is refused.

A table, read by one function. Required are the fields before the arrow in events.md; values outside a closed set are
refused (R55); unknown fields are ignored.
"""

from __future__ import annotations

import json
import re
from typing import Any

from tests.oracle.arrivals import period

TEXT, ID, INT, NUMBER, FLAG, TEXTS, MAP, LIST = "text", "id", "int", "number", "flag", "texts", "map", "list"
Kind = str | frozenset[str]

ROLE = frozenset(("customer", "agent", "bot", "system"))
STATUS = frozenset(("new", "open", "pending", "on_hold", "solved", "closed"))
LEFT = frozenset(
    ("answered", "abandoned", "timeout", "overflow", "empty", "key_exit", "callback", "voicemail", "transfer")
) | {"withdrawn", "error"}
DIRECTION = frozenset(("inbound", "outbound"))
CLOCK = frozenset(("calendar", "business"))
SURVEY = frozenset(("csat", "nps", "ces", "enps", "esat"))
VISIBILITY = frozenset(("public", "private"))
MISSED = frozenset(("timeout", "rejected", "customer_left"))
ENDED_BY = frozenset(("customer", "agent", "system", "timeout"))
CLASS = frozenset(("routable", "custom", "offline"))

ENVELOPE: dict[str, Kind] = {
    "event_id": ID,
    "schema_version": INT,
    "source": TEXT,
    "occurred_at": INT,
    "entity_id": ID,
}
DIMENSIONS: dict[str, Kind] = {
    **dict.fromkeys(("ingested_at", "seq"), INT),
    **dict.fromkeys(("is_replay", "is_test"), FLAG),
    **dict.fromkeys(("correlation_id", "trace", "customer_id", "queue", "group", "team", "brand", "channel"), TEXT),
    **dict.fromkeys(("priority", "language", "skill", "tier", "region"), TEXT),
    "direction": DIRECTION,
    "tags": TEXTS,
}
TICKET: dict[str, dict[str, Kind]] = {
    "ticket.created": {"requester_id": TEXT, "submitter_role": ROLE, "queue": TEXT, "channel": TEXT},
    "ticket.message_added": {"message_id": TEXT, "author_id": TEXT, "author_role": ROLE, "visibility": VISIBILITY},
    "ticket.status_changed": {"from": STATUS, "to": STATUS, "actor": TEXT},
    "ticket.assigned": {},
    "ticket.priority_changed": {},
    "ticket.fields_changed": {},
    "ticket.merged": {"into_id": TEXT},
    "ticket.split": {},
    "ticket.deleted": {},
    "ticket.marked_spam": {},
    "ticket.viewed": {},
    "sla.policy_applied": {"policy_id": TEXT, "metric": TEXT, "target_s": NUMBER, "clock": CLOCK},
    "sla.policy_removed": {},
}
ON_A_QUEUE: dict[str, dict[str, Kind]] = {
    "queue.entered": {"queue": TEXT, "channel": TEXT, "segment_id": TEXT},
    "queue.left": {"reason": LEFT},
    "offer.made": {"agent_id": TEXT, "offer_id": TEXT},
    "offer.missed": {"reason": MISSED},
    "contact.answered": {"agent_id": TEXT, "segment_id": TEXT},
    "contact.transferred": {"kind": TEXT, "to": TEXT},
    "contact.ended": {"by": ENDED_BY},
    "message": {"author_role": ROLE, "message_id": TEXT},
    **{
        name: {}
        for name in (
            "queue.resumed", "contact.idle", "contact.active", "bot.handoff", "hold.started", "hold.ended",
            "acw.started", "acw.ended", "consult.started", "consult.ended", "callback.requested",
            "callback.scheduled", "callback.attempted", "callback.completed", "voicemail.left", "ivr.entered",
            "ivr.left",
        )
    },
}  # fmt: skip
AGENT: dict[str, dict[str, Kind]] = {
    "agent.logged_in": {},
    "agent.logged_out": {},
    "agent.status_changed": {"status": TEXT, "class": CLASS},
    "agent.snapshot": {"status": TEXT, "since": INT, "contacts": LIST, "capacity": MAP},
    "agent.profile_changed": {},
    "shift.scheduled": {"start": INT, "end": INT, "activity": TEXT, "productive": FLAG},
}
SCORE: dict[str, Kind] = {"score": NUMBER, "scale_min": NUMBER, "scale_max": NUMBER, "higher_is_better": FLAG}
CORRECTION: dict[str, dict[str, Kind]] = {
    "correction.retract": {"corrects_event_id": ID},
    "correction.replace": {"corrects_event_id": ID, "event": MAP},
}
TOPICS: dict[str, dict[str, dict[str, Kind]]] = {
    "ticket.events": {**TICKET, **CORRECTION},
    "chat.events": {"chat.started": {"visitor_id": TEXT}, **ON_A_QUEUE, **CORRECTION},
    "call.events": {"call.initiated": {"direction": DIRECTION}, **ON_A_QUEUE, **CORRECTION},
    "agent.events": {**AGENT, **CORRECTION},
    "survey.events": {
        "survey.sent": {"kind": SURVEY},
        "survey.answered": {"kind": SURVEY, **SCORE},
        "survey.expired": {"kind": SURVEY},
        "survey.revoked": {"kind": SURVEY},
        **CORRECTION,
    },
    "customer.events": {
        "customer.acquired": {},
        "customer.churned": {},
        "customer.reactivated": {},
        "purchase.made": {"amount": NUMBER, "currency": TEXT},
        "cost.recorded": {"scope": TEXT, "amount": NUMBER, "period": TEXT},
        **CORRECTION,
    },
}
OPTIONAL: dict[str, Kind] = {
    **dict.fromkeys(("segment_id", "agent_id", "in_reply_to", "to_agent", "to_group", "offer_id"), TEXT),
    "is_auto": FLAG,
}
# What a worker forwards to agents' records travels among the agents' events, and is none.
FORWARDED = frozenset(("agent.contact_stated", "requester.contact_stated"))


class Refused(Exception):
    """Input that is not counted; the argument is the reason."""


def read(topic: str, key: bytes | None, value: bytes | None, arrived_ms: int, limits: dict[str, int]) -> dict[str, Any]:
    """The event in ``value``. Raises ``Refused``."""
    if value is None:
        raise Refused("not json")
    if len(value) > limits["event_bytes"]:
        raise Refused("too large")
    try:
        event = json.loads(value)
    except (ValueError, RecursionError):
        raise Refused("not json") from None
    if not isinstance(event, dict):
        raise Refused("wrong type")
    version = event.get("schema_version")
    if isinstance(version, int) and version != 1:
        raise Refused("unsupported version")  # R50
    if event.get("type") in FORWARDED:
        return event
    _check(topic, event)
    if not key:
        raise Refused("empty key")
    if key != event["entity_id"].encode():
        raise Refused("key differs from entity id")
    if event["occurred_at"] <= 0:
        raise Refused("wrong value")
    if event["occurred_at"] > arrived_ms + limits["future_skew_ms"]:  # R41
        raise Refused("from the future")
    return event


def _check(topic: str, event: dict[str, Any]) -> None:
    if "type" not in event:
        raise Refused("missing field")
    kind = event["type"]
    if not isinstance(kind, str):
        raise Refused("wrong type")
    if kind not in TOPICS[topic]:
        raise Refused("wrong topic" if any(kind in types for types in TOPICS.values()) else "unknown type")
    required = {**ENVELOPE, **TOPICS[topic][kind]}
    if not required.keys() <= event.keys():
        raise Refused("missing field")
    if kind == "survey.answered":
        _check_score(event)
    if kind in ("purchase.made", "cost.recorded"):
        _check_money(event)
    for name, value in event.items():
        expected = required.get(name) or DIMENSIONS.get(name) or OPTIONAL.get(name)
        if expected is not None and not (value is None and name not in required):
            _check_value(expected, value)


def _check_money(event: dict[str, Any]) -> None:
    """Amounts are bounded and not negative, currencies have three letters, a period ends after its start."""
    amount, currency = event["amount"], event.get("currency", "EUR")
    if not isinstance(amount, int | float) or isinstance(amount, bool) or not isinstance(currency, str):
        raise Refused("wrong type")
    if not 0 <= amount <= 1_000_000_000 or not re.fullmatch("[A-Z]{3}", currency):
        raise Refused("wrong value")
    if "period" in event:
        if not isinstance(event["period"], str):
            raise Refused("wrong type")
        try:
            start, end = period(event["period"])
        except ValueError:
            raise Refused("wrong value") from None
        if start >= end:
            raise Refused("wrong value")


def _check_score(event: dict[str, Any]) -> None:
    """A score lies on its scale, and the scale is the right way up; of promoters it goes to 10 (S3)."""
    low, high, score = (event[name] for name in ("scale_min", "scale_max", "score"))
    if any(not isinstance(n, int | float) or isinstance(n, bool) for n in (low, high, score)):
        raise Refused("wrong type")
    if not low < high or not low <= score <= high or max(abs(low), abs(high)) > 1_000_000:
        raise Refused("wrong value")
    if event["kind"] in ("nps", "enps") and (high != 10 or low not in (0, 1)):
        raise Refused("wrong value")


def _check_value(expected: Kind, value: Any) -> None:
    if isinstance(expected, frozenset):
        if not isinstance(value, str):
            raise Refused("wrong type")
        if value not in expected:
            raise Refused("wrong value")
        return
    right = {
        TEXT: isinstance(value, str),
        ID: isinstance(value, str),
        INT: isinstance(value, int) and not isinstance(value, bool),
        NUMBER: isinstance(value, int | float) and not isinstance(value, bool),
        FLAG: isinstance(value, bool),
        TEXTS: isinstance(value, list) and all(isinstance(v, str) for v in value),
        LIST: isinstance(value, list),
        MAP: isinstance(value, dict),
    }
    if not right[expected]:
        raise Refused("wrong type")
    if expected == ID and not value:
        raise Refused("wrong value")
