"""The KPIs of tickets and of what is said in chats, as data (``stream.core.kpis`` has the whole catalogue)."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from stream.core.facts import KINDS
from stream.core.forms import Kpi, Measure, Sample, count, duration, members, oldest, ratio
from stream.core.moment import STATES as AGENT_STATES

HOUR_MS = 3_600_000
AGE_BANDS = (("under_1h", 0), ("1h_to_24h", HOUR_MS), ("24h_to_72h", 24 * HOUR_MS), ("over_72h", 72 * HOUR_MS))
UNSOLVED = ("new", "open", "pending", "on_hold")
NO_PRIORITY = "none"
_ONLINE = tuple(KINDS[f"in_{state}"] for state in AGENT_STATES if state not in ("offline", "unknown"))
_FIRST_CONTACT = (
    "kpis.first_contact_window_days",
    "kpis.first_contact_denominator",
    "kpis.first_contact_form",
)
_FIRST_RESPONSE = ("kpis.first_response_start", "kpis.first_response_denominator", "queues.*.schedule")
_PER_HOUR = ("kpis.per_hour_denominator",)


def _backlog(m: Measure) -> Iterator[Sample]:
    """By status, by age, by priority: three ways to look at it, never crossed (R03)."""
    ages: list[int] = []
    states, priorities = dict.fromkeys(UNSOLVED, 0), dict[str, int]()
    for part, since in m.parts("backlog"):
        state, _, priority = part.partition("/")
        ages += [max(0, m.now_ms - at) for at in since]
        states[state] += len(since)
        priorities[priority or NO_PRIORITY] = priorities.get(priority or NO_PRIORITY, 0) + len(since)
    bands = dict.fromkeys((band for band, _ in AGE_BANDS), 0)
    for age in ages:
        bands[next(band for band, low in reversed(AGE_BANDS) if low <= age)] += 1
    total = {"state": None, "age": None, "priority": None}
    yield "value", len(ages), len(ages), total
    for dimension, numbers in (("state", states), ("age", bands), ("priority", dict(sorted(priorities.items())))):
        for name, number in numbers.items():
            yield "value", number, number, {**total, dimension: name}


def _solved(m: Measure) -> int:
    return m.n(KINDS["solved"]) + m.n(KINDS["solved_untimed"])


def _first_solved(m: Measure) -> int:
    return m.n(KINDS["first_solved"]) + m.n(KINDS["first_solved_untimed"])


def _first_contact(kept: str, lost: str, of: Callable[[Measure], int]) -> Callable[[Measure], tuple[float, float]]:
    """What holds for the tickets themselves, less those whose customer came back; of the resolved or of all (S7)."""

    def parts(m: Measure) -> tuple[float, float]:
        received = m.options.first_contact_denominator == "received"
        return m.n(KINDS[kept]) - m.n(KINDS[lost]), m.n(KINDS["tickets_created"]) if received else of(m)

    return parts


def _per_ticket(m: Measure) -> int | None:
    """S5: the text divides by all tickets, also those that nobody has answered."""
    return m.n(KINDS["tickets_created"]) if m.options.first_response_denominator == "created" else None


def _per_solved(kind: str) -> Callable[[Measure], tuple[float, float]]:
    return lambda m: (m.total_ms(KINDS[kind]), _solved(m))


def _hours(m: Measure) -> float:
    """Hours that agents were online (R32), or those of the clock (S9)."""
    if m.options.per_hour_denominator == "clock":
        return m.length_ms() / HOUR_MS
    staff = m.over("team")
    return sum(staff.inside_ms(kind) for kind in _ONLINE) / HOUR_MS


def _per_hour(name: str, formula: str, number: Callable[[Measure], float], *inputs: str, source: str) -> Kpi:
    """A number of tickets per hour: who works for which queue is not known, so only over everything."""

    def compute(m: Measure) -> Iterator[Sample]:
        hours = _hours(m)
        if hours > 0:
            yield "value", number(m) / hours, hours, {}

    def parts(m: Measure) -> tuple[float, float]:
        return number(m), _hours(m)

    return Kpi(
        name, "tickets/hour", "ticket", "ratio", formula, inputs, source, compute,
        knobs=_PER_HOUR, overall=True, dimensions=(), parts=parts,
    )  # fmt: skip


TICKET_KPIS: tuple[Kpi, ...] = (
    count("tickets_created", "tickets", "ticket", "tickets created or split off", "tickets_created", source="R20, R21"),
    count(
        "tickets_solved",
        "tickets",
        "ticket",
        "solves not taken back by a reopen",
        "solved",
        "solved_untimed",
        source="R22, R22b",
    ),
    duration(
        "first_response_seconds",
        "any",
        "first answer of a human agent - first customer message (FRT)",
        "first_response",
        "first_response_with_bot",
        source="K7, K8, R17, S5; Intercom",
        knobs=_FIRST_RESPONSE,
        clocks=True,
        divisor=_per_ticket,
    ),
    duration(
        "first_response_human_seconds",
        "any",
        "the same, but from the hand-off or from the reopen after a bot where there was one",
        "first_response",
        "first_response_human",
        source="K7, R18; Chatwoot",
        knobs=_FIRST_RESPONSE,
        clocks=True,
        divisor=_per_ticket,
    ),
    duration(
        "next_reply_seconds",
        "any",
        "answer - oldest unanswered customer message, after the first",
        "next_reply",
        source="R19; Zendesk",
        knobs=("queues.*.schedule",),
        clocks=True,
    ),
    duration(
        "requester_wait_seconds",
        "ticket",
        "time in new, open and on hold, of the whole life, at the solve that stands",
        "requester_wait",
        source="S11, R48; Zendesk: requester wait",
        knobs=("queues.*.schedule",),
        clocks=True,
    ),
    duration(
        "first_resolution_seconds",
        "ticket",
        "first solve - creation; a reopen changes nothing",
        "first_solved",
        source="Zendesk: first resolution; R22",
        knobs=("queues.*.schedule",),
        clocks=True,
    ),
    duration(
        "full_resolution_seconds",
        "ticket",
        "last solve - creation",
        "solved",
        source="Zendesk: full resolution; R22",
        knobs=("queues.*.schedule",),
        clocks=True,
    ),
    ratio(
        "resolution_ratio",
        "ticket",
        "solved / created; more than 1 when the backlog shrinks",
        lambda m: (_solved(m), m.n(KINDS["tickets_created"])),
        "solved",
        "solved_untimed",
        "tickets_created",
        source="S6",
    ),
    count("reopens", "reopens", "ticket", "changes from solved or closed to unsolved", "reopens", source="K16, R23"),
    ratio(
        "reopen_ratio",
        "ticket",
        "tickets reopened at least once / tickets solved at least once, each at its first time",
        lambda m: (m.n(KINDS["first_reopened"]), _first_solved(m)),
        "first_reopened",
        "first_solved",
        "first_solved_untimed",
        source="R23",
    ),
    ratio(
        "first_contact_resolution_ratio",
        "ticket",
        "tickets whose window of first contact is over: resolved at first contact / all of them",
        _first_contact(
            "first_contact_confirmed", "recontacted_confirmed", lambda m: m.n(KINDS["first_contact_judged"])
        ),
        "first_contact_confirmed",
        "recontacted_confirmed",
        "first_contact_judged",
        source="S6, S7, K15, K16, R24",
        knobs=_FIRST_CONTACT,
    ),
    ratio(
        "first_contact_resolution_ratio_provisional",
        "ticket",
        "tickets solved for the first time: resolved at first contact as far as is known / all of them",
        _first_contact("first_contact_provisional", "recontacted", _first_solved),
        "first_contact_provisional",
        "recontacted",
        "first_solved",
        "first_solved_untimed",
        source="K15, K16, R24",
        knobs=_FIRST_CONTACT,
    ),
    count(
        "closed_unreplied",
        "tickets",
        "ticket",
        "solves whose customer never had an answer",
        "closed_unreplied",
        source="K10",
    ),
    ratio(
        "agent_touches_per_ticket",
        "ticket",
        "actions of agents of the kinds that are touches, per solved ticket, of its whole life",
        _per_solved("touches"),
        "touches",
        "solved",
        source="R25; Zendesk: touches",
        knobs=("kpis.touch_kinds",),
    ),
    ratio(
        "replies_per_ticket",
        "ticket",
        "public messages of agents and customers per solved ticket, of its whole life, without the creation",
        _per_solved("replies"),
        "replies",
        "solved",
        source="R25",
    ),
    ratio(
        "assignments_per_ticket",
        "ticket",
        "different agents, or groups where no agent is named, per solved ticket",
        _per_solved("assignments"),
        "assignments",
        "solved",
        source="R25, R25b; Intercom: count of assignments",
    ),
    _per_hour(
        "tickets_handled_per_hour",
        "tickets with their first action of an agent (message, note, status, look) / hours that agents were online",
        lambda m: m.n(KINDS["tickets_handled"]),
        "tickets_handled",
        source="S9, R32",
    ),
    _per_hour(
        "tickets_solved_per_hour",
        "solves not taken back by a reopen / hours that agents were online",
        _solved,
        "solved",
        "solved_untimed",
        source="S9, R32",
    ),
    Kpi(
        "backlog_tickets",
        "tickets",
        "ticket",
        "level",
        "unsolved tickets now, by status, age or priority",
        ("backlog",),
        "R03, R26",
        _backlog,
        live=True,
        dimensions=("queue", "channel", "state", "age", "priority"),
    ),
    members(
        "unassigned_tickets", "tickets", "ticket", "unsolved tickets that no agent has", "unassigned", "R27; kpis.md 1B"
    ),
    members(
        "unreplied_tickets",
        "tickets",
        "ticket",
        "unsolved tickets whose customer waits for a first answer",
        "unreplied",
        "kpis.md 1B",
    ),
    oldest(
        "oldest_unreplied_seconds",
        "ticket",
        "now - start of the oldest unanswered first response",
        "unreplied",
        "kpis.md 1B",
    ),
)
