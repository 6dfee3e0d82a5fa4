"""Random days of agents: heartbeats with contacts, shifts, capacities, breaks, silence; a report equals the judge."""

from __future__ import annotations

from random import Random
from typing import Any

import orjson
import pytest

from stream.core.kpis import CATALOGUE
from stream.sources.line import Line
from tests.end.floors import AGENTS, Life, contact
from tests.end.judging import HOUR_MS, MONDAY_MS, Arrival, differences

DAY_S = 3 * 3600
KPIS = frozenset(name for name, kpi in CATALOGUE.items() if kpi.family == "agent") | {"events:"}


class Day:
    """One agent's own events, no two at one moment."""

    def __init__(self, random: Random, name: str) -> None:
        self._random, self._name = random, name
        self._taken: set[int] = set()
        self.lines: list[Line] = []

    def say(self, kind: str, at_s: int, **fields: Any) -> None:
        """One event; some name the team."""
        if at_s in self._taken:
            return
        self._taken.add(at_s)
        at_ms = MONDAY_MS + at_s * 1000
        team = self._random.choice(("phones", "chat", None))
        event = {
            "event_id": f"{self._name}:{len(self.lines)}", "type": kind, "schema_version": 1, "source": "floor",
            "occurred_at": at_ms, "entity_id": self._name, **({"team": team} if team else {}), **fields,
        }  # fmt: skip
        self.lines.append(Line("agent.events", self._name.encode(), orjson.dumps(event), at_ms))

    def beats(self, at_s: int, contacts: list[str]) -> None:
        """Some heartbeats, two minutes apart, that mostly say the same."""
        pick, number = self._random.choice, self._random.randint
        listed = [
            {
                "contact_id": pick((*contacts, "nobody", "noone")),
                "channel": pick(("voice", "chat")),
                "state": pick(("CONNECTED", "CONNECTED", "connecting", "ended", "missed")),
                "since": MONDAY_MS + number(max(0, at_s - 900), at_s) * 1000,
            }
            for _ in range(number(0, 3))
        ]
        since = MONDAY_MS + number(max(0, at_s - 300), at_s) * 1000
        status, capacity = (
            pick(("available", "Available", "ready", "lunch", "offline")),
            pick(({}, {"chat": 3}, {"chat": 2})),
        )
        for n in range(number(1, 8)):
            still = listed if number(0, 3) else []
            self.say("agent.snapshot", at_s + n * 120, status=status, since=since, contacts=still, capacity=capacity)

    def live(self, contacts: list[str]) -> None:
        """Up to fourteen things happen, in any order."""
        number, pick = self._random.randint, self._random.choice
        has_heartbeats = number(0, 2) > 0
        for _ in range(number(1, 14)):
            at_s, kind = number(0, DAY_S), number(0, 9)
            if kind < 3:
                status = {
                    "status": pick(("x", "error", "on_contact")),
                    "class": pick(("routable", "custom", "offline")),
                }
                self.say("agent.status_changed", at_s, **status)
            elif kind < 6 and has_heartbeats:
                self.beats(at_s, contacts)
            elif kind == 6:
                self.say("agent.profile_changed", at_s, capacity={"chat": number(0, 10)})
            elif kind == 7:
                start = MONDAY_MS + number(0, DAY_S) * 1000
                end = start + number(0, 2 * 3600) * 1000
                self.say("shift.scheduled", at_s, start=start, end=end, activity="x", productive=number(0, 1) == 1)
            else:
                self.say(pick(("agent.logged_in", "agent.logged_out")), at_s)


def floor(random: Random) -> list[Arrival]:
    """Contacts and agents, in any order of arrival, some events twice."""
    lines: list[Line] = []
    names = [f"{random.choice(('call', 'chat'))}-{n}" for n in range(random.randint(3, 12))]
    for name in names:
        topic = f"{name[:4]}.events"
        life = Life(random, topic, name, 0.0)
        contact(life, topic)
        lines += life.lines
    for agent in AGENTS:
        day = Day(random, agent)
        day.live(names)
        lines += day.lines
    lines += random.choices(lines, k=len(lines) // 10)
    random.shuffle(lines)
    return [Arrival(MONDAY_MS + 40 * HOUR_MS + n, line) for n, line in enumerate(lines)]


def _differs(seed: int) -> list[str]:
    random = Random(seed)
    arrivals = floor(random)
    toml = random.choice(("", '[time]\nzone = "America/New_York"', "[kpis]\nheartbeat_seconds = 60"))
    edges = sorted(MONDAY_MS + random.randint(0, DAY_S) * 1000 for _ in range(2))
    window = random.choice(({}, {"from_ms": edges[0], "to_ms": edges[1] + 1}, {"to_ms": edges[0]}))
    return [line for line in differences(arrivals, toml, **window) if line.split()[0] in KPIS]


@pytest.mark.parametrize("seed", range(4))
def test_a_random_day_of_agents_equals_the_judge(seed: int):
    """R16, R30-R34: the seconds of every state, share and plan, whole and cut."""
    assert _differs(seed) == []


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(4, 84))
def test_many_random_days_of_agents_equal_the_judge(seed: int):
    """The same, many times."""
    assert _differs(seed) == []
