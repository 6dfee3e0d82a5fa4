"""Random tickets, chats and calls of few customers against the independent judge: every KPI of tickets."""

from __future__ import annotations

import tomllib
from random import Random

import msgspec
import orjson
import pytest

from stream.core.batch import Batch
from stream.core.kpis_tickets import TICKET_KPIS
from stream.core.settings import load
from tests.oracle import Oracle, Record, compare

MONDAY_MS = 1_764_547_200_000  # 2025-12-01T00:00:00Z
HOUR_S, DAY_S = 3600, 86_400
HISTORY = {"time.clock": "events", "time.horizon_hours": 0, "board.retention_days": 0}
NAMES = frozenset(kpi.name for kpi in TICKET_KPIS)
QUEUES = (("returns", "mail"), ("technical", "web"))
STATUSES = ("new", "open", "pending", "on_hold", "solved", "closed")


class Life:
    """The events of one entity, each some time after the one before."""

    def __init__(self, random: Random, topic: str, entity: str, within_s: int) -> None:
        self._random, self._topic, self._entity = random, topic, entity
        self._at_s = random.randint(0, within_s)
        self._made = 0
        self.records: list[tuple[str, str, bytes]] = []
        self.chance = lambda share: random.random() < share
        self.pick = random.choice

    def pause(self, most_s: int) -> None:
        """Some time passes."""
        self._at_s += self._random.randint(1, most_s)

    def say(self, kind: str, /, **fields: object) -> None:
        """Something happens now."""
        self._made += 1
        event = {
            "event_id": str(self._made), "type": kind, "schema_version": 1, "source": "floor",
            "occurred_at": MONDAY_MS + self._at_s * 1000, "entity_id": self._entity, "seq": self._made, **fields,
        }  # fmt: skip
        self.records.append((self._topic, self._entity, orjson.dumps(event)))


def ticket(life: Life, customers: int) -> None:
    """A ticket with every turn that a life may take."""
    queue, channel = life.pick(QUEUES)
    place = {"queue": queue, "channel": channel, "priority": life.pick(("high", "low", "", "high"))}
    status = "new"
    if life.chance(0.03):
        status = life.pick(STATUSES)
        life.say("ticket.status_changed", **{"from": "new", "to": status, "actor": "a1"})
        life.pause(60)
    if life.chance(0.1):
        life.say("ticket.split", parent_id="x", **place)
    else:
        role = life.pick(("customer", "customer", "customer", "agent", "bot", "system"))
        life.say("ticket.created", requester_id=f"r{life.pick(range(customers))}", submitter_role=role, **place)
    for _ in range(life.pick(range(14))):
        life.pause(life.pick((600, 4 * HOUR_S, DAY_S)))
        chance = life.pick(range(20))
        if chance < 9:
            author = life.pick(("customer", "agent", "agent", "bot", "system"))
            said = {"author_role": author, "visibility": life.pick(("public", "public", "private"))}
            life.say("ticket.message_added", message_id="m", author_id=f"{author}1", is_auto=life.chance(0.1), **said)
        elif chance < 15:
            to = life.pick((*STATUSES, "solved", "solved"))
            actor = life.pick(("a1", "agent1", "bot", "bot1", "customer", "system"))
            life.say("ticket.status_changed", **{"from": status, "to": to, "actor": actor})
            status = to
        elif chance == 15:
            life.say("ticket.assigned", to_agent=life.pick(("a1", "a2", None)), to_group=life.pick(("g", None)))
        elif chance == 16:
            life.say("ticket.priority_changed", priority=life.pick(("high", "low", None)))
        elif chance == 17:
            life.say("ticket.viewed", agent_id="a1")
        elif chance == 18:
            life.say("ticket.fields_changed", queue=life.pick(QUEUES)[0])
        elif life.chance(0.2):
            life.say(life.pick(("ticket.marked_spam", "ticket.deleted")))


def chat(life: Life, customers: int) -> None:
    """A chat that a bot may begin."""
    life.say("chat.started", visitor_id=f"v{life.pick(range(customers))}")
    life.say("queue.entered", queue="support", channel="chat", segment_id="1")
    for _ in range(life.pick(range(8))):
        life.pause(60)
        if life.chance(0.2):
            life.say("bot.handoff")
        else:
            role = life.pick(("customer", "bot", "agent"))
            life.say("message", author_role=role, message_id="m", is_auto=life.chance(0.1))


def agent(life: Life) -> None:
    """Somebody comes, has a break, and goes."""
    life.say("agent.logged_in", team="mail")
    life.pause(5 * HOUR_S)
    life.say("agent.status_changed", team="mail", **{"status": "lunch", "class": "custom"})
    life.pause(DAY_S)
    life.say("agent.logged_out", team="mail")


def records(seed: int, tickets: int = 40, customers: int = 6) -> list[tuple[str, str, bytes]]:
    """A floor, in an order of arrival of its own."""
    random = Random(seed)
    found: list[tuple[str, str, bytes]] = []
    for i in range(tickets):
        life = Life(random, "ticket.events", f"t{i}", 10 * DAY_S)
        ticket(life, customers)
        found += life.records
    for i in range(tickets // 4):
        life = Life(random, "chat.events", f"c{i}", 10 * DAY_S)
        chat(life, customers)
        found += life.records
    for i in range(3):
        life = Life(random, "agent.events", f"a{i}", DAY_S)
        agent(life)
        found += life.records
    random.shuffle(found)
    return found


TOML = """
[kpis]
touch_kinds = ["reply", "note", "status"]
first_contact_form = "one_touch"
first_contact_denominator = "received"
first_contact_window_days = 1.5

[queues.returns]
schedule = "office"

[schedules.office]
mon = ["09:00-12:00", "13:00-17:00"]
tue = ["09:00-17:00"]
sat = ["10:00-24:00"]
"""


@pytest.mark.parametrize("seed", range(4))
def test_every_kpi_of_tickets_equals_the_judge(seed: int):
    """Whatever tickets, chats and agents do, in any order of arrival, each row is the judge's."""
    toml = TOML if seed % 2 else ""
    settings, plain = load(toml, {}, HISTORY), {**tomllib.loads(toml), "time": {"horizon_hours": 0}}
    batch, taken = Batch(settings), []
    arrived_ms = MONDAY_MS + 400 * DAY_S * 1000
    for offset, (topic, key, value) in enumerate(records(seed)):
        batch.feed(topic, key.encode(), value, arrived_ms)
        taken.append(Record(topic, 0, offset, arrived_ms, key.encode(), value))
    rows = [row for row in msgspec.to_builtins(batch.report().rows) if row["kpi"] in NAMES]
    judged = {row: found for row, found in Oracle(taken, plain).rows().items() if row[0] in NAMES}

    assert len(judged) > 100
    assert compare(rows, judged) == []
