"""Every scenario with known answers through the real pipeline: one worker and one board on a real Kafka for all of them.

Each has three weeks of its own, one after the other, so that a window of days holds nothing else; what it leaves open is
ended before the next begins. Those that ask for nothing but days are sent at once, and their days looked at afterwards;
those that ask for a moment or an hour are played one by one, and the board is asked at their time. What is computed when
a number is read is computed under the options of the scenario, from what the worker has published.
"""

from __future__ import annotations

import asyncio
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Self

import msgspec
import orjson
import pytest
from aiokafka import AIOKafkaConsumer, TopicPartition

from stream.core.kpis import CATALOGUE
from stream.core.settings import load
from stream.core.view import View
from stream.replay import Board
from stream.sources.line import Line
from stream.sources.produce import Producer
from stream.sources.promised import SCENARIO_D
from stream.sources.scenarios import SCENARIOS
from stream.sources.scene import AGENTS, CALLS, CHATS, DAY_MS, TICKETS, Scenario
from tests.end.pipeline import HISTORY, READY_SECONDS, Pipeline, Process
from topics.broker import partitions_of, read_from_start
from topics.catalogue import AGGREGATES, SOURCES

SLOT_MS, END_AFTER_MS = 21 * 86_400_000, 4 * 86_400_000
PEOPLE = ("entity_id", "agent_id", "requester_id", "visitor_id")
TIMES = ("occurred_at", "start", "end", "since")
# What ends whatever is open, by topic.
ENDS: dict[str, tuple[str, dict[str, Any]]] = {
    CALLS: ("contact.ended", {"by": "system"}),
    CHATS: ("contact.ended", {"by": "system"}),
    AGENTS: ("agent.logged_out", {}),
    TICKETS: ("ticket.status_changed", {"from": "open", "to": "closed", "actor": "system"}),
}
# The live window of each length: what is windowed in a scenario ends when it has passed.
LIVE = {1800: "30m", 3600: "1h", 86_400: "yesterday"}
OPEN_MS_ERROR = 3e-6  # a window that ends now has a millisecond less than the half hour of the paper
# Which scenario has the text's own formula for each contradiction S1 to S11 of the KPI paper, and its KPI.
TEXTS = {
    "S1": ("calls", "abandonment_residual_ratio"),
    "S2": ("queue-variants", "hold_abandons"),
    "S3": ("s3", "net_promoter_score"),
    "S4": ("s4", "customer_effort_mean"),
    "S5": ("s5", "first_response_seconds"),
    "S6": ("lives", "resolution_ratio"),
    "S7": ("s7", "first_contact_resolution_ratio"),
    "S8": ("g", "occupied_hours"),
    "S9": ("s9", "tickets_handled_per_hour"),
    "S10": ("s10", "customer_lifetime_value"),
    "S11": ("lives", "full_resolution_seconds"),
}
LETTERS = "abcdefghij"


@pytest.mark.parametrize("text", TEXTS)
def test_the_texts_own_formulas_have_scenarios(text: str):
    """S1 to S11: where the user's texts contradict each other or the field, their own formula can be had."""
    name, kpi = TEXTS[text]
    assert kpi in {found for found, *_ in SCENARIOS[name].expected}


def test_every_letter_of_the_paper_is_a_scenario():
    """Scenarios A to J of the KPI paper."""
    assert {name.partition("-")[0] for name in SCENARIOS} >= set(LETTERS)


