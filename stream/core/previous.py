"""The previous comparable window: what every number was one window earlier.

Like with like: a window that ends now is compared up to the last border that is known exactly, with the same part of
the window before it. So each row carries two more values: ``compared``, over [from, until) of its own window, and
``previous``, over the same part of the window before.

=========  ==========================  ===================================================
window     until (compared to)         the window before
=========  ==========================  ===================================================
5m ... 1h  the last 10 s that is over  as long, right before it
today      the last quarter hour       yesterday, up to the same local time
24h        the last quarter hour       the 24 hours before
yesterday  its end                     the day before yesterday
7d, 28d    the start of today          the same days of the 7 (28) before
=========  ==========================  ===================================================
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec

from stream.core.days import days, iso
from stream.core.view import KpiRow, Previous
from stream.core.windows import COMPARED, PREVIOUS, comparable
from topics.aggregates import DAY

if TYPE_CHECKING:
    from collections.abc import Callable

    from stream.core.view import View

_NUMBERS = frozenset(("value", "count", "compared", "compared_count", "previous", "previous_count"))
_NAMES = tuple(name for name in KpiRow.__struct_fields__ if name not in _NUMBERS)


def compare(
    view: View, window: str, now_ms: int, rows: list[KpiRow], rows_of: Callable[[str], list[KpiRow]]
) -> tuple[Previous, list[KpiRow]]:
    """What ``window`` is compared with, and its ``rows`` with the numbers of it; ``rows_of`` gives the rows of another
    window. Null is a row that the other window does not have: no sample.
    """
    found = _previous(view, window, now_ms)
    if found.absent is not None:
        return found, rows
    compared, previous = ({_name(row): row for row in rows_of(f"{window}/{side}")} for side in (COMPARED, PREVIOUS))
    return found, [_with(row, compared.get(_name(row)), previous.get(_name(row))) for row in rows]


def _previous(view: View, window: str, now_ms: int) -> Previous:
    if window == "now":
        return Previous(None, None, None, "now is a moment: what was at an earlier one is not kept")
    if window == "all":
        return Previous(None, None, None, "nothing is before everything")
    time = view.settings.time
    part, before = comparable(window, now_ms, days(time.zone, time.day_start))
    start, end, until = (iso(moment, time.zone) for moment in (before.start_ms, before.end_ms, part.end_ms))
    first_ms, oldest = view.first_ms(now_ms), view.oldest_day(now_ms)
    why = None
    if before.size == DAY and before.first < oldest:
        kept = view.settings.board.retention_days
        why = f"board.retention_days = {kept} keeps less than the {now_ms // 86_400_000 - before.first} days it takes"
    elif before.start_ms < first_ms:
        why = f"it began before the first event, which is of {iso(first_ms, time.zone)}"
    return Previous(start, end, until, why)


def _name(row: KpiRow) -> tuple[Any, ...]:
    return tuple(getattr(row, name) for name in _NAMES)


def _with(row: KpiRow, compared: KpiRow | None, previous: KpiRow | None) -> KpiRow:
    return msgspec.structs.replace(
        row,
        compared=compared and compared.value,
        compared_count=compared and compared.count,
        previous=previous and previous.value,
        previous_count=previous and previous.count,
    )
