"""Costs, churn and the value of customers: only over everything, and in windows of a day or more."""

from __future__ import annotations

import pytest

from stream.core.settings import BadSetting, load
from stream.core.view import View
from tests.core.floor import ARRIVED_MS, T0_MS, Entity, history, partition, report, rows_of, status, ticket, value
from tests.core.test_against_oracle import differences

CUSTOMER = "customer.events"
HOUR, DAY = 3600, 86_400
MIDNIGHT = 14 * HOUR  # T0 is ten o'clock


def customer(name="k1"):
    """A customer."""
    return Entity(CUSTOMER, name)


def bought(who, at_s, amount, currency="EUR"):
    """A purchase."""
    return who("purchase.made", at_s, amount=amount, currency=currency)


def cost(name, at_s, amount, period):
    """A cost on record."""
    return Entity(CUSTOMER, name)("cost.recorded", at_s, scope="support", amount=amount, period=period)


def two_tickets(at_s=DAY):
    """Two tickets, one of them solved."""
    first, created = ticket("t1", at_s)
    return [created, status(first, at_s + HOUR, "new", "solved"), ticket("t2", at_s)[1]]


def floor_of(days=10):
    """Ten customers from the first day; one leaves for good, one comes back, one returns from before the window."""
    people = [customer(f"k{i}") for i in range(10)]
    events = [who("customer.acquired", i) for i, who in enumerate(people)]
    events += [people[0]("customer.churned", 3 * DAY), people[1]("customer.churned", 3 * DAY)]
    events += [people[1]("customer.reactivated", 4 * DAY), people[2]("customer.churned", HOUR)]
    events += [people[2]("customer.reactivated", 5 * DAY), customer("new")("customer.acquired", 6 * DAY)]
    return [*events, bought(customer("end"), days * DAY, 1)]


def in_window(events, days_from, days_to):
    """The rows between two midnights after the first day."""
    bounds = {
        "from_ms": T0_MS + (MIDNIGHT + days_from * DAY) * 1000,
        "to_ms": T0_MS + (MIDNIGHT + days_to * DAY) * 1000,
    }
    return report(events, **bounds)


def test_r39_who_comes_back_was_neither_lost_nor_new():
    """R39: of nine at the start one is lost; who left and came back is not, and who comes back from before is not new."""
    rows = in_window(floor_of(), 0, 8)
    assert value(rows, "churn_ratio") == pytest.approx(1 / 9)
    assert value(rows, "retention_ratio") == 1  # nine, less one, and one who came back


def test_r39_the_return_may_fall_into_the_next_window():
    """R39: whoever is not back by the end of the window is lost in it, and nobody is lost twice."""
    assert value(in_window(floor_of(), 1, 3), "churn_ratio") == pytest.approx(2 / 9)
    assert value(in_window(floor_of(), 3, 8), "churn_ratio") == 0


def test_r39_there_is_no_start_in_the_window_all():
    """R39: in the window all nobody was there at the start, so there is no row."""
    assert value(report(floor_of()), "churn_ratio") is None
    assert value(report(floor_of()), "retention_ratio") is None


def test_who_leaves_without_ever_having_come_is_in_no_number():
    """A churn of an unknown customer changes nothing; a second one of the same neither."""
    events = [
        *floor_of(),
        customer("stranger")("customer.churned", 4 * DAY),
        customer("k0")("customer.churned", 5 * DAY),
    ]
    assert value(in_window(events, 0, 8), "churn_ratio") == pytest.approx(1 / 9)


def purchases():
    """Two customers over exactly ten days: one buys twice."""
    a, b = customer("a"), customer("b")
    return [bought(a, 0, 10), bought(a, 5 * DAY, 30), bought(b, 10 * DAY, 20.5)]


def test_r38_the_value_of_a_customer():
    """R38: mean amount x purchases per buying customer and year x years; without a lifespan there is no row."""
    rows = report(purchases(), history("[kpis]\ncustomer_lifespan_years = 2"))
    assert value(rows, "customer_lifetime_value") == pytest.approx(60.5 / 3 * (3 / 2 * 36.5) * 2)
    assert value(report(purchases()), "customer_lifetime_value") is None


def test_s10_the_texts_form_takes_the_total():
    """S10: under its option the text's own formula multiplies the total of all purchases."""
    settings = history('[kpis]\ncustomer_lifespan_years = 2\nlifetime_value_form = "total"')
    assert value(report(purchases(), settings), "customer_lifetime_value") == pytest.approx(60.5 * (3 / 2 * 36.5) * 2)


def test_r38_buyers_are_those_of_the_window():
    """R38: who bought before the window and once in it is one buying customer of it."""
    settings = history("[kpis]\ncustomer_lifespan_years = 1")
    start, end = T0_MS + (MIDNIGHT + DAY) * 1000, T0_MS + (MIDNIGHT + 6 * DAY) * 1000
    rows = report(purchases(), settings, from_ms=start, to_ms=end)
    assert value(rows, "customer_lifetime_value") == pytest.approx(30 * 365 / 5)


