"""Every event type, written down by hand from the vocabulary: its topics, what it requires, and one whole example.

Not derived from the code, so that a field that becomes required or optional by accident is noticed.
"""

from __future__ import annotations

from typing import Any

AT_MS = 1_764_583_200_000
ARRIVED_MS = AT_MS + 60_000
ENVELOPE = {
    "event_id": "acd:7731:3",
    "schema_version": 1,
    "source": "acd",
    "occurred_at": AT_MS,
    "entity_id": "one",
}
OPTIONAL = {
    "ingested_at": AT_MS + 5,
    "seq": 3,
    "correlation_id": "journey-1",
    "trace": "00-4bf9",
    "is_replay": True,
    "is_test": True,
    "customer_id": "c1",
    "queue": "billing",
    "group": "g",
    "team": "phones",
    "brand": "b",
    "channel": "voice",
    "direction": "inbound",
    "priority": "high",
    "language": "de",
    "skill": "s",
    "tier": "gold",
    "region": "eu",
    "tags": ["a", "b"],
}
TICKET, CHAT, CALL, AGENT = "ticket.events", "chat.events", "call.events", "agent.events"
SURVEY, CUSTOMER = "survey.events", "customer.events"
BOTH = (CHAT, CALL)
EVERYWHERE = (TICKET, CHAT, CALL, AGENT, SURVEY, CUSTOMER)
REQUESTERS = "support.requesters"
_ABOUT = {"contact_id": "c", "ticket_id": "t", "agent_id": "a"}

