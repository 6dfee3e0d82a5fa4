"""Scenarios of agents, and of what else can become of a contact; letters and numbers are those of the papers."""

from __future__ import annotations

from typing import Any

from stream.sources.line import Line
from stream.sources.scene import AGENTS, CALLS, CHATS, DAY_MS, HOUR, MINUTE, Entity, Scenario


def scenario_g() -> list[Line]:
    """One agent, two chats 10:00-10:30 and 10:10-10:40, idle until 11:00; three chats at once are possible."""
    agent = Entity(AGENTS, "g-agent")
    lines = [
        agent("agent.logged_in", 10 * HOUR, team="chat"),
        agent("agent.profile_changed", 10 * HOUR, team="chat", capacity={"chat": 3, "voice": 1}),
    ]
    for name, start, end in (("g-chat1", 0, 30), ("g-chat2", 10, 40)):
        chat = Entity(CHATS, name)
        lines += [
            chat("queue.entered", 10 * HOUR + start * MINUTE, queue="support", channel="chat", segment_id="1"),
            chat("contact.answered", 10 * HOUR + start * MINUTE, agent_id="g-agent", segment_id="1"),
            chat("contact.ended", 10 * HOUR + end * MINUTE, by="customer"),
        ]
    return [*lines, agent("agent.status_changed", 11 * HOUR, team="chat", status="ready", **{"class": "routable"})]


def _entered(name: str, at_s: float = 9 * HOUR) -> tuple[Entity, Line]:
    call = Entity(CALLS, name)
    return call, call("queue.entered", at_s, queue="billing", channel="voice", segment_id="1")


def scenario_variants() -> list[Line]:
    """A call that is rung in vain and rejected, answered, put on hold and hung up; one that asks for a call-back and
    hangs up; one that is transferred blindly; one that leaves a voice mail; one that still waits.
    """
    start, lines = 9 * HOUR, []
    held, line = _entered("v-held")
    lines += [
        line,
        held("offer.made", start + 1, agent_id="a1", offer_id="1"),
        held("offer.missed", start + 6, reason="timeout"),
        held("offer.made", start + 7, agent_id="a2", offer_id="2"),
        held("offer.missed", start + 9, reason="rejected"),
        held("contact.answered", start + 15, agent_id="a1", segment_id="1"),
        held("hold.started", start + 60),
        held("contact.ended", start + 90, by="customer"),
    ]
    back, line = _entered("v-callback")
    lines += [line, back("callback.requested", start + 30), back("contact.ended", start + 32, by="customer")]
    moved, line = _entered("v-transferred")
    lines += [
        line,
        moved("contact.answered", start + 18, agent_id="a2", segment_id="1"),
        moved("contact.transferred", start + 40, kind="blind", to="sales"),
        moved("queue.entered", start + 40, queue="sales", channel="voice", segment_id="2"),
        moved("contact.answered", start + 70, agent_id="a3", segment_id="2"),
        moved("contact.ended", start + 120, by="agent"),
    ]
    mail, line = _entered("v-voicemail")
    lines += [line, mail("queue.left", start + 12, reason="voicemail")]
    _, line = _entered("v-waiting")
    return [*lines, line]


def _shift(agent: Entity, start_s: float, end_s: float, *, productive: bool) -> Line:
    """A planned time, said at the beginning of the day."""
    start, end = DAY_MS + round(start_s * 1000), DAY_MS + round(end_s * 1000)
    return agent(
        "shift.scheduled", 6 * HOUR, team="phones", start=start, end=end, activity="phones", productive=productive
    )


