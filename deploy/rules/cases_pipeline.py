"""Unit tests of the pipeline's rules: an engineer is woken when numbers are wrong or old, and not in a quiet night."""

from __future__ import annotations

from deploy.rules.case import BOARD_2, WORKER_2, Case, Fires, Is, Series, Silent, board, worker
from deploy.rules.records import DELAY_WINDOWS, DELAYS

CALLS = 'topic="call.events"'
WORKERS, NOTHING = {"job": "deskpulse-worker"}, dict[str, str]()
OF_CALLS = {"topic": "call.events", "job": "deskpulse-worker"}
DOWN, STALLED, UNOWNED = "SupportPipelineDown", "SupportPipelineStalled", "SupportPartitionUnowned"
OLD = "Events do not come through: the numbers are old"


def up(job: str, values: str, instance: str = "a") -> Series:
    """Whether a target answers."""
    return {f'up{{job="{job}",instance="{instance}"}}': values}


def heard(published: str, silent: str, process: str = "") -> Series:
    """What a board has heard of the workers."""
    own = {"process": process} if process else {}
    return board("pipeline_last_published_timestamp_seconds", published, CALLS, **own) | board(
        "pipeline_partitions_silent", silent, CALLS, **own
    )


def taken(newest: str, lag: str) -> Series:
    """What a worker has taken of the calls."""
    return worker("pipeline_last_event_timestamp_seconds", newest, CALLS) | worker(
        "pipeline_partition_lag_messages", lag, f'{CALLS},partition="0"'
    )


