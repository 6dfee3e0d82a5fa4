"""The alerts of the pipeline and of what watches it: an engineer is woken when the numbers are wrong or old."""

from __future__ import annotations

from collections.abc import Iterator

from deploy.rules.model import Alert, Pace, increased, series, shown
from deploy.rules.records import over
from stream.core.metrics import BOARD, JOBS, WORKER

PIPELINE, META = "pipeline", "meta"
PAGE = "deskpulse-pipeline"
OBJECTIVE = 0.995  # of events visible within ten seconds, over 30 days
# Long and short window, factor, severity: the SRE workbook's, as Sloth has them.
FRESHNESS = (
    ("1h", "5m", 14.4, "critical"),
    ("6h", "30m", 6.0, "critical"),
    ("1d", "2h", 3.0, "warning"),
    ("3d", "6h", 1.0, "warning"),
)
# So many events must be in the long window: in a quiet night one slow event is no reason to wake anybody.
VOLUME = 100
STALLED_S, DRAIN_S = 60, 120
REJECTED_SHARE, LATE_SHARE, FEW = 0.001, 0.01, 5
REBALANCES = 5
SERIES_SHARE = 0.9


def flow(pace: Pace) -> Iterator[Alert]:  # long: a list of alerts, one after the other
    """Whether events come through at all."""
    yield Alert(
        "SupportPipelineDown",
        f'absent(up{{job="{JOBS[BOARD]}"}} == 1)',
        pace("2m"), "critical", PIPELINE, "down",
        "No board answers",
        "No board has answered a scrape for two minutes: there are no numbers, on the wall or here, and no alert about "
        "queues can fire.",
        PAGE,
    )  # fmt: skip
    # What one of several boards hears has been said: another that does not is not ready itself.
    heard, silent = shown(pace, "pipeline_last_published_timestamp_seconds"), shown(pace, "pipeline_partitions_silent")
    silent = silent.replace("max without", "min without", 1)
    lag, newest = (
        series(f"pipeline_{name}", WORKER) for name in ("partition_lag_messages", "last_event_timestamp_seconds")
    )
    yield Alert(
        "SupportPipelineStalled",
        # No worker speaks for a partition: each does every five seconds, in the quietest night. Or it speaks, and
        # takes nothing of what waits at the broker.
        f"max without (topic, job) (\n  time() - {heard}\n  and {silent} > 0\n)\n"
        f"or\nmax without (topic, job) (\n  time() - max without (instance, pod) ({newest}) > {STALLED_S}\n"
        f"  and sum without (instance, pod, partition) ({lag}) > 0\n)",
        pace("1m"), "critical", PIPELINE, "stalled",
        "Events do not come through: the numbers are old",
        "For {{ $value | humanizeDuration }} nothing new has come through for at least one topic. The wall says that "
        "it is stale; alerts about queues are held back.",
        PAGE,
        keep=pace("2m"),
    )  # fmt: skip
    there = shown(pace, "pipeline_partitions")
    yield Alert(
        "SupportPartitionUnowned",
        # A worker that only cannot be scraped still speaks: then the board has heard of all its partitions.
        f"(\n  max without (job) ({there})\n"
        f"  - (sum without (instance, pod, job) ({series('pipeline_partitions_assigned', WORKER)})\n"
        f"     or max without (job) ({there}) * 0)\n) > 0\nand max without (job) ({silent}) > 0",
        pace("3m"), "critical", PIPELINE, "unowned",
        "{{ $value }} partitions of {{ $labels.topic }} have no worker",
        "Nobody processes {{ $value }} partitions of {{ $labels.topic }}: their tickets, chats, calls or agents stand "
        "still on the wall.",
        PAGE,
    )  # fmt: skip
    yield Alert(
        "SupportBoardNotReady",
        f"{series('board_ready', BOARD)} == 0",
        pace("5m"), "warning", PIPELINE, "board",
        "The board {{ $labels.instance }} has no complete numbers",
        "For five minutes it has not read everything, or has not heard of every partition. Where others are ready "
        "it is this one's own trouble.",
        PAGE,
    )  # fmt: skip
    yield Alert(
        "SupportWorkerDown",
        f'up{{job="{JOBS[WORKER]}"}} == 0',
        pace("5m"), "warning", PIPELINE, "worker",
        "The worker {{ $labels.instance }} is down",
        "It has not answered for five minutes. The others have taken over its partitions, with less in reserve.",
        PAGE,
    )  # fmt: skip


def freshness(pace: Pace) -> Iterator[Alert]:
    """Whether they come through in time: four rules of one alert, as fast as its budget is used."""
    for long, short, factor, severity in FRESHNESS:
        limit = round(factor * (1 - OBJECTIVE), 6)
        yield Alert(
            "SupportPipelineFreshnessBurn",
            f"{over('processing_delay', long)} > {limit:g}\nand {over('processing_delay', short)} > {limit:g}\n"
            f"and {increased(pace, 'pipeline_processing_delay_seconds_count', long, 'topic')} >= {VOLUME}",
            "", severity, PIPELINE, "freshness",
            "Events are shown late",
            "{{ $value | humanizePercentage }} of the events of the last "
            f"{long} were visible more than 10 s after they arrived; promised are {OBJECTIVE:.1%} within that. "
            f"At {factor:g} times what is allowed the budget of 30 days is used up too soon.",
            PAGE,
            labels={"long_window": long},
        )  # fmt: skip
    yield Alert(
        "SupportPipelineDrainTooSlow",
        f"topic:support_pipeline_drain_seconds:max > {DRAIN_S}\n"
        f"and deriv(topic:support_pipeline_lag_messages:sum[{pace('10m')}]) > 0",
        pace("5m"), "warning", PIPELINE, "drain",
        "{{ $labels.topic }} falls behind",
        "What waits of {{ $labels.topic }} takes {{ $value | humanizeDuration }} at the present rate, and more comes "
        "than is taken.",
        PAGE,
    )  # fmt: skip


