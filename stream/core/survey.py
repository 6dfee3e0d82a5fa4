"""The lifecycle of a survey, and the facts that it yields: one response a record.

A response counts once, with its newest answer: who rates again takes the former rating back. Whoever has a survey
revoked takes all of it back (R35d): it is void.

Scores come on their own scales and in their own direction. They are counted as whole thousandths of points, higher is
better, on the scale that the KPI is known by (S4, R35b, R35c): satisfaction 1 to 5, effort 1 (hard) to 7 (easy),
promoters as they are, 0 to 10.

What customers say belongs to the queue and channel in force. What employees say belongs to their team, a place of its
own, which no row of a queue can be set against (R36).
"""

from __future__ import annotations

from stream.core.days import HOUR_MS
from stream.core.facts import KINDS, Fact
from stream.core.lifecycle import Facts, Lifecycle, Record
from topics import events as ev

EMPLOYEES = frozenset(("enps", "esat"))
ANSWERABLE_MS = 30 * 24 * HOUR_MS
PROMOTER, DETRACTOR = 9000, 6000
EASY, HARD = 6000, 3000
SENT, RESPONDED = KINDS["surveys_sent"], KINDS["surveys_responded"]


class Survey(Record, gc=False):
    """A response's derived state: when it was sent (0: never), whether an answer came, the facts of the last one."""

    sent: int = 0
    answered: bool = False
    rating: tuple[Fact, ...] = ()


def sent(r: Survey, at: int, kind: str, _b: str, _c: str, out: Facts) -> None:
    if r.sent or kind in EMPLOYEES:
        return
    r.sent = at
    out.append((r.scope, SENT, at, 0, 1))
    if r.answered:  # the answer has the earlier stamp: clocks differ
        out.append((r.scope, RESPONDED, at, 0, 1))


def answered(r: Survey, at: int, kind: str, points: str, _c: str, out: Facts) -> None:
    for fact in r.rating:
        out.append((*fact[:4], -1))
    if r.scope is None:
        raise AssertionError("every survey has a place")
    counted = _counted(kind, int(points), r.scope.terms.good_points)
    r.rating = tuple((r.scope, KINDS[name], at, value, 1) for name, value in counted)
    for fact in r.rating:
        out.append(fact)
    if r.sent and not r.answered and at - r.sent <= ANSWERABLE_MS:
        out.append((r.scope, RESPONDED, at, 0, 1))
    r.answered = True


def _counted(kind: str, points: int, good: int) -> list[tuple[str, int]]:
    """What an answer counts as: (kind of fact, value)."""
    found = [(kind, points)]
    if kind in ("csat", "esat") and points >= good:
        found.append((f"{kind}_good", 0))
    elif kind == "ces" and not HARD < points < EASY:
        found.append(("ces_easy" if points >= EASY else "ces_hard", 0))
    elif kind in ("nps", "enps") and not DETRACTOR < points < PROMOTER:
        found.append((f"{kind}_promoters" if points >= PROMOTER else f"{kind}_detractors", 0))
    return found


def points_of(e: ev.SurveyAnswered) -> int:
    """The score in thousandths of points, higher is better, on the scale of its kind's KPI."""
    low, high = e.scale_min, e.scale_max
    if e.kind in ("nps", "enps"):
        return _thousandths(e.score if e.higher_is_better else low + high - e.score)
    share = (e.score - low) / (high - low) if e.higher_is_better else (high - e.score) / (high - low)
    return _thousandths(1 + (6 if e.kind == "ces" else 4) * share)


def _thousandths(points: float) -> int:
    return int(points * 1000 + 0.5)


SURVEY = Lifecycle(
    record=Survey,
    order=ev.SURVEY_EVENTS,
    states=1,
    table={(0, ev.SurveySent): sent, (0, ev.SurveyAnswered): answered},
    arguments={
        ev.SurveySent: lambda e: (e.kind, "", ""),
        ev.SurveyAnswered: lambda e: (e.kind, str(points_of(e)), ""),
        ev.SurveyExpired: lambda e: (e.kind, "", ""),
        ev.SurveyRevoked: lambda e: (e.kind, "", ""),
    },
    void=(ev.SurveyRevoked,),
    placeless=True,
)
