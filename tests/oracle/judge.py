"""The judge: records in, rows out. Reading is Python (``intake``), computing is SQL, one file per matter.

What it judges: everything that the sources and the simulator produce, in any order of arrival, from any number of
partitions, with duplicates, rejected input, impossible orders (R43), and events behind the horizon. What it does not
judge, it refuses (``NotJudged``): corrections. What it does not model: the caps of ``[limits]``
besides the size of an event, and one case of lateness: a late event that *takes back* what an earlier one has said in
a final day (the pipeline keeps that day; here it is gone). Late events that add something to a final day, above all
those of an entity that comes too late as a whole, are left out and counted, as the pipeline does. No paper says what
an entry into a queue is while an earlier one still waits (its outcome was lost): here every queue.entered is offered.
"""
# long: the tables that SQL reads, side by side

from __future__ import annotations

import json
import tempfile
from collections import Counter
from collections.abc import Iterable
from pathlib import Path
from typing import Any, NamedTuple

import duckdb

from tests.oracle import agents, hours, promises
from tests.oracle.arrivals import (
    ARRIVALS,
    BUSINESS_TERMS,
    SETTING,
    SURVEY_TERMS,
    arrival,
    business_terms,
    setting,
    survey_terms,
)
from tests.oracle.calendars import MINUTES, Calendar, comparable, span
from tests.oracle.comparison import DIMENSIONS, Rows
from tests.oracle.intake import FORWARDED, Refused, read
from tests.oracle.levels import with_levels_of

HERE = Path(__file__).parent
FAR_MS = 1 << 60
# The SQL, in its order: once over the events, and for every window; what is to be a row is inserted into kpi_rows.
EVENTS = (
    "events", "contacts", "queues", "tickets", "tickets_kpis", "first_contact", "clocks", "targets", "agents", "surveys",
    "business",
)  # fmt: skip
WINDOWS = (
    "windows", "windows_queues", "windows_agents", "windows_tickets", "windows_surveys", "windows_business", "windows_targets",
)  # fmt: skip
NOT_JUDGED = frozenset(("correction.retract", "correction.replace"))
# The order of life of the events of one millisecond (R51).
LIFE = (
    "call.initiated", "chat.started", "ivr.entered", "ivr.left", "queue.entered", "offer.made", "offer.missed",
    "callback.requested", "queue.left", "queue.resumed", "contact.answered", "message", "hold.started", "hold.ended", "contact.transferred",
    "contact.ended", "acw.started", "acw.ended",
    "bot.handoff",
    "ticket.created", "ticket.message_added", "ticket.status_changed", "ticket.assigned", "ticket.priority_changed",
    "ticket.fields_changed", "ticket.split", "ticket.viewed",
    "agent.logged_in", "agent.logged_out", "agent.status_changed", "agent.snapshot", "agent.profile_changed",
    "shift.scheduled",
    "survey.sent", "survey.answered",
    "customer.acquired", "customer.churned", "customer.reactivated", "purchase.made", "cost.recorded",
)  # fmt: skip
# The samples of each KPI of durations, by kind of fact.
DURATIONS = {
    "queue_wait_seconds": ("answered", "abandoned", "flowed_out"),
    "answer_speed_seconds": ("answered",),
    "time_to_abandon_seconds": ("abandoned",),
    "customer_wait_seconds": ("customer_wait",),
    "handle_seconds": ("handle",),
    "talk_seconds": ("talk",),
    "hold_seconds": ("hold",),
    "wrap_up_seconds": ("wrap_up",),
    "first_response_seconds": ("first_response",),
    "next_reply_seconds": ("next_reply",),
    "full_resolution_seconds": ("solved",),
    "first_response_human_seconds": ("first_response_human",),
    "first_resolution_seconds": ("first_solved",),
    "requester_wait_seconds": ("requester_wait",),
}
# Those that are measured by both clocks (K11).
BOTH_CLOCKS = frozenset(
    ("first_response_seconds", "first_response_human_seconds", "next_reply_seconds", "requester_wait_seconds",
     "first_resolution_seconds", "full_resolution_seconds")
)  # fmt: skip


