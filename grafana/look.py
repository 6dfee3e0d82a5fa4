"""How the boards look: the colours of the page, and where one turns into the other.

No border is chosen here: all come from the targets of the configuration (``stream.core.thresholds``). A panel's own
steps are those of a queue without settings of its own; the tile of one queue gets its colour from that queue's
promise, by a query (``verdict``).
"""

from __future__ import annotations

from stream.core.sections import Board, Queue
from stream.core.thresholds import Bound, bounds

# Those of the page (stream/board/page), and quiet ones for what is neither good nor bad.
LEVEL = {"ok": "#1c7a4b", "warn": "#f2b134", "crit": "#c4303b"}
LINE = {"ok": "#2fae74", "warn": "#f2b134", "crit": "#ff6b6b"}
CALM, QUIET = "#5aa9ff", "#8fa3b8"
STATE = {
    "on_contact": "#5aa9ff",
    "acw": "#8f7bff",
    "available": "#2fae74",
    "ringing": "#ffd166",
    "break": "#6b7a8c",
    "error": "#ff6b6b",
    "offline": "#3a4653",
    "unknown": "#c05c8e",
}
# A series is named by its label; people read words.
STATE_WORDS = {"on_contact": "on contact", "acw": "wrap-up"}
OUTCOME = {
    "accepted": "#2fae74",
    "forwarded": "#5aa9ff",
    "duplicate": "#8fa3b8",
    "fenced": "#6b7a8c",
    "late": "#f2b134",
    "rejected": "#ff6b6b",
}
RESULT = {"met": "#2fae74", "missed": "#ff6b6b"}

Steps = tuple[tuple[float | None, str], ...]
DEFAULTS: dict[str, Bound] = bounds(Queue())
DATA_AGE = Bound(Board().stale_seconds, Queue().warn)


def steps(bound: Bound, colours: dict[str, str] = LEVEL) -> Steps:
    """The steps of a threshold: (from value, colour); the first from below everything."""
    (_, first), *rest = bound.borders()
    return (None, colours[first]), *((value, colours[level]) for value, level in rest)


def verdict(value: str, target: str, bound: Bound, by: str) -> str:
    """A query that gives one series with the label ``colour``: what ``bound`` says of ``value`` with the target that
    the queue itself has. ``by`` are the labels that both have.
    """
    edge = f"on ({by}) {bound.warn:g} * ({target})"
    whole = f"on ({by}) ({target})"
    if bound.is_objective:
        cases = (("ok", f">= {whole}"), ("warn", f">= {edge}"), ("crit", f"< {edge}"))
    else:
        cases = (("crit", f"> {whole}"), ("warn", f">= {edge}"), ("ok", f"< {edge}"))
    return f" or on ({by}) ".join(
        f'label_replace(({value}) {comparison}, "colour", "{LEVEL[level]}", "", "")' for level, comparison in cases
    )
