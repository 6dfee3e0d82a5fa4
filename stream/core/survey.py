"""The lifecycle of a survey: its events are kept, deduplicated, in its record; facts come with the KPIs that need
them.
"""

from __future__ import annotations

from stream.core.lifecycle import Lifecycle, Record
from topics import events as ev


class Survey(Record, gc=False):
    """A survey's record."""


SURVEY = Lifecycle(record=Survey, order=ev.SURVEY_EVENTS, table={}, states=1, arguments={})
