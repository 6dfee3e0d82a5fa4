"""The KPIs of agents, by team: what they do, and how much of their time it takes."""

from __future__ import annotations

from collections.abc import Iterator

from stream.core.facts import KINDS
from stream.core.forms import Kpi, Measure, Sample, ratio
from stream.core.moment import FULL, NOT_ONLINE, STATES

HOUR_S = 3600
_ONLINE = tuple(f"in_{state}" for state in STATES if state not in NOT_ONLINE)
_ROUTABLE = ("in_busy", "in_idle", "in_ringing", "in_ringing_on_break")
_HEARTBEAT = ("kpis.heartbeat_seconds",)


def _agents(m: Measure) -> Iterator[Sample]:
    counts = {state: m.inside_now(KINDS[f"in_{state}"]) for state in STATES}
    total = sum(counts.values())
    yield "value", total, total, {"state": None}
    for state, number in counts.items():
        yield "value", number, number, {"state": state}


def _seconds(m: Measure, *kinds: str) -> float:
    """Time spent in intervals, all agents together."""
    return sum(m.inside_ms(KINDS[kind]) for kind in kinds) / 1000


def _worked(m: Measure) -> float:
    return _seconds(m, "in_busy", "in_idle")


def _routable(m: Measure) -> float:
    return _worked(m) + _seconds(m, "in_ringing") - _seconds(m, "in_ringing_on_break")


def _used(m: Measure) -> float:
    """Busy time, each contact by its share of the agent's capacity (R34)."""
    return (m.inside_ms(KINDS["in_busy"]) * FULL - m.inside_ms(KINDS["in_spare_capacity"])) / FULL / 1000


def _paid(m: Measure) -> float:
    """Productive planned time on the days that a shift covers, else time online (R32c)."""
    return _seconds(m, *_ONLINE) - _seconds(m, "in_online_covered") + _seconds(m, "in_productive")


def _hours(m: Measure) -> tuple[float, float]:
    hours = _seconds(m, *_ONLINE) / HOUR_S
    return hours, hours


def _occupied(m: Measure) -> tuple[float, float]:
    """S8: the amount of time of which occupancy is the share."""
    hours = _seconds(m, "in_busy") / HOUR_S
    return hours, hours


def _busy(m: Measure) -> Iterator[Sample]:
    yield "value", *_occupied(m), {}


def _staffed(m: Measure) -> Iterator[Sample]:
    yield "value", *_hours(m), {}


def _chat_parts(m: Measure) -> tuple[float, float]:
    """Now: open chats and agents online; in a window: the time of both (R16)."""
    if m.is_now:
        return m.inside_now(KINDS["in_chats"]), sum(m.inside_now(KINDS[kind]) for kind in _ONLINE)
    return _seconds(m, "in_chats"), _seconds(m, *_ONLINE)


def _chats(m: Measure) -> Iterator[Sample]:
    chats, online = _chat_parts(m)
    if online > 0:
        yield "value", chats / online, online, {}


AGENT_KPIS: tuple[Kpi, ...] = (
    Kpi(
        "agents",
        "agents",
        "agent",
        "level",
        "agents by their one state by precedence",
        tuple(f"in_{s}" for s in STATES),
        "R30, R31, R33; Amazon Connect",
        _agents,
        live=True,
        dimensions=("team", "state"),
        knobs=_HEARTBEAT,
    ),
    ratio(
        "occupancy_ratio",
        "agent",
        "busy / (busy + idle): on contact and after-call work against available",
        lambda m: (_seconds(m, "in_busy"), _worked(m)),
        "in_busy",
        "in_idle",
        source="Amazon Connect; K17, K18",
        dimensions=("team",),
    ),
    Kpi(
        "occupied_hours",
        "hours",
        "agent",
        "count",
        "busy time: on contact and after-call work",
        ("in_busy",),
        "S8; K17, K18",
        _busy,
        dimensions=("team",),
        parts=_occupied,
    ),
    ratio(
        "capacity_occupancy_ratio",
        "agent",
        "capacity used / routable time: a contact uses 1 / capacity of its channel, at most all of an agent",
        lambda m: (_used(m), _routable(m)),
        *_ROUTABLE,
        "in_spare_capacity",
        source="R34; our own, for several chats at once",
        dimensions=("team",),
    ),
    ratio(
        "utilization_ratio",
        "agent",
        "(busy + idle) / paid: productive planned time on a day that a shift covers, else time online",
        lambda m: (_worked(m), _paid(m)),
        "in_busy",
        "in_idle",
        *_ONLINE,
        "in_online_covered",
        "in_productive",
        source="R32c; Assembled: productive or available / paid",
        dimensions=("team",),
    ),
    ratio(
        "adherence_ratio",
        "agent",
        "planned time in the planned state / planned time: routable or on a contact, or a break or offline",
        lambda m: (_seconds(m, "in_adherence"), _seconds(m, "in_planned")),
        "in_adherence",
        "in_planned",
        source="R32b; a changed shift changes the past, as in Amazon Connect",
        dimensions=("team",),
    ),
    Kpi(
        "staffed_hours",
        "hours",
        "agent",
        "count",
        "time online, breaks included",
        _ONLINE,
        "R32",
        _staffed,
        dimensions=("team",),
        knobs=_HEARTBEAT,
        parts=_hours,
    ),
    Kpi(
        "concurrent_chats",
        "chats",
        "agent",
        "ratio",
        "open chats / agents online; over a window chat time / time online",
        ("in_chats", *_ONLINE),
        "R16",
        _chats,
        live=None,
        dimensions=("team",),
        parts=_chat_parts,
    ),
)