FLOW = (
    Case(
        "The only board has stopped answering",
        up("deskpulse-board", "1x5 0x20"),
        (
            Silent("5m", DOWN), Silent("7m", DOWN),
            Fires("9m", DOWN, NOTHING, "No board answers",
                  "No board has answered a scrape for two minutes: there are no numbers, on the wall or here, and no "
                  "alert about queues can fire."),
        ),
    ),
    Case("One of two boards is away", up("deskpulse-board", "0x20") | up("deskpulse-board", "1x20", "b"),
         (Silent("15m", DOWN),)),
    Case("There is no board at all, not even as a target", up("deskpulse-worker", "1x20"),
         (Fires("5m", DOWN, NOTHING, "No board answers",
                "No board has answered a scrape for two minutes: there are no numbers, on the wall or here, and no "
                "alert about queues can fire."),)),
    Case(
        "The workers have died: the board hears nothing more",
        heard("0+60x5 300x20", "0x5 8x20"),
        (
            Silent("5m", STALLED),
            Fires("8m", STALLED, NOTHING, OLD,
                  "For 3m 0s nothing new has come through for at least one topic. The wall says that it is stale; "
                  "alerts about queues are held back."),
        ),
    ),
    Case("A quiet night: no events, and the workers say so every five seconds",
         heard("0+60x60", "0x60") | taken("0x60", "0x60"), (Silent("30m", STALLED), Silent("60m", STALLED))),
    Case("One event in a quiet night, seen waiting at one scrape",
         heard("0+60x60", "0x60") | taken("0x60", "0x20 1 0x39"), (Silent("21m", STALLED), Silent("25m", STALLED))),
    Case(
        "A worker lives and takes nothing, while events wait",
        heard("0+60x60", "0x60") | taken("0+60x5 300x50", "0x5 40+40x50"),
        (Fires("10m", STALLED, NOTHING, OLD,
               "For 5m 0s nothing new has come through for at least one topic. The wall says that it is stale; alerts "
               "about queues are held back."),
         Is("10m", "topic:support_pipeline_lag_messages:sum", OF_CALLS, 200)),
    ),
    Case("One of two boards hears nothing: the other has the numbers",
         heard("0x60", "8x60") | heard("0+60x60", "0x60", BOARD_2), (Silent("10m", STALLED),)),
    Case(
        "A partition has been given to nobody",
        board("pipeline_partitions", "8x20", CALLS) | heard("0x20", "1x20")
        | worker("pipeline_partitions_assigned", "4x20", CALLS)
        | worker("pipeline_partitions_assigned", "3x20", CALLS, WORKER_2),
        (
            Silent("2m", UNOWNED),
            Fires("4m", UNOWNED, {"topic": "call.events"}, "1 partitions of call.events have no worker",
                  "Nobody processes 1 partitions of call.events: their tickets, chats, calls or agents stand still on "
                  "the wall."),
        ),
    ),
    Case("No worker is left",
         board("pipeline_partitions", "8x20", CALLS) | heard("0x20", "8x20"),
         (Fires("4m", UNOWNED, {"topic": "call.events"}, "8 partitions of call.events have no worker",
                "Nobody processes 8 partitions of call.events: their tickets, chats, calls or agents stand still on "
                "the wall."),)),
    Case("All are owned, by two workers",
         board("pipeline_partitions", "8x20", CALLS) | heard("0+60x20", "0x20")
         | worker("pipeline_partitions_assigned", "4x20", CALLS)
         | worker("pipeline_partitions_assigned", "4x20", CALLS, WORKER_2), (Silent("10m", UNOWNED),)),
    Case("A worker that only cannot be scraped works on: the board hears of all partitions",
         board("pipeline_partitions", "8x20", CALLS) | heard("0+60x20", "0x20")
         | worker("pipeline_partitions_assigned", "4x20", CALLS), (Silent("10m", UNOWNED),)),
    Case("A board that has not read everything after five minutes", board("board_ready", "0x20", ""),
         (Silent("4m", "SupportBoardNotReady"),
          Fires("6m", "SupportBoardNotReady", {"job": "deskpulse-board", "instance": "board-1:8080"},
                "The board board-1:8080 has no complete numbers",
                "For five minutes it has not read everything, or has not heard of every partition. Where others are "
                "ready it is this one's own trouble."))),
    Case("A board that has just started", board("board_ready", "0x2 1x20", ""),
         (Silent("10m", "SupportBoardNotReady"),)),
    Case("One of the workers is gone", up("deskpulse-worker", "0x20") | up("deskpulse-worker", "1x20", "b"),
         (Silent("4m", "SupportWorkerDown"),
          Fires("6m", "SupportWorkerDown", {"job": "deskpulse-worker", "instance": "a"}, "The worker a is down",
                "It has not answered for five minutes. The others have taken over its partitions, with less in "
                "reserve."))),
    Case("A worker is started anew", up("deskpulse-worker", "1x3 0x2 1x20"), (Silent("8m", "SupportWorkerDown"),)),
)  # fmt: skip

BURN = "SupportPipelineFreshnessBurn"
LATE = "Events are shown late"


def delays(every: float, quick: str, kind: str = "processing_delay", minutes: int = 240) -> Series:
    """``every`` events a minute, ``quick`` (values) of them within ten seconds."""
    return worker(f"pipeline_{kind}_seconds_bucket", quick, f'{CALLS},le="10.0"') | worker(
        f"pipeline_{kind}_seconds_count", f"0+{every}x{minutes}", CALLS
    )


def _late(share: str, window: str, factor: str) -> str:
    return (
        f"{share} of the events of the last {window} were visible more than 10 s after they arrived; promised are "
        f"99.5% within that. At {factor} times what is allowed the budget of 30 days is used up too soon."
    )