def test_r37_the_fixed_cost_runs_over_the_opening_hours():
    """R37: without a schedule every hour counts, with one those that it is open."""
    events = [*two_tickets(), ticket("t3", 2 * DAY)[1]]
    rows = report(events, history("[kpis]\nfixed_cost_per_hour = 10"))
    assert value(rows, "cost_per_ticket") == pytest.approx(24 * 10 / 3)
    assert value(rows, "cost_per_resolution") == pytest.approx(240)
    office = '[kpis]\nfixed_cost_per_hour = 10\n[queues."*"]\nschedule = "office"\n[schedules.office]\nmon = ["09:00-17:00"]\n'
    assert value(
        report([ticket("t0", 0)[1], *events], history(office + 'tue = ["09:00-17:00"]')), "cost_per_ticket"
    ) == (pytest.approx((7 + 8) * 10 / 4))


def test_r37_recorded_costs_replace_where_they_cover():
    """R37: an amount is spread evenly over its period; there no fixed cost runs."""
    events = [*two_tickets(0), ticket("t3", 2 * DAY)[1]]
    recorded = cost("c1", HOUR, 480, "2025-12-02T10:00:00Z/2025-12-06T10:00:00Z")
    rows = report([*events, recorded], history("[kpis]\nfixed_cost_per_hour = 10"))
    assert value(rows, "cost_per_ticket") == pytest.approx((240 + 480 / 4) / 3)
    overlapping = cost("c2", HOUR, 100, "2025-12-01/2025-12-03")
    rows = report([*events, recorded, overlapping], history("[kpis]\nfixed_cost_per_hour = 10"))
    assert value(rows, "cost_per_ticket") == pytest.approx((480 / 4 + 100 * 38 / 48 + 10 * 0) / 3)


def test_r37_a_cost_that_is_recorded_after_the_window_counts():
    """R37: the bill of a month comes later; a report of that month has it."""
    late = cost("c1", 9 * DAY, 500, "2025-12-02/2025-12-04")
    bounds = {"from_ms": T0_MS + MIDNIGHT * 1000, "to_ms": T0_MS + (MIDNIGHT + 2 * DAY) * 1000}
    assert value(report([*two_tickets(), late], **bounds), "cost_per_ticket") == 250


def test_r37_a_report_without_a_beginning_costs_from_its_first_event_on():
    """R37, R45: what was spent before anything was told is in no report, whether or not an end of it is given."""
    events = [*two_tickets(0), cost("c1", 0, 96, "2025-12-01/2025-12-02"), ticket("t3", 3 * DAY)[1]]
    kpis, end = {"fixed_cost_per_hour": 10}, {"to_ms": T0_MS + (MIDNIGHT + 2 * HOUR) * 1000}
    toml = "[kpis]\nfixed_cost_per_hour = 10"
    assert value(report(events, history(toml), **end), "cost_per_ticket") == pytest.approx((96 * 14 / 24 + 2 * 10) / 2)
    assert not differences(events, toml, {"kpis": kpis}, **end)


def test_where_nothing_is_known_of_costs_there_is_no_row():
    """A cost of nothing would be a lie."""
    assert value(report(two_tickets()), "cost_per_ticket") is None


@pytest.mark.parametrize("period", ["2025-12-02", "2025-12-03/2025-12-02", "now/then", "2025-12-02/2025-12-02"])
def test_a_period_that_is_none_is_rejected(period):
    """R37: a period is an ISO 8601 interval of two moments, the earlier first."""
    part = partition(CUSTOMER, history())
    part.apply(rows_of([cost("c1", 0, 1, period)]))
    assert part.meta.rejected == {"wrong value": 1}


def test_r37_there_is_one_currency():
    """R37: what was paid in another currency than kpis.currency is rejected, not added."""
    part = partition(CUSTOMER, history('[kpis]\ncurrency = "EUR"'))
    part.apply(rows_of([bought(customer("a"), 0, 1, "USD"), bought(customer("b"), 0, 1)]))
    assert (part.meta.rejected, part.meta.accepted) == ({"wrong value": 1}, 1)


@pytest.mark.parametrize(
    ("toml", "key"),
    [('currency = "euro"', "currency"), ("fixed_cost_per_hour = -1", "fixed_cost_per_hour"),
     ("customer_lifespan_years = 0", "customer_lifespan_years"), ('lifetime_value_form = "x"', "lifetime_value_form")],
)  # fmt: skip
def test_a_bad_setting_is_refused_by_its_key(toml, key):
    """Bad values of the business's options name the key."""
    with pytest.raises(BadSetting) as caught:
        load(f"[kpis]\n{toml}", {})
    assert caught.value.key == f"kpis.{key}"


