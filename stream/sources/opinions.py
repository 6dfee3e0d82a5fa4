"""The simulated opinions and customers: surveys after contacts and tickets, employees who are asked now and then;
people who become customers, buy, leave and come back; what support costs.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from stream.sources import plan
from topics import events as ev

if TYPE_CHECKING:
    from stream.sources.clock import Clock

# kind -> lowest and highest score, and whether higher is better. Of the surveys of effort some are in the old form.
_SCALES = {"csat": (1, 5, True), "nps": (0, 10, True), "ces": (1, 7, True), "enps": (0, 10, True), "esat": (1, 5, True)}
_OLD_EFFORT = (1, 5, False)


class Opinions:
    """Some of those who are asked answer, a few change their mind."""

    def __init__(self, clock: Clock) -> None:
        self._clock, self._random = clock, clock.random
        self._made = 0

    def ask_customer(self, **about: Any) -> None:
        """After a contact or a ticket: perhaps a survey."""
        if self._random.random() < plan.ASKED:
            self._send(self._random.choices(("csat", "nps", "ces"), (0.6, 0.2, 0.2))[0], about)

    def ask_employee(self, agent: str, team: str) -> None:
        """At the beginning of a shift: perhaps a survey."""
        if self._random.random() < plan.EMPLOYEE_ASKED:
            self._send(self._random.choice(("enps", "esat")), {"agent_id": agent, "team": team})

    def _send(self, kind: str, about: dict[str, Any]) -> None:
        self._made += 1
        response = f"S-{self._made:08}"
        scale = _OLD_EFFORT if kind == "ces" and self._random.random() < plan.OLD_EFFORT else _SCALES[kind]
        self._say(response, 1, ev.SurveySent, kind, about)
        if self._random.random() < plan.RESPONSE:
            self._clock.after(self._clock.mean(plan.RESPONSE_S), lambda: self._answer(response, kind, scale, about, 2))
        else:
            self._clock.after(plan.EXPIRES_S, lambda: self._say(response, 2, ev.SurveyExpired, kind, about))

    def _answer(self, response: str, kind: str, scale: tuple[int, int, bool], about: dict[str, Any], n: int) -> None:
        low, high, higher_is_better = scale
        mood = min(1.0, max(0.0, self._random.gauss(0.75, 0.3)))
        score = round(low + (high - low) * (mood if higher_is_better else 1 - mood))
        said = {"score": score, "scale_min": low, "scale_max": high, "higher_is_better": higher_is_better}
        self._say(response, n, ev.SurveyAnswered, kind, about, **said)
        chance = self._random.random()
        if chance < plan.RATED_AGAIN and n < 4:
            self._clock.after(self._clock.mean(3600), lambda: self._answer(response, kind, scale, about, n + 1))
        elif chance < plan.RATED_AGAIN + plan.REVOKED:
            self._clock.after(self._clock.mean(7200), lambda: self._say(response, n + 1, ev.SurveyRevoked, kind, about))

    def _say(
        self, response: str, n: int, type_: type[ev.Event], kind: str, about: dict[str, Any], **fields: Any
    ) -> None:
        event = type_(
            event_id=f"poll:{response}:{n}", schema_version=1, source="simulator",
            occurred_at=round(self._clock.now_ms), entity_id=response, seq=n, **{"kind": kind, **about, **fields},
        )  # fmt: skip
        self._clock.emit("survey.events", event)


class Customers:
    """Who is a customer, what they buy, and what support has cost each day."""

    def __init__(self, clock: Clock, rate: float) -> None:
        self._clock, self._random = clock, clock.random
        self._per_s = rate * plan.CUSTOMER_EVENTS_SHARE
        self._made = 0
        self._active: list[str] = []
        self._gone: list[str] = []
        self._next()
        self._clock.after((plan.DAY_MS - clock.now_ms % plan.DAY_MS) / 1000, self._book)

    def _next(self) -> None:
        rate = self._per_s * plan.busyness(self._clock.time_of_day_ms)
        self._clock.after(self._random.expovariate(rate), self._turn)

    def _turn(self) -> None:
        what = self._random.choices(("acquired", "purchase", "churned", "back"), (0.3, 0.55, 0.1, 0.05))[0]
        if what == "purchase" and self._active:
            amount = round(self._random.expovariate(1 / 60), 2)
            self._say(self._random.choice(self._active), ev.PurchaseMade, amount=amount, currency="EUR")
        elif what == "churned" and self._active:
            self._move(self._active, self._gone, ev.CustomerChurned)
        elif what == "back" and self._gone:
            self._move(self._gone, self._active, ev.CustomerReactivated)
        else:
            new = plan.customer(self._random)
            if new not in self._active and new not in self._gone:
                self._active.append(new)
                self._say(new, ev.CustomerAcquired)
        self._next()

    def _move(self, from_: list[str], to: list[str], kind: type[ev.Event]) -> None:
        who = from_.pop(self._random.randrange(len(from_)))
        to.append(who)
        self._say(who, kind)

    def _book(self) -> None:
        """Every third day has its cost on record; the others are what agents' hours cost."""
        day = round(self._clock.now_ms) // plan.DAY_MS
        if day % 3 == 0:
            start, end = (plan.date_of(n) for n in (day - 1, day))
            amount = round(self._random.uniform(500, 900), 2)
            self._say(f"cost-{day}", ev.CostRecorded, scope="support", amount=amount, period=f"{start}/{end}")
        self._clock.after(plan.DAY_MS / 1000, self._book)

    def _say(self, who: str, kind: type[ev.Event], **fields: Any) -> None:
        self._made += 1
        event = kind(
            event_id=f"crm:{self._made}", schema_version=1, source="simulator", seq=self._made,
            occurred_at=round(self._clock.now_ms), entity_id=who, **fields,
        )  # fmt: skip
        self._clock.emit("customer.events", event)