def input_of(pace: Pace) -> Iterator[Alert]:
    """What the sources send."""
    for name, outcome, share, words in (
        ("SupportPipelineEventsRejected", "rejected", REJECTED_SHARE, "were refused"),
        ("SupportPipelineEventsLate", "late", LATE_SHARE, "came too late to be counted"),
    ):
        some = f"topic:support_pipeline_events_{outcome}:increase15m"
        every = increased(pace, "pipeline_events_total", "15m", "outcome", outcome="~accepted|duplicate|late|rejected")
        yield Alert(
            name,
            f"{some}\n/ {every} > {share:g}\nand {some} > {FEW}",
            pace("10m"), "warning", PIPELINE, outcome,
            f"Events of {{{{ $labels.topic }}}} {words}",
            f"{{{{ $value | humanizePercentage }}}} of the events of the last 15 minutes {words}; "
            f"usual are less than {share:.1%}.",
            PAGE,
        )  # fmt: skip
    yield Alert(
        "SupportPipelineClockSkew",
        increased(pace, "pipeline_events_rejected_total", "5m", "reason", reason="from the future") + " > 0",
        pace("5m"), "warning", PIPELINE, "clock_skew",
        "A source of {{ $labels.topic }} lives in the future",
        'About {{ $value | printf "%.0f" }} events of the last 5 minutes were stamped later than the clock allows, and '
        "refused.",
        PAGE,
    )  # fmt: skip
    share = over("event_delay", "30m")
    yield Alert(
        "SupportSourcesDelayed",
        f"{share} > 0.1\nand {over('processing_delay', '30m')} < 0.1\n"
        f"and {increased(pace, 'pipeline_event_delay_seconds_count', '30m', 'topic')} >= {VOLUME}",
        pace("30m"), "info", PIPELINE, "sources",
        "Sources deliver late",
        "{{ $value | humanizePercentage }} of the events of the last 30 minutes were more than 10 s old when they "
        "could be shown, and it was not the pipeline: they arrived late.",
        PAGE,
    )  # fmt: skip


def machinery(pace: Pace) -> Iterator[Alert]:
    """The workers among themselves, and the size of it all."""
    rebalances = series("pipeline_rebalances_total", WORKER)
    exported, limit, left_out = (series(f"exporter_series{end}", BOARD) for end in ("", "_limit", "_left_out"))
    yield Alert(
        "SupportPipelineRebalanceStorm",
        f"max without (instance, pod, topic) (increase({rebalances}[{pace('15m')}])) > {REBALANCES}",
        "", "warning", PIPELINE, "rebalances",
        "Workers keep losing their partitions",
        '{{ $value | printf "%.0f" }} rebalances in 15 minutes: after each, some partitions stand still for seconds.',
        PAGE,
        keep=pace("5m"),
    )  # fmt: skip
    yield Alert(
        "SupportSeriesBudgetExceeded",
        f"{left_out} > 0\nor\n{exported} > {SERIES_SHARE} * {limit}",
        pace("10m"), "warning", PIPELINE, "series",
        "{{ $labels.instance }} exports more series than planned",
        "{{ $value | humanize }} series are left out or near limits.series: new queues may be missing here.",
        PAGE,
    )  # fmt: skip


def watchers(pace: Pace) -> Iterator[Alert]:
    """Who watches the watchers."""
    yield Alert(
        "PrometheusRuleFailures",
        f"increase(prometheus_rule_evaluation_failures_total[{pace('5m')}]) > 0",
        pace("5m"), "warning", META, "rules",
        "Prometheus cannot evaluate its rules",
        '{{ $value | printf "%.0f" }} evaluations of {{ $labels.rule_group }} have failed: alerts may be missing.',
        PAGE,
    )  # fmt: skip
    yield Alert(
        "AlertmanagerNotificationsFailing",
        f"sum without (instance, pod) (rate(alertmanager_notifications_failed_total[{pace('5m')}]))\n"
        f"/ sum without (instance, pod) (rate(alertmanager_notifications_total[{pace('5m')}]))\n> 0.01",
        pace("5m"), "warning", META, "notifications",
        "Pages do not arrive over {{ $labels.integration }}",
        "{{ $value | humanizePercentage }} of the notifications over {{ $labels.integration }} fail.",
        PAGE,
    )  # fmt: skip
    yield Alert(
        "Watchdog",
        "vector(1)",
        "", "none", META, "watchdog",
        "Alerting works",
        "This alert always fires. When it stops arriving, Prometheus or Alertmanager is broken: whoever receives it "
        "must then raise the alarm.",
        PAGE,
    )  # fmt: skip
