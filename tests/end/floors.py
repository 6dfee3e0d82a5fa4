"""Small random floors that could be real: contacts, tickets and agents with every turn that a life may take.

Times are whole seconds, so that many events share a moment. ``faults`` are what sources do wrong: a clock that is some
seconds off for one event, an event that never comes.
"""

from __future__ import annotations

from random import Random
from typing import Any

import orjson

from stream.sources.line import Line
from tests.end.judging import HOUR_MS, MONDAY_MS, Arrival

QUEUES = {
    "call.events": (("billing", "voice"), ("orders", "voice")),
    "chat.events": (("support", "chat"), ("orders", "chat")),
}
TICKET_QUEUES = (("returns", "mail"), ("billing", "mail"), ("technical", "web"))
AGENTS = ("a1", "a2", "a3")
TEAMS = ("phones", "chat")
ARRIVE_MS = MONDAY_MS + 40 * HOUR_MS


class Life:
    """The events of one entity, one after the other, each some seconds after the one before."""

    def __init__(self, random: Random, topic: str, entity: str, faults: float) -> None:
        self._random, self._topic, self._entity, self._faults = random, topic, entity, faults
        self._at_s = random.randint(0, 600)
        self._seq = random.random() < 0.5
        self._made = 0
        self.lines: list[Line] = []

    def pause(self, most_s: int) -> None:
        """Some time passes."""
        self._at_s += self._random.randint(0 if self._seq else 1, most_s)

    def say(self, kind: str, /, **fields: Any) -> None:
        """Something happens now."""
        self._made += 1
        at_s = self._at_s
        if self._random.random() < self._faults:
            if self._random.random() < 0.5:
                return
            at_s = max(0, at_s + self._random.randint(-15, 15))
        event = {
            "event_id": str(self._made), "type": kind, "schema_version": 1, "source": "floor",
            "occurred_at": MONDAY_MS + at_s * 1000, "entity_id": self._entity, **fields,
        }  # fmt: skip
        if self._seq:
            event["seq"] = self._made
        self.lines.append(Line(self._topic, self._entity.encode(), orjson.dumps(event), event["occurred_at"]))

    def chance(self, share: float) -> bool:
        """True that often."""
        return self._random.random() < share

    def pick(self, options: Any) -> Any:
        """One of them."""
        return self._random.choice(options)


def contact(life: Life, topic: str) -> None:
    """A call or chat through one to three queues."""
    if life.chance(0.3):
        start = {"direction": "inbound"} if topic == "call.events" else {"visitor_id": "v"}
        life.say("call.initiated" if topic == "call.events" else "chat.started", **start)
        life.pause(5)
        if life.chance(0.1):
            life.say("contact.ended", by="customer")
            return
    for number in range(1, 4):
        queue, channel = life.pick(QUEUES[topic])
        segment = f"s{number}"
        life.say("queue.entered", queue=queue, channel=channel, segment_id=segment)
        if topic == "chat.events" and life.chance(0.6):
            life.pause(3)
            life.say("message", author_role="customer", message_id=segment)
        if not _waits(life, segment) or not _talks(life, topic, segment):
            return
        life.pause(5)


def _waits(life: Life, segment: str) -> bool:
    """Whether an agent answers."""
    for _ in range(3):
        life.pause(40)
        if life.chance(0.3):
            agent = life.pick(AGENTS)
            life.say("offer.made", agent_id=agent, offer_id="o", segment_id=segment)
            life.pause(20)
            if life.chance(0.4):
                life.say("offer.missed", reason="timeout", agent_id=agent)
                life.pause(10)
        if life.chance(0.6):
            return True
        if life.chance(0.3):
            return False
        if life.chance(0.2):
            life.say("contact.ended", by=life.pick(("customer", "customer", "system")))
        else:
            reason = life.pick(("abandoned", "abandoned", "abandoned", "timeout", "callback", "withdrawn", "overflow"))
            life.say("queue.left", reason=reason)
        if life.chance(0.5):
            return False
        life.pause(90)
        life.say("queue.resumed")
    return False