class Stage:
    """The running pipeline and where it stands: what the worker has published, read as it comes."""

    def __init__(self, pipeline: Pipeline, board: Process) -> None:
        self.kafka = pipeline.loaded().kafka
        self.producer = Producer(self.kafka, self.kafka.partitions)
        self.board = Board(board.url)
        self.published: list[tuple[bytes, bytes | None]] = []
        self._consumer = AIOKafkaConsumer(bootstrap_servers=self.kafka.brokers, enable_auto_commit=False)
        self._sources: list[TopicPartition] = []
        self._open: list[Line] = []

    async def __aenter__(self) -> Self:
        await self.producer.start()
        await self._consumer.start()
        await read_from_start(self._consumer, AGGREGATES)
        self._sources = await partitions_of(self._consumer, SOURCES)
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.producer.stop()
        await self._consumer.stop()
        await self.board.close()

    async def send(self, lines: list[Line]) -> None:
        """Sends what is to be ended and the lines, and waits until the board shows them."""
        for line in (*self._open, *lines):
            await self.producer.send(line)
        self._open = []
        await self.producer.flush()
        await asyncio.wait_for(self._settled(), READY_SECONDS)
        ends = await self._consumer.end_offsets(list(self._consumer.assignment()))
        while [tp for tp, end in ends.items() if await self._consumer.position(tp) < end]:
            for records in (await self._consumer.getmany(timeout_ms=200)).values():
                self.published += [(record.key, record.value) for record in records]

    async def _settled(self) -> None:
        """Until the board has twice shown everything that is in the topics: what contacts say of agents comes last."""
        before: Any = None
        while True:
            ends, done = await self._consumer.end_offsets(self._sources), await self.board.progress()
            now = ends if all(done.get((tp.topic, tp.partition), 0) >= end for tp, end in ends.items()) else None
            if now is not None and now == before:
                return
            before = now
            await asyncio.sleep(0.02)

    def end(self, lines: list[Line]) -> None:
        """What these lines leave open ends before the next are sent."""
        self._open = _ended(lines)

    def view(self, toml: str) -> View:
        """What a board with these settings shows now."""
        view = View(load(toml, {}, HISTORY))
        for key, value in self.published:
            view.put(key, value)
        return view


def _shifted(line: Line, name: str, by_ms: int) -> Line:
    """The line ``by_ms`` later, its people those of this scenario only."""
    event = orjson.loads(line.value)
    for part in (event, *event.get("contacts", ())):
        for field in TIMES:
            if part.get(field, 0) > DAY_MS:
                part[field] += by_ms
    for field in PEOPLE:
        if field in event:
            event[field] = f"{name}/{event[field]}"
    if "period" in event:
        moments = (datetime.fromisoformat(at) + timedelta(milliseconds=by_ms) for at in event["period"].split("/"))
        event["period"] = "/".join(at.isoformat() for at in moments)
    return Line(line.topic, event["entity_id"].encode(), orjson.dumps(event), event["occurred_at"])


def _clock(name: str, at_ms: int) -> Line:
    """Time has passed: somebody of no team who was never there logs out."""
    return _event(AGENTS, f"{name}/clock", at_ms, "agent.logged_out")


def _event(topic: str, entity: str, at_ms: int, kind: str, **fields: Any) -> Line:
    event = {
        "event_id": f"stage:{at_ms}", "type": kind, "schema_version": 1, "source": "stage", "occurred_at": at_ms,
        "entity_id": entity, **fields,
    }  # fmt: skip
    return Line(topic, entity.encode(), orjson.dumps(event), at_ms)


def _ended(lines: list[Line]) -> list[Line]:
    """Whatever is open ends, days after everything has happened."""
    last_ms = max(line.at_ms for line in lines) + END_AFTER_MS
    entities = {(line.topic, line.key.decode()): None for line in lines if line.topic in ENDS}
    return [_event(topic, entity, last_ms, ENDS[topic][0], **ENDS[topic][1]) for topic, entity in entities]


def _missing(rows: list[dict[str, Any]], scenario: Scenario) -> list[str]:
    """What is expected and not there."""
    found = []
    for kpi, stat, where, expected in scenario.expected:
        place = {"queue": None, "channel": None, "clock": "calendar", **where}
        values = [
            row["value"]
            for row in rows
            if (row["kpi"], row["stat"]) == (kpi, stat)
            and all(row.get(name, place["clock"] if name == "clock" else None) == at for name, at in place.items())
        ]
        if values != [pytest.approx(expected, rel=OPEN_MS_ERROR)]:
            found.append(f"{scenario.name}: {kpi} {stat} {where}: {values}, should be {expected}")
    return found


def _window(scenario: Scenario) -> str:
    if scenario.window is None:
        return "7d"
    return LIVE.get(round(scenario.window[1] - scenario.window[0]), "7d")