def test_windows_of_a_day_at_least():
    """kpis.md 1D: shorter windows would mislead, so they have no rows; the longer ones see their own part."""
    settings = load("[kpis]\nfixed_cost_per_hour = 10\ncustomer_lifespan_years = 1", {}, {"time.horizon_hours": 0})
    parts = [partition(topic, settings) for topic in ("ticket.events", CUSTOMER)]
    parts[0].apply(rows_of(two_tickets(0)))
    a = customer("a")
    parts[1].apply(rows_of([bought(a, -DAY, 5), bought(a, 0, 7)]))
    view = View(settings)
    for part in parts:
        for key, row in part.changed_aggregates(ARRIVED_MS, wide=True):
            view.put(key, row)
    now_ms = T0_MS + 2 * HOUR * 1000
    found = {
        w: {r.kpi: r.value for r in view.rows(w, now_ms, kpi="customer_lifetime_value")}
        for w in ("5m", "1h", "today", "7d")
    }
    assert found["5m"] == found["1h"] == {}
    assert found["today"]["customer_lifetime_value"] == pytest.approx(7 * 365 * 24 / 12)
    assert found["7d"]["customer_lifetime_value"] == pytest.approx(12 * 365 * 24 / (6 * 24 + 12))
    assert [r.value for r in view.rows("today", now_ms, kpi="cost_per_ticket")] == [pytest.approx(60)]


def test_the_judge_agrees():
    """The same events by SQL, for a floor of customers, purchases and costs that overlap."""
    events = [*floor_of(), *purchases(), *two_tickets(), cost("c1", HOUR, 480, "2025-12-02/2025-12-06")]
    events += [cost("c2", HOUR, 99.99, "2025-12-05T12:00:00+01:00/2025-12-07")]
    kpis = {"fixed_cost_per_hour": 10, "customer_lifespan_years": 3}
    toml = "[kpis]\n" + "\n".join(f"{name} = {number}" for name, number in kpis.items())
    assert not differences(events, toml, {"kpis": kpis})
    bounds = {"from_ms": T0_MS + MIDNIGHT * 1000, "to_ms": T0_MS + (MIDNIGHT + 7 * DAY) * 1000}
    assert not differences(events, toml, {"kpis": kpis}, **bounds)


def paid(name, rate, *spans, team="phones"):
    """An agent with a loaded rate an hour who is online over the spans (from, to in seconds)."""
    agent = Entity("agent.events", name, team=team)
    events = [agent("agent.profile_changed", spans[0][0] - 1, cost_rate=rate)]
    for start, end in spans:
        events += [agent("agent.logged_in", start), agent("agent.logged_out", end)]
    return events


def test_r37_loaded_rates_run_while_agents_are_online():
    """R37, R32: rate x time online, breaks included; where a recorded cost covers the day, it replaces them."""
    events = [*two_tickets(0), *paid("a1", 30, (HOUR, 3 * HOUR)), *paid("a2", 50.5, (2 * HOUR, 3 * HOUR))]
    on_break = Entity("agent.events", "a1", source="another")
    events.append(on_break("agent.status_changed", 2 * HOUR, status="lunch", **{"class": "custom"}))
    assert value(report(events), "cost_per_ticket") == pytest.approx((60 + 50.5) / 2)
    covered = cost("c1", 0, 99, "2025-12-01/2025-12-02")
    tomorrow = paid("a3", 10, (DAY, DAY + HOUR))
    rows = report([*events, *tomorrow, covered])
    assert value(rows, "cost_per_ticket") == pytest.approx((99 * 14 / 24 + 10) / 2)


def test_r37_another_rate_holds_from_its_own_time():
    """R37: a raise costs from then on, in any order of arrival; a rate of nothing costs nothing."""
    agent = Entity("agent.events", "a1", team="phones")
    events = [agent("agent.logged_in", 0), agent("agent.profile_changed", 0, cost_rate=20)]
    events += [
        agent("agent.profile_changed", HOUR, cost_rate=40),
        agent("agent.profile_changed", 2 * HOUR, cost_rate=0),
    ]
    events.append(agent("agent.logged_out", 5 * HOUR))
    for arrived in (events, events[::-1]):
        assert value(report([*two_tickets(0), *arrived]), "cost_per_ticket") == 30


def test_r39_a_return_follows_only_what_the_window_has():
    """R39: a window that begins in the middle of a day: who left earlier that day and came back in it was not lost in it,
    whoever left in it was.
    """
    gone, back = customer("k0"), customer("k1")
    events = [who("customer.acquired", n) for n, who in enumerate((gone, back, customer("k2")))]
    events += [
        back("customer.churned", HOUR),
        back("customer.reactivated", 3 * HOUR),
        gone("customer.churned", 3 * HOUR),
    ]
    start, end = T0_MS + 2 * HOUR * 1000, T0_MS + 5 * HOUR * 1000
    rows = report([*events, bought(customer("end"), 6 * HOUR, 1)], from_ms=start, to_ms=end)
    assert value(rows, "churn_ratio") == 1 / 2


def test_r37_what_will_end_has_not_ended_yet():
    """R37: an agent with heartbeats costs until now, whenever silence would make him unknown."""
    a = Entity("agent.events", "a1", team="phones")
    beat = a("agent.snapshot", 0, status="ready", since=T0_MS, contacts=[], capacity={})
    events = [a("agent.profile_changed", 0, cost_rate=36), beat, ticket("t1", 100)[1]]
    assert value(report(events), "cost_per_ticket") == pytest.approx(1.0)
    assert value(report([*events, ticket("t2", 1000)[1]]), "cost_per_ticket") == pytest.approx(3.6 / 2)