def _talks(life: Life, topic: str, segment: str) -> bool:
    """Whether another queue follows."""
    agent = life.pick(AGENTS)
    if life.chance(0.5):
        life.say("queue.left", reason="answered")
        life.pause(3)
    life.say("contact.answered", agent_id=agent, segment_id=segment)
    for _ in range(life.pick((0, 1, 2))):
        life.pause(60)
        if topic == "chat.events":
            life.say("message", author_role=life.pick(("agent", "customer", "bot")), message_id="m")
        else:
            life.say("hold.started")
            life.pause(30)
            life.say("hold.ended")
    life.pause(90)
    if life.chance(0.15):
        return False
    on = life.chance(0.3)
    life.say(
        *(("contact.transferred",) if on else ("contact.ended",)),
        **({"kind": "queue", "to": "x"} if on else {"by": "agent"}),
    )
    if life.chance(0.7):
        named = life.pick(({}, {"agent_id": agent}, {"agent_id": agent, "segment_id": segment}))
        if life.chance(0.8):
            life.pause(4)
            life.say("acw.started", **named)
        if life.chance(0.8):
            life.pause(40)
            life.say("acw.ended", **named)
    return on


def ticket(life: Life) -> None:
    """A ticket with messages and changes of status."""
    queue, channel = life.pick(TICKET_QUEUES)
    place = {"queue": queue, "channel": channel}
    if life.chance(0.1):
        life.say("ticket.split", **place)
    else:
        life.say(
            "ticket.created",
            requester_id="r",
            submitter_role=life.pick(("customer", "customer", "agent", "system")),
            **place,
        )
    status = "new"
    for _ in range(life.pick((0, 1, 3, 6))):
        life.pause(1800)
        turn = life.pick(("message", "message", "status", "status", "moved", "assigned", "void"))
        if turn == "message":
            life.say(
                "ticket.message_added", message_id="m", author_id="x", is_auto=life.chance(0.1),
                author_role=life.pick(("customer", "agent", "agent", "bot")),
                visibility=life.pick(("public", "public", "public", "private")),
            )  # fmt: skip
        elif turn == "status":
            to = life.pick(("open", "pending", "on_hold", "solved", "closed"))
            life.say("ticket.status_changed", **{"from": status, "to": to, "actor": "a1"})
            status = to
        elif turn == "moved":
            life.say("ticket.fields_changed", queue=life.pick(TICKET_QUEUES)[0])
        elif turn == "assigned":
            life.say("ticket.assigned", to_agent="a1")
        elif life.chance(0.3):
            life.say(life.pick(("ticket.marked_spam", "ticket.deleted")))


def agent(life: Life) -> None:
    """An agent's day: in, breaks, another team, out."""
    life.say("agent.logged_in", team=life.pick(TEAMS))
    for _ in range(life.pick((0, 2, 5))):
        life.pause(400)
        if life.chance(0.15):
            life.say("agent.logged_out")
            life.pause(300)
            life.say("agent.logged_in")
            continue
        status, class_ = life.pick(
            (("ready", "routable"), ("lunch", "custom"), ("error", "custom"), ("gone", "offline"))
        )
        team = {"team": life.pick(TEAMS)} if life.chance(0.2) else {}
        life.say("agent.status_changed", **{"status": status, "class": class_, **team})


def floor(random: Random, faults: float = 0.0) -> list[Arrival]:
    """What arrives of a random floor, in random order and some of it twice."""
    lines: list[Line] = []
    for topic in ("call.events", "chat.events"):
        for n in range(random.randint(0, 4)):
            life = Life(random, topic, f"{topic[:4]}-{n}", faults)
            contact(life, topic)
            lines += life.lines
    for n in range(random.randint(0, 4)):
        life = Life(random, "ticket.events", f"t{n}", faults)
        ticket(life)
        lines += life.lines
    for name in AGENTS[: random.randint(0, 3)]:
        life = Life(random, "agent.events", name, faults)
        agent(life)
        lines += life.lines
    lines += [line for line in lines if random.random() < 0.05]
    if random.random() < 0.8:
        random.shuffle(lines)
    return [Arrival(ARRIVE_MS + n, line) for n, line in enumerate(lines)]
