"""Strategies for the events of surveys (any response, possible or not, of one kind) and of customers."""

from __future__ import annotations

from hypothesis import strategies as st

from tests.core.floor import Entity, ticket

SURVEY, CUSTOMER = "survey.events", "customer.events"
HALF_DAY = 43_200
SCALES = {
    "csat": ((1, 5), (1, 3), (1, 10), (0, 100)), "esat": ((1, 5),), "ces": ((1, 7), (1, 5)),
    "nps": ((0, 10), (1, 10)), "enps": ((0, 10),),
}  # fmt: skip


@st.composite
def survey_events(draw, name):
    """Any events of a response: sent, answered, rated again, expired, taken back, revoked; some out of scale."""
    kind = draw(st.sampled_from(tuple(SCALES)))
    entity = Entity(SURVEY, name, kind=kind)
    events = []
    for _ in range(draw(st.integers(1, 6))):
        at = draw(st.integers(0, 30))
        place = draw(
            st.sampled_from(({}, {"queue": "billing", "channel": "chat"}, {"queue": "sales"}, {"channel": "mail"}))
        )
        team = draw(st.sampled_from(({}, {"team": "phones"}, {"team": "chat"})))
        what = draw(st.integers(0, 9))
        if what <= 1:
            events.append(entity("survey.sent", at, **place, **team))
        elif what <= 6:
            low, high = draw(st.sampled_from(SCALES[kind]))
            score = draw(st.integers(low, high + (draw(st.integers(0, 9)) == 0)))
            scale = {"scale_min": low, "scale_max": high, "higher_is_better": draw(st.booleans())}
            events.append(entity("survey.answered", at, score=score, **scale, **place, **team))
        elif what == 7:
            events.append(entity("survey.expired", at, **place))
        elif what == 8 and draw(st.booleans()):
            events.append(entity("survey.revoked", at))
        elif events:
            number = draw(st.integers(1, entity.made))
            events.append(entity("correction.retract", at, corrects_event_id=f"{name}:{number}"))
    return events


@st.composite
def opinions(draw):
    """The events of several responses."""
    return [e for i in range(draw(st.integers(1, 14))) for e in draw(survey_events(f"s{i}"))]


@st.composite
def customer_events(draw, name, step_s=1):
    """Any life of a customer, possible or not, in twelve steps of time; purchases; costs on record."""
    entity = Entity(CUSTOMER, name)
    events = []
    for _ in range(draw(st.integers(1, 7))):
        at = draw(st.integers(0, 12)) * step_s + (len(events) / 1000 if step_s > 1 else 0)  # R51 is not the matter
        what = draw(st.integers(0, 9))
        if what <= 4:
            kind = draw(st.sampled_from(("acquired", "churned", "churned", "reactivated", "reactivated")))
            events.append(entity(f"customer.{kind}", at))
        elif what <= 7:
            amount = draw(st.sampled_from((0, 0.005, 19.99, 1000)))
            events.append(entity("purchase.made", at, amount=amount, currency="EUR"))
        elif what == 8:
            start, length = draw(st.integers(1, 5)), draw(st.integers(1, 3))
            period = f"2025-12-0{start}/2025-12-0{start + length}T12:00:00+01:00"
            amount = draw(st.integers(0, 500))
            events.append(entity("cost.recorded", at, scope="support", amount=amount, period=period))
        elif events:
            events.append(
                entity("correction.retract", at, corrects_event_id=f"{name}:{draw(st.integers(1, entity.made))}")
            )
    return events


@st.composite
def business(draw):
    """The events of some customers, and a ticket that cost something."""
    events = [e for i in range(draw(st.integers(1, 4))) for e in draw(customer_events(f"k{i}", HALF_DAY))]
    return [e for e in events if b'"correction.' not in e[2]] + [ticket(at_s=2 * HALF_DAY)[1]]
