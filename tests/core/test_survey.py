"""Surveys: scales, directions, re-ratings, what is revoked, and what must not be shown of few employees."""

from __future__ import annotations

import orjson
import pytest

from stream.core.settings import BadSetting, load
from tests.core.floor import Entity, history, partition, report, rows_of, value

SURVEY = "survey.events"


def survey(entity_id="s1", kind="csat", **common):
    """A response."""
    return Entity(SURVEY, entity_id, kind=kind, **common)


def score(response, at_s, points, low=1, high=5, *, better="higher", **fields):
    """An answer on a scale."""
    scale = {"scale_min": low, "scale_max": high, "higher_is_better": better == "higher"}
    return response("survey.answered", at_s, score=points, **scale, **fields)


def answers(kind, scores, low=1, high=5, *, better="higher", **common):
    """One response each."""
    return [
        score(survey(f"{kind}{i}{common.get('team', '')}", kind, **common), i, points, low, high, better=better)
        for i, points in enumerate(scores)
    ]


def test_i_passives_stay_in_the_denominator():
    """Scenario I, S3: 9, 10, 8, 3 on 0 to 10 are +25: two promoters, one detractor, four answers."""
    rows = report(answers("nps", (9, 10, 8, 3), 0, 10))
    assert value(rows, "net_promoter_score") == 25
    assert next(r["count"] for r in rows if r["kpi"] == "net_promoter_score") == 4


def test_s3_the_texts_form_leaves_the_passives_out():
    """S3: under its option the text's own formula divides by promoters and detractors only."""
    settings = history('[kpis]\nnet_promoter_passives = "left_out"')
    assert value(report(answers("nps", (9, 10, 8, 3), 0, 10), settings), "net_promoter_score") == pytest.approx(100 / 3)
    assert value(report(answers("nps", (7, 8), 0, 10), settings), "net_promoter_score") is None


def test_s3_the_scale_from_one_is_the_surveys_own():
    """S3: a survey on 1 to 10, as the texts have it, says so; the same numbers are promoters and detractors."""
    assert value(report(answers("nps", (1, 6, 7, 9), 1, 10)), "net_promoter_score") == -25


def test_s4_direction_is_an_attribute_of_the_survey():
    """S4, R35c: CES 1.0 on 1 (easy) to 5 (hard) is turned and mapped to 1 to 7; then 6 is easy and 3 is hard."""
    old = answers("ces", (1, 2, 5), better="lower")  # 7, 5.5, 1
    assert value(report(old), "customer_effort_mean") == pytest.approx(4.5)
    assert value(report(old), "customer_effort_index") == 0
    new = answers("ces", (6, 7, 5, 3), 1, 7)
    assert value(report(new), "customer_effort_mean") == 5.25
    assert value(report(new), "customer_effort_index") == 25


def test_s4_the_texts_form_is_lower_is_easier():
    """S4: under its option effort is shown on 1 (easy) to 5 (hard), the mean of the scores as the text has it."""
    settings = history('[kpis]\ncustomer_effort_form = "ces_1"')
    rows = report(answers("ces", (1, 1, 5), better="lower"), settings)
    assert value(rows, "customer_effort_mean") == pytest.approx(7 / 3)
    assert value(rows, "customer_effort_index") == pytest.approx(-100 / 3)


@pytest.mark.parametrize(
    ("low", "high", "good", "poor"), [(1, 5, 4, 3), (1, 3, 3, 2), (1, 10, 8, 7), (0, 10, 7.5, 7), (0, 100, 75, 74)]
)
def test_r35a_good_is_three_quarters_of_the_scale(low, high, good, poor):
    """R35a: 4 of 1 to 5; on another scale the score at or above three quarters of it."""
    rows = report(answers("csat", (good, poor), low, high))
    assert value(rows, "csat_ratio") == 0.5


def test_r35a_what_is_good_can_be_set():
    """R35a: csat_good_from is on the scale that satisfaction is shown on."""
    assert value(report(answers("csat", (5, 4)), history("[kpis]\ncsat_good_from = 5")), "csat_ratio") == 0.5
    settings = history("[kpis]\ncsat_scale = [0, 100]\ncsat_good_from = 50")
    rows = report(answers("csat", (3, 2, 5)), settings)
    assert value(rows, "csat_ratio") == pytest.approx(2 / 3)
    assert value(rows, "csat_mean") == pytest.approx((50 + 25 + 100) / 3)


def test_r35b_other_scales_are_mapped_linearly():
    """R35b: the mean is on 1 to 5: 10 of 1 to 10 is 5, 2 of 1 to 3 is 3, a turned 1 of 1 to 5 is 5."""
    events = [
        *answers("csat", (10,), 1, 10), score(survey("b"), 5, 2, 1, 3), score(survey("c"), 6, 1, better="lower"),
    ]  # fmt: skip
    assert value(report(events), "csat_mean") == pytest.approx(13 / 3)


def test_a_new_rating_replaces():
    """kpis.md 1D: of two answers of one response the latest by event time holds, in any order of arrival."""
    response = survey(queue="billing", channel="chat")
    events = [score(response, 60, 5), score(response, 30, 1)]
    for arrived in (events, events[::-1]):
        rows = report(arrived)
        assert value(rows, "csat_mean", queue="billing", channel="chat") == 5
        assert [r["count"] for r in rows if r["kpi"] == "csat_mean"] == [1] * 4


