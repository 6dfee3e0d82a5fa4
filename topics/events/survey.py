"""The events of surveys, keyed by the response's id."""

from __future__ import annotations

from typing import Literal

from topics.events.envelope import Event

SurveyKind = Literal["csat", "nps", "ces", "enps", "esat"]


class Survey(Event, kw_only=True):
    """What every event of a survey says: its kind, and where known whom and what it is about."""

    kind: SurveyKind
    contact_id: str | None = None
    ticket_id: str | None = None
    agent_id: str | None = None


class SurveySent(Survey, tag="survey.sent", kw_only=True):
    """A survey was sent."""


class SurveyAnswered(Survey, tag="survey.answered", kw_only=True):
    """A survey was answered."""

    score: float
    scale_min: float
    scale_max: float
    higher_is_better: bool
    comment_ref: str | None = None


class SurveyExpired(Survey, tag="survey.expired", kw_only=True):
    """A survey can be answered no more."""


class SurveyRevoked(Survey, tag="survey.revoked", kw_only=True):
    """A survey and its answer count nowhere."""


SURVEY_EVENTS: tuple[type[Event], ...] = (SurveySent, SurveyAnswered, SurveyExpired, SurveyRevoked)
