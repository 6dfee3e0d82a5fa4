"""Pipeline health, for engineers: rate, errors and duration of the events (RED), then use, saturation and errors of
what works on them (USE).
"""

from __future__ import annotations

from deploy.rules.records import SLOW_LE
from grafana.frame import board, row, variable
from grafana.look import CALM, DATA_AGE, LINE, OUTCOME, QUIET, Steps, steps
from grafana.panels import Panel, Query, coloured, dashed, density, lines, plain, stacked, table, tile
from grafana.processes import exporters, workers
from grafana.queries import age, increase, level, quantile, rate, series
from stream.core.metrics import JOBS, WORKER

UID = "deskpulse-pipeline"
TOPIC = {"topic": "$topic"}
NONE_WRONG: Steps = ((None, LINE["ok"]), (1, LINE["crit"]))
NONE_MISSING: Steps = ((None, LINE["crit"]), (1, LINE["ok"]))
FRESH_SECONDS = float(SLOW_LE)  # what the alerts count as late


def _small(title: str, about: str, unit: str, expr: str, marks: Steps, *, decimals: int = 0) -> Panel:
    return tile(title, about, unit, [Query(expr, title)], (4, 4), marks, decimals=decimals)


def _glance() -> list[Panel]:  # long: a list of panels
    unowned = f"sum({level('topic', 'pipeline_partitions')}) - sum({series('pipeline_partitions_assigned')})"
    refused = f"sum(increase({series('pipeline_events_rejected_total')}[1h])) or vector(0)"
    return [
        _small(
            "Data age",
            "Seconds since the workers last published, of the partition that is longest silent.",
            "s",
            age("", "pipeline_last_published_timestamp_seconds"),
            steps(DATA_AGE, LINE),
        ).no_value("NO DATA"),
        _small(
            "Workers up",
            "Workers that answer Prometheus.",
            "short",
            f'sum(up{{job="{JOBS[WORKER]}"}})',
            NONE_MISSING,
        ),
        _small(
            "Boards ready",
            "Boards that have read every partition, all of them fresh.",
            "short",
            f"sum({series('board_ready')})",
            NONE_MISSING,
        ),
        _small(
            "Partitions nobody owns",
            "Source partitions that no worker has: their events wait.",
            "short",
            f"clamp_min({unowned}, 0)",
            NONE_WRONG,
        ),
        _small(
            "Refused in the last hour",
            "Events that could not be counted, kept with their reason.",
            "short",
            refused,
            NONE_WRONG,
        ),
        plain(
            _small(
                "Events a second",
                "What the workers process now.",
                "eps",
                f"sum(rate({series('pipeline_events_total', outcome='accepted')}[1m]))",
                (),
                decimals=1,
            ),
            CALM,
        ),
    ]


def _rate() -> list[Panel]:
    outcomes = stacked(
        "Events by outcome",
        "What became of the events, a second. Duplicates are normal in small numbers; late and rejected ones are not.",
        "eps",
        [Query(rate("outcome", "pipeline_events_total", **TOPIC, outcome="!fenced"), "{{outcome}}")],
        (12, 8),
    )
    return [
        coloured(outcomes, OUTCOME),
        lines(
            "Events by source",
            "Events processed a second, by topic.",
            "eps",
            [Query(rate("topic", "pipeline_events_total", **TOPIC), "{{topic}}")],
            (12, 8),
        ),
    ]


def _errors() -> list[Panel]:
    late = rate("topic", "pipeline_events_total", **TOPIC, outcome="late")
    every = rate("topic", "pipeline_events_total", **TOPIC)
    return [
        table(
            "Refused events, by reason",
            "Events in the numbers shown that were refused, by topic and reason. deskpulse rejected list shows them.",
            [
                Query(
                    f"sum by (topic, reason) ({level('topic, reason', 'pipeline_rejected_events', **TOPIC)})",
                    form="table",
                    ref="N",
                )
            ],
            (12, 7),
            {"topic": ("Topic", ""), "reason": ("Reason", ""), "N": ("Events", "locale")},
        ).no_value("None is refused."),
        lines(
            "Share that came too late",
            "Late events change no shown number: they fell into final ones.",
            "percentunit",
            [Query(f"({late}) / ({every} > 0)", "{{topic}}")],
            (12, 7),
            at_least=0.01,
        ),
    ]


def _duration() -> list[Panel]:
    delay = "pipeline_processing_delay_seconds"
    shares = lines(
        "Delay from arrival to published",
        "Half of the events are published within the lower line, 99 % within the upper one; dashed: what is promised.",
        "s",
        [
            Query(quantile(0.5, "", delay, **TOPIC), "half"),
            Query(quantile(0.99, "", delay, **TOPIC), "99 %"),
            Query(f"vector({FRESH_SECONDS:g})", "promise"),
        ],
        (12, 8),
    )
    return [
        density(
            "Delay from event to published",
            "How old events are when the boards show them: from the event's own time, so a slow source shows here too.",
            "s",
            Query(increase("le", "pipeline_event_delay_seconds_bucket", **TOPIC), "{{le}}", "heatmap"),
            (12, 8),
            "Purples",
        ),
        dashed(coloured(shares, {"half": CALM, "99 %": LINE["warn"]}), "promise", QUIET),
    ]


def _saturation() -> list[Panel]:
    lag = f"sum by (topic) ({series('pipeline_partition_lag_messages', **TOPIC)})"
    return [
        lines(
            "Events waiting at the broker",
            "Not yet processed, by topic.",
            "short",
            [Query(lag, "{{topic}}")],
            (8, 8),
            at_least=10,
        ),
        lines(
            "Time to catch up",
            "Events waiting divided by how fast they are processed.",
            "s",
            [Query(f"({lag}) / ({rate('topic', 'pipeline_events_total', **TOPIC)} > 0)", "{{topic}}")],
            (8, 8),
        ),
        lines(
            "Age of the newest event",
            "Now minus the highest event time shown, by topic: a source that has gone silent rises for ever.",
            "s",
            [Query(age("topic", "pipeline_watermark_timestamp_seconds", **TOPIC), "{{topic}}")],
            (8, 8),
        ),
    ]


def made() -> str:
    """The board as JSON."""
    panels = [
        *_glance(),
        row("Rate"), *_rate(), row("Errors"), *_errors(), row("Duration"), *_duration(),
        row("Saturation"), *_saturation(), row("Workers"), *workers(), row("Exporters"), *exporters(),
    ]  # fmt: skip
    return board(
        UID,
        "Pipeline health",
        "Rate, errors and duration of the events; use and saturation of what works on them.",
        panels,
        [variable("topic", "Topic", f"label_values({series('pipeline_applied_events')}, topic)")],
        refresh="30s",
        since="now-3h",
    )