FRESH = (
    Case("One in five hundred is late, as is allowed", delays(1000, "0+998x240"), (Silent("100m", BURN),)),
    Case("A quiet night: half of thirty events are late", delays(0.5, "0+0.25x240"), (Silent("100m", BURN),)),
    Case("An hour was bad, and it is well again: the pages have ended, what it has cost of the month is a ticket",
         delays(1000, "0+800x60 49000+1000x120", minutes=180),
         tuple(Fires("120m", BURN, {**WORKERS, "long_window": long}, LATE, _late("10%", long, factor))
               for long, factor in (("1d", "3"), ("3d", "1")))),
    Case(
        "Sources deliver late, and what arrives is shown at once: nobody is woken, the chat is told",
        delays(1000, "0+1000x240") | delays(1000, "0+500x240", "event_delay"),
        (
            Silent("100m", BURN),
            Fires("100m", "SupportSourcesDelayed", WORKERS, "Sources deliver late",
                  "50% of the events of the last 30 minutes were more than 10 s old when they could be shown, and it "
                  "was not the pipeline: they arrived late."),
        ),
    ),
    Case("Sources deliver in time", delays(1000, "0+1000x240") | delays(1000, "0+990x240", "event_delay"),
         (Silent("100m", "SupportSourcesDelayed"),)),
)  # fmt: skip


def events(outcomes: dict[str, str]) -> Series:
    """What became of the calls' events."""
    return {k: v for what, values in outcomes.items()
            for k, v in worker("pipeline_events_total", values, f'{CALLS},outcome="{what}"').items()}  # fmt: skip


DRAIN, REJECTED, TOO_LATE, SKEW = (
    f"SupportPipeline{name}" for name in ("DrainTooSlow", "EventsRejected", "EventsLate", "ClockSkew")
)
INPUT = (
    Case(
        "More comes than is taken: at 600 a minute, 6,000 take ten minutes",
        events({"accepted": "0+600x60"}) | taken("0+60x60", "0+300x60"),
        (
            Fires("20m", DRAIN, OF_CALLS, "call.events falls behind",
                  "What waits of call.events takes 10m 0s at the present rate, and more comes than is taken."),
            Is("20m", "topic:support_pipeline_drain_seconds:max", OF_CALLS, 600),
            Is("20m", "topic:support_pipeline_events:rate5m", OF_CALLS, 10),
        ),
    ),
    Case("Ten minutes' worth waits, and becomes less",
         events({"accepted": "0+600x60"}) | taken("0+60x60", "9000-150x60"), (Silent("20m", DRAIN),)),
    Case(
        "One in a hundred is refused",
        events({"accepted": "0+99x60", "rejected": "0+1x60", "late": "0x60", "fenced": "0+900x60"}),
        (
            Silent("9m", REJECTED),
            Fires("30m", REJECTED, OF_CALLS, "Events of call.events were refused",
                  "1% of the events of the last 15 minutes were refused; usual are less than 0.1%."),
            Is("30m", "topic:support_pipeline_events_rejected:increase15m", OF_CALLS, 15),
            Silent("30m", TOO_LATE),
        ),
    ),
    Case("Two of fifteen are refused in a quiet night: no reason for a ticket",
         events({"accepted": "0x20 1+1x12 13x40", "rejected": "0x25 2x40"}), (Silent("40m", REJECTED),)),
    Case(
        "One in twenty comes after its day is final",
        events({"accepted": "0+95x60", "late": "0+5x60", "rejected": "0x60"}),
        (
            Fires("30m", TOO_LATE, OF_CALLS, "Events of call.events came too late to be counted",
                  "5% of the events of the last 15 minutes came too late to be counted; usual are less than 1.0%."),
            Is("30m", "topic:support_pipeline_events_late:increase15m", OF_CALLS, 75),
            Silent("30m", REJECTED),
        ),
    ),
    Case("One in two hundred comes late", events({"accepted": "0+199x60", "late": "0+1x60"}),
         (Silent("30m", TOO_LATE),)),
    Case(
        "A source whose clock is ahead, for a quarter of an hour",
        worker("pipeline_events_rejected_total", "0+10x30", f'{CALLS},reason="from the future"'),
        (Fires("15m", SKEW, OF_CALLS, "A source of call.events lives in the future",
               "About 50 events of the last 5 minutes were stamped later than the clock allows, and refused."),),
    ),
    Case("Other refusals are no matter of clocks",
         worker("pipeline_events_rejected_total", "0+10x30", f'{CALLS},reason="not json"'), (Silent("15m", SKEW),)),
)  # fmt: skip

