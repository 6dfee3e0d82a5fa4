"""One place of the merged view: its panes, levels and running sums, read as a ``Measure`` (``stream.core.kpis``)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from stream.core.accounts import Accounts
from stream.core.days import days
from stream.core.facts import KINDS, NAMES, ORIGIN_MS_OF, Cell, histogram_of, into
from stream.core.forms import SHARES
from stream.core.histogram import quantiles
from stream.core.panes import COARSE_MS, FINE_MS, zone_of
from stream.core.windows import FAR, Ahead, Run, Span, span
from topics import aggregates as agg

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from stream.core.settings import Settings


_FAMILY_OF = {KINDS["contacts_seen"]: "contact", KINDS["tickets_seen"]: "ticket", KINDS["targets_seen"]: "target"}
_LEVEL_OF = {"contact": "waiting", "ticket": "backlog", "target": "due"}


class Spot:
    """A queue and channel, or a team (``name``), or a total (None). ``others`` gives all places of a family, the total
    first.
    """

    def __init__(
        self,
        family: str,
        name: str | None,
        channel: str | None = None,
        *,
        settings: Settings,
        others: Callable[[str], list[Spot]] | None = None,
    ) -> None:
        self.family, self.name, self.channel = family, name, channel
        self.is_everything = name is None and channel is None
        self._others = others
        self._seen: Cell = {}
        self.formula: str = settings.service_level.formula
        self.options = settings.kpis
        self._opening = settings.schedule("*")
        self.now_ms = 0
        self.wanted: frozenset[int] | None = None  # the kinds whose percentiles are asked for; None: of all
        place = agg.Place(family if name is not None else "team", name or "", channel or "")
        self._calendar = days(*zone_of(place, settings))
        self._panes: dict[str, dict[int, Cell]] = {agg.FINE: {}, agg.COARSE: {}, agg.DAY: {}}
        self._runs: dict[str, Run] = {}
        self._sized: dict[str, list[Run]] = {size: [] for size in self._panes}
        self._counts: Cell = {}
        self._ahead = Ahead()
        self._run: Run | None = None
        self._since: dict[str, dict[Any, list[int]]] = {}
        self._cell: Cell = {}
        self._span = Span(agg.DAY, 0, 0, 0, 0)
        self._looked = ("now", 0, 0)
        self.is_now = True

    # --- what is published -------------------------------------------------------------------------------------------

    def put_since(self, level: str, source: Any, members: list[int]) -> None:
        """Since when the members of ``level`` are in it that one record tells of."""
        parts = self._since.setdefault(level, {})
        if members:
            parts[source] = members
        else:
            parts.pop(source, None)
            if not parts:
                del self._since[level]

    def put(self, kind: str, part: str, diff: Cell, *, gone: bool) -> None:
        """A pane or the running counts have changed by ``diff``; ``gone``: nothing of that record is left."""
        if kind == agg.COUNTS:
            into(self._counts, diff)
            return
        if kind == agg.DAY:
            into(self._seen, {slot: n for slot, n in diff.items() if slot in _FAMILY_OF})
        self._put_pane(kind, int(part), diff, gone=gone)

    def _put_pane(self, size: str, pane: int, diff: Cell, *, gone: bool) -> None:
        """A pane has changed, and with it the running sums that hold it."""
        cell = self._panes[size].setdefault(pane, {})
        into(cell, diff)
        if gone and not any(cell.values()):
            del self._panes[size][pane]
        for run in self._sized[size]:
            run.update(pane, diff)
        if size == agg.FINE and pane > self._ahead.now:
            self._ahead.update(pane, diff)
            for run in self._runs.values():
                run.changed |= run.ahead.update(pane, diff)

    def has(self, family: str) -> bool:
        """Whether an entity of ``family`` (contact, ticket, agent) was seen here: then its counts have rows, also at
        zero.
        """
        if family == "target" and self.family == "queue":  # the total over all targets has its row wherever they may be
            return self.has("contact") or self.has("ticket")
        if family in ("agent", "employee"):
            return any(self._counts.values()) or any(any(cell.values()) for cell in self._panes[agg.DAY].values())
        if any(name.partition("/")[0] == _LEVEL_OF[family] for name in self._since):  # seen then, though void by now
            return True
        return any(n and _FAMILY_OF[slot] == family for slot, n in self._seen.items())

    # --- a window of it ----------------------------------------------------------------------------------------------

    def bounds(self, window: str, now_ms: int, first_ms: int) -> tuple[int, int]:
        """[start, end) of the window in ms; of ``now`` both are now."""
        if window == "now":
            return now_ms, now_ms
        found = span(window, now_ms, self._calendar, first_ms)
        return found.start_ms, found.end_ms

    def look(self, window: str, now_ms: int, first_ms: int) -> bool:
        """Turns to ``window``; what is measured from here on is of it. False: nothing in it has changed since the
        last look.
        """
        self.now_ms = now_ms
        self._looked = (window, now_ms, first_ms)
        self.is_now = window == "now"
        fine = self._panes[agg.FINE]
        self._ahead.move(now_ms // FINE_MS, FAR, fine)
        if window == "now":
            self._cell, self._run = {}, None
            return True
        self._span = span(window, now_ms, self._calendar, first_ms)
        run = self._runs.get(window)
        if run is None:
            run = self._runs[window] = Run(self._span.size)
            self._sized[run.size].append(run)
        run.move(self._span, self._panes[run.size])
        if self._span.until and run.ahead.move(now_ms // FINE_MS, self._span.until, fine):
            run.changed = True
        changed, run.changed = run.changed, False
        self._cell, self._run = run.seen(), run
        return changed or self.family != "queue" or self.is_everything or window == "all"

    def over(self, family: str) -> Spot:
        """The total of ``family``, turned to the same window. Only places that are computed at every look may ask: so
        it does not matter that this one looks between its own turns.
        """
        return self._turned(self._family(family)[0])

    def each(self, kind: int) -> list[int]:
        """How many facts of ``kind`` each place of this family has in the same window."""
        return [self._turned(spot).n(kind) for spot in self._family(self.family)[1:]]

    def _family(self, family: str) -> list[Spot]:
        if self._others is None:
            raise AssertionError("a place of no view has no others")
        return self._others(family)

    def _turned(self, spot: Spot) -> Spot:
        if spot is not self:
            spot.look(*self._looked)
        return spot

    def n(self, kind: int) -> int:
        """How many facts of ``kind``."""
        return self._cell.get(kind, 0)

    def total_ms(self, kind: int) -> int:
        """The sum of the durations of ``kind``."""
        return self._cell.get(kind + 1, 0)

    def percentiles_ms(self, kinds: tuple[int, ...], less: tuple[int, ...] = ()) -> Iterable[tuple[str, float]]:
        """(stat, value) of the p50, p90 and p95 of ``kinds`` without the samples of ``less``, if they are wanted."""
        if self.wanted is not None and kinds[0] not in self.wanted:
            return ()
        found = quantiles(histogram_of(self._cell, *kinds, less=less), (share for _, share in SHARES))
        return zip((stat for stat, _ in SHARES), found, strict=True)

    def inside_ms(self, kind: int) -> int:
        """Time spent in the interval ``kind`` within the window: see ``stream.core.facts``."""
        start, end = self._span.start_ms, self._span.end_ms
        n, total = self._cell.get(kind, 0), self._cell.get(kind + 1, 0)
        later = sum(cell.get(kind, 0) for pane, cell in self._panes[self._span.size].items() if pane > self._span.last)
        if self._run is not None:
            later += self._run.ahead.cell.get(kind, 0)
        inside_at_start = self._counts.get(kind, 0) - n - later
        return inside_at_start * (end - start) + n * (end - ORIGIN_MS_OF.get(kind, 0)) - total

    def length_ms(self) -> int:
        """How long the window is, up to now."""
        return self._span.end_ms - self._span.start_ms

    def accounts(self) -> Accounts:
        """The window pane by pane, for the KPIs of the business; of the pane that holds now what has come by now."""
        panes, counts, ahead = self._panes[self._span.size], self._counts, self._to_come()
        if ahead:
            now = self._calendar.day_of(self.now_ms) if self._span.size == agg.DAY else self.now_ms // COARSE_MS
            panes, counts = {**panes, now: dict(panes.get(now, {}))}, dict(counts)
            into(panes[now], ahead, -1)
            into(counts, {slot: n for slot, n in ahead.items() if slot in NAMES}, -1)
        return Accounts(self._span, panes, counts, self._calendar, self._opening)

    def _to_come(self) -> Cell:
        """The facts ahead that the pane which holds now has already."""
        if not any(self._ahead.cell.values()):
            return {}
        calendar = self._calendar
        is_day = self._span.size == agg.DAY
        end = (
            calendar.start_ms(calendar.day_of(self.now_ms) + 1)
            if is_day
            else (self.now_ms // COARSE_MS + 1) * COARSE_MS
        )
        found: Cell = {}
        for pane, cell in self._panes[agg.FINE].items():
            if self.now_ms // FINE_MS < pane < end // FINE_MS:
                into(found, cell)
        return found

    def inside_now(self, kind: int) -> int:
        """How many are in the interval ``kind``."""
        return self._counts.get(kind, 0) - self._ahead.cell.get(kind, 0)

    def since_ms(self, level: str) -> Iterator[int]:
        """Since when each member of ``level`` is in it, whatever its parts."""
        for _, members in self.parts(level):
            yield from members

    def parts(self, level: str) -> Iterator[tuple[str, list[int]]]:
        """(part, since when) of ``level``: "backlog/open/high" is the part "open/high" of the level "backlog"."""
        for name, sources in self._since.items():
            whole, _, part = name.partition("/")
            if whole == level:
                for members in sources.values():
                    yield part, members