# type: (topics, required fields, optional fields)
TYPES: dict[str, tuple[tuple[str, ...], dict[str, Any], dict[str, Any]]] = {
    "ticket.created": (
        (TICKET,),
        {"requester_id": "r", "submitter_role": "customer", "queue": "returns", "channel": "mail"},
        {"via": "form", "first_public": True, "parent_id": "T-1"},
    ),
    "ticket.message_added": (
        (TICKET,),
        {"message_id": "m", "author_id": "a", "author_role": "agent", "visibility": "public"},
        {"is_auto": True, "in_reply_to": "m0"},
    ),
    "ticket.status_changed": ((TICKET,), {"from": "open", "to": "on_hold", "actor": "a"}, {"reason": "auto"}),
    "ticket.assigned": ((TICKET,), {}, {"to_agent": "a", "to_group": "g", "from": "b"}),
    "ticket.priority_changed": ((TICKET,), {}, {}),
    "ticket.fields_changed": ((TICKET,), {}, {"fields": {"colour": ["blue", 1, None]}}),
    "ticket.merged": ((TICKET,), {"into_id": "T-2"}, {}),
    "ticket.split": ((TICKET,), {}, {"parent_id": "T-1"}),
    "ticket.deleted": ((TICKET,), {}, {}),
    "ticket.marked_spam": ((TICKET,), {}, {}),
    "ticket.viewed": ((TICKET,), {}, {"agent_id": "a"}),
    "sla.policy_applied": (
        (TICKET,),
        {"policy_id": "p", "metric": "reply", "target_s": 60.5, "clock": "business"},
        {"due_at": AT_MS},
    ),
    "sla.policy_removed": ((TICKET,), {}, {"policy_id": "p", "metric": "reply"}),
    "chat.started": ((CHAT,), {"visitor_id": "v"}, {}),
    "call.initiated": ((CALL,), {"direction": "outbound"}, {"ani": "1", "dnis": "2"}),
    "queue.entered": (
        BOTH,
        {"queue": "billing", "channel": "voice", "segment_id": "1"},
        {"position": 3, "estimate": 41.5},
    ),
    "queue.left": (BOTH, {"reason": "key_exit"}, {"segment_id": "1", "agent_id": "a"}),
    "queue.resumed": (BOTH, {}, {}),
    "offer.made": (BOTH, {"agent_id": "a", "offer_id": "o"}, {}),
    "offer.missed": (BOTH, {"reason": "customer_left"}, {"offer_id": "o"}),
    "contact.answered": (BOTH, {"agent_id": "a", "segment_id": "1"}, {}),
    "contact.transferred": (BOTH, {"kind": "blind", "to": "sales"}, {}),
    "contact.idle": (BOTH, {}, {}),
    "contact.active": (BOTH, {}, {}),
    "contact.ended": (BOTH, {"by": "timeout"}, {}),
    "message": (BOTH, {"author_role": "bot", "message_id": "m"}, {"author_id": "b", "is_auto": True}),
    "bot.handoff": (BOTH, {}, {}),
    "hold.started": (BOTH, {}, {}),
    "hold.ended": (BOTH, {}, {}),
    "acw.started": (BOTH, {}, {}),
    "acw.ended": (BOTH, {}, {}),
    "consult.started": (BOTH, {}, {}),
    "consult.ended": (BOTH, {}, {}),
    "ivr.entered": (BOTH, {}, {}),
    "ivr.left": (BOTH, {}, {}),
    "callback.requested": (BOTH, {}, {}),
    "callback.scheduled": (BOTH, {}, {"due_at": AT_MS}),
    "callback.attempted": (BOTH, {}, {}),
    "callback.completed": (BOTH, {}, {}),
    "voicemail.left": (BOTH, {}, {}),
    "agent.logged_in": ((AGENT,), {}, {}),
    "agent.logged_out": ((AGENT,), {}, {}),
    "agent.status_changed": (
        (AGENT,),
        {"status": "lunch", "class": "custom"},
        {"reason": "noon", "next_status": "ready"},
    ),
    "agent.snapshot": (
        (AGENT,),
        {
            "status": "ready",
            "since": AT_MS,
            "contacts": [{"contact_id": "c", "channel": "voice", "state": "talking", "since": AT_MS, "queue": "q"}],
            "capacity": {"voice": 1},
        },
        {},
    ),
    "agent.profile_changed": (
        (AGENT,),
        {},
        {"queues": ["q"], "skills": ["s"], "capacity": {"chat": 3}, "cost_rate": 31.5},
    ),
    "shift.scheduled": (
        (AGENT,),
        {"start": AT_MS, "end": AT_MS + 1, "activity": "phone", "productive": True},
        {},
    ),
    "agent.contact_stated": (
        (AGENT,),
        {
            "contact_id": "c",
            "stays": [["ringing", AT_MS, AT_MS + 1, "voice"], ["on_contact", AT_MS + 1, None, "voice"]],
        },
        {},
    ),
    "survey.sent": ((SURVEY,), {"kind": "csat"}, _ABOUT),
    "survey.answered": (
        (SURVEY,),
        {"kind": "nps", "score": 9.0, "scale_min": 0.0, "scale_max": 10.0, "higher_is_better": True},
        {"comment_ref": "x", **_ABOUT},
    ),
    "survey.expired": ((SURVEY,), {"kind": "ces"}, _ABOUT),
    "survey.revoked": ((SURVEY,), {"kind": "esat"}, _ABOUT),
    "customer.acquired": ((CUSTOMER,), {}, {}),
    "customer.churned": ((CUSTOMER,), {}, {}),
    "customer.reactivated": ((CUSTOMER,), {}, {}),
    "purchase.made": ((CUSTOMER,), {"amount": 12.5, "currency": "EUR"}, {}),
    "cost.recorded": ((CUSTOMER,), {"scope": "all", "amount": 1.5, "period": "2025-01-01/2025-02-01"}, {}),
    "requester.contact_stated": (
        (REQUESTERS,),
        {"contact_id": "c"},
        {"opened_at": AT_MS, "solved_at": AT_MS + 1, "is_resolved": True},
    ),
    "correction.retract": (EVERYWHERE, {"corrects_event_id": "e"}, {}),
    "correction.replace": (EVERYWHERE, {"corrects_event_id": "e", "event": {"type": "queue.left"}}, {}),
}


def smallest(kind: str) -> dict[str, Any]:
    """An event of that type with only what is required."""
    return {**ENVELOPE, "type": kind, **TYPES[kind][1]}


def whole(kind: str) -> dict[str, Any]:
    """An event of that type with every field that there is."""
    return {**OPTIONAL, **smallest(kind), **TYPES[kind][2]}