STORM, BUDGET = "SupportPipelineRebalanceStorm", "SupportSeriesBudgetExceeded"
FAILURES, PAGES = "PrometheusRuleFailures", "AlertmanagerNotificationsFailing"
MACHINERY = (
    Case(
        "A rebalance every other minute, on two workers, counted for every topic",
        worker("pipeline_rebalances_total", "0+0.5x30", CALLS)
        | worker("pipeline_rebalances_total", "0+0.5x30", 'topic="chat.events"', WORKER_2),
        (Fires("20m", STORM, WORKERS, "Workers keep losing their partitions",
               "8 rebalances in 15 minutes: after each, some partitions stand still for seconds."),),
    ),
    Case("A new version is rolled out over three workers",
         worker("pipeline_rebalances_total", "1x5 2 3 4x30", CALLS), (Silent("15m", STORM),)),
    Case(
        "More series than the limit",
        board("exporter_series", "50000x20", "") | board("exporter_series_limit", "50000x20", "")
        | board("exporter_series_left_out", "120x20", ""),
        (Fires("12m", BUDGET, {"job": "deskpulse-board", "instance": "board-1:8080"},
               "board-1:8080 exports more series than planned",
               "120 series are left out or near limits.series: new queues may be missing here."),),
    ),
    Case("Half of the limit", board("exporter_series", "25000x20", "") | board("exporter_series_limit", "50000x20", "")
         | board("exporter_series_left_out", "0x20", ""), (Silent("15m", BUDGET),)),
    Case(
        "A rule fails again and again",
        {'prometheus_rule_evaluation_failures_total{job="prometheus",rule_group="deskpulse-service"}': "0+1x30"},
        (Fires("12m", FAILURES, {"job": "prometheus", "rule_group": "deskpulse-service"},
               "Prometheus cannot evaluate its rules",
               "5 evaluations of deskpulse-service have failed: alerts may be missing."),),
    ),
    Case("No rule fails",
         {'prometheus_rule_evaluation_failures_total{job="prometheus",rule_group="deskpulse-service"}': "0x30"},
         (Silent("12m", FAILURES),)),
    Case(
        "Every second page does not arrive",
        {'alertmanager_notifications_failed_total{job="alertmanager",integration="pagerduty"}': "0+1x30",
         'alertmanager_notifications_total{job="alertmanager",integration="pagerduty"}': "0+2x30"},
        (Fires("12m", PAGES, {"job": "alertmanager", "integration": "pagerduty"},
               "Pages do not arrive over pagerduty", "50% of the notifications over pagerduty fail."),
         Fires("12m", "Watchdog", NOTHING, "Alerting works",
               "This alert always fires. When it stops arriving, Prometheus or Alertmanager is broken: whoever "
               "receives it must then raise the alarm.")),
    ),
    Case("All pages arrive",
         {'alertmanager_notifications_failed_total{job="alertmanager",integration="pagerduty"}': "0x30",
          'alertmanager_notifications_total{job="alertmanager",integration="pagerduty"}': "0+2x30"},
         (Silent("12m", PAGES),)),
)  # fmt: skip
LONG_CASES = (
    Case(
        "One event in ten is late: the month's budget lasts a day and a half, so both pages fire, and the tickets",
        delays(1000, "0+900x5760", minutes=5760) | delays(1000, "0+800x5760", "event_delay", minutes=5760),
        (
            *(Fires("72h", BURN, {**WORKERS, "long_window": long}, LATE, _late("10%", long, factor))
              for long, factor in (("1h", "14.4"), ("6h", "6"), ("1d", "3"), ("3d", "1"))),
            *(Is("72h", f"job:support_pipeline_{delay}_over_10s_per_events:ratio_rate{window}", WORKERS, share, 4)
              for delay, share in zip(DELAYS, (0.1, 0.2), strict=True) for window in DELAY_WINDOWS),
        ),
    ),
)  # fmt: skip
CASES = (*FLOW, *FRESH, *INPUT, *MACHINERY)