class NotJudged(ValueError):
    """Input that this judge has no definition for."""


class Record(NamedTuple):
    """A record of a source topic. ``arrived_ms`` is the wall clock at its arrival."""

    topic: str
    partition: int
    offset: int
    arrived_ms: int
    key: bytes | None
    value: bytes | None


class Oracle:
    """The KPIs of ``records``, which are in order of offset within each partition.

    ``settings`` is the configuration as TOML gives it, a plain dict; what is absent is as the contract says.
    ``events`` are the counts of a report (R40), ``rejected`` the refused by reason, ``watermark_ms`` the highest event
    time (R01), ``first_ms`` the lowest.
    """

    def __init__(self, records: Iterable[Record], settings: dict[str, Any] | None = None) -> None:
        self._settings = settings or {}
        time = self._settings.get("time", {})
        self._organisation = Calendar(time.get("zone", "UTC"), time.get("day_start", "00:00"))
        self._horizon_ms = round(time.get("horizon_hours", 50) * 3_600_000)
        limits = {
            "event_bytes": self._settings.get("limits", {}).get("event_bytes", 65_536),
            "future_skew_ms": round(time.get("future_skew_seconds", 30) * 1000),
        }
        self.rejected: Counter[str] = Counter()
        arrivals = []
        for record in records:
            try:
                event = read(record.topic, record.key, record.value, record.arrived_ms, limits)
            except Refused as refused:
                self.rejected[str(refused)] += 1
                continue
            if event["type"] in NOT_JUDGED:
                raise NotJudged(event["type"])
            if event["type"] not in FORWARDED:
                arrivals.append(arrival(record.topic, record.partition, record.offset, event))
        self._compute(arrivals)

    def _compute(self, arrivals: list[dict[str, Any]]) -> None:
        self._arrivals = arrivals
        self.first_ms = min((a["at_ms"] for a in arrivals), default=0)
        self.watermark_ms = max((a["at_ms"] for a in arrivals), default=0)
        self._db = duckdb.connect(":memory:", config={"threads": 2})
        self._load(arrivals)
        for name in EVENTS:
            self._db.execute((HERE / f"{name}.sql").read_text())
        self._db.execute("delete from facts where queue is null")
        self._db.execute(
            "create table late_facts as select distinct f.topic, f.entity, f.n"
            " from (select topic, entity, n from facts union all select topic, entity, n from staff) f"
            " join events using (topic, entity, n) where late"
        )
        late = self._one("select count(*) from late_facts")
        for table in ("facts", "staff"):
            self._db.execute(f"delete from {table} where (topic, entity, n) in (from late_facts)")
        copies = self._one("select count(*) from copies where copy > 1")
        self.events = {
            "accepted": len(arrivals) - copies - late,
            "duplicate": copies,
            "late": late,
            "rejected": self.rejected.total(),
        }

    def _one(self, query: str) -> Any:
        found = self._db.execute(query).fetchone()
        assert found is not None
        return found[0]

    # --- what SQL reads ----------------------------------------------------------------------------------------------

    def _load(self, arrivals: list[dict[str, Any]]) -> None:
        self._fill("arrivals", ARRIVALS, arrivals)
        kinds = sorted({a["type"] for a in arrivals} | set(LIFE))
        ranks = [{"type": k, "rank": LIFE.index(k) if k in LIFE else len(LIFE)} for k in kinds]
        self._fill("type_rank", {"type": "TEXT", "rank": "INTEGER"}, ranks)
        level, kpis_set = self._settings.get("service_level", {}), self._settings.get("kpis", {})
        if kpis_set.get("first_response_start", "customer") != "customer":
            raise NotJudged("kpis.first_response_start")
        self._fill("touch_kind", {"touch": "TEXT"}, [{"touch": t} for t in kpis_set.get("touch_kinds", ["reply"])])
        self._fill("setting", SETTING, [setting(self._horizon_ms, level, kpis_set)])
        short = level.get("short_abandon_seconds", {"voice": 5})
        channels = sorted({a["named_channel"] or "" for a in arrivals} | {""})
        seconds = {c: short.get(c, 0) if isinstance(short, dict) else short for c in channels}
        self._fill(
            "short_abandons",
            {"channel": "TEXT", "short_ms": "BIGINT"},
            [{"channel": c, "short_ms": round(s * 1000)} for c, s in seconds.items()],
        )
        kpis = [
            {"kpi": kpi, "kind": f"{kind}:business" if clock == "business" else kind, "clock": clock}
            for kpi, kinds in DURATIONS.items()
            for kind in kinds
            for clock in (("calendar", "business") if kpi in BOTH_CLOCKS else (None,))
        ]
        self._fill("duration_kpi", {"kpi": "TEXT", "kind": "TEXT", "clock": "TEXT"}, kpis)
        self._fill("business_terms", BUSINESS_TERMS, [business_terms(self._settings.get("kpis", {}))])
        self._fill("survey_terms", SURVEY_TERMS, [survey_terms(self._settings.get("kpis", {}))])
        queues = sorted({a["named_queue"] for a in arrivals if a["named_queue"]})
        self._load_queues(["", *queues])
        scheduled = {queue: name for queue in queues if (name := self._queue(queue).get("schedule"))}
        open_hours = hours.tables(self._settings, scheduled, self.first_ms, self.watermark_ms)
        told = agents.tables(self._settings, arrivals, self._organisation)
        for table, columns, rows in (promises.table(self._settings), *open_hours, *told):
            self._fill(table, columns, rows)

    def _load_queues(self, queues: list[str]) -> None:
        """The terms of each queue, and the days of each calendar."""
        self._calendars = {queue: self._calendar_of(queue) for queue in queues}
        distinct = [self._organisation, *sorted(set(self._calendars.values()) - {self._organisation})]
        terms = [
            {
                "queue": queue,
                "target_ms": round(self._queue(queue).get("answer_target_seconds", 20) * 1000),
                "calendar": distinct.index(calendar),
            }
            for queue, calendar in self._calendars.items()
        ]
        self._fill("terms", {"queue": "TEXT", "target_ms": "BIGINT", "calendar": "INTEGER"}, terms)
        from_ms, to_ms = self.first_ms - self._horizon_ms - 172_800_000, self.watermark_ms + 172_800_000
        days = [
            {"calendar": n, "start_ms": start}
            for n, calendar in enumerate(distinct)
            if self._arrivals and self._horizon_ms
            for start in calendar.starts_ms(max(0, from_ms), to_ms)
        ]
        self._fill("calendar_days", {"calendar": "INTEGER", "start_ms": "BIGINT"}, days)

    def _queue(self, name: str) -> dict[str, Any]:
        queues = self._settings.get("queues", {})
        return {**queues.get("*", {}), **queues.get(name, {})}

    def _calendar_of(self, queue: str) -> Calendar:
        if not queue:  # what is of no queue is the organisation's
            return self._organisation
        own = self._queue(queue)
        zone, day_start = self._organisation
        return Calendar(own.get("zone") or zone, own.get("day_start") or day_start)

    def _fill(self, table: str, columns: dict[str, str], rows: list[dict[str, Any]]) -> None:
        """A table of these rows, through a file: DuckDB reads one faster than it binds values."""
        names = ", ".join(f'"{name}" {kind}' for name, kind in columns.items())
        self._db.execute(f"create or replace table {table} ({names})")
        if not rows:
            return
        with tempfile.NamedTemporaryFile("w", suffix=".json") as file:
            file.writelines(json.dumps(row) + "\n" for row in rows)
            file.flush()
            self._db.execute(
                f"insert into {table} by name select * from read_json(?, format = 'newline_delimited', columns = {columns})",
                [file.name],
            )

    # --- rows out ----------------------------------------------------------------------------------------------------

    def rows(
        self,
        window: str = "all",
        now_ms: int | None = None,
        from_ms: int | None = None,
        to_ms: int | None = None,
    ) -> Rows:
        """The rows of ``window`` at ``now_ms`` (absent: the watermark), or of [``from_ms``, ``to_ms``) (R45):
        {(kpi, stat, *DIMENSIONS): (value, count)}, seconds and shares.

        The window ``now`` has the levels only, ``all`` everything, any other window what is not a level;
        "1h/compared" and "1h/previous" are what a window is compared with (``calendars.comparable``).
        """
        bounded = from_ms is not None or to_ms is not None
        now_ms = to_ms if to_ms is not None else now_ms or self.watermark_ms
        if to_ms is not None:
            return self._bounded(from_ms or 0, to_ms)
        start_ms = (from_ms or 0) if bounded else self.first_ms
        return self._rows(window, now_ms, start_ms, now_ms + 1)

    def _bounded(self, from_ms: int, to_ms: int) -> Rows:
        """R45: the window is one of the rows, not of the events, but levels are as of its end. What is void by now
        (R21) has left every count, but was in the levels then.
        """
        rows = self._rows("all", to_ms, from_ms, to_ms)
        before = Oracle.__new__(Oracle)
        before.__dict__.update(self.__dict__)
        before._compute([arrival for arrival in self._arrivals if arrival["at_ms"] < to_ms])
        return with_levels_of(rows, before._rows("now", to_ms, from_ms, to_ms), self._one("from hours_of_tickets"))

    def _rows(self, window: str, now_ms: int, from_ms: int, to_ms: int) -> Rows:
        bounds = []
        for queue, calendar in self._calendars.items():
            own = share = (from_ms, to_ms)
            if window not in ("all", "now"):
                own = _span(window, now_ms, calendar)
                share = _span(window, now_ms, calendar, self._organisation)
            bounds.append(
                {"queue": queue, "own_from": own[0], "own_to": own[1], "sum_from": share[0], "sum_to": share[1]}
            )
        columns = {"queue": "TEXT", **dict.fromkeys(("own_from", "own_to", "sum_from", "sum_to"), "BIGINT")}
        self._fill("bounds", columns, bounds)
        team = (from_ms, to_ms) if window in ("all", "now") else _span(window, now_ms, self._organisation)
        moment = {
            "now_ms": now_ms,
            "seen_from": from_ms,
            "seen_to": to_ms,
            "team_from": team[0],
            "team_to": min(team[1], now_ms),
        }
        self._fill("moment", dict.fromkeys(moment, "BIGINT"), [moment])
        wanted = {
            "flows": window != "now",
            "levels": window in ("all", "now"),
            "by_day": window != "24h" and not window.startswith(("24h/", "today/")),
            "business": window != "now" and window.partition("/")[0] not in MINUTES,  # not in less than a day
        }
        self._fill("wanted", dict.fromkeys(wanted, "BOOLEAN"), [wanted])
        for name in WINDOWS:
            self._db.execute((HERE / f"{name}.sql").read_text())
        found = self._db.execute(f"select value, count, kpi, stat, {', '.join(DIMENSIONS)} from kpi_rows").fetchall()
        rows = {tuple(place): (value, count) for value, count, *place in found}
        assert len(rows) == len(found)
        return rows


def _span(window: str, now_ms: int, own: Calendar, organisation: Calendar | None = None) -> tuple[int, int]:
    window, _, side = window.partition("/")
    if side:
        return getattr(comparable(window, now_ms, own, organisation), side)  # type: ignore[no-any-return]
    return span(window, now_ms, own, organisation)
