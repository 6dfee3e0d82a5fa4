"""Scenarios of what people say and what it is worth: surveys, customers, costs."""

from __future__ import annotations

from stream.sources.line import Line
from stream.sources.scenarios_tickets import changed, ticket_of
from stream.sources.scene import HOUR, Entity, Scenario, moment

SURVEYS, CUSTOMERS = "survey.events", "customer.events"
DAY = 24 * HOUR
SUPPORT = {"queue": "support", "channel": "chat"}
STAFF = {"team": "phones"}


def _answers(
    kind: str, scores: tuple[int, ...], scale: tuple[int, int], place: dict[str, str], *, is_asked: bool = False
) -> list[Line]:
    """Responses with these scores; ``is_asked``: each was sent, and one more that nobody answers."""
    lines = []
    for n, score in enumerate(scores):
        response, at_s = Entity(SURVEYS, f"o-{kind}{n}"), 10 * HOUR + n
        answer = {"score": score, "scale_min": scale[0], "scale_max": scale[1], "higher_is_better": True}
        if is_asked:
            lines.append(response("survey.sent", 9 * HOUR + n, kind=kind, **place))
        lines.append(response("survey.answered", at_s, kind=kind, **answer, **place))
    if is_asked:
        lines.append(Entity(SURVEYS, f"o-{kind}-silent")("survey.sent", 9 * HOUR, kind=kind, **place))
    return lines


def scenario_i() -> list[Line]:
    """Answers 9, 10, 8 and 3 of 0 to 10."""
    return _answers("nps", (9, 10, 8, 3), (0, 10), SUPPORT)


def scenario_opinions() -> list[Line]:
    """Customers who are satisfied or not, who had it easy or hard; employees, in a group of five."""
    return [
        *_answers("csat", (5, 4, 2), (1, 5), SUPPORT, is_asked=True),
        *_answers("ces", (7, 6, 2), (1, 7), SUPPORT),
        *_answers("enps", (10, 9, 9, 8, 3), (0, 10), STAFF),
        *_answers("esat", (5, 4, 4, 2, 1), (1, 5), STAFF),
    ]


def scenario_business() -> list[Line]:
    """Ten customers from Monday on; on Tuesday one leaves and one comes, three purchases of two of them, four tickets,
    two of them solved, at a cost of 240.
    """
    people = [Entity(CUSTOMERS, f"y-customer{n}") for n in range(11)]
    lines = [who("customer.acquired", 9 * HOUR + n) for n, who in enumerate(people[:10])]
    lines += [people[0]("customer.churned", DAY + 9 * HOUR), people[10]("customer.acquired", DAY + 9 * HOUR)]
    for who, at_h, amount in ((1, 10, 10), (2, 11, 30), (1, 12, 20)):
        lines.append(people[who]("purchase.made", DAY + at_h * HOUR, amount=amount, currency="EUR"))
    period = f"{moment(DAY)}/{moment(2 * DAY)}"
    lines.append(Entity(CUSTOMERS, "y-cost")("cost.recorded", DAY, scope="support", amount=240, period=period))
    for n in range(4):
        ticket, created = ticket_of(f"y-ticket{n}", DAY + 9 * HOUR)
        lines += [created, *([changed(ticket, DAY + 10 * HOUR, "new", "solved", "a1")] if n < 2 else [])]
    return lines


TUESDAY = (float(DAY), float(2 * DAY))
LIFESPAN = "[kpis]\ncustomer_lifespan_years = 2\n"
OPINION_SCENARIOS = (
    Scenario(
        "i", "promoters less detractors, passives among the answers", scenario_i,
        (("net_promoter_score", "value", SUPPORT, 25),),
    ),
    Scenario(
        "s3", "the text's score: passives are no answers (S3)", scenario_i,
        (("net_promoter_score", "value", SUPPORT, 100 / 3),), toml='[kpis]\nnet_promoter_passives = "left_out"',
    ),
    Scenario(
        "opinions", "what customers and employees say", scenario_opinions,
        (
            ("csat_ratio", "value", SUPPORT, 2 / 3),
            ("csat_mean", "value", SUPPORT, 11 / 3),
            ("survey_response_ratio", "value", SUPPORT, 3 / 4),
            ("customer_effort_index", "value", SUPPORT, 100 / 3),
            ("customer_effort_mean", "value", SUPPORT, 5),
            ("employee_net_promoter_score", "value", STAFF, 40),
            ("employee_satisfaction_ratio", "value", STAFF, 3 / 5),
        ),
    ),
    Scenario(
        "s4", "the text's effort: 1 (easy) to 5 (hard), lower is easier (S4)", scenario_opinions,
        (("customer_effort_index", "value", SUPPORT, -100 / 3), ("customer_effort_mean", "value", SUPPORT, 7 / 3)),
        toml='[kpis]\ncustomer_effort_form = "ces_1"',
    ),
    Scenario(
        "business", "a day's costs, customers lost and kept, what one is worth", scenario_business,
        (
            ("cost_per_ticket", "value", {}, 240 / 4),
            ("cost_per_resolution", "value", {}, 240 / 2),
            ("churn_ratio", "value", {}, 1 / 10),
            ("retention_ratio", "value", {}, 9 / 10),
            ("customer_lifetime_value", "value", {}, 20 * 3 / 2 * 365 * 2),
        ),
        toml=LIFESPAN, window=TUESDAY,
    ),
    Scenario(
        "s10", "the text's lifetime value: the total of all purchases (S10)", scenario_business,
        (("customer_lifetime_value", "value", {}, 60 * 3 / 2 * 365 * 2),),
        toml=f'{LIFESPAN}lifetime_value_form = "total"', window=TUESDAY,
    ),
)  # fmt: skip
