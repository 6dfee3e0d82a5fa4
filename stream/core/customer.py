"""The lifecycle of a customer, and the facts that it yields; costs, which are of no customer, have their own records.

A customer is one from being acquired until churned, and again from being reactivated. Who churns without ever having
been one is in no number. Purchases count whatever the customer is. Money is counted in whole thousandths.

Two numbers depend on whether what went before lies in the window too: who comes back inside the window in which they
left was not lost (R39), and who buys twice in it is one buying customer (R38). So a return and a further purchase say
how far back the former moment lies: in local days, for windows of days, and in quarters of an hour, for the last 24
hours. A count of such a kind has its slots after its first: one for every distance (``Measure.again``).

What a cost record says is a level, not a fact: amount, from when to when. The reader lays it over any window (R37).
"""

from __future__ import annotations

from stream.core.facts import BLOCK, KINDS
from stream.core.lifecycle import Facts, Levels, Lifecycle, Record
from stream.core.panes import COARSE_MS
from topics import events as ev
from topics.events.customer import period_ms

UNKNOWN, ACTIVE, GONE = range(3)
STATES = 3
IN_CUSTOMERS, PURCHASE = KINDS["in_customers"], KINDS["purchase"]
FARTHEST = BLOCK - 2


class Customer(Record, gc=False):
    """A customer's derived state: when they left and when they bought last (0: never), and the costs on record."""

    left: int = 0
    bought: int = 0
    costs: Levels = ()


def acquired(r: Customer, at: int, _a: str, _b: str, _c: str, out: Facts) -> None:
    r.state = ACTIVE
    out.append((r.scope, KINDS["customers_acquired"], at, 0, 1))
    out.append((r.scope, IN_CUSTOMERS, at, at, 1))


def churned(r: Customer, at: int, _a: str, _b: str, _c: str, out: Facts) -> None:
    r.state, r.left = GONE, at
    out.append((r.scope, KINDS["customers_churned"], at, 0, 1))
    out.append((r.scope, IN_CUSTOMERS, at, at, -1))


def reactivated(r: Customer, at: int, _a: str, _b: str, _c: str, out: Facts) -> None:
    r.state = ACTIVE
    out.append((r.scope, IN_CUSTOMERS, at, at, 1))
    if r.left:
        _again(r, "won_back", r.left, at, out)


def purchased(r: Customer, at: int, amount: str, _b: str, _c: str, out: Facts) -> None:
    out.append((r.scope, PURCHASE, at, int(amount), 1))
    if r.bought:
        _again(r, "bought_again", r.bought, at, out)
    r.bought = at


def _again(r: Customer, name: str, before: int, at: int, out: Facts) -> None:
    """What happens at ``at`` follows what happened at ``before``: how far that lies back."""
    if r.scope is None:
        raise AssertionError("every customer has a place")
    day_of = r.scope.calendar.day_of
    days, quarters = day_of(at) - day_of(before), at // COARSE_MS - before // COARSE_MS
    out.append((r.scope, KINDS[name] + 1 + min(days, FARTHEST), at, before, 1))
    out.append((r.scope, KINDS[f"{name}_quarters"] + 1 + min(quarters, FARTHEST), at, before, 1))


def cost_recorded(r: Customer, _at: int, amount: str, start: str, end: str, _out: Facts) -> None:
    r.costs = (*r.costs, (f"recorded/{amount}/{end}/{len(r.costs)}", int(start)))


def thousandths(money: float) -> int:
    """An amount of money in whole thousandths."""
    return int(money * 1000 + 0.5)


def _cost(e: ev.CostRecorded) -> tuple[str, str, str]:
    start, end = period_ms(e.period)
    return str(thousandths(e.amount)), str(start), str(end)


CUSTOMER = Lifecycle(
    record=Customer,
    order=ev.CUSTOMER_EVENTS,
    states=STATES,
    table={
        (UNKNOWN, ev.CustomerAcquired): acquired,
        (GONE, ev.CustomerAcquired): reactivated,
        (ACTIVE, ev.CustomerChurned): churned,
        **{(state, ev.CustomerReactivated): reactivated for state in (UNKNOWN, GONE)},
        **{(state, ev.PurchaseMade): purchased for state in range(STATES)},
        **{(state, ev.CostRecorded): cost_recorded for state in range(STATES)},
    },
    arguments={
        ev.PurchaseMade: lambda e: (str(thousandths(e.amount)), "", ""),
        ev.CostRecorded: _cost,
    },
    levels=lambda r: r.costs,
    placeless=True,
)
