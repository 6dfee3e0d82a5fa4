"""The alerts of the service: a person is woken for what customers feel, while the queue is open, and not for noise."""

from __future__ import annotations

from collections.abc import Iterator

from deploy.rules.model import Alert, Pace, shown
from deploy.rules.records import burn

KPI = "kpi"
OF_QUEUE = "var-queue={{ $labels.queue | urlquery }}&var-channel={{ $labels.channel | urlquery }}"
BOARD = f"deskpulse-service-level?{OF_QUEUE}"
PLACE = "{{ $labels.queue }} ({{ $labels.channel }})"
OPEN = "and queue_channel:support_queue_open:max == 1"
# So many contacts must be decided in the long window: of three, one is a third.
VOLUME = 20
FAST, SLOW = 3, 1.5
OLD_TICKETS, OLD_BANDS = 10, "24h_to_72h|over_72h"


def number(query: str, form: str) -> str:
    """A template that asks Prometheus for a number of the alert's queue and channel."""
    where = "queue=%q,channel=%q"
    selector = query.replace("{", "{" + where + ",").replace(",}", "}") if "{" in query else query + "{" + where + "}"
    asked = f"printf {_go(selector)} $labels.queue $labels.channel | query"
    return "{{ with " + asked + " }}{{ . | first | value | " + form + " }}{{ end }}"


def _go(text: str) -> str:
    return f"`{text}`"


TARGET = number("support_answer_target_seconds", "humanizeDuration")
OBJECTIVE = number("support_service_level_objective_ratio", "humanizePercentage")


def missed(window: str, words: str) -> str:
    """How much of the promise was kept in a window."""
    level = number(f'support_service_level_ratio{{window="{window}"}}', "humanizePercentage")
    return f"{level} {words}"


def _burn_alert(pace: Pace, name: str, factor: float, long: str, short: str, **rest: str) -> Alert:
    limit = f"clamp_max(queue_channel:support_service_level:burn_reachable, {factor:g})"
    return Alert(
        name,
        f"{burn(long)} > {limit}\nand {burn(short)} > {limit}\n"
        f"and queue_channel:support_service_level_decided:sum{long} >= {VOLUME}\n{OPEN}",
        rest["for_"], rest["severity"], KPI, "service_level",
        f"{PLACE} misses its service level",
        f"Answered within {TARGET}: {missed(short, rest['now'])}, {missed(long, rest['before'])}; "
        f'promised are {OBJECTIVE}. The miss is {{{{ $value | printf "%.1f" }}}} times what the promise allows.',
        BOARD,
        keep=pace("5m"),
    )  # fmt: skip


def service_level(pace: Pace) -> Iterator[Alert]:
    """The promise itself: how fast its budget is used (the SRE workbook's burn rates, over a business day)."""
    yield _burn_alert(
        pace, "SupportServiceLevelBurnFast", FAST, "1h", "5m", for_=pace("2m"), severity="critical",
        now="in the last 5 minutes", before="in the last hour",
    )  # fmt: skip
    yield _burn_alert(
        pace, "SupportServiceLevelBurnSlow", SLOW, "today", "30m", for_=pace("15m"), severity="warning",
        now="in the last 30 minutes", before="today",
    )  # fmt: skip


def queues(pace: Pace) -> Iterator[Alert]:  # long: a list of alerts, one after the other
    """What customers wait for."""
    yield Alert(
        "SupportLongestWaitExceeded",
        f"queue_channel:support_oldest_wait_seconds:max\n> {shown(pace, 'longest_wait_max_seconds')}\n{OPEN}",
        pace("1m"), "warning", KPI, "longest_wait",
        f"Somebody waits too long in {PLACE}",
        "The longest wait is {{ $value | humanizeDuration }}; accepted are "
        f"{number('support_longest_wait_max_seconds', 'humanizeDuration')}, the target is {TARGET}. "
        f"{number('support_contacts_waiting', 'humanize')} wait.",
        BOARD,
        keep=pace("2m"),
    )  # fmt: skip
    yield Alert(
        "SupportNoAgentAvailable",
        "queue_channel:support_contacts_waiting:max > 0\n"
        f"and queue_channel:support_agents_serving:sum == 0\n{OPEN}",
        pace("2m"), "critical", KPI, "staffing",
        f"Nobody is there to answer {PLACE}",
        "{{ $value | humanize }} wait and no agent of the queue's teams is online and off a break; "
        f"the target is {TARGET}.",
        "deskpulse-agents",
        keep=pace("2m"),
    )  # fmt: skip
    yield Alert(
        "SupportAbandonmentHigh",
        f"{shown(pace, 'abandonment_ratio', 'window', window='30m')}\n> {shown(pace, 'abandonment_max_ratio')}\n"
        f"and {shown(pace, 'contacts_offered', 'window', window='30m')} >= {VOLUME}\n{OPEN}",
        pace("5m"), "warning", KPI, "abandonment",
        f"Customers give up in {PLACE}",
        "{{ $value | humanizePercentage }} of the contacts of the last 30 minutes were abandoned; accepted are "
        f"{number('support_abandonment_max_ratio', 'humanizePercentage')}.",
        BOARD,
        keep=pace("5m"),
    )  # fmt: skip
    old = shown(pace, "backlog_tickets", age=f"~{OLD_BANDS}")
    yield Alert(
        "SupportBacklogGrowing",
        f"deriv(queue:support_backlog_tickets:sum[{pace('1h')}]) * 3600 > 1\n"
        f"and sum without (age) ({old}) > {OLD_TICKETS}",
        pace("30m"), "info", KPI, "backlog",
        "The backlog of {{ $labels.queue }} grows",
        'It grows by {{ $value | printf "%.0f" }} tickets an hour, and more than '
        f"{OLD_TICKETS} tickets are older than a day.",
        "deskpulse-service-level?var-queue={{ $labels.queue | urlquery }}",
    )  # fmt: skip