def test_r35d_what_is_revoked_leaves_every_kpi():
    """R35d: the survey, sent and answered, is gone: also when the revocation comes first."""
    response, kept = survey("gone"), survey("kept")
    gone = [response("survey.sent", 0), score(response, 60, 1), response("survey.revoked", 90)]
    others = [kept("survey.sent", 0), score(kept, 60, 5)]
    for events in (gone + others, gone[::-1] + others):
        rows = report(events)
        assert (value(rows, "csat_mean"), value(rows, "survey_response_ratio")) == (5, 1)


def test_the_share_of_answered_surveys():
    """kpis.md 1D: answered / sent: a second answer, a second sending, an answer of what was never sent add nothing."""
    first, silent, unasked, expired = (survey(name) for name in ("first", "silent", "unasked", "expired"))
    events = [
        first("survey.sent", 0), first("survey.sent", 10), score(first, 60, 5), score(first, 90, 4),
        silent("survey.sent", 0), score(unasked, 5, 3),
        expired("survey.sent", 0), expired("survey.expired", 100), score(expired, 200, 3),
    ]  # fmt: skip
    rows = report(events)
    assert value(rows, "survey_response_ratio") == pytest.approx(2 / 3)
    late = [silent("survey.sent", 0), score(silent, 31 * 86_400, 5)]
    assert value(report(late), "survey_response_ratio") == 0


@pytest.mark.parametrize(
    ("kind", "points", "low", "high"),
    [("csat", 6, 1, 5), ("csat", 0, 1, 5), ("nps", 11, 0, 10), ("nps", 4, 1, 5), ("enps", 0, 1, 10), ("ces", 1, 7, 1),
     ("csat", 3, 3, 3)],
)  # fmt: skip
def test_what_is_out_of_its_scale_is_rejected(kind, points, low, high):
    """S3: a score beside its scale, a scale upside down, and promoters on another scale are a wrong value."""
    part = partition(SURVEY, history())
    part.apply(rows_of([score(survey(kind=kind), 0, points, low, high)]))
    assert part.meta.rejected == {"wrong value": 1}


@pytest.mark.parametrize(
    ("toml", "key"),
    [("csat_scale = [5, 1]", "kpis.csat_scale"), ("csat_scale = [1, 1]", "kpis.csat_scale"),
     ("csat_scale = [1]", "kpis.csat_scale"), ("csat_good_from = 6", "kpis.csat_good_from"),
     ("csat_good_from = 1", "kpis.csat_good_from"), ('net_promoter_passives = "no"', "kpis.net_promoter_passives"),
     ('customer_effort_form = "ces"', "kpis.customer_effort_form"), ("csat_scale = [1, inf]", "kpis.csat_scale")],
)  # fmt: skip
def test_a_bad_scale_is_refused_by_its_key(toml, key):
    """A score scale upside down, and what does not lie on it, names the setting."""
    with pytest.raises(BadSetting) as caught:
        load(f"[kpis]\n{toml}", {})
    assert caught.value.key == key


def test_places_of_what_customers_say():
    """R46: a score belongs to the queue and channel in force; one of no queue is in the sums only."""
    placed = survey("placed", queue="billing", channel="chat")
    rows = report([placed("survey.sent", 0), score(placed, 60, 5), score(survey("placeless"), 60, 3)])
    assert value(rows, "csat_mean", queue="billing", channel="chat") == 5
    assert value(rows, "csat_mean") == 4
    assert {r["queue"] for r in rows} == {"billing", None}
    assert not [r for r in rows if "team" in r]


def test_r36_few_answers_of_employees_are_not_shown():
    """R36: four answers have no row, the fifth shows them over everything."""
    assert value(report(answers("enps", (10,) * 4, 0, 10, team="phones")), "employee_net_promoter_score") is None
    rows = report(answers("enps", (10, 10, 10, 8, 0), 0, 10, team="phones"))
    assert value(rows, "employee_net_promoter_score", team=None) == 40
    assert value(rows, "employee_net_promoter_score", team="phones") == 40


@pytest.mark.parametrize("small", ["chat", None])
def test_r36_teams_are_shown_only_where_all_are_large_enough(small):
    """R36: one team of two answers hides every team, or its answers followed from the difference; so does one of none
    whose team is not known.
    """
    events = answers("esat", (5, 5, 5, 1, 1), team="phones")
    events += answers("esat", (1, 1), **({"team": small} if small else {}))
    rows = [r for r in report(events) if r["kpi"] == "employee_satisfaction_ratio"]
    assert [(r["team"], r["queue"], r["value"]) for r in rows] == [(None, None, 3 / 7)]
    rows = report(events + answers("esat", (4,) * 5, team="chat2")[:3])
    assert {r["team"] for r in rows} == {None}
    rows = report(answers("esat", (5, 5, 5, 1, 1), team="phones") + answers("esat", (4,) * 5, team="chat"))
    found = {r["team"]: r["value"] for r in rows}
    assert found == {None: 0.8, "phones": 0.6, "chat": 1}


def test_r36_no_row_of_a_queue_and_no_level_tells_of_employees():
    """R36: an employee's survey that names a queue leaves no trace in any queue's rows, nor in the response ratio."""
    events = answers("esat", (5,) * 5, team="phones", queue="billing", channel="chat")
    asked = survey("asked", "enps", team="phones", queue="billing", channel="chat")
    rows = report([*events, asked("survey.sent", 0)])
    assert {(r["kpi"], r["queue"], r["channel"]) for r in rows} == {("employee_satisfaction_ratio", None, None)}


def test_correcting_an_answer():
    """R47: an answer that is taken back was never given; the one before it holds again."""
    response = survey()
    first, second = score(response, 10, 2), score(response, 20, 5)
    back = response("correction.retract", 30, corrects_event_id=orjson.loads(second[2])["event_id"])
    assert value(report([first, second, back]), "csat_mean") == 2
