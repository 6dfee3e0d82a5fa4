"""A simulated support floor: the same seed and start give the same events, byte for byte.

A discrete-event simulation: customers arrive by a Poisson process that follows the day, wait with limited patience,
are rung through to idle agents, talk, hold, are transferred, wrapped up; chats run side by side; tickets are
answered, solved, reopened; agents come and go in planned shifts and take breaks, some of them with heartbeats; some
customers are asked for their opinion. What is yielded is in order of arrival at the broker, which is not the order of
happening: most events arrive at once, some seconds late, a few up to an hour, some twice.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from typing import Any

from stream.sources import plan
from stream.sources.clock import Clock
from stream.sources.conversations import Tickets
from stream.sources.line import Line
from stream.sources.opinions import Customers, Opinions
from stream.sources.people import Agent, Contact
from topics import events as ev


class Floor:
    """Customers, queues and agents."""

    def __init__(self, clock: Clock, rate: float, opinions: Opinions) -> None:
        self._clock, self._random, self._opinions = clock, clock.random, opinions
        self._contacts_per_s = rate * (1 - plan.TICKET_EVENTS_SHARE) / plan.EVENTS_OF_CONTACT
        self._waiting: dict[str, deque[Contact]] = {service.queue: deque() for service in plan.QUEUES}
        self._numbers = 0
        self._teams: dict[str, list[Agent]] = {}
        for team in plan.CAPACITY:
            self._teams[team] = [
                Agent(f"{team}-{n + 1:03}", team, has_heartbeats=n % plan.HEARTBEATS_OF == 0)
                for n in range(3 * self._staff(team))
            ]
        self._open()

    def _staff(self, team: str) -> int:
        """How many agents of a shift carry the busiest hour."""
        load = (
            sum(s.share * (s.handle_s + plan.WRAP_UP_S) for s in plan.QUEUES if s.team == team) * self._contacts_per_s
        )
        return max(2, round(load / plan.CAPACITY[team] / plan.LOAD))

    def _open(self) -> None:
        """Everybody of the running shift is there; the others come when theirs begins."""
        clock = self._clock
        for agents in self._teams.values():
            for n, agent in enumerate(agents):
                begins_ms = (n % 3) * plan.SHIFT_MS
                into_ms = (clock.time_of_day_ms - begins_ms) % plan.DAY_MS
                if into_ms < plan.SHIFT_MS:
                    self._come(agent, (plan.SHIFT_MS - into_ms) / 1000)
                else:
                    clock.after((plan.DAY_MS - into_ms) / 1000, lambda agent=agent: self._come(agent))  # type: ignore[misc]
        self._next_arrival()

    # --- agents ------------------------------------------------------------------------------------------------------

    def _tell(self, agent: Agent, kind: type[ev.Event], **fields: Any) -> None:
        self._numbers += 1
        event = kind(
            event_id=f"wfm:{self._numbers}", schema_version=1, source="simulator",
            occurred_at=round(self._clock.now_ms), entity_id=agent.name, team=agent.team, **fields,
        )  # fmt: skip
        self._clock.emit("agent.events", event)

    def _come(self, agent: Agent, stays_s: float = plan.SHIFT_MS / 1000) -> None:
        agent.present = agent.online = True
        self._tell_plan(agent, stays_s)
        self._tell(agent, ev.AgentLoggedIn)
        agent.status, agent.since_ms = "available", round(self._clock.now_ms)
        self._beat(agent)
        self._opinions.ask_employee(agent.name, agent.team)
        self._clock.after(self._random.uniform(300, plan.BREAK_EVERY_S), lambda: self._pause(agent))
        self._clock.after(stays_s, lambda: self._go(agent))
        self._serve(agent)

    def _tell_plan(self, agent: Agent, stays_s: float) -> None:
        """What is planned, and what may have changed since the last time."""
        now_ms, end_ms = round(self._clock.now_ms), round(self._clock.now_ms + stays_s * 1000)
        self._tell(agent, ev.ShiftScheduled, start=now_ms, end=end_ms, activity=agent.team, productive=True)
        lunch_ms = (now_ms + end_ms) // 2
        lunch = {"start": lunch_ms, "end": lunch_ms + 1_800_000, "activity": "lunch", "productive": False}
        self._tell(agent, ev.ShiftScheduled, **lunch)
        capacity = {"voice" if agent.team == "phones" else "chat": plan.CAPACITY[agent.team]}
        rate = self._random.choice(plan.COST_RATES)
        self._tell(agent, ev.AgentProfileChanged, capacity=capacity, cost_rate=rate)

    def _beat(self, agent: Agent) -> None:
        """A heartbeat, and the next one in two minutes, as long as the agent is online."""
        if not agent.online or not agent.has_heartbeats:
            return
        self._tell(agent, ev.AgentSnapshot, **agent.snapshot())
        self._clock.after(plan.HEARTBEAT_S, lambda: self._beat(agent))

    def _pause(self, agent: Agent) -> None:
        if not agent.online or not agent.present:
            return
        agent.present = False
        status = self._random.choice(("lunch", "coffee", "coaching"))
        self._tell(agent, ev.AgentStatusChanged, status=status, class_="custom")
        agent.status, agent.since_ms = status, round(self._clock.now_ms)
        self._clock.after(self._clock.mean(plan.BREAK_S), lambda: self._resume(agent))

    def _resume(self, agent: Agent) -> None:
        if agent.online:
            agent.present = True
            self._tell(agent, ev.AgentStatusChanged, status="ready", class_="routable")
            agent.status, agent.since_ms = "available", round(self._clock.now_ms)
            self._clock.after(self._random.uniform(0.5, 1.5) * plan.BREAK_EVERY_S, lambda: self._pause(agent))
            self._serve(agent)

    def _go(self, agent: Agent) -> None:
        """The shift is over; running contacts are finished first."""
        agent.present = False
        if agent.running:
            self._clock.after(15, lambda: self._go(agent))
            return
        agent.online = False
        self._log_out(agent)
        self._clock.after((plan.DAY_MS - plan.SHIFT_MS) / 1000, lambda: self._come(agent))

    def _log_out(self, agent: Agent) -> None:
        self._tell(agent, ev.AgentLoggedOut)

    def _serve(self, agent: Agent) -> None:
        """An agent with room takes the customer who has waited longest in the team's queues."""
        while agent.present and agent.running < plan.CAPACITY[agent.team]:
            queues = [self._waiting[s.queue] for s in plan.QUEUES if s.team == agent.team]
            heads = [queue[0] for queue in queues if queue and agent.name not in queue[0].refused]
            if not heads:
                return
            contact = min(heads, key=lambda c: c.entity)
            self._waiting[contact.service.queue].popleft()
            self._ring(contact, agent)

    # --- contacts ----------------------------------------------------------------------------------------------------

    def _say(self, contact: Contact, type_: type[ev.Event], **fields: Any) -> None:
        contact.events += 1
        event = type_(
            event_id=f"acd:{contact.entity}:{contact.events}", schema_version=1, source="simulator",
            occurred_at=round(self._clock.now_ms), entity_id=contact.entity, seq=contact.events, **fields,
        )  # fmt: skip
        self._clock.emit(contact.topic, event)

    def _next_arrival(self) -> None:
        rate = self._contacts_per_s * plan.busyness(self._clock.time_of_day_ms)
        self._clock.after(self._random.expovariate(rate), self._arrive)

    def _arrive(self) -> None:
        self._numbers += 1
        service = self._random.choices(plan.QUEUES, [s.share for s in plan.QUEUES])[0]
        voice = service.channel == "voice"
        contact = Contact(f"{service.channel}-{self._numbers:09}", "call.events" if voice else "chat.events", service)
        known = plan.customer(self._random) if self._random.random() < plan.KNOWN else None
        if voice:
            self._say(contact, ev.CallInitiated, direction="inbound", customer_id=known)
        else:
            self._say(contact, ev.ChatStarted, visitor_id=f"v{self._numbers}", customer_id=known)
        if voice and self._random.random() < plan.IVR_HANG_UP:
            self._clock.after(self._clock.mean(8), lambda: self._say(contact, ev.ContactEnded, by="customer"))
        else:
            self._clock.after(self._random.uniform(1, 6), lambda: self._enter(contact))
        self._next_arrival()

    def _enter(self, contact: Contact) -> None:
        service = contact.service
        segment = f"{contact.entity}/{contact.segment}"
        self._say(contact, ev.QueueEntered, queue=service.queue, channel=service.channel, segment_id=segment)
        if service.channel == "chat" and contact.segment == 1:
            self._message(contact, "customer")
            if self._random.random() < plan.BOT_CHATS:
                self._message(contact, "bot")
                self._say(contact, ev.BotHandoff)
        contact.waiting = True
        self._waiting[service.queue].append(contact)
        number = contact.segment
        self._clock.after(self._clock.mean(service.patience_s), lambda: self._lose_patience(contact, number))
        self._offer(service.team)

    def _offer(self, team: str) -> None:
        free = [a for a in self._teams[team] if a.present and a.running < plan.CAPACITY[team]]
        if free:
            self._serve(min(free, key=lambda a: (a.running, a.name)))

    def _lose_patience(self, contact: Contact, segment: int) -> None:
        queue = self._waiting[contact.service.queue]
        if not contact.waiting or contact.segment != segment or contact not in queue:
            return
        queue.remove(contact)
        contact.waiting = False
        reason = self._random.choices(("abandoned", "callback", "overflow", "timeout"), (0.86, 0.06, 0.04, 0.04))[0]
        self._say(contact, ev.QueueLeft, reason=reason)
        if reason == "abandoned" and self._random.random() < plan.RESUME:
            self._clock.after(self._random.uniform(5, 90), lambda: self._come_back(contact))

    def _come_back(self, contact: Contact) -> None:
        self._say(contact, ev.QueueResumed)
        contact.segment += 1
        contact.waiting = True
        self._waiting[contact.service.queue].appendleft(contact)
        number = contact.segment
        self._clock.after(self._clock.mean(60), lambda: self._lose_patience(contact, number))
        self._offer(contact.service.team)

    def _ring(self, contact: Contact, agent: Agent) -> None:
        agent.running += 1
        contact.waiting = False
        offer = f"{contact.entity}:{contact.events}"
        self._say(contact, ev.OfferMade, agent_id=agent.name, offer_id=offer)
        agent.lists(contact, "connecting", self._clock.now_ms)
        if self._random.random() < plan.OFFER_MISSED:
            self._clock.after(20, lambda: self._miss(contact, agent))
        else:
            self._clock.after(self._random.uniform(1, 2 * plan.RING_S), lambda: self._answer(contact, agent))

    def _miss(self, contact: Contact, agent: Agent) -> None:
        agent.running -= 1
        contact.refused.add(agent.name)
        self._say(contact, ev.OfferMissed, reason="timeout", agent_id=agent.name)
        agent.lists(contact, "", self._clock.now_ms)
        contact.waiting = True
        self._waiting[contact.service.queue].appendleft(contact)
        number = contact.segment
        self._clock.after(self._clock.mean(contact.service.patience_s), lambda: self._lose_patience(contact, number))
        self._offer(contact.service.team)

    def _answer(self, contact: Contact, agent: Agent) -> None:
        self._say(contact, ev.QueueLeft, reason="answered")
        segment = f"{contact.entity}/{contact.segment}"
        self._say(contact, ev.ContactAnswered, agent_id=agent.name, segment_id=segment)
        agent.lists(contact, "connected", self._clock.now_ms)
        handle_s = self._clock.mean(contact.service.handle_s)
        if contact.service.channel == "chat":
            self._chat(contact, handle_s)
        elif self._random.random() < plan.HOLD:
            start = handle_s * self._random.uniform(0.2, 0.5)
            self._clock.after(start, lambda: self._say(contact, ev.HoldStarted))
            self._clock.after(start + handle_s * 0.2, lambda: self._say(contact, ev.HoldEnded))
        transfer = self._random.random() < plan.TRANSFER
        self._clock.after(handle_s, lambda: (self._transfer if transfer else self._end)(contact, agent))

    def _message(self, contact: Contact, role: str) -> None:
        if not contact.ended:
            self._say(contact, ev.Message, author_role=role, message_id=f"{contact.entity}:{contact.events}")

    def _chat(self, contact: Contact, handle_s: float) -> None:
        """Customer and agent take turns."""
        at, role = self._random.uniform(2, 15), "agent"
        while at < handle_s - 1:
            self._clock.after(at, lambda role=role: self._message(contact, role))  # type: ignore[misc]
            at += self._clock.mean(40)
            role = "customer" if role == "agent" else "agent"

    def _transfer(self, contact: Contact, agent: Agent) -> None:
        others = [s for s in plan.QUEUES if s.channel == contact.service.channel and s.queue != contact.service.queue]
        target = self._random.choice(others)
        self._say(contact, ev.ContactTransferred, kind="queue", to=target.queue, agent_id=agent.name)
        self._wrap_up(contact, agent, contact.segment)
        contact.service, contact.segment = target, contact.segment + 1
        self._clock.after(1, lambda: self._enter(contact))

    def _end(self, contact: Contact, agent: Agent) -> None:
        contact.ended = True
        self._say(contact, ev.ContactEnded, by=self._random.choice(("customer", "customer", "agent")))
        self._wrap_up(contact, agent, contact.segment)
        place = {"queue": contact.service.queue, "channel": contact.service.channel}
        self._opinions.ask_customer(contact_id=contact.entity, **place)

    def _wrap_up(self, contact: Contact, agent: Agent, number: int) -> None:
        segment = f"{contact.entity}/{number}"
        self._say(contact, ev.AcwStarted, agent_id=agent.name, segment_id=segment)
        agent.lists(contact, "ended", self._clock.now_ms)
        self._clock.after(self._clock.mean(plan.WRAP_UP_S), lambda: self._wrapped(contact, agent, segment))

    def _wrapped(self, contact: Contact, agent: Agent, segment: str) -> None:
        self._say(contact, ev.AcwEnded, agent_id=agent.name, segment_id=segment)
        agent.lists(contact, "", self._clock.now_ms)
        agent.running -= 1
        self._serve(agent)


def simulate(seed: int, start_ms: int, rate: float) -> Iterator[tuple[int, Line]]:
    """(arrival in ms, line) from ``start_ms`` on, for ever, at about ``rate`` events a second in the busiest hour."""
    clock = Clock(seed, start_ms)
    opinions = Opinions(clock)
    Floor(clock, rate, opinions)
    Tickets(clock, rate, opinions)
    Customers(clock, rate)
    yield from clock.run()
