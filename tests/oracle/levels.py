"""The levels of a report that ends before the events do: those of its end, the counts those of the whole history."""

from __future__ import annotations

from tests.oracle.comparison import Rows

# What has rows wherever a level has one: by the level that has somebody in it as long as the others have.
COUNTS = {
    "contacts_waiting": (
        "contacts_waiting", "oldest_wait_seconds", "contacts_offered", "contacts_answered", "contacts_abandoned",
        "contacts_flowed_out", "contacts_short_abandoned", "targets_met", "targets_missed",
        "targets_at_risk", "targets_breached",
    ),
    "backlog_tickets": (
        "backlog_tickets", "unreplied_tickets", "oldest_unreplied_seconds", "tickets_created", "tickets_solved",
        "targets_met", "targets_missed", "targets_at_risk", "targets_breached",
        "unassigned_tickets", "reopens", "closed_unreplied",
    ),
}  # fmt: skip
LEVELS = frozenset(
    (
        "contacts_waiting",
        "oldest_wait_seconds",
        "backlog_tickets",
        "unreplied_tickets",
        "oldest_unreplied_seconds",
        "targets_at_risk",
        "targets_breached",
        "unassigned_tickets",
    )
)
# What has a row over everything where a ticket was seen and there are hours to divide by (S9).
PER_HOUR = ("tickets_handled_per_hour", "tickets_solved_per_hour")


def with_levels_of(rows: Rows, then: Rows, hours: float) -> Rows:
    """``rows`` with the levels of ``then``. Where somebody was in a level then who is void by now, and nobody else was
    seen, the counts are zero (R02, R21), and so are tickets in each of the ``hours``.
    """
    kept = {row: value for row, value in rows.items() if row[0] not in LEVELS}
    for level, names in COUNTS.items():
        for row, (value, _) in then.items():
            if row[0] != level or any(row[4:]) or not (value or row in rows):
                continue
            place = {r: v for r, v in then.items() if r[0] in names and r[2:4] == row[2:4]}
            zeros = {(name, *row[1:]): (0.0, 0.0) for name in names if name not in LEVELS}
            if level == "backlog_tickets" and not any(row[2:]) and hours > 0:
                zeros |= {(name, *row[1:]): (0.0, hours) for name in PER_HOUR}
            kept = {**zeros, **kept, **place}
    return kept
