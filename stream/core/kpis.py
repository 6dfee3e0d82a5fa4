"""The catalogue of KPIs: as data, and the only place where a KPI is named.

Commands, help texts, metrics, boards, documentation and tests are read from it. A KPI is computed from a ``Measure``:
what one place has measured in one window (``stream.core.forms``). Those of tickets are in
``stream.core.kpis_tickets``.
"""

from __future__ import annotations

from collections.abc import Iterator

from stream.core.agent import STATES
from stream.core.facts import KINDS
from stream.core.forms import Kpi, Measure, Sample, count, duration, members, oldest, ratio
from stream.core.kpis_tickets import TICKET_KPIS


def _agents(m: Measure) -> Iterator[Sample]:
    counts = {state: m.inside_now(KINDS[f"in_{state}"]) for state in STATES}
    total = sum(counts.values())
    yield "value", total, total, {"state": None}
    for state, number in counts.items():
        yield "value", number, number, {"state": state}


def _answered(m: Measure) -> int:
    return m.n(KINDS["answered"]) + m.n(KINDS["answered_untimed"])


def _abandoned(m: Measure) -> int:
    return m.n(KINDS["abandoned"]) + m.n(KINDS["abandoned_untimed"])


def _flowed_out(m: Measure) -> int:
    return m.n(KINDS["flowed_out"]) + m.n(KINDS["flowed_out_untimed"])


def _decided(m: Measure) -> int:
    return _answered(m) + _abandoned(m) + _flowed_out(m)


def service_level_parts(m: Measure, formula: str) -> tuple[int, int]:
    """(numerator, denominator) of the service level by the named formula (kpis.md K2, rulings R05)."""
    offered, met = m.n(KINDS["offered"]), m.n(KINDS["answered_met"])
    short, abandoned_met = m.n(KINDS["short_abandoned"]), m.n(KINDS["abandoned_met"])
    lost, lost_met = m.n(KINDS["lost_by_rule"]), m.n(KINDS["lost_by_rule_met"])
    parts = {
        "genesys": (met, _answered(m) + _abandoned(m) - short),
        "offered": (met, offered),
        "connect": (met + abandoned_met + m.n(KINDS["flowed_out_met"]), offered),
        "talkdesk": (met, offered - short),
        "twilio": (met, offered - short),
        "asterisk_sl": (m.n(KINDS["completed_met"]), m.n(KINDS["completed"])),
        "asterisk_sl2": (met + abandoned_met + lost_met, _answered(m) + _abandoned(m) + lost),
    }
    return parts[formula]


def _abandonment(m: Measure) -> tuple[int, int]:
    short = m.n(KINDS["short_abandoned"])
    return _abandoned(m) - short, m.n(KINDS["offered"]) - short


def _occupancy(m: Measure) -> tuple[float, float]:
    busy = m.inside_ms(KINDS["in_busy"])
    return busy / 1000, (busy + m.inside_ms(KINDS["in_idle"])) / 1000


_WAITS = ("answered", "abandoned", "flowed_out")
_FORMULA = ("service_level.formula", "queues.*.answer_target_seconds", "service_level.short_abandon_seconds")
_KPIS: tuple[Kpi, ...] = (
    count("contacts_offered", "contacts", "contact", "entries into the queue", "offered", source="Genesys: offered"),
    count(
        "contacts_answered",
        "contacts",
        "contact",
        "contacts that reached an agent",
        "answered",
        "answered_untimed",
        source="Amazon Connect: every connection to an agent",
    ),
    count(
        "contacts_abandoned",
        "contacts",
        "contact",
        "customers who left the queue themselves",
        "abandoned",
        "abandoned_untimed",
        source="S1: explicit abandons only",
        knobs=("kpis.resume_within_seconds",),
    ),
    count(
        "contacts_short_abandoned",
        "contacts",
        "contact",
        "abandons that waited at most the short limit",
        "short_abandoned",
        source="K1, R04",
        knobs=("service_level.short_abandon_seconds",),
    ),
    count(
        "contacts_flowed_out",
        "contacts",
        "contact",
        "contacts that left the queue by a rule",
        "flowed_out",
        "flowed_out_untimed",
        source="Genesys: flow-out; K4, K5, R08",
    ),
    members(
        "contacts_waiting", "contacts", "contact", "contacts in the queue now", "waiting", "Amazon Connect: in queue"
    ),
    oldest(
        "oldest_wait_seconds",
        "contact",
        "now - entry of the longest waiting contact",
        "waiting",
        "Twilio: age since queue entry",
    ),
    duration(
        "queue_wait_seconds", "contact", "wait from entry to any outcome", *_WAITS, source="Talkdesk: queue and ringing"
    ),
    duration(
        "answer_speed_seconds",
        "contact",
        "wait of the answered (ASA)",
        "answered",
        source="sum(wait of answered) / answered",
    ),
    duration(
        "time_to_abandon_seconds",
        "contact",
        "wait of the abandoned",
        "abandoned",
        source="Amazon Connect: abandon time",
    ),
    ratio(
        "abandonment_ratio",
        "contact",
        "(abandoned - short) / (offered - short)",
        _abandonment,
        "abandoned",
        "short_abandoned",
        "offered",
        source="Genesys, net of short abandons",
        knobs=("service_level.short_abandon_seconds",),
    ),
    ratio(
        "abandonment_gross_ratio",
        "contact",
        "abandoned / offered",
        lambda m: (_abandoned(m), m.n(KINDS["offered"])),
        "abandoned",
        "offered",
        source="Genesys",
    ),
    ratio(
        "abandonment_residual_ratio",
        "contact",
        "(decided - answered) / decided",
        lambda m: (_decided(m) - _answered(m), _decided(m)),
        *_WAITS,
        source="S1, R11: (received - handled) / received",
    ),
    ratio(
        "service_level_ratio",
        "contact",
        "contacts answered within the target, by the named formula",
        lambda m: service_level_parts(m, m.formula),
        "answered_met",
        "offered",
        "answered",
        "abandoned",
        source="K2, R05",
        knobs=_FORMULA,
    ),
    duration(
        "customer_wait_seconds",
        "contact",
        "the customer's waits of all segments of a contact together",
        "customer_wait",
        source="K3, R10; Twilio: wait until accepted",
    ),
    duration(
        "handle_seconds",
        "contact",
        "talk + hold + wrap-up of an agent segment (AHT)",
        "handle",
        source="Amazon Connect: AHT; R13",
    ),
    duration("talk_seconds", "contact", "time with an agent without hold", "talk", source="R12"),
    duration("hold_seconds", "contact", "time on hold, of segments that had any", "hold", source="Amazon Connect; R12"),
    duration("wrap_up_seconds", "contact", "after-call work, of segments that had any", "wrap_up", source="R12"),
    *TICKET_KPIS,
    Kpi(
        "agents",
        "agents",
        "agent",
        "level",
        "agents by their one state by precedence",
        tuple(f"in_{s}" for s in STATES),
        "R30, R31; Amazon Connect",
        _agents,
        live=True,
        dimensions=("team", "state"),
    ),
    ratio(
        "occupancy_ratio",
        "agent",
        "busy / (busy + idle): on contact and after-call work against available",
        _occupancy,
        "in_busy",
        "in_idle",
        source="Amazon Connect; K17, K18",
        dimensions=("team",),
    ),
)
CATALOGUE: dict[str, Kpi] = {kpi.name: kpi for kpi in _KPIS}
