"""Agents: is there somebody for the work, and where does their time go? By team; no board here ranks people."""

from __future__ import annotations

from grafana.frame import board, row, variable
from grafana.look import CALM, DEFAULTS, LINE, QUIET, STATE, STATE_WORDS, Steps, steps
from grafana.panels import Panel, Query, bars, coloured, dashed, lines, plain, repeated, stacked, table, tile, timeline
from grafana.queries import level, series

UID = "deskpulse-agents"
OCCUPANCY = steps(DEFAULTS["occupancy_ratio"], LINE)
FREE: Steps = ((None, LINE["crit"]), (1, LINE["ok"]))


def _of(name: str, window: str) -> str:
    return level("team", name, team="$team", window=window)


def _now() -> Panel:
    value = f"sum by (state) ({level('team, state', 'agents', team='$team', state='!offline')})"
    panel = tile(
        "Now",
        "Agents by what they do now, all chosen teams together; who is offline is not counted.",
        "short",
        [Query(value, "{{state}}")],
        (24, 4),
        decimals=0,
        names=True,
    )
    return coloured(panel, STATE, STATE_WORDS)


def _states() -> Panel:
    panel = stacked(
        "$team · what its agents do",
        "Agents by state over time.",
        "short",
        [Query(level("state", "agents", team="$team", state="!offline"), "{{state}}")],
        (12, 9),
    )
    return repeated(coloured(panel, STATE, STATE_WORDS), "team", per_row=2)


def _free() -> Panel:
    free = level("team", "agents", team="$team", state="available")
    return timeline(
        "Is anybody free?",
        "Whether somebody of the team could take a contact; red: nobody.",
        [Query(f"{free} > bool 0", "{{team}}")],
        (24, 5),
        FREE,
        {"0": "nobody free", "1": "free"},
    )


def _occupancy() -> Panel:
    return lines(
        "Occupancy, last 30 minutes",
        "Share of the working time that contacts and wrap-up take. Beyond the dashed limit people have no breath; "
        "far below it there are too many of them.",
        "percentunit",
        [Query(_of("occupancy_ratio", "30m"), "{{team}}")],
        (12, 8),
        high=1,
        steps=OCCUPANCY,
    )


def _today() -> Panel:
    return bars(
        "Occupancy today",
        "The same since the day began.",
        "percentunit",
        [Query(_of("occupancy_ratio", "today"), "{{team}}", "instant")],
        (6, 8),
        OCCUPANCY,
    )


def _staffed() -> Panel:
    panel = tile(
        "Hours staffed today",
        "Time that agents were online since the day began, breaks included, all of a team together.",
        "locale",
        [Query(f"{_of('staffed_seconds', 'today')} / 3600", "{{team}}")],
        (6, 8),
        spark=False,
        decimals=1,
        names=True,
    )
    return plain(panel, CALM)


def _handling() -> Panel:
    place = "queue, channel"
    queries = [
        Query(level(place, f"{name}_mean_seconds", queue="$queue", window="today"), form="table", ref=ref)
        for ref, name in (("Handle", "handle"), ("Talk", "talk"), ("Hold", "hold"), ("Wrap", "wrap_up"))
    ]
    columns = {
        "queue": ("Queue", ""),
        "channel": ("Channel", ""),
        "Handle": ("Handle time", "dthms"),
        "Talk": ("Talk", "dthms"),
        "Hold": ("Hold", "dthms"),
        "Wrap": ("Wrap-up", "dthms"),
    }
    return table(
        "Where the handle time goes, today",
        "Means over the contacts handled today. Hold and wrap-up are means over those contacts that had any: the "
        "parts need not add up to the whole.",
        queries,
        (12, 8),
        columns,
    )


def _handle_time() -> Panel:
    return lines(
        "Handle time, last 30 minutes",
        "Mean talk, hold and wrap-up of a contact, by queue.",
        "dthms",
        [
            Query(
                level("queue, channel", "handle_mean_seconds", queue="$queue", window="30m"), "{{queue}} · {{channel}}"
            )
        ],
        (12, 8),
    )


def _chats() -> Panel:
    return lines(
        "Chats at once, last 30 minutes",
        "Open chats for each agent online, by team.",
        "short",
        [Query(_of("concurrent_chats", "30m"), "{{team}}")],
        (12, 8),
    )


def _capacity() -> Panel:
    panel = lines(
        "Use of capacity, last 30 minutes",
        "Each contact counts as its share of what an agent can do at once: a team with five chats each is full, with "
        "one each it is not, though both are occupied. Dashed: plain occupancy.",
        "percentunit",
        [
            Query(_of("capacity_occupancy_ratio", "30m"), "{{team}}"),
            Query(f"max({_of('occupancy_ratio', '30m')})", "highest occupancy"),
        ],
        (12, 8),
        high=1,
    )
    return dashed(panel, "highest", QUIET)


def made() -> str:
    """The board as JSON."""
    panels = [
        row("Now"), _now(), _free(), row("By team"), _states(),
        row("How full the time is"), _occupancy(), _today(), _staffed(), _capacity(), _chats(),
        row("How long a contact takes"), _handle_time(), _handling(),
    ]  # fmt: skip
    return board(
        UID,
        "Agents",
        "Is there somebody for the work, and where does the time go? By team, never by person.",
        panels,
        [
            variable("team", "Team", f"label_values({series('agents')}, team)"),
            variable("queue", "Queue", f"label_values({series('contacts_waiting')}, queue)"),
        ],
        refresh="30s",
        since="now-6h",
    )
