"""The KPIs of queues and of handling: what becomes of contacts, how long they wait, how long agents work on them."""

from __future__ import annotations

from typing import get_args

from stream.core.facts import KINDS
from stream.core.forms import Kpi, Measure, count, count_by, duration, members, oldest, ratio
from stream.core.handling import TRANSFERS
from stream.core.sections import Formula
from stream.core.waiting import FLOW_OUTS, MISSES


def _answered(m: Measure) -> int:
    return m.n(KINDS["answered"]) + m.n(KINDS["answered_untimed"])


def _abandoned(m: Measure) -> int:
    return m.n(KINDS["abandoned"]) + m.n(KINDS["abandoned_untimed"])


def _flowed_out(m: Measure) -> int:
    return m.n(KINDS["flowed_out"]) + m.n(KINDS["flowed_out_untimed"])


def _decided(m: Measure) -> int:
    return _answered(m) + _abandoned(m) + _flowed_out(m)


FORMULAS: tuple[str, ...] = get_args(Formula)


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


_WAITS = ("answered", "abandoned", "flowed_out")
_FORMULA = ("service_level.formula", "queues.*.answer_target_seconds", "service_level.short_abandon_seconds")
QUEUE_KPIS: tuple[Kpi, ...] = (
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
    count_by(
        "contacts_flowed_out",
        "contacts",
        "contact",
        "contacts that left the queue by a rule, by reason",
        "reason",
        {reason: (f"flowed_out_{reason}",) for reason in FLOW_OUTS},
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
    count_by(
        "service_level_decided",
        "contacts",
        "contact",
        "met: answered within the target; missed: waited past it, also who still waits, or abandoned before, not short",
        "reason",
        {"met": ("answered_met",), "missed": ("overdue", "abandoned_early")},
        source="R05a; each contact once, when it is decided: flow-outs within the target are not",
        knobs=_FORMULA[1:],
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
    count_by(
        "offers_missed",
        "offers",
        "contact",
        "offers that an agent did not take, by reason",
        "reason",
        {reason: (f"missed_{reason}",) for reason in MISSES},
        source="R15; Amazon Connect: agent non-response, once per offer",
    ),
    count(
        "hold_abandons",
        "contacts",
        "contact",
        "customers who hung up while on hold",
        "hold_abandoned",
        source="S2, R14; Amazon Connect",
    ),
    count_by(
        "transfers",
        "contacts",
        "contact",
        "contacts that an agent gave away, by kind",
        "reason",
        {kind: (f"transferred_{kind}",) for kind in TRANSFERS},
        source="Amazon Connect: contacts transferred out",
    ),
    ratio(
        "transfer_ratio",
        "contact",
        "transfers / answered",
        lambda m: (sum(m.n(kind) for kind in TRANSFERS.values()), _answered(m)),
        *(f"transferred_{kind}" for kind in TRANSFERS),
        "answered",
        source="kpis.md 1A: transferred out / handled",
    ),
    count(
        "callbacks_requested",
        "requests",
        "contact",
        "customers who asked to be called back; leaving the queue then is no abandon",
        "callbacks_requested",
        source="K5; Amazon Connect",
    ),
)