def scenario_shifts() -> list[Line]:
    """Planned from 9 to 17 with lunch from 12 to 13; comes at 9:30, has lunch from 12 to 13:30, leaves at 17."""
    agent = Entity(AGENTS, "s-agent")
    away: dict[str, Any] = {"team": "phones", "status": "lunch", "class": "custom"}
    ready: dict[str, Any] = {"team": "phones", "status": "ready", "class": "routable"}
    return [
        _shift(agent, 9 * HOUR, 17 * HOUR, productive=True),
        _shift(agent, 12 * HOUR, 13 * HOUR, productive=False),
        agent("agent.logged_in", 9.5 * HOUR, team="phones"),
        agent("agent.status_changed", 12 * HOUR, **away),
        agent("agent.status_changed", 13.5 * HOUR, **ready),
        agent("agent.logged_out", 17 * HOUR, team="phones"),
    ]


def scenario_heartbeats() -> list[Line]:
    """Heartbeats every two minutes from 9:00 to 9:20, then silence until 10:00. From 9:03 to 9:09 they list a call that
    nothing else tells of: it is over with the first heartbeat that does not, at 9:10.
    """
    agent = Entity(AGENTS, "h-agent")
    listed = {
        "contact_id": "lost", "channel": "voice", "state": "CONNECTED",
        "since": DAY_MS + (9 * HOUR + 3 * MINUTE) * 1000,
    }  # fmt: skip
    beats = [
        agent(
            "agent.snapshot", 9 * HOUR + minute * MINUTE, team="phones", status="available",
            since=DAY_MS + 9 * HOUR * 1000, contacts=[listed] if 3 < minute < 10 else [], capacity={"voice": 1},
        )
        for minute in range(0, 21, 2)
    ]  # fmt: skip
    return [*beats, Entity(AGENTS, "h-clock")("agent.logged_out", 10 * HOUR, team="other")]


_BILLING = {"queue": "billing", "channel": "voice"}
_PHONES = {"team": "phones"}
AGENT_SCENARIOS = (
    Scenario(
        "g", "overlapping chats, three at once are possible", scenario_g,
        (
            ("occupancy_ratio", "value", {"team": "chat"}, 2 / 3),
            ("occupied_hours", "value", {"team": "chat"}, 2 / 3),
            ("capacity_occupancy_ratio", "value", {"team": "chat"}, 1 / 3),
            ("concurrent_chats", "value", {"team": "chat"}, 1),
            ("utilization_ratio", "value", {"team": "chat"}, 1),
            ("staffed_hours", "value", {"team": "chat"}, 1),
        ),
    ),
    Scenario(
        "queue-variants", "what else can become of a contact", scenario_variants,
        (
            ("offers_missed", "value", {**_BILLING, "reason": "timeout"}, 1),
            ("offers_missed", "value", {**_BILLING, "reason": None}, 2),
            ("hold_abandons", "value", _BILLING, 1),
            ("callbacks_requested", "value", _BILLING, 1),
            ("contacts_abandoned", "value", _BILLING, 0),
            ("contacts_flowed_out", "value", {**_BILLING, "reason": "callback"}, 1),
            ("contacts_flowed_out", "value", {**_BILLING, "reason": None}, 2),
            ("transfers", "value", {**_BILLING, "reason": "blind"}, 1),
            ("transfer_ratio", "value", _BILLING, 1 / 2),
            ("customer_wait_seconds", "mean", {"queue": "sales", "channel": "voice"}, 48),
            ("service_level_decided", "value", {**_BILLING, "reason": "met"}, 2),
            ("service_level_decided", "value", {**_BILLING, "reason": "missed"}, 2),
            ("contacts_waiting", "value", _BILLING, 1),
        ),
    ),
    Scenario(
        "shifts", "planned time, kept and paid", scenario_shifts,
        (
            ("adherence_ratio", "value", _PHONES, 7 / 8),
            ("utilization_ratio", "value", _PHONES, 6 / 7),
            ("staffed_hours", "value", _PHONES, 7.5),
        ),
    ),
    Scenario(
        "heartbeats", "a call that no event tells of, then silence", scenario_heartbeats,
        (
            ("agents", "value", {**_PHONES, "state": "unknown"}, 1),
            ("staffed_hours", "value", _PHONES, 26 / 60),
            ("occupancy_ratio", "value", _PHONES, 7 / 26),
        ),
    ),
)  # fmt: skip
