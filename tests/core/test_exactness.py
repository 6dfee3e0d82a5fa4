"""The promise of the core: order, duplicates, partitions and crashes do not change a number."""

from __future__ import annotations

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.core.floor import (
    AGENT,
    CALL,
    CHAT,
    REQUESTERS,
    T0_MS,
    TICKET,
    Entity,
    history,
    partition,
    rows_of,
    state_of,
    statements,
)
from tests.core.opinions import CUSTOMER, SURVEY, customer_events, survey_events
from tests.examples import examples

QUEUES = ("billing", "sales")
# Hours and targets so short that all of it happens within the half minute of the events below (a Monday, 10:00 UTC).
SETTINGS = history("""
kpis.touch_kinds = ["reply", "note", "status", "field"]
kpis.first_contact_window_days = 0.0001
queues.billing.schedule = "billing"
schedules.billing = [
    { zone = "Asia/Kathmandu", mon = ["15:00-15:46"] },
    { from = 2025-12-02, mon = ["00:00-24:00"] },
]

[targets]
any_response = { metric = "first_response", match = {}, seconds = 9, warn_seconds = 3 }
high_response = { metric = "first_response", match = { priority = "high" }, seconds = 4 }
reply = { metric = "next_reply", match = { queue = "billing" }, seconds = 5, clock = "business" }
fix = { metric = "resolution", match = { queue = ["billing", "sales"] }, seconds = 12, warn_seconds = 20 }
fix_vip = { metric = "resolution", match = { tier = "vip", queue = "sales" }, seconds = 3 }
pick_up = { metric = "answer", match = {}, seconds = 6 }
""")


def begun(entity, at, customer):
    """A call or a chat begins, of a customer who may be known."""
    known = {"customer_id": customer} if customer else {}
    if entity.topic == CALL:
        return entity("call.initiated", at, direction="inbound", **known)
    return entity("chat.started", at, visitor_id="r", **known)


@st.composite
def contact_events(draw, topic, name):
    """Any events of a contact, in any order of time: possible lives and impossible ones."""
    entity = Entity(topic, name)
    channel = "voice" if topic == CALL else "chat"
    events = []
    for _ in range(draw(st.integers(1, 9))):
        at, segment = draw(st.integers(0, 30)), draw(st.sampled_from("12"))
        agent, queue = draw(st.sampled_from(("a1", "a2"))), draw(st.sampled_from(QUEUES))
        kind = draw(st.integers(0, 14))
        events.append((
            lambda: entity("queue.entered", at, queue=queue, channel=channel, segment_id=segment, priority=draw(st.sampled_from(("high", None)))),
            lambda: entity("queue.left", at, reason=draw(st.sampled_from(("answered", "abandoned", "timeout", "overflow")))),
            lambda: entity("queue.resumed", at),
            lambda: entity("offer.made", at, agent_id=agent, offer_id="o"),
            lambda: entity("offer.missed", at, reason="timeout"),
            lambda: entity("contact.answered", at, agent_id=agent, segment_id=segment),
            lambda: entity("hold.started", at),
            lambda: entity("hold.ended", at),
            lambda: entity("contact.transferred", at, kind="blind", to="x"),
            lambda: entity("contact.ended", at, by=draw(st.sampled_from(("customer", "agent", "system")))),
            lambda: entity("acw.started", at, agent_id=agent),
            lambda: entity("acw.ended", at),
            lambda: entity("message", at, author_role=draw(st.sampled_from(("customer", "agent", "bot"))), message_id="m", queue=queue),
            lambda: entity("bot.handoff", at),
            lambda: begun(entity, at, draw(st.sampled_from(("r", "q", None)))),
        )[kind]())  # fmt: skip
    return events


STATUSES = ("new", "open", "pending", "on_hold", "solved", "closed")


@st.composite
def ticket_events(draw, name):  # long: a table of events
    """Any events of a ticket."""
    entity = Entity(TICKET, name)
    events = []
    for _ in range(draw(st.integers(1, 9))):
        at, queue = draw(st.integers(0, 30)), draw(st.sampled_from(QUEUES))
        role = draw(st.sampled_from(("customer", "agent", "bot", "system")))
        kind = draw(st.integers(0, 8))
        if kind == 0:
            named = {"priority": draw(st.sampled_from(("high", "low", "")))}
            created = {"requester_id": draw(st.sampled_from("rq")), "submitter_role": role, "queue": queue, **named}
            created |= {"channel": "mail", "tier": draw(st.sampled_from(("vip", None)))}
            events.append(entity("ticket.created", at, **created))
        elif kind in (1, 2, 3):
            change = {"from": draw(st.sampled_from(STATUSES)), "to": draw(st.sampled_from(STATUSES))}
            change["actor"] = draw(st.sampled_from(("a1", "bot", "customer", "x")))
            events.append(entity("ticket.status_changed", at, **change))
        elif kind in (4, 5):
            visibility = draw(st.sampled_from(("public", "private")))
            events.append(
                entity(
                    "ticket.message_added",
                    at,
                    message_id="m",
                    author_id="x",
                    author_role=role,
                    visibility=visibility,
                    queue=queue,
                )
            )
        elif kind in (6, 7):
            events.append((
                lambda: entity("ticket.assigned", at, to_agent=draw(st.sampled_from(("a1", "a2", None))), to_group="g"),
                lambda: entity("ticket.assigned", at),
                lambda: entity("ticket.priority_changed", at, priority=draw(st.sampled_from(("high", "low", "")))),
                lambda: entity("ticket.viewed", at, agent_id="a1"),
                lambda: entity("ticket.fields_changed", at, queue=queue, tier=draw(st.sampled_from(("vip", "basic", None)))),
                lambda: entity("ticket.split", at, queue=queue, channel="mail"),
            )[draw(st.integers(0, 5))]())  # fmt: skip
        elif draw(st.integers(0, 4)) == 0:
            events.append(entity("ticket.marked_spam", at))
        elif events:
            events.append(
                entity("correction.retract", at, corrects_event_id=f"{name}:{draw(st.integers(1, entity.made))}")
            )
    return events


