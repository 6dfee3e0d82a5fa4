"""What scenarios are made of: the events of an entity on one day, and a scenario with the rows that it must give."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import orjson

from stream.sources.line import Line

DAY_MS = 1_764_547_200_000  # 2025-12-01T00:00:00Z, a Monday
MINUTE = 60
HOUR = 3600
CALLS, CHATS, TICKETS, AGENTS = "call.events", "chat.events", "ticket.events", "agent.events"


def moment(at_s: float) -> str:
    """Seconds after midnight of the scenario's day as ISO 8601."""
    return datetime.fromtimestamp(DAY_MS / 1000 + at_s, UTC).isoformat()


class Entity:
    """Makes the lines of one entity; times are seconds after midnight of the scenario's day."""

    def __init__(self, topic: str, name: str) -> None:
        self._topic, self._name, self._made = topic, name, 0

    def __call__(self, kind: str, at_s: float, /, **fields: Any) -> Line:
        """One event."""
        self._made += 1
        at_ms = DAY_MS + round(at_s * 1000)
        event = {
            "event_id": f"{self._name}:{self._made}", "type": kind, "schema_version": 1, "source": "scenario",
            "occurred_at": at_ms, "entity_id": self._name, **fields,
        }  # fmt: skip
        return Line(self._topic, self._name.encode(), orjson.dumps(event), at_ms)


@dataclass(frozen=True, slots=True)
class Scenario:
    """``expected``: rows (kpi, stat, further conditions) and their values; ``window``: [from, to) in seconds, or
    all.
    """

    name: str
    about: str
    lines: Callable[[], list[Line]]
    expected: tuple[tuple[str, str, dict[str, Any], float], ...]
    toml: str = ""
    window: tuple[float, float] | None = None
    further: dict[str, Any] = field(default_factory=dict)

    def expected_in_words(self) -> str:
        """The answers on one line."""
        return ", ".join(f"{kpi} {value:g}" for kpi, _, _, value in self.expected)
