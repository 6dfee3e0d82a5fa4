"""The simulated tickets: created, answered, put on hold, solved, reopened; some are spam, merged away, or made by an
agent.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from stream.sources import plan
from topics import events as ev

if TYPE_CHECKING:
    from stream.sources.clock import Clock
    from stream.sources.opinions import Opinions

REPLY_S, CUSTOMER_S, SOLVE_S, CLOSE_S = 900.0, 1200.0, 1800.0, 4 * 86_400.0


@dataclass(slots=True)
class Ticket:
    """One ticket and its status."""

    entity: str
    queue: str
    channel: str
    status: str = "new"
    events: int = 0


class Tickets:
    """Customers write, agents answer."""

    def __init__(self, clock: Clock, rate: float, opinions: Opinions) -> None:
        self._clock, self._random, self._opinions = clock, clock.random, opinions
        self._per_s = rate * plan.TICKET_EVENTS_SHARE / plan.EVENTS_OF_TICKET
        self._made = 0
        self._next()

    def _next(self) -> None:
        rate = self._per_s * plan.busyness(self._clock.time_of_day_ms)
        self._clock.after(self._random.expovariate(rate), self._create)

    def _say(self, ticket: Ticket, kind: type[ev.Event], **fields: Any) -> None:
        ticket.events += 1
        event = kind(
            event_id=f"desk:{ticket.entity}:{ticket.events}", schema_version=1, source="simulator",
            occurred_at=round(self._clock.now_ms), entity_id=ticket.entity, seq=ticket.events,
            **{"queue": ticket.queue, "channel": ticket.channel, **fields},
        )  # fmt: skip
        self._clock.emit("ticket.events", event)

    def _agent(self) -> str:
        return f"mail-{self._random.randint(1, plan.MAIL_AGENTS):03}"

    def _create(self) -> None:
        self._made += 1
        queue, channel, _ = self._random.choices(plan.TICKET_QUEUES, [share for *_, share in plan.TICKET_QUEUES])[0]
        ticket = Ticket(f"T-{self._made:08}", queue, channel)
        by_agent = self._random.random() < plan.AGENT_MADE
        role = "agent" if by_agent else "customer"
        priority = self._random.choices([p for p, _ in plan.PRIORITIES], [share for _, share in plan.PRIORITIES])[0]
        requester = plan.customer(self._random)
        self._say(ticket, ev.TicketCreated, requester_id=requester, submitter_role=role, priority=priority)
        chance = self._random.random()
        if chance < plan.SPAM:
            self._clock.after(self._clock.mean(120), lambda: self._say(ticket, ev.TicketMarkedSpam))
        elif chance < plan.SPAM + plan.MERGED:
            into = f"T-{max(1, self._made - 1):08}"
            self._clock.after(self._clock.mean(600), lambda: self._say(ticket, ev.TicketMerged, into_id=into))
        elif chance < plan.SPAM + plan.MERGED + plan.DELETED:
            self._clock.after(self._clock.mean(600), lambda: self._say(ticket, ev.TicketDeleted))
        elif not by_agent and self._random.random() < plan.BOT_SOLVES:
            self._clock.after(1, lambda: self._message(ticket, "bot", is_auto=True))
            self._clock.after(self._clock.mean(60), lambda: self._solve_by_bot(ticket))
        else:
            if self._random.random() < plan.BOT_GREETS:
                self._clock.after(1, lambda: self._message(ticket, "bot", is_auto=True))
            self._clock.after(self._clock.mean(REPLY_S), lambda: self._take(ticket))
        self._next()

    def _message(self, ticket: Ticket, role: str, visibility: str = "public", **fields: Any) -> None:
        author = self._agent() if role == "agent" else role
        message = f"{ticket.entity}:m{ticket.events}"
        said = {"message_id": message, "author_id": author, "author_role": role, "visibility": visibility}
        self._say(ticket, ev.TicketMessageAdded, **said, **fields)

    def _change(self, ticket: Ticket, to: str, actor: str = "") -> None:
        if ticket.status != to:
            self._say(ticket, ev.TicketStatusChanged, from_=ticket.status, to=to, actor=actor or self._agent())
            ticket.status = to

    def _solve_by_bot(self, ticket: Ticket) -> None:
        """The bot believes that it has helped; every third customer does not."""
        self._change(ticket, "solved", "bot")
        if self._random.random() < 1 / 3:
            self._clock.after(self._clock.mean(CUSTOMER_S), lambda: self._reopen(ticket))

    def _take(self, ticket: Ticket) -> None:
        """An agent takes the ticket, or moves it to where it belongs; answers, and solves it or asks back."""
        if self._random.random() < plan.VIEWED:
            self._say(ticket, ev.TicketViewed, agent_id=self._agent())
        if self._random.random() < plan.MOVED:
            ticket.queue = self._random.choice(plan.TICKET_QUEUES)[0]
            self._say(ticket, ev.TicketFieldsChanged)
            self._clock.after(self._clock.mean(60), lambda: self._rank_and_begin(ticket))
        else:
            self._begin(ticket)

    def _rank_and_begin(self, ticket: Ticket) -> None:
        """Whoever got it by a move says how urgent it is, and soon begins."""
        self._say(ticket, ev.TicketPriorityChanged, priority=self._random.choice(plan.PRIORITIES)[0])
        self._clock.after(self._clock.mean(300), lambda: self._begin(ticket))

    def _begin(self, ticket: Ticket) -> None:
        self._say(ticket, ev.TicketAssigned, to_agent=self._agent())
        self._change(ticket, "open")
        self._message(ticket, "agent")
        self._go_on(ticket)

    def _go_on(self, ticket: Ticket) -> None:
        if self._random.random() < plan.PENDING:
            self._change(ticket, "pending")
            self._clock.after(self._clock.mean(CUSTOMER_S), lambda: self._customer_answers(ticket))
        else:
            self._clock.after(self._clock.mean(SOLVE_S), lambda: self._solve(ticket))

    def _customer_answers(self, ticket: Ticket) -> None:
        self._message(ticket, "customer")
        self._change(ticket, "open", "customer")
        self._clock.after(self._clock.mean(REPLY_S), lambda: self._answer_again(ticket))

    def _split(self, ticket: Ticket) -> None:
        """A second matter gets a ticket of its own."""
        self._made += 1
        other = Ticket(f"T-{self._made:08}", ticket.queue, ticket.channel)
        self._say(other, ev.TicketSplit, parent_id=ticket.entity)
        self._clock.after(self._clock.mean(REPLY_S), lambda: self._take(other))

    def _answer_again(self, ticket: Ticket) -> None:
        self._message(ticket, "agent")
        if self._random.random() < plan.SPLIT:
            self._split(ticket)
        self._go_on(ticket)

    def _solve(self, ticket: Ticket) -> None:
        self._message(ticket, "agent", "private")
        self._change(ticket, "solved")
        place = {"queue": ticket.queue, "channel": ticket.channel}
        self._opinions.ask_customer(ticket_id=ticket.entity, **place)
        if self._random.random() < plan.REOPEN:
            self._clock.after(self._clock.mean(CUSTOMER_S), lambda: self._reopen(ticket))
        else:
            self._clock.after(self._clock.mean(CLOSE_S), lambda: self._change(ticket, "closed"))

    def _reopen(self, ticket: Ticket) -> None:
        self._message(ticket, "customer")
        self._change(ticket, "open", "customer")
        self._clock.after(self._clock.mean(REPLY_S), lambda: self._answer_again(ticket))