@st.composite
def agent_events(draw, name):
    """Any events of an agent's own: statuses, heartbeats that list contacts, shifts, profiles, corrections."""
    entity = Entity(AGENT, name)
    events = []
    moments = st.integers(0, 2000) | st.integers(0, 40)
    for _ in range(draw(st.integers(1, 7))):
        at, team = draw(moments), draw(st.sampled_from(("phones", "chat", "")))
        kind = draw(st.integers(0, 9))
        if kind in (0, 1):
            class_ = draw(st.sampled_from(("routable", "custom", "offline")))
            events.append(entity("agent.status_changed", at, team=team, **{"status": "x", "class": class_}))
        elif kind in (2, 3, 4, 5):
            events.append(entity("agent.snapshot", at, team=team, **draw(snapshots(at))))
        elif kind == 6:
            events.append(entity("agent.profile_changed", at, team=team, capacity={"chat": draw(st.integers(0, 4))}))
        elif kind == 7:
            start, end = T0_MS + draw(moments) * 1000, T0_MS + draw(moments) * 1000
            shift = {"start": start, "end": end, "activity": "x", "productive": draw(st.booleans())}
            events.append(entity("shift.scheduled", at, team=team, **shift))
        elif kind == 8:
            events.append(entity("agent.logged_in", at))
        elif events:
            gone = f"{name}:{draw(st.integers(1, entity.made))}"
            events.append(entity("correction.retract", at, corrects_event_id=gone))
    return events


@st.composite
def snapshots(draw, at):
    """What a heartbeat at ``at`` says: contacts that others know of too, or that nobody does."""
    listed = [
        {
            "contact_id": draw(st.sampled_from(("call0", "chat0", "chat1", "nobody"))),
            "channel": draw(st.sampled_from(("voice", "chat"))),
            "state": draw(st.sampled_from(("connected", "connecting", "ended"))),
            "since": T0_MS + draw(st.integers(0, at)) * 1000,
        }
        for _ in range(draw(st.integers(0, 2)))
    ]
    status = draw(st.sampled_from(("available", "lunch", "offline")))
    capacity = draw(st.sampled_from(({}, {"chat": 3, "voice": 1}, {"chat": 2})))
    return {
        "status": status,
        "since": T0_MS + draw(st.integers(0, at)) * 1000,
        "contacts": listed,
        "capacity": capacity,
    }


@st.composite
def days(draw):
    """A handful of contacts, tickets and agents: (events by topic)."""
    by_topic = {CALL: [], CHAT: [], TICKET: [], AGENT: [], SURVEY: [], CUSTOMER: [], REQUESTERS: []}
    for i in range(draw(st.integers(1, 3))):
        by_topic[CALL] += draw(contact_events(CALL, f"call{i}"))
        by_topic[CHAT] += draw(contact_events(CHAT, f"chat{i}"))
        by_topic[TICKET] += draw(ticket_events(f"t{i}"))
        by_topic[SURVEY] += draw(survey_events(f"s{i}"))
        by_topic[CUSTOMER] += draw(customer_events(f"k{i}"))
    for i in (1, 2):
        by_topic[AGENT] += draw(agent_events(f"a{i}"))
    return by_topic


def run(by_topic, split=1):
    """The state after all events, the contacts' statements applied to the agents, ``split`` partitions a topic."""
    parts = {topic: [partition(topic, SETTINGS, n) for n in range(split)] for topic in by_topic}
    told = []
    for topic in (CALL, CHAT, TICKET, SURVEY, CUSTOMER, AGENT, REQUESTERS):
        events = by_topic[topic] + [event for event in told if event[0] == topic]
        for n, part in enumerate(parts[topic]):
            own = [e for e in events if sum(e[1]) % split == n]
            for first, some in ((0, own[: len(own) // 2]), (len(own) // 2, own[len(own) // 2 :])):
                part.apply(rows_of(some, first))
                told += statements(part.outgoing())
    return state_of(*(p for ps in parts.values() for p in ps))


COMMON = settings(
    max_examples=examples(80), deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large]
)


@COMMON
@given(days(), st.randoms(use_true_random=False))
def test_any_order_and_any_duplicates(by_topic, random):
    """Events permuted and repeated sum to the same panes, levels and counts."""
    expected = run(by_topic)
    shuffled = {}
    for topic, events in by_topic.items():
        again = [*events, *random.choices(events, k=min(3, len(events)))] if events else []
        random.shuffle(again)
        shuffled[topic] = again
    assert run(shuffled) == expected


@COMMON
@given(days())
def test_any_split_into_partitions(by_topic):
    """The sum over three partitions is that of one."""
    assert run(by_topic, split=3) == run(by_topic)
