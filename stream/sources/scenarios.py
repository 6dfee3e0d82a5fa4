"""Scenarios with known answers, and a file in which every hundredth line is broken in a different way.

Each scenario is a handful of events at fixed times and the rows that they must give; the letters are those of the KPI
paper.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import orjson

from stream.sources.line import Line
from stream.sources.promised import PROMISED
from stream.sources.scenarios_agents import AGENT_SCENARIOS
from stream.sources.scenarios_opinions import OPINION_SCENARIOS
from stream.sources.scenarios_tickets import TICKET_SCENARIOS
from stream.sources.scene import AGENTS, CALLS, HOUR, MINUTE, TICKETS, Entity, Scenario


def _call(name: str, waits: float, outcome: str, at_s: float = 9 * HOUR, queue: str = "billing") -> list[Line]:
    call = Entity(CALLS, name)
    lines = [call("queue.entered", at_s, queue=queue, channel="voice", segment_id="1")]
    if outcome == "answered":
        lines.append(call("contact.answered", at_s + waits, agent_id="a1", segment_id="1"))
        lines.append(call("contact.ended", at_s + waits + 60, by="customer"))
    else:
        lines.append(call("queue.left", at_s + waits, reason=outcome))
    return lines


def _ticket(name: str, at_s: float) -> tuple[Entity, Line]:
    ticket = Entity(TICKETS, name)
    place = {"queue": "returns", "channel": "mail"}
    return ticket, ticket("ticket.created", at_s, requester_id=f"{name}-r", submitter_role="customer", **place)


def _said(ticket: Entity, at_s: float, role: str, author: str) -> Line:
    said = {"message_id": f"m{at_s}", "author_id": author, "author_role": role, "visibility": "public"}
    return ticket("ticket.message_added", at_s, **said)


def _changed(ticket: Entity, at_s: float, from_: str, to: str, actor: str) -> Line:
    return ticket("ticket.status_changed", at_s, **{"from": from_, "to": to, "actor": actor})


def scenario_a() -> list[Line]:
    """Ten agents for an hour: 80 tickets handled, 60 of them solved."""
    lines = []
    for i in range(10):
        agent = Entity(AGENTS, f"a-agent{i}")
        lines += [agent("agent.logged_in", 9 * HOUR, team="mail"), agent("agent.logged_out", 10 * HOUR, team="mail")]
    for i in range(80):
        ticket, created = _ticket(f"a-ticket{i}", 8 * HOUR)
        lines += [created, _said(ticket, 9 * HOUR + 30 * i, "agent", f"a-agent{i % 10}")]
        if i < 60:
            lines.append(_changed(ticket, 9 * HOUR + 30 * i + 300, "new", "solved", f"a-agent{i % 10}"))
    return lines


def scenario_e() -> list[Line]:
    """Created Monday 09:00, solved by a bot at 09:05, reopened Friday 14:00, answered by a human at 14:10."""
    friday = 4 * 24 * HOUR + 14 * HOUR
    ticket, created = _ticket("e-ticket", 9 * HOUR)
    return [
        created,
        _said(ticket, 9 * HOUR + 4 * MINUTE, "bot", "e-bot"),
        _changed(ticket, 9 * HOUR + 5 * MINUTE, "new", "solved", "e-bot"),
        _changed(ticket, friday, "solved", "open", "customer"),
        _said(ticket, friday + 10 * MINUTE, "agent", "e-agent"),
    ]


def scenario_b() -> list[Line]:
    """Answered after 5, 19, 21 and 40 s, abandoned after 3 and 30 s, timed out after 60 s; target 20 s."""
    answered = [line for i, waits in enumerate((5, 19, 21, 40)) for line in _call(f"b-answered{i}", waits, "answered")]
    abandoned = [line for i, waits in enumerate((3, 30)) for line in _call(f"b-abandoned{i}", waits, "abandoned")]
    return [*answered, *abandoned, *_call("b-timeout", 60, "timeout")]


def scenario_c() -> list[Line]:
    """One agent, one contact from 05:23 to 06:15."""
    agent, call = Entity(AGENTS, "c-agent"), Entity(CALLS, "c-call")
    return [
        agent("agent.logged_in", 5 * HOUR, team="phones"),
        call("queue.entered", 5 * HOUR + 22 * MINUTE, queue="billing", channel="voice", segment_id="1"),
        call("contact.answered", 5 * HOUR + 23 * MINUTE, agent_id="c-agent", segment_id="1"),
        call("contact.ended", 6 * HOUR + 15 * MINUTE, by="customer"),
        agent("agent.status_changed", 7 * HOUR, team="phones", status="ready", **{"class": "routable"}),
    ]


def scenario_f() -> list[Line]:
    """Abandoned at 30 s, back 20 s later, answered at 70 s."""
    call = Entity(CALLS, "f-call")
    return [
        call("queue.entered", 9 * HOUR, queue="billing", channel="voice", segment_id="1"),
        call("queue.left", 9 * HOUR + 30, reason="abandoned"),
        call("queue.resumed", 9 * HOUR + 50),
        call("contact.answered", 9 * HOUR + 70, agent_id="a1", segment_id="1"),
    ]


def scenario_h() -> list[Line]:
    """An abandon that is there twice and comes three hours after what happened later."""
    call = Entity(CALLS, "h-call")
    start, left = (
        call("queue.entered", 9 * HOUR, queue="billing", channel="voice", segment_id="1"),
        call("queue.left", 9 * HOUR + 40, reason="abandoned"),
    )
    return [start, *_call("h-other", 5, "answered", at_s=12 * HOUR), left, left]


def scenario_j() -> list[Line]:
    """Midnight passes while an agent is on a call and another is on a break."""
    talking, resting, call = Entity(AGENTS, "j-talking"), Entity(AGENTS, "j-resting"), Entity(CALLS, "j-call")
    return [
        talking("agent.logged_in", 20 * HOUR, team="night"),
        resting("agent.logged_in", 20 * HOUR, team="night"),
        resting("agent.status_changed", 21 * HOUR, team="night", status="lunch", **{"class": "custom"}),
        call("queue.entered", 23 * HOUR, queue="billing", channel="voice", segment_id="1"),
        call("contact.answered", 23 * HOUR + 10, agent_id="j-talking", segment_id="1"),
        Entity(AGENTS, "j-clock")("shift.scheduled", 26 * HOUR, start=0, end=1, activity="none", productive=True),
    ]


def _service_level(formula: str, value: float) -> Scenario:
    return Scenario(
        f"b-{formula.replace('_', '-')}", f"service level by the formula {formula}", scenario_b,
        (("service_level_ratio", "value", {"queue": "billing", "channel": "voice"}, value),),
        toml=f'[service_level]\nformula = "{formula}"',
    )  # fmt: skip


def _half_hour(name: str, start_s: float, minutes: float) -> Scenario:
    return Scenario(
        name, "agent time is cut at the borders of the window", scenario_c,
        (("occupancy_ratio", "value", {"team": "phones"}, minutes / 30),), window=(start_s, start_s + 30 * MINUTE),
    )  # fmt: skip


SCENARIOS: dict[str, Scenario] = {
    scenario.name: scenario
    for scenario in (
        Scenario(
            "a",
            "tickets per agent and hour",
            scenario_a,
            (("tickets_handled_per_hour", "value", {}, 8.0), ("tickets_solved_per_hour", "value", {}, 6.0)),
        ),
        Scenario(
            "e",
            "a bot solves, people take over at the reopen",
            scenario_e,
            (
                ("first_response_human_seconds", "sum", {"clock": "calendar"}, 10 * MINUTE),
                ("first_response_seconds", "sum", {"clock": "calendar"}, 4 * 24 * HOUR + 5 * HOUR + 10 * MINUTE),
                ("reopens", "value", {}, 1),
            ),
        ),
        _service_level("genesys", 2 / 5),
        _service_level("connect", 3 / 7),
        _service_level("asterisk_sl", 2 / 4),
        _service_level("asterisk_sl2", 3 / 7),
        _service_level("offered", 2 / 7),
        _service_level("talkdesk", 2 / 6),
        _service_level("twilio", 2 / 6),
        _half_hour("c-0500", 5 * HOUR, 7),
        _half_hour("c-0530", 5 * HOUR + 30 * MINUTE, 30),
        _half_hour("c-0600", 6 * HOUR, 15),
        *PROMISED,
        Scenario(
            "f",
            "a resumed caller never abandoned",
            scenario_f,
            (
                ("contacts_abandoned", "value", {}, 0),
                ("contacts_offered", "value", {}, 1),
                ("answer_speed_seconds", "sum", {}, 70),
            ),
        ),
        Scenario(
            "h",
            "duplicate and three hours late",
            scenario_h,
            (
                ("contacts_abandoned", "value", {}, 1),
                ("contacts_waiting", "value", {}, 0),
                ("time_to_abandon_seconds", "sum", {}, 40),
            ),
        ),
        Scenario(
            "j",
            "midnight changes no state",
            scenario_j,
            (
                ("agents", "value", {"team": "night", "state": "on_contact"}, 1),
                ("agents", "value", {"team": "night", "state": "break"}, 1),
            ),
        ),
        *AGENT_SCENARIOS,
        *TICKET_SCENARIOS,
        *OPINION_SCENARIOS,
    )
}


# --- broken input ----------------------------------------------------------------------------------------------------

HUGE_BYTES = 10 * 1024 * 1024
# How a good line is broken, and the reason that it must be refused for ("": it is no error).
BREAKS: tuple[tuple[str, Callable[[dict[str, Any]], bytes]], ...] = (
    ("not json", lambda e: orjson.dumps(e)[:-20]),
    ("not json", lambda _: bytes(range(128, 256))),
    ("too large", lambda e: orjson.dumps({**e, "note": "x" * HUGE_BYTES})),
    ("wrong type", lambda e: orjson.dumps({**e, "occurred_at": "yesterday"})),
    ("unknown type", lambda e: orjson.dumps({**e, "type": "queue.teleported"})),
    ("wrong value", lambda e: orjson.dumps({**e, "direction": "sideways"})),
    ("missing field", lambda e: orjson.dumps({k: v for k, v in e.items() if k != "event_id"})),
    ("unsupported version", lambda e: orjson.dumps({**e, "schema_version": 2})),
    ("from the future", lambda e: orjson.dumps({**e, "occurred_at": e["occurred_at"] + 10**12 * 3})),
    ("empty key", lambda e: orjson.dumps({**e, "key": ""})),
    ("key differs from entity id", lambda e: orjson.dumps({**e, "key": "somebody-else"})),
    ("", lambda e: orjson.dumps({**e, "colour": "blue"})),
)


def break_every_hundredth(lines: Iterator[Line]) -> Iterator[tuple[bytes, str]]:
    """(line of a file, reason that it is refused for or "") of the lines, each hundredth one preceded by a broken copy.

    The broken copies have ids of their own, so that the good lines' numbers stay what they are.
    """
    broken = 0
    for n, line in enumerate(lines):
        if n % 100 == 99:
            reason, damage = BREAKS[broken % len(BREAKS)]
            event = orjson.loads(line.value)
            copy = {**event, "event_id": f"broken:{broken}"} if reason else event
            if reason:
                yield damage(copy), reason
            else:
                yield damage(event), ""
                broken += 1
                continue
            broken += 1
        yield line.value, ""
