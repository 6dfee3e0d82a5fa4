"""The wallboard: what do we do right now? One column for each queue, one row for each number; green, amber, red by the
queue's own promises. Data age first: an old number is no number.
"""

from __future__ import annotations

from grafana.frame import board, variable
from grafana.look import CALM, DATA_AGE, DEFAULTS, LEVEL, Steps, steps, verdict
from grafana.panels import NO_VALUE, Panel, Query, colour_from, plain, repeated, tile
from grafana.queries import age, level, series

UID = "deskpulse-wallboard"
WINDOW = "30m"
NOBODY: Steps = ((None, LEVEL["crit"]), (1, LEVEL["ok"]))  # whether anybody is free at all


def _worst(name: str, *, lowest: bool = False, **where: str) -> str:
    """The worst of a queue's channels."""
    return f"{'min' if lowest else 'max'} by (queue) ({series(name, queue='$queue', **where)})"


def _judged(panel: Panel, kpi: str, value: str, target: str) -> Panel:
    return colour_from(panel, verdict(value, target, DEFAULTS[kpi], "queue"))


def _data_age() -> Panel:
    panel = tile(
        "Data age",
        "Seconds since the workers last published, of the partition that is longest silent. Red: the numbers below are "
        "old, whatever they say.",
        "s",
        [Query(age("", "pipeline_last_published_timestamp_seconds"), "data age")],
        (6, 5),
        steps(DATA_AGE),
        filled=True,
        spark=False,
        decimals=0,
    )
    return panel.no_value("NO DATA")


def _available() -> Panel:
    return tile(
        "Agents available",
        "Agents who could take a contact now, by team. Red: nobody is free.",
        "short",
        [Query(level("team", "agents", state="available"), "{{team}}")],
        (18, 5),
        NOBODY,
        filled=True,
        spark=False,
        decimals=0,
        names=True,
    )


def _service_level() -> Panel:
    value = _worst("service_level_ratio", lowest=True, window=WINDOW)
    panel = tile(
        "$queue · service level",
        "Share answered within the target over the last 30 minutes, the worst of the queue's channels; green from the "
        "queue's objective on.",
        "percentunit",
        [Query(value, "service level")],
        (6, 7),
        steps(DEFAULTS["service_level_ratio"]),
        filled=True,
        decimals=0,
    )
    objective = f"max by (queue) ({series('service_level_objective_ratio', queue='$queue')})"
    return repeated(_judged(panel, "service_level_ratio", value, objective), "queue")


def _longest_wait() -> Panel:
    value = age("queue", "oldest_contact_queued_timestamp_seconds", queue="$queue")
    panel = tile(
        "$queue · longest wait",
        "How long the customer who waits longest has been waiting; a dash: nobody waits. Red beyond the longest wait "
        "that the queue accepts.",
        "dthms",
        [Query(value, "longest wait")],
        (6, 6),
        steps(DEFAULTS["oldest_wait_seconds"]),
        filled=True,
        decimals=0,
    )
    return repeated(_judged(panel, "oldest_wait_seconds", value, _worst("longest_wait_max_seconds")), "queue")


def _waiting() -> Panel:
    value = f"sum by (queue) ({level('queue, channel', 'contacts_waiting', queue='$queue')})"
    panel = tile(
        "$queue · waiting",
        "Customers in the queue now, all channels together.",
        "short",
        [Query(value, "waiting")],
        (6, 5),
        decimals=0,
    )
    return repeated(plain(panel, CALM), "queue")


def _abandoned() -> Panel:
    value = _worst("abandonment_ratio", window=WINDOW)
    panel = tile(
        "$queue · abandoned",
        "Share of customers who gave up over the last 30 minutes, without short abandons; red beyond the limit.",
        "percentunit",
        [Query(value, "abandoned")],
        (6, 5),
        steps(DEFAULTS["abandonment_ratio"]),
        filled=True,
        decimals=1,
    )
    return repeated(_judged(panel, "abandonment_ratio", value, _worst("abandonment_max_ratio")), "queue")


def made() -> str:
    """The board as JSON."""
    queue = variable("queue", "Queue", f"label_values({series('contacts_waiting')}, queue)")
    return board(
        UID,
        "Wallboard",
        f"What to do right now, for the wall. Ratios are of the last 30 minutes; {NO_VALUE} is no value, never 0.",
        [_data_age(), _available(), _service_level(), _longest_wait(), _waiting(), _abandoned()],
        [queue],
        refresh="5s",
        since="now-1h",
    )
