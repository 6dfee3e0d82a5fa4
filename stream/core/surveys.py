"""The partitions of surveys: what customers say belongs to queues, what employees say to their teams."""

from __future__ import annotations

from typing import TYPE_CHECKING

from stream.core.entities import Entities
from stream.core.survey import ANSWERABLE_MS, EMPLOYEES, Survey
from topics import events as ev

if TYPE_CHECKING:
    from stream.core.lifecycle import Record, Step
    from stream.core.panes import Scope


class Surveys(Entities):
    """Responses by id. In the log of an employee's answer the team stands in the queue's place."""

    def _step_of(self, event: ev.Event) -> Step:
        if isinstance(event, ev.Survey) and event.kind in EMPLOYEES:
            return self.lifecycle.step_of(event, self.names.name("team", event.team), "")
        return super()._step_of(event)

    def _place(self, record: Record, step: Step) -> Scope:
        if step[6] not in EMPLOYEES:
            return self._queue_of(record, step[4], step[5])
        held = record.scope.place if record.scope is not None else None
        team = step[4] or (held.name if held is not None and held.family == "employees" else "")
        return self.scope("employees", team, "")

    def _recall(self, step: Step) -> None:
        if step[6] in EMPLOYEES:
            self.names.name("team", step[4])
        else:
            super()._recall(step)

    def _is_closed(self, record: Record, kept_ms: int) -> bool:
        """An answer is still expected of what was sent."""
        waits = isinstance(record, Survey) and record.sent and not record.answered
        return not waits or record.newest + ANSWERABLE_MS < kept_ms
