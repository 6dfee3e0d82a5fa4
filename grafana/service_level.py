"""Service level: whether the promise is kept today, how fast the budget is used, and where the waits come from."""

from __future__ import annotations

from grafana.frame import board, row, variable
from grafana.look import CALM, DEFAULTS, LEVEL, LINE, QUIET, RESULT, Steps, steps
from grafana.panels import Panel, Query, bars, cells, coloured, dashed, density, lines, stacked, table
from grafana.queries import increase, level, series

UID = "deskpulse-service-level"
PLACE = "queue, channel"
CHOSEN = {"queue": "$queue", "channel": "$channel"}
NAMED = "{{queue}} · {{channel}}"
OBJECTIVE = f"max by ({PLACE}) ({series('service_level_objective_ratio', **CHOSEN)})"
WARN = DEFAULTS["service_level_ratio"].warn
# The share of the day's allowed misses that is left: red when it is used up, amber in its last tenth.
BUDGET: Steps = ((None, LEVEL["crit"]), (0, LEVEL["warn"]), (round(1 - WARN, 6), LEVEL["ok"]))
PACE: Steps = ((None, LINE["ok"]), (1, LINE["crit"]))  # 1: the budget lasts exactly as long as the window


def _of(name: str, window: str, **where: str) -> str:
    return level(PLACE, name, **CHOSEN, window=window, **where)


def burn(window: str) -> str:
    """How many times faster than allowed the misses come: missed share / allowed share."""
    return f"(1 - {_of('service_level_ratio', window)}) / clamp_min(1 - {OBJECTIVE}, 0.001)"


def _today() -> Panel:
    queries = [
        Query(_of("service_level_ratio", "today"), form="table", ref="Level"),
        Query(OBJECTIVE, form="table", ref="Objective"),
        Query(_of("contacts_offered", "today"), form="table", ref="Offered"),
        Query(_of("contacts_answered", "today"), form="table", ref="Answered"),
        Query(_of("abandonment_ratio", "today"), form="table", ref="Abandoned"),
        Query(_of("answer_speed_mean_seconds", "today"), form="table", ref="Speed"),
        Query(_of("queue_wait_quantile_seconds", "today", quantile="0.95"), form="table", ref="P95"),
    ]
    columns = {
        "queue": ("Queue", ""),
        "channel": ("Channel", ""),
        "Level": ("Service level", "percentunit"),
        "Objective": ("Objective", "percentunit"),
        "Offered": ("Offered", "locale"),
        "Answered": ("Answered", "locale"),
        "Abandoned": ("Abandoned", "percentunit"),
        "Speed": ("Answered in", "s"),
        "P95": ("95 % within", "s"),
    }
    panel = table(
        "Today",
        "Each queue and channel since its day began: service level against its objective, volume, abandonment, waits.",
        queries,
        (15, 8),
        columns,
    )
    cells(panel, "Service level", steps(DEFAULTS["service_level_ratio"], LINE), type="gauge", mode="basic")
    return cells(panel, "Abandoned", steps(DEFAULTS["abandonment_ratio"], LINE))


def _budget() -> Panel:
    return bars(
        "Error budget left today",
        "The objective allows some misses; this is the share of them that is not used yet. 0 %: exactly on the "
        "objective; below: the promise for today is broken so far.",
        "percentunit",
        [Query(f"clamp_min(1 - {burn('today')}, -1)", NAMED, "instant")],
        (9, 8),
        BUDGET,
        low=-1,
    )


def _level_over_time() -> Panel:
    panel = lines(
        "Service level, last 30 minutes",
        "Share answered within the target, in a window of 30 minutes that slides; dashed: what is promised.",
        "percentunit",
        [Query(_of("service_level_ratio", "30m"), NAMED), Query(f"min({OBJECTIVE})", "lowest objective")],
        (12, 9),
        low=None,
        high=1,
    )
    return dashed(panel, "objective", QUIET)


def _burn_over_time() -> Panel:
    return lines(
        "Burn rate, last hour",
        "How many times faster than allowed the misses come. 1: the budget is used exactly; 5 is the most that an "
        "objective of 80 % can have. Alerts look at 1 h and 5 min, and at today and 30 min.",
        "short",
        [Query(burn("1h"), NAMED)],
        (12, 9),
        at_least=1.2,
        steps=PACE,
    )


def _decided() -> Panel:
    value = f"sum by (result) ({level(f'{PLACE}, result', 'service_level_decided', **CHOSEN, window='5m')})"
    panel = stacked(
        "Decided in the last 5 minutes",
        "Contacts whose answer target was met or missed, each once, when it is decided: who still waits beyond the "
        "target counts as missed at once.",
        "short",
        [Query(value, "{{result}}")],
        (12, 8),
    )
    return coloured(panel, RESULT)


def _abandons() -> Panel:
    every = f"sum({_of('contacts_abandoned', '30m')})"
    short = f"sum({_of('contacts_short_abandoned', '30m')})"
    panel = stacked(
        "Abandoned in the last 30 minutes",
        "Customers who left the queue themselves: within the short limit (they count in no ratio), and after it.",
        "short",
        [Query(f"{every} - {short}", "after waiting"), Query(short, "at once (short)")],
        (12, 8),
    )
    return coloured(panel, {"after waiting": LINE["crit"], "at once (short)": QUIET})


def _waits() -> Panel:
    by_band = increase("le", "queue_wait_seconds_bucket", **CHOSEN)
    return density(
        "Waits",
        "How many left the queue after which wait, whatever became of them (counted while processing). Every "
        "configured target is a border of a band.",
        "s",
        Query(by_band, "{{le}}", "heatmap"),
        (12, 9),
        "Blues",
    )


def _percentiles() -> Panel:
    panel = lines(
        "Wait, last 30 minutes",
        "Half waited less than the lower line, 95 % less than the upper one, each the worst of the chosen queues; "
        "dashed: the shortest answer target among them.",
        "s",
        [
            Query(f"max({_of('queue_wait_quantile_seconds', '30m', quantile='0.5')})", "half"),
            Query(f"max({_of('queue_wait_quantile_seconds', '30m', quantile='0.95')})", "95 %"),
            Query(f"min({series('answer_target_seconds', **CHOSEN)})", "answer target"),
        ],
        (12, 9),
    )
    return dashed(coloured(panel, {"half": CALM, "95 %": LINE["warn"]}), "target", QUIET)


def made() -> str:
    """The board as JSON."""
    panels = [
        row("Today"), _today(), _budget(),
        row("The promise over time"), _level_over_time(), _burn_over_time(), _decided(), _abandons(),
        row("Waits"), _waits(), _percentiles(),
    ]  # fmt: skip
    choices = [
        variable(name, name.capitalize(), f"label_values({series('contacts_waiting')}, {name})") for name in CHOSEN
    ]
    return board(
        UID,
        "Service level",
        "Is the promise kept, how fast is the budget used, where do the waits come from?",
        panels,
        choices,
        refresh="30s",
        since="now-6h",
        alerts='ALERTS{alertstate="firing",layer="kpi"}',
    )
