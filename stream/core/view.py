"""The merged view: aggregate records of all partitions in, KPI rows out. Used by the board and by the batch report
alike.

Per key the record with the highest stamp holds and, at equal stamps, the later one. What changes is merged by its
difference into every place that it belongs to: a queue and channel, the queue, the channel, everything; a team, all
teams. Sums are merged, never averages.
"""

# long: one merged view is one noun; what is put and what is asked share every field of it

from __future__ import annotations

from functools import lru_cache
from itertools import product
from typing import TYPE_CHECKING, Any

import msgspec

from stream.core.accounts import recorded_in, uncovered
from stream.core.days import HOUR_MS, days, iso
from stream.core.facts import into
from stream.core.forms import Kpi
from stream.core.kpis import CATALOGUE
from stream.core.kpis_queue import service_level_parts
from stream.core.panes import COARSE_KEPT_MS, COARSE_MS, border_ms, zone_of
from stream.core.spot import Spot
from stream.core.windows import WINDOWS
from topics import aggregates as agg

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from stream.core.accounts import Part
    from stream.core.settings import Settings

IDLE_AFTER_MS = 10_000
_SWEPT = (agg.FINE, agg.COARSE, agg.DAY, agg.SINCE, agg.COUNTS)
_decoders: dict[str, Callable[[bytes], Any]] = {
    agg.FINE: msgspec.msgpack.Decoder(agg.Pane).decode,
    agg.COARSE: msgspec.msgpack.Decoder(agg.Pane).decode,
    agg.DAY: msgspec.msgpack.Decoder(agg.Pane).decode,
    agg.SINCE: msgspec.msgpack.Decoder(agg.Since).decode,
    agg.COUNTS: msgspec.msgpack.Decoder(agg.Counts).decode,
    agg.MARK: msgspec.msgpack.Decoder(agg.Mark).decode,
    agg.BEGIN: msgspec.msgpack.Decoder(agg.Sweep).decode,
    agg.END: msgspec.msgpack.Decoder(agg.Sweep).decode,
}
_PLACES_OF = {"agent": "team", "employee": "employees"}  # family of a KPI -> of the places that have it
_BY_TEAM = frozenset(_PLACES_OF.values())
Address = tuple[str, str | None, str | None]  # family, name, channel; None: over all of them
Spots = dict[Address, Spot]


class KpiRow(msgspec.Struct, omit_defaults=True):
    """One number: ``count`` is its denominator or number of samples. ``queue``, ``channel`` null: over all of them."""

    kpi: str
    stat: str
    queue: str | None
    channel: str | None
    value: float
    count: float
    team: str | msgspec.UnsetType | None = msgspec.UNSET
    state: str | msgspec.UnsetType | None = msgspec.UNSET
    age: str | msgspec.UnsetType | None = msgspec.UNSET
    reason: str | msgspec.UnsetType | None = msgspec.UNSET
    priority: str | msgspec.UnsetType | None = msgspec.UNSET
    target: str | msgspec.UnsetType | None = msgspec.UNSET
    clock: str | msgspec.UnsetType | None = msgspec.UNSET
    formula: str | msgspec.UnsetType | None = msgspec.UNSET
    compared: float | msgspec.UnsetType | None = msgspec.UNSET
    compared_count: float | msgspec.UnsetType | None = msgspec.UNSET
    previous: float | msgspec.UnsetType | None = msgspec.UNSET
    previous_count: float | msgspec.UnsetType | None = msgspec.UNSET


FURTHER = ("state", "age", "reason", "priority", "target", "clock")


def further_of(row: KpiRow) -> dict[str, str | None]:
    """The further dimensions of a row; None is the total over one."""
    return {name: value for name in FURTHER if (value := getattr(row, name)) is not msgspec.UNSET}


class Previous(msgspec.Struct, rename={"from_": "from"}):
    """The window before, [``from``, ``to``), which is compared with this one up to ``until``
    (``stream.core.previous``). ``absent`` says why there is none.
    """

    from_: str | None
    to: str | None
    until: str | None
    absent: str | None = None


class Report(msgspec.Struct, rename={"from_": "from"}):
    """The rows of one window, and what they were made from."""

    from_: str
    to: str
    watermark: str | None
    config_version: str
    events: dict[str, int]
    rows: list[KpiRow]
    previous: Previous | msgspec.UnsetType = msgspec.UNSET