def _is_of_days(scenario: Scenario) -> bool:
    """Whether it asks for days only, which can be looked at later."""
    return _window(scenario) in ("7d", "yesterday") and all(
        CATALOGUE[kpi].live is False for kpi, *_ in scenario.expected
    )


def _now_ms(scenario: Scenario, lines: list[Line], by_ms: int) -> int:
    """When the scenario is looked at: with its last event, or when its window has just passed."""
    if scenario.window is None:
        return max(line.at_ms for line in lines)
    end_ms = DAY_MS + round(scenario.window[1] * 1000) + by_ms
    return end_ms + 3_600_000 if _window(scenario) == "yesterday" else end_ms - 1


async def _rows(stage: Stage, scenario: Scenario, now_ms: int) -> list[dict[str, Any]]:
    """The scenario's rows: of the board where it has no options of its own, else of a view with them."""
    window = _window(scenario)
    if scenario.toml in ("", SCENARIO_D) and not _is_of_days(scenario):
        now, then = [(await stage.board.get(f"/api/v1/kpis?window={of}"))["rows"] for of in ("now", window)]
    else:
        view = stage.view(scenario.toml)
        now, then = (msgspec.to_builtins(view.rows(of, now_ms)) for of in ("now", window))
    return [row for row in now if CATALOGUE[row["kpi"]].live] + then


def _lines(scenario: Scenario, by_ms: int) -> list[Line]:
    """Its lines as they arrive, three weeks after those of the one before."""
    return [_shifted(line, scenario.name, by_ms) for line in scenario.lines()]


async def _play(stage: Stage, group: list[Scenario], by_ms: int) -> list[str]:
    """Plays scenarios of the same lines, and asks for the numbers of each at its time."""
    lines, sent, found = _lines(group[0], by_ms), set[int](), list[str]()
    for scenario in group:
        now_ms = _now_ms(scenario, lines, by_ms)
        come = [n for n, line in enumerate(lines) if line.at_ms <= now_ms and n not in sent]
        sent.update(come)
        clock = [_clock(scenario.name, now_ms)] if scenario.window else []
        await stage.send([*(lines[n] for n in come), *clock])
        found += _missing(await _rows(stage, scenario, now_ms), scenario)
    stage.end(lines)
    return found


def _groups() -> list[list[Scenario]]:
    """The scenarios by the events that they need, first those that ask for days only."""
    groups: dict[Any, list[Scenario]] = {}
    for scenario in SCENARIOS.values():
        key = scenario.lines if scenario.toml != SCENARIO_D else scenario.name
        groups.setdefault(key, []).append(scenario)
    return sorted(groups.values(), key=lambda group: not all(map(_is_of_days, group)))


async def _play_all(pipeline: Pipeline, board: Process) -> list[str]:
    slots = [(group, (n - len(_groups())) * SLOT_MS) for n, group in enumerate(_groups())]
    of_days = [(group, by_ms) for group, by_ms in slots if all(map(_is_of_days, group))]
    async with Stage(pipeline, board) as stage:
        sent = [(scenario, by_ms, _lines(group[0], by_ms)) for group, by_ms in of_days for scenario in group]
        once = [_lines(group[0], by_ms) for group, by_ms in of_days]
        await stage.send([line for lines in once for line in (*lines, *_ended(lines))])
        found = [
            line
            for scenario, by_ms, lines in sent
            for now_ms in [_now_ms(scenario, lines, by_ms)]
            for line in _missing(await _rows(stage, scenario, now_ms), scenario)
        ]
        for group, by_ms in slots[len(of_days) :]:
            found += await _play(stage, group, by_ms)
        return found


@pytest.mark.kafka
def test_every_scenario_gives_its_known_answers_through_the_pipeline(pipeline: Pipeline, tmp_path: Path):
    """A to J, the contradictions S1 to S11 and all others: events into Kafka, the exact answers from the board."""
    config = tmp_path / "deskpulse.toml"
    config.write_text(SCENARIO_D)
    pipeline.start("worker", "--config", str(config)).ready()
    board = pipeline.start("board", "--config", str(config)).ready()
    assert asyncio.run(_play_all(pipeline, board)) == []
