"""The recording rules: what alerts and boards read more than once."""

from __future__ import annotations

from collections.abc import Iterator

from deploy.rules.model import Pace, Record, increased, rated, shown
from stream.core.metrics import WINDOWS

QC = ("queue", "channel", "job")
# Sloth's windows for an objective of 30 days.
DELAY_WINDOWS = ("5m", "30m", "1h", "2h", "6h", "1d", "3d")
BURN_WINDOWS = tuple(window for window in WINDOWS if window != "15m")
DELAYS = ("processing_delay", "event_delay")
SLOW_LE = "10.0"  # seconds within which an event should be visible: an edge of the distribution
# 1 - objective where the objective is 1: nothing may be missed, but a burn rate must be a number.
SMALLEST_BUDGET = 0.01
# The highest possible burn rate is 1 / (1 - objective). A threshold is at most nine tenths of it.
REACHABLE = 0.9
# Who could take a contact now or after the one that they are busy with; on a break or away nobody can.
SERVING = "available|on_contact|acw|ringing"


def burn(window: str) -> str:
    """How many times as fast as the objective allows the service level's budget is used."""
    return f"queue_channel:support_service_level:burn{window}"


def over(delay: str, window: str) -> str:
    """The share of events with more than ten seconds of a delay."""
    return f"job:support_pipeline_{delay}_over_10s_per_events:ratio_rate{window}"


def service_records(pace: Pace) -> Iterator[Record]:
    """Of queues and channels: what the board shows, once, whatever the number of boards."""
    yield Record("queue_channel:support_contacts_waiting:max", shown(pace, "contacts_waiting"), QC)
    yield Record("queue_channel:support_queue_open:max", shown(pace, "queue_open"), QC)
    oldest = shown(pace, "oldest_contact_queued_timestamp_seconds").replace("max without", "min without", 1)
    yield Record(
        "queue_channel:support_oldest_wait_seconds:max",
        # A queue that has emptied has no such moment any more: the one of before is not looked back at.
        f"clamp_min(time() - {oldest}, 0)\nand queue_channel:support_contacts_waiting:max > 0",
        QC,
    )
    budget = f"clamp_min(1 - {shown(pace, 'service_level_objective_ratio')}, {SMALLEST_BUDGET})"
    for window in BURN_WINDOWS:
        level = shown(pace, "service_level_ratio", "window", window=window)
        yield Record(burn(window), f"(1 - {level})\n/ {budget}", QC)
        decided = shown(pace, "service_level_decided", "window", window=window)
        yield Record(
            f"queue_channel:support_service_level_decided:sum{window}", f"sum without (result) ({decided})", QC
        )
    yield Record("queue_channel:support_service_level:burn_reachable", f"{REACHABLE} / {budget}", QC)
    here = shown(pace, "agents", state=f"~{SERVING}")
    yield Record("team:support_agents_serving:sum", f"sum without (state) ({here})", ("team", "job"))
    teams = shown(pace, "queue_team")
    yield Record(
        "queue_channel:support_agents_serving:sum",
        # Of its teams; where the configuration does not name them, of all teams.
        f"sum without (team) ({teams} * on (team, job) group_left () team:support_agents_serving:sum)\n"
        "or\nqueue_channel:support_contacts_waiting:max * 0\n"
        "+ on (job) group_left () sum without (team) (team:support_agents_serving:sum)",
        QC,
    )
    backlog = shown(pace, "backlog_tickets")
    yield Record("queue:support_backlog_tickets:sum", f"sum without (age) ({backlog})", ("queue", "job"))


def pipeline_records(pace: Pace) -> Iterator[Record]:
    """Of the pipeline: how late events are shown, what waits, how long it will take."""
    for delay in DELAYS:
        name, of = f"pipeline_{delay}_seconds", ("job", "instance", "pod")
        for window in DELAY_WINDOWS:
            quick = rated(pace, f"{name}_bucket", window, "topic", "le", le=SLOW_LE)
            every = rated(pace, f"{name}_count", window, "topic")
            yield Record(over(delay, window), f"1 - {quick}\n/ ({every} > 0)", of[:1])
    yield Record(
        "topic:support_pipeline_lag_messages:sum",
        "sum without (instance, pod, partition) (support_pipeline_partition_lag_messages)",
        ("topic", "job"),
    )
    yield Record(
        "topic:support_pipeline_events:rate5m",
        rated(pace, "pipeline_events_total", "5m", "outcome", outcome="~accepted|duplicate|late|rejected"),
        ("topic", "job"),
    )
    yield Record(
        "topic:support_pipeline_drain_seconds:max",
        "topic:support_pipeline_lag_messages:sum\n/ topic:support_pipeline_events:rate5m",
        ("topic", "job"),
    )
    for outcome in ("rejected", "late"):
        some = increased(pace, "pipeline_events_total", "15m", "outcome", outcome=outcome)
        yield Record(f"topic:support_pipeline_events_{outcome}:increase15m", some, ("topic", "job"))


def groups(pace: Pace) -> dict[str, list[Record]]:
    """File -> its rules, in the order in which they need each other."""
    return {"service": list(service_records(pace)), "pipeline": list(pipeline_records(pace))}


RECORDS: dict[str, Record] = {record.name: record for group in groups(Pace()).values() for record in group}
