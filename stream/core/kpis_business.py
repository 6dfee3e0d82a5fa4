"""The KPIs of the business: what support costs, whom it keeps, what a customer is worth. Only over everything, and in
windows of at least a day: shorter ones would mislead.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from stream.core.accounts import HOUR_MS, recorded_in, spread, uncovered
from stream.core.facts import KINDS
from stream.core.forms import Kpi, Measure, ratio

WINDOWS = ("today", "24h", "yesterday", "7d", "28d", "all")
YEAR_MS = 365 * 24 * HOUR_MS


def cost_of(m: Measure) -> float:
    """What the window has cost (R37): recorded amounts, and where there are none rates x time and the fixed cost."""
    books = m.accounts()
    window = (books.start_ms, books.end_ms)
    costs = recorded_in(m.parts("recorded"))
    rest = uncovered(window, costs) if books.rest is None else list(books.rest)
    fixed = m.options.fixed_cost_per_hour * books.open_ms(rest) / HOUR_MS
    return spread(window, costs) + fixed + m.over("team").accounts().paid(rest)


def _per(kinds: tuple[str, ...]) -> Callable[[Measure], tuple[float, float]]:
    """The cost over what it was spent on; where nothing is known of costs there is none."""

    def parts(m: Measure) -> tuple[float, float]:
        cost = cost_of(m)
        return cost, sum(m.n(KINDS[kind]) for kind in kinds) if cost > 0 else 0

    return parts


def _cost_and(kinds: tuple[str, ...]) -> Callable[[Measure], tuple[float, float]]:
    """The same as a sum over records: each has its cost, or is one of what it was spent on."""
    return lambda m: (cost_of(m), sum(m.n(KINDS[kind]) for kind in kinds))


def _churn(m: Measure) -> tuple[float, float]:
    """R39: who comes back in the window in which they left was not lost."""
    books = m.accounts()
    lost = m.n(KINDS["customers_churned"]) - books.again("won_back")
    return lost, books.inside_at_start(KINDS["in_customers"])


def _retention(m: Measure) -> tuple[float, float]:
    """R39: (at the end - new) / at the start; who comes back is not new."""
    start = m.accounts().inside_at_start(KINDS["in_customers"])
    return start + m.n(KINDS["in_customers"]) - m.n(KINDS["customers_acquired"]), start


def _lifetime_value(m: Measure) -> tuple[float, float]:
    """R38, S10: mean amount (the text's form: total) x purchases a buying customer and year x years."""
    years, purchases = m.options.customer_lifespan_years, m.n(KINDS["purchase"])
    books = m.accounts()
    buyers, length_ms = purchases - books.again("bought_again"), books.end_ms - books.start_ms
    if years is None or buyers <= 0 or length_ms <= 0:
        return 0, 0
    amount = m.total_ms(KINDS["purchase"]) / 1000
    of_each = amount if m.options.lifetime_value_form == "total" else amount / purchases
    return of_each * purchases * (YEAR_MS / length_ms) * years, buyers


def _business(
    name: str,
    unit: str,
    formula: str,
    parts: Callable[[Measure], tuple[float, float]],
    *inputs: str,
    source: str,
    knobs: tuple[str, ...] = (),
    of_records: Callable[[Measure], tuple[float, float]] | None = None,
) -> Kpi:
    found = ratio(name, "any", formula, parts, *inputs, source=source, knobs=knobs, overall=True, windows=WINDOWS)
    return replace(found, unit=unit, dimensions=(), parts=of_records or parts)


_COST = ("kpis.fixed_cost_per_hour", "kpis.currency")
BUSINESS_KPIS: tuple[Kpi, ...] = (
    _business(
        "cost_per_ticket",
        "money",
        "cost / tickets created: recorded costs, else loaded rates x hours online + fixed cost x opening hours",
        _per(("tickets_created",)),
        "in_paid",
        "recorded",
        "tickets_created",
        source="R37; HDI: fully loaded cost / volume",
        knobs=_COST,
        of_records=_cost_and(("tickets_created",)),
    ),
    _business(
        "cost_per_resolution",
        "money",
        "cost / tickets solved",
        _per(("solved", "solved_untimed")),
        "in_paid",
        "recorded",
        "solved",
        "solved_untimed",
        source="R37; HDI",
        knobs=_COST,
        of_records=_cost_and(("solved", "solved_untimed")),
    ),
    _business(
        "churn_ratio",
        "ratio",
        "customers lost and not won back in the window / customers at its start",
        _churn,
        "customers_churned",
        "won_back",
        "in_customers",
        source="R39",
    ),
    _business(
        "retention_ratio",
        "ratio",
        "(customers at the end - newly acquired) / customers at the start",
        _retention,
        "customers_acquired",
        "in_customers",
        source="R39",
    ),
    _business(
        "customer_lifetime_value",
        "money",
        "mean purchase x purchases per buying customer and year x customer_lifespan_years",
        _lifetime_value,
        "purchase",
        "bought_again",
        source="S10, R38",
        knobs=("kpis.customer_lifespan_years", "kpis.lifetime_value_form", "kpis.currency"),
    ),
)
