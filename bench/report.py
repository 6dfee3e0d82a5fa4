"""Results as files (``bench/results/*.json``) and as the tables of ``bench/RESULTS.md``."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any

from bench.machine import described
from tests.kafka.broker import VERSION

HERE = Path(__file__).parent
RESULTS = HERE / "results"
OURS = ("aiokafka", "faust-streaming", "msgspec", "uvloop")
COLUMNS = {
    "cpu_s_per_million": "CPU s per million",
    "events_per_cpu_s": "events per CPU second",
    "events_per_s": "events/s",
    "peak_mb": "peak MB",
    "start_s": "start s",
    "durable": "durable",
    "check": "result",
    "load_1m": "load",
}

INTRODUCTION = """# Results

Made by `make bench`; every figure stands beside the load average of its machine. CPU seconds are of the measured
process alone, from its first event to its last, so they hold on a busy machine better than events/s do; other load on
the same cores still makes them larger.

The job of the comparison (`job.py`) is what all can do: duplicates dropped, state of each contact, entries, abandons,
answers with their wait and its histogram, handled segments, tickets and first replies, by queue and channel, in total
and over the last 5 and 60 minutes. Every result was compared with SQL over the same events, and all cells were equal.
The engine does more over the same events: agents' time from their own events and from what contacts say of them, all
durations with fine histograms, three sizes of panes, levels, late and redelivered events, and everything acknowledged
by all replicas before an offset is committed."""
TITLES = {
    "drain": "## All systems, one worker, the same backlog",
    "engine": "## The engine alone",
    "core": "## The core without a broker",
    "soak": "## Days in which contacts come and go",
}


def versions() -> dict[str, str]:
    """What was measured."""
    pinned = (HERE / "requirements.in").read_text().split()
    return {
        "kafka": VERSION,
        **{name: version(name) for name in OURS},
        **{f"peer {name}": number for name, _, number in (p.partition("==") for p in pinned if "==" in p)},
    }


def keep(name: str, found: dict[str, Any]) -> None:
    """Writes one result."""
    RESULTS.mkdir(exist_ok=True)
    whole = {"at": datetime.now(UTC).isoformat(timespec="seconds"), "machine": described(), "versions": versions()}
    (RESULTS / f"{name}.json").write_text(json.dumps({**whole, **found}, indent=1) + "\n")


def kept(name: str) -> dict[str, Any]:
    """Reads one result."""
    found: dict[str, Any] = json.loads((RESULTS / f"{name}.json").read_text())
    return found


def shown(value: Any) -> str:
    """A value in a table."""
    return f"{value:,}" if isinstance(value, int | float) else str(value)


def drain_table() -> str:
    """All systems over the same backlog."""
    systems = kept("drain")["systems"]
    ours = systems.get("engine", {}).get("events_per_cpu_s")
    lines = ["| system | " + " | ".join(COLUMNS.values()) + " | engine is |", "|---" * (len(COLUMNS) + 2) + "|"]
    for name, row in systems.items():
        ratio = f"{ours / row['events_per_cpu_s']:.1f}x" if ours else ""
        lines.append(f"| {name} | " + " | ".join(shown(row.get(column, "")) for column in COLUMNS) + f" | {ratio} |")
    return "\n".join(lines)


def write() -> None:
    """``RESULTS.md``: the tables of what is there, each with its machine and time."""
    parts = [INTRODUCTION]
    for name, title in TITLES.items():
        if (RESULTS / f"{name}.json").exists():
            parts += [title, _about(kept(name)), drain_table() if name == "drain" else figures_table(name)]
    (HERE / "RESULTS.md").write_text("\n\n".join(parts) + "\n")


def _about(whole: dict[str, Any]) -> str:
    where = whole["machine"]
    numbers = ", ".join(f"{name} {number}" for name, number in whole["versions"].items())
    events = f"{whole['events']:,} events. " if "events" in whole else ""
    return (
        f"{events}{whole['at']}, {where['cpus']} CPUs ({where['cpu']}), Python {where['python']}, "
        f"load average {where['load_1m']} at the end. Versions: {numbers}."
    )


def figures_table(name: str) -> str:
    """What only the engine is asked for."""
    rows = kept(name)["figures"]
    return "\n".join(
        ["| figure | measured |", "|---|---|", *(f"| {name} | {shown(value)} |" for name, value in rows.items())]
    )
