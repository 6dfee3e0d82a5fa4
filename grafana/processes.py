"""Of the pipeline's board the panels on its processes: workers and exporters."""

from __future__ import annotations

from grafana.look import QUIET
from grafana.panels import Panel, Query, cells, dashed, lines, stacked, table
from grafana.queries import rate, series
from stream.core.metrics import BOARD, JOBS, WORKER

TOPIC = {"topic": "$topic"}


def workers() -> list[Panel]:  # long: a list of panels
    """What works on the events: partitions, records, time, memory."""
    return [
        stacked(
            "Partitions by worker",
            "Source partitions owned; a worker that leaves hands its share to the others.",
            "short",
            [Query(f"sum by (instance) ({series('pipeline_partitions_assigned', **TOPIC)})", "{{instance}}")],
            (8, 8),
        ),
        lines(
            "Rebalances and recovery",
            "Rebalances in each interval, and how many tables are being recovered or caught up.",
            "short",
            [
                Query(f"sum(increase({series('pipeline_rebalances_total', **TOPIC)}[$__rate_interval]))", "rebalances"),
                Query(f"sum({series('pipeline_recovering', **TOPIC)})", "recovering"),
            ],
            (8, 8),
            at_least=4,
        ),
        lines(
            "Records held",
            "Tickets, chats, calls, agents and customers in the workers' memory, by topic.",
            "short",
            [Query(f"sum by (topic) ({series('pipeline_table_keys', **TOPIC)})", "{{topic}}")],
            (8, 8),
        ),
        lines(
            "Waiting for writes",
            "Time that workers wait for what they publish or persist, all tables together: several wait at once.",
            "percentunit",
            [Query(rate("what", "pipeline_write_seconds_total", **TOPIC), "{{what}}")],
            (8, 8),
        ),
        lines(
            "Processor",
            "Cores used, by process.",
            "short",
            [
                Query(
                    f"sum by (job, instance) (rate({_process('cpu_seconds_total')}[$__rate_interval]))",
                    "{{job}} {{instance}}",
                )
            ],
            (8, 8),
        ),
        lines(
            "Memory",
            "Resident memory, by process.",
            "bytes",
            [Query(f"sum by (job, instance) ({_process('resident_memory_bytes')})", "{{job}} {{instance}}")],
            (8, 8),
        ),
    ]


def _process(name: str) -> str:
    return series(f"process_{name}", job=f"~{JOBS[WORKER]}|{JOBS[BOARD]}")


def exporters() -> list[Panel]:  # long: a list of panels
    """What the metrics themselves cost, and what runs."""
    use = lines(
        "Series exported",
        "By process; beyond the dashed limit series are left out, and counted.",
        "short",
        [
            Query(f"sum by (job, instance) ({series('exporter_series')})", "{{job}} {{instance}}"),
            Query(f"max({series('exporter_series_limit')})", "limit"),
        ],
        (8, 7),
    )
    versions = table(
        "What runs",
        "Version and configuration of each process; two configurations at once mean that numbers disagree.",
        [Query(f"max by (part, version, config_version) ({series('build_info')})", form="table", ref="One")],
        (8, 7),
        {
            "part": ("Part", ""),
            "version": ("Version", ""),
            "config_version": ("Configuration", ""),
            "One": ("Runs", "short"),
        },
    )
    return [
        dashed(use, "limit", QUIET),
        lines(
            "Time to render the metrics",
            "Of the last rendering; a scrape itself only copies what is rendered.",
            "s",
            [Query(f"max by (job, instance) ({series('exporter_collect_seconds')})", "{{job}} {{instance}}")],
            (8, 7),
        ),
        cells(versions, "Runs", ((None, QUIET),)),
    ]
