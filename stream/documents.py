"""The parts of the documentation that are read from the code: KPIs, settings, event types, metrics.

python -m stream.documents     # writes them into docs; a test compares what is committed with what it would write
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec

from stream.core import sections
from stream.core.kpis import CATALOGUE
from stream.core.metrics import BOARD, METRICS, WORKER
from stream.core.values import field_in_words
from stream.core.windows import WINDOWS
from topics.catalogue import SOURCES
from topics.schema import schema_of

FOLDER = Path(__file__).parent.parent / "docs"
MADE = "<!-- Made by make generate: change the code instead. -->"
OF_KPIS = f"""\
Windows: {", ".join(f"`{window}`" for window in WINDOWS if window != "all")}; in a report `all`.
A live KPI has the window `now` only. Durations are in seconds; ratios from 0 to 1, and there is no row where nothing
can be divided. Percentiles are within 2 %, everything else is exact. `deskpulse kpis NAME` shows the same. R and K with
a number, and S, are the project's own rulings where the field has several definitions.

`GET /api/v1/kpis?window=W&compare=previous` says of every row what it was one window earlier, like with like:
`compared` is the row's value up to the last border that is known exactly (`previous.until`), `previous` that of the
same part of the window before (from `previous.from` to `previous.to`); each with its count, null where there was no
sample. The trend is `compared` against `previous`. Where nothing can be compared, `previous.absent` says why.

| window | compared up to | with |
|---|---|---|
| `5m` `15m` `30m` `1h` | the last 10 s that are over | as long, right before |
| `today` | the last quarter of an hour | yesterday up to the same local time |
| `24h` | the last quarter of an hour | the 24 hours before |
| `yesterday` | its end | the day before |
| `7d` `28d` | the start of today | the same days of the 7 (28) before; `28d` takes `board.retention_days` of 57 |"""
OF_SETTINGS = """\
A TOML file (`--config FILE`); each key also as the environment variable `DESKPULSE_SECTION__KEY`, which holds over the
file. `deskpulse config check` validates, `deskpulse config show` shows what is in force and where it came from. What
`[queues."*"]` says holds for every queue that does not say it itself."""
OF_EVENTS = """\
By topic; the envelope's fields, which every event has, are in [events.md](events.md). The same as JSON Schema:
`topics/schemas`."""
OF_METRICS = """\
`/metrics` of the board and of every worker, as plain text or OpenMetrics, packed where the scraper takes it.
Base units; ratios from 0 to 1; what has no value (a ratio without a denominator, the oldest of nobody) has no
sample. A board's numbers are exact and the same on every board: read them through `max without (instance,
pod)`. A worker counts what it processes: read it through `sum without (instance, pod) (rate(...))`; what was
counted shortly before a crash is counted again. The label `window` is one of 5m, 15m, 30m, 1h, today for what
alerts read and supervisors steer by (service level, abandonment, waits, counts of contacts, handle time,
occupancy), 30m or today for the rest, today for what is broken down by a reason; `le` of a distribution has
every configured target among its edges, so that the number up to a target is exact."""
TABLES: dict[str, type[sections.Section]] = {
    **sections.SECTIONS,
    "queues.NAME": sections.Queue,
    "schedules.NAME": sections.Hours,
    "targets.NAME": sections.Target,
    "targets.NAME.match": sections.Match,
}


def _paragraph(text: str | None) -> str:
    return " ".join((text or "").replace("``", "`").split())


def _cell(text: str) -> str:
    return text.replace("|", "\\|")


def kpis() -> Iterator[str]:
    """Every KPI in full."""
    yield from (
        "# KPIs",
        MADE,
        "",
        OF_KPIS,
        "",
        "| KPI | unit | formula |",
        "|---|---|---|",
    )
    for kpi in CATALOGUE.values():
        yield f"| [`{kpi.name}`](#{kpi.name}) | {kpi.unit} | {_cell(kpi.formula)} |"
    for kpi in CATALOGUE.values():
        windows = ("now",) if kpi.live else kpi.windows or tuple(window for window in WINDOWS if window != "now")
        yield from ("", f"## {kpi.name}", f"{_cell(kpi.formula[:1].upper() + kpi.formula[1:])}. Unit: {kpi.unit}.", "")
        yield f"- rows by {', '.join(kpi.dimensions) or 'nothing: one over everything'}; stats {', '.join(kpi.stats)}"
        yield f"- made from {', '.join(kpi.inputs) or 'other KPIs'}; windows {', '.join(windows)}"
        yield f"- follows {kpi.source}"
        if kpi.knobs:
            yield f"- settings {', '.join(f'`{knob}`' for knob in kpi.knobs)}"


def settings() -> Iterator[str]:
    """Every key of the configuration: what it may be, and what holds where nothing is said."""
    yield from (
        "# Settings",
        MADE,
        "",
        OF_SETTINGS,
    )
    for name, section in TABLES.items():
        yield from ("", f"## {name}", _paragraph(section.__doc__), "", "| key | what | default |", "|---|---|---|")
        for field in msgspec.structs.fields(section):
            yield f"| `{field.encode_name}` | {_cell(field_in_words(section, field.encode_name))} | {_default(field)} |"


def _default(field: Any) -> str:
    if field.default_factory is not msgspec.NODEFAULT:
        value = field.default_factory()
    elif field.default is not msgspec.NODEFAULT:
        value = field.default
    else:
        return "(must be given)"
    plain = msgspec.to_builtins(value)
    return f"`{msgspec.json.encode(plain).decode()}`" if plain not in ("", (), [], None) else "none"


def event_types() -> Iterator[str]:
    """Every event type by topic, with its own fields."""
    yield from (
        "# Event types",
        MADE,
        "",
        OF_EVENTS,
    )
    for topic in SOURCES.values():
        parts = schema_of(topic)["$defs"]
        yield from ("", f"## {topic.name}", f"Key: {topic.key}.", "")
        yield from ("| type | required | optional | what |", "|---|---|---|---|")
        for kind in parts["envelope"]["properties"]["type"]["enum"]:
            required = [name for name in parts[kind]["required"] if name != "type"]
            optional = [name for name in parts[kind]["properties"] if name not in ("type", *required)]
            told = (", ".join(f"`{name}`" for name in names) for names in (required, optional))
            yield f"| `{kind}` | {' | '.join(told)} | {_cell(parts[kind]['description'])} |"


def metrics() -> Iterator[str]:
    """Every metric, by who exposes it."""
    yield from ("# Metrics", MADE, "", OF_METRICS)
    for part, title in ((BOARD, "The board's"), (WORKER, "A worker's")):
        yield from ("", f"## {title}", "", "| metric | type | labels | what |", "|---|---|---|---|")
        for metric in METRICS.values():
            if part in metric.parts:
                labels = ", ".join(f"`{label}`" for label in metric.labels) or "none"
                yield f"| `{metric.name}` | {metric.kind} | {labels} | {_cell(metric.about)} |"


def rendered() -> dict[str, str]:
    """File name -> its text."""
    pages = {"kpis.md": kpis, "settings.md": settings, "event-types.md": event_types, "metrics.md": metrics}
    return {name: "\n".join(page()) + "\n" for name, page in pages.items()}


def main() -> None:
    """Writes the files."""
    FOLDER.mkdir(exist_ok=True)
    for name, text in rendered().items():
        (FOLDER / name).write_text(text)


if __name__ == "__main__":
    main()
