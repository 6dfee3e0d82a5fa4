"""Strategies for the events of surveys: any response, possible or not, of one kind."""

from __future__ import annotations

from hypothesis import strategies as st

from tests.core.floor import Entity

SURVEY = "survey.events"
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
