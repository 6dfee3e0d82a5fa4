"""The events of surveys, keyed by the response's id.

A score says its own scale and its direction, so that nothing has to be known about the survey. What does not fit its
scale, and a scale that is upside down, is refused here: ``wrong value``.
"""

from __future__ import annotations

from typing import Annotated, Literal

from msgspec import Meta

from topics.events.envelope import Event

SurveyKind = Literal["csat", "nps", "ces", "enps", "esat"]
SCALE_MAX = 1_000_000
Score = Annotated[float, Meta(ge=-SCALE_MAX, le=SCALE_MAX)]
# Promoters and detractors are cut out of these scales by number: another scale has none.
PROMOTER_SCALES = ((0, 10), (1, 10))


class Survey(Event, kw_only=True):
    """What every event of a survey says: its kind, and where known whom and what it is about."""

    kind: SurveyKind
    contact_id: str | None = None
    ticket_id: str | None = None
    agent_id: str | None = None


class SurveySent(Survey, tag="survey.sent", kw_only=True):
    """A survey was sent."""


class SurveyAnswered(Survey, tag="survey.answered", kw_only=True):
    """A survey was answered: a score on a scale from scale_min to scale_max, of nps and enps 0 or 1 to 10. Answered
    again, the newest answer holds.
    """

    score: Score
    scale_min: Score
    scale_max: Score
    higher_is_better: bool
    comment_ref: str | None = None

    def __post_init__(self) -> None:
        if not self.scale_min < self.scale_max:
            raise ValueError(f"Invalid scale: from {self.scale_min:g} to {self.scale_max:g} is upside down")
        if not self.scale_min <= self.score <= self.scale_max:
            raise ValueError(
                f"Invalid score: {self.score:g} is outside its scale {self.scale_min:g} to {self.scale_max:g}"
            )
        if self.kind in ("nps", "enps") and (self.scale_min, self.scale_max) not in PROMOTER_SCALES:
            raise ValueError(f"Invalid scale: {self.kind} goes from 0 (or 1) to 10")


class SurveyExpired(Survey, tag="survey.expired", kw_only=True):
    """A survey can be answered no more."""


class SurveyRevoked(Survey, tag="survey.revoked", kw_only=True):
    """A survey and its answer count nowhere."""


SURVEY_EVENTS: tuple[type[Event], ...] = (SurveySent, SurveyAnswered, SurveyExpired, SurveyRevoked)