class View:
    """Everything that the workers have published, merged."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.version = 0
        self.marks: dict[tuple[str, int], agg.Mark] = {}
        self._moved_ms: dict[tuple[str, int], int] = {}
        self._held: dict[bytes, tuple[int, Any, int]] = {}  # stamp, payload, the sweep it was last said in
        self._sweeps: dict[tuple[str, int], tuple[int, int]] = {}  # how many have begun, and the stamp of the last
        self._keys: dict[bytes, tuple[agg.Key, list[Spot]]] = {}
        self._spots: Spots = {}
        self._cached: dict[tuple[str, Address], dict[frozenset[int] | None, list[KpiRow]]] = {}

    # --- records in --------------------------------------------------------------------------------------------------

    def put(self, raw: bytes, value: bytes | None) -> None:
        """One record of the aggregates' topic. Raises ``ValueError`` when it is none."""
        entry = self._keys.get(raw)
        if entry is None:
            key = agg.unpack_key(raw)
            entry = self._keys[raw] = (key, self._spots_of(key))
        key, spots = entry
        held = self._held.get(raw)
        if value is None:
            self._forget(raw, key, spots, held)
            return
        try:
            new = _decoders[key.kind](value)
        except (KeyError, msgspec.MsgspecError) as error:
            raise ValueError(f"not an aggregate record: {key}") from error
        swept, lowest = self._sweeps.get((key.topic, key.partition), (0, -1))
        if new.stamp < lowest or (held is not None and new.stamp < held[0]):
            return
        self.version += 1
        if key.kind in (agg.BEGIN, agg.END):
            self._sweep(key, new, swept)
            return
        if isinstance(new, agg.Mark):
            self._put_mark(key, new, held)
            self._held[raw] = (new.stamp, new, swept)
            return
        payload = new.since if isinstance(new, agg.Since) else new.counts if isinstance(new, agg.Counts) else new.cell
        _tell(spots, raw, key, held[1] if held else None, payload)
        self._held[raw] = (new.stamp, payload, swept)

    def _sweep(self, key: agg.Key, sweep: agg.Sweep, swept: int) -> None:
        """At the end of a sweep: what was not said again since its begin is forgotten, but for final panes."""
        tp = (key.topic, key.partition)
        if key.kind == agg.BEGIN:
            self._sweeps[tp] = (swept + 1, sweep.stamp)
            return
        for raw in [r for r, (k, _) in self._keys.items() if (k.topic, k.partition) == tp and k.kind in _SWEPT]:
            held = self._held.get(raw)
            old, spots = self._keys[raw]
            if held is not None and held[2] < swept and not self._is_final(old, sweep.hour_ms):
                self._forget(raw, old, spots, held)

    def _is_final(self, key: agg.Key, hour_ms: int) -> bool:
        """Whether a pane lies before the border that the sweep was made with: then its worker holds it no more."""
        if key.kind not in (agg.COARSE, agg.DAY):
            return False
        calendar = days(*zone_of(key.place, self.settings))
        start = int(key.part) * COARSE_MS if key.kind == agg.COARSE else calendar.start_ms(int(key.part))
        return start < border_ms(calendar, hour_ms, round(self.settings.time.horizon_hours * HOUR_MS))

    def _forget(self, raw: bytes, key: agg.Key, spots: list[Spot], held: tuple[int, Any, int] | None) -> None:
        """A tombstone: the pane is no longer needed by any window."""
        del self._keys[raw]
        if held is not None and key.kind != agg.MARK:
            _tell(spots, raw, key, held[1], type(held[1])())
        self._held.pop(raw, None)
        self.version += 1

    def _put_mark(self, key: agg.Key, mark: agg.Mark, held: tuple[int, Any, int] | None) -> None:
        tp = (key.topic, key.partition)
        if held is None or held[1].watermark_ms < mark.watermark_ms:  # late ones and repeats are no progress
            self._moved_ms[tp] = mark.published_ms
        self.marks[tp] = mark

    def _spots_of(self, key: agg.Key) -> list[Spot]:
        family, name, channel = key.place
        if not family:
            return []
        places: Iterable[tuple[str | None, str | None]] = ((name, None), (None, None))
        families = (family, "queue") if family.startswith(agg.TARGET) else (family,)  # a queue has all its targets
        if "queue" in families:
            places = ((name, channel), (name, None), (None, channel), (None, None))
            if not name:  # of no queue: only in the sums over queues
                places = ((None, channel), (None, None)) if channel else ((None, None),)
        found = []
        for of_family, place in product(families, places):
            spot = self._spots.get((of_family, *place))
            if spot is None:
                spot = self._spots[of_family, *place] = self._spot(of_family, *place)
            found.append(spot)
        return found

    def _spot(self, family: str, name: str | None = None, channel: str | None = None) -> Spot:
        return Spot(family, name, channel, settings=self.settings, others=self._places)

    def _places(self, family: str) -> list[Spot]:
        """All places of a family; the first is all of them together, an empty one where none was seen."""
        found = [spot for (of, *_), spot in self._spots.items() if of == family and not spot.is_everything]
        return [self._spots.get((family, None, None)) or self._spot(family), *found]

    def retain(self, now_ms: int) -> None:
        """Forgets the days beyond ``board.retention_days``, and the quarters of an hour that no worker takes back: it
        was started again after they were final.
        """
        oldest = self.oldest_day(now_ms)
        for raw in [r for r, (key, _) in self._keys.items() if self._is_old(key, now_ms, oldest)]:
            key, spots = self._keys[raw]
            self._forget(raw, key, spots, self._held.get(raw))

    def oldest_day(self, now_ms: int) -> int:
        """The first day that is kept: its number; 0: all are."""
        days = self.settings.board.retention_days
        return now_ms // 86_400_000 - days if days else 0

    def _is_old(self, key: agg.Key, now_ms: int, oldest_day: int) -> bool:
        if key.kind == agg.COARSE:
            mark = self.marks.get((key.topic, key.partition))
            return mark is not None and int(key.part) * COARSE_MS < min(mark.closed_ms, now_ms - COARSE_KEPT_MS)
        return key.kind == agg.DAY and int(key.part) < oldest_day

    # --- time --------------------------------------------------------------------------------------------------------

    def now_ms(self, wall_ms: int) -> int:
        """What "now" is: the wall clock, or in a replay of history the highest event time seen."""
        if self.settings.time.clock == "wall":
            return wall_ms
        return max((mark.watermark_ms for mark in self.marks.values()), default=0)

    def watermark_ms(self, _now_ms: int = 0) -> int:
        """Up to which event time the view is complete: the smallest watermark of the partitions that are not idle."""
        newest = max(self._moved_ms.values(), default=0)
        moving = [
            mark.watermark_ms
            for tp, mark in self.marks.items()
            if mark.watermark_ms and self._moved_ms[tp] >= newest - IDLE_AFTER_MS
        ]
        return min(moving, default=0)

    # --- rows out ----------------------------------------------------------------------------------------------------

    def places(self) -> list[agg.Place]:
        """The queues with their channels, and the teams, that have been seen."""
        return sorted(
            agg.Place(family, name, channel or "")
            for (family, name, channel), spot in self._spots.items()
            if name is not None
            and (
                spot.has("agent")
                if family == "team"
                else family == "queue" and channel is not None and (spot.has("contact") or spot.has("ticket"))
            )
        )

    def has(self, place: agg.Place, family: str) -> bool:
        """Whether an entity of ``family`` was seen at a place."""
        return self._spots[place.family, place.name, place.channel].has(family)

    def since_ms(self, address: Address, level: str) -> list[int]:
        """Since when each member of ``level`` of a place is in it, in no order."""
        return list(self._spots[address].since_ms(level))

    def next_due_ms(self, address: Address, now_ms: int) -> int | None:
        """When the next running service target of a place falls due; None: none is to come."""
        return min((due for due in self._spots[address].since_ms("due") if due >= now_ms), default=None)

    def uncovered(self, start_ms: int, end_ms: int) -> tuple[Part, ...]:
        """The parts of [``start_ms``, ``end_ms``) that no cost on record covers."""
        everything = self._spots.get(("queue", None, None))
        costs = recorded_in(everything.parts("recorded")) if everything is not None else []
        return tuple(uncovered((start_ms, end_ms), costs))

    def first_ms(self, now_ms: int) -> int:
        """The lowest event time seen: where the window ``all`` begins."""
        return min((mark.first_ms for mark in self.marks.values() if mark.first_ms), default=now_ms)

    def rows(
        self,
        window: str,
        now_ms: int,
        *,
        kpi: str | None = None,
        queue: str | None = None,
        channel: str | None = None,
        first_ms: int | None = None,
    ) -> list[KpiRow]:
        """The KPI rows of ``window`` at ``now_ms``; with ``queue``, ``channel`` or ``kpi`` only those of it."""
        if window.partition("/")[0] not in WINDOWS:
            raise ValueError(f"window: one of {', '.join(WINDOWS)}")
        if first_ms is None:
            first_ms = self.first_ms(now_ms)
        found: list[KpiRow] = []
        for place in self.addresses():
            family, name, of_channel = place
            if (queue is not None and (family in _BY_TEAM or name != queue)) or (
                channel is not None and of_channel != channel
            ):
                continue
            rows = self.rows_at(place, window, now_ms, first_ms, None)
            found += rows if kpi is None else [row for row in rows if row.kpi == kpi]
        return found

    def addresses(self) -> list[Address]:
        """Every place that has rows, totals included."""
        return sorted(self._spots, key=lambda p: (p[0], p[1] or "", p[1] is None, p[2] or ""))

    def rows_at(
        self, place: Address, window: str, now_ms: int, first_ms: int, wanted: frozenset[int] | None
    ) -> list[KpiRow]:
        """The rows of one place: the same list as long as they are the same. ``wanted`` are the kinds (the first input
        of a duration) whose percentiles are needed; None: all.
        """
        spot = self._spots[place]
        changed = spot.look(window, now_ms, first_ms)
        cached = self._cached.setdefault((window, place), {})
        if changed:
            cached.clear()
        rows = cached.get(wanted)
        if rows is None:
            spot.wanted = wanted
            rows = cached[wanted] = self._rows_of(spot, window)
        return rows

    def _rows_of(self, spot: Spot, window: str) -> list[KpiRow]:
        by_team = spot.family in _BY_TEAM
        name = None if by_team else spot.name
        team: dict[str, Any] = {"team": spot.name} if by_team else {}
        seen: dict[str, bool] = {"any": True}
        rows: list[KpiRow] = []
        family, _, target = spot.family.partition(agg.TARGET)
        for kpi in _kpis_of(family or "target", window, spot.is_everything):
            if kpi.family not in seen:
                seen[kpi.family] = spot.has(kpi.family)
            if seen[kpi.family]:
                own = {**team, "target": target or None} if kpi.family == "target" else team
                for stat, value, count, further in kpi.compute(spot):
                    rows.append(KpiRow(kpi.name, stat, name, spot.channel, value, count, **own, **further))
        return rows

    def service_levels(
        self, window: str, now_ms: int, formulas: Iterable[str], *, queue: str | None = None, channel: str | None = None
    ) -> list[KpiRow]:
        """The service level by several formulas over the same contacts (K2): rows that name their ``formula``."""
        found: list[KpiRow] = []
        for place, spot in sorted(self._spots.items(), key=lambda item: tuple(map(str, item[0]))):
            family, name, of_channel = place
            if family != "queue" or (queue is not None and name != queue) or (channel not in (None, of_channel)):
                continue
            self.rows_at(place, window, now_ms, self.first_ms(now_ms), None)  # turns the place to the window
            for formula in formulas:
                part, whole = service_level_parts(spot, formula)
                if whole > 0:
                    row = KpiRow("service_level_ratio", "value", name, of_channel, part / whole, whole, formula=formula)
                    found.append(row)
        return found

    def report(
        self, window: str, now_ms: int, rows: list[KpiRow] | None = None, *, from_ms: int | None = None
    ) -> Report:
        """The rows of ``window`` (all, or these of them) with what they were made from."""
        first = self.first_ms(now_ms) if from_ms is None else from_ms
        zone = self.settings.time.zone
        spot = self._spots.get(("queue", None, None)) or self._spot("queue")
        start, end = spot.bounds(window, now_ms, first)
        marks = self.marks.values()
        events = {name: sum(getattr(mark, name) for mark in marks) for name in ("accepted", "duplicate", "late")}
        events["rejected"] = sum(sum(mark.rejected.values()) for mark in marks)
        watermark = max((mark.watermark_ms for mark in marks), default=0)
        if rows is None:
            rows = self.rows(window, now_ms, first_ms=first)
        return Report(
            iso(start, zone), iso(end, zone), iso(watermark, zone) if watermark else None,
            self.settings.config_version, events, rows,
        )  # fmt: skip


@lru_cache(maxsize=256)
def _kpis_of(family: str, window: str, everything: bool) -> tuple[Kpi, ...]:  # noqa: FBT001 - a key of the cache
    """The KPIs that a place of ``family`` may have in ``window``."""
    window = window.partition("/")[0]
    return tuple(
        kpi
        for kpi in CATALOGUE.values()
        if family in (_PLACES_OF.get(kpi.family, "queue"), kpi.family)
        and (everything or not kpi.overall)
        and (not kpi.windows or window in kpi.windows)
        and (window == "all" or kpi.live is None or kpi.live == (window == "now"))
    )


def _tell(spots: list[Spot], raw: bytes, key: agg.Key, old: Any, new: Any) -> None:
    """A record has changed from ``old`` (None: it is new) to ``new``: every place that it belongs to is told."""
    if key.kind == agg.SINCE:
        level = key.part.rpartition(":")[0]
        for spot in spots:
            spot.put_since(level, raw, new)
        return
    diff = new
    if old:
        diff = dict(new)
        into(diff, old, -1)
        diff = {slot: value for slot, value in diff.items() if value}
    for spot in spots:
        spot.put(key.kind, key.part, diff, gone=not new)
