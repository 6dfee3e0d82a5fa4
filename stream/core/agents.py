"""The partitions of agents: chunks and statements are durable, the timelines follow from them
(``stream.core.agent``).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from stream.core.agent import AGENT, CHUNK_MS, SHIFT_RANK, Chunk, Statement, Timeline
from stream.core.explain import Story
from stream.core.facts import Fact
from stream.core.lifecycle import CORRECTION_RANK, Record, Step, holds, id_of, steps_of
from stream.core.moment import Moments
from stream.core.partition import META_KEY, Partition, pack
from stream.core.rows import record_full
from topics import events as ev

if TYPE_CHECKING:
    from collections.abc import Iterator

    from stream.core.names import Names
    from stream.core.panes import Scope
    from stream.core.settings import Settings

_SEPARATOR = "\x1f"
_row = msgspec.msgpack.Decoder(tuple[int, int, bytes]).decode
_stays = msgspec.msgpack.Decoder(tuple[tuple[str, int, int], ...]).decode
_TEST_LENGTH = 10


class Agents(Partition):
    """Agents by id: their timelines, and the small records that the timelines follow from."""

    def __init__(self, topic: str, number: int, settings: Settings, names: Names) -> None:
        super().__init__(topic, number, settings, names)
        self.timelines: dict[str, Timeline] = {}
        self._moments = Moments(self._team)
        self.chunks: dict[str, Record] = {}
        self.statements: dict[str, Statement] = {}
        self._changed: dict[str, Record] = {}
        self._limits = settings.limits

    def take(self, event: ev.Event, offset: int) -> str:
        """One event of an agent, or one contact's word about it."""
        if isinstance(event, ev.AgentContactStated):
            return self._take_statement(event, offset)
        key = _SEPARATOR.join((event.entity_id, "C", str(event.occurred_at // CHUNK_MS)))
        chunk = self.chunks.get(key)
        if chunk is None:
            chunk = self.chunks[key] = Chunk()
        elif offset <= chunk.offset:
            return "fenced"
        elif holds(chunk, event):
            chunk.offset = offset
            self._changed[key] = chunk
            return "duplicate"
        elif chunk.n >= self._limits.events_per_record or len(chunk.log) >= self._limits.record_bytes:
            raise record_full(self._limits)
        for step in self._steps_of(event):
            if step[0] > chunk.newest:
                chunk.log += pack(step)
                chunk.n += 1
            else:
                log = [*steps_of(chunk), step]
                log.sort()
                chunk.log, chunk.n = b"".join(map(pack, log)), len(log)
            chunk.newest = max(chunk.newest, step[0])
            self._tell(self._timeline(event.entity_id), step)
        chunk.offset = offset
        self._changed[key] = chunk
        return "accepted"

    def _steps_of(self, event: ev.Event) -> list[Step]:
        if isinstance(event, ev.CorrectionRetract | ev.CorrectionReplace):
            gone = f"{event.source} {event.corrects_event_id}"
            step: Step = (event.occurred_at, CORRECTION_RANK, -1, id_of(event), "", "", gone, "", "")
            if isinstance(event, ev.CorrectionRetract):
                return [step]
            new = self._decoder.decode(event.entity_id.encode(), bytes(event.event), event.occurred_at)
            own = self._steps_of(new)[0]
            return [(*step[:3], f"{step[3]}-", *step[4:]), (*own[:3], step[3], *own[4:])]
        return [AGENT.step_of(event, self.names.name("team", event.team), "")]

    def _tell(self, timeline: Timeline, step: Step) -> None:
        """What a step of the agent's own log means to the timeline."""
        if step[1] == CORRECTION_RANK:
            timeline.take_back(step[6], self.ledger)
        elif step[1] != SHIFT_RANK and len(step) < _TEST_LENGTH:
            at = int(step[7]) if step[7] else step[0]
            timeline.say(at, (step[2], step[1], step[3]), step[6], step[4], self.ledger)

    def _take_statement(self, event: ev.AgentContactStated, offset: int) -> str:
        key = _SEPARATOR.join((event.entity_id, "S", event.source, event.contact_id))
        held = self.statements.get(key)
        if held is None:
            held = self.statements[key] = Statement()
        elif offset <= held.offset:
            return "fenced"
        held.offset = offset
        self._changed[key] = held
        order = event.seq or 0
        if order >= held.order:  # an older word, sent again by a worker that was frozen, changes nothing
            stays = tuple((phase, start, end or 0) for phase, start, end in event.stays)
            old, held.stays, held.order = held.stays, stays, order
            held.newest = event.occurred_at
            self._timeline(event.entity_id).replace_stays(old, stays, self.ledger)
        return "forwarded"

    def _timeline(self, agent: str) -> Timeline:
        found = self.timelines.get(agent)
        if found is None:
            found = self.timelines[agent] = Timeline(self._moments)
        return found

    def _team(self, name: str) -> Scope:
        return self.scope("team", name, "")

    # --- recovery ----------------------------------------------------------------------------------------------------

    def recover(self, key: bytes, value: bytes | None) -> None:
        """One row of the changelog."""
        if key == META_KEY:
            self.recover_meta(value)
            return
        name = key.decode()
        is_chunk = name.split(_SEPARATOR, 2)[1] == "C"
        records: dict[str, Record] = self.chunks if is_chunk else self.statements  # type: ignore[assignment]
        if value is None:
            records.pop(name, None)
            return
        offset, n, log = _row(value)
        held = records.get(name)
        if held is not None and offset < held.offset:
            self._changed[name] = held
        elif is_chunk:
            records[name] = Chunk(offset=offset, n=n, log=log)
        else:
            records[name] = Statement(offset=offset, order=n, stays=_stays(log))

    def _refold(self) -> None:
        self.timelines = {}
        self._moments = Moments(self._team)
        facts: list[Fact] = []
        told: list[tuple[str, Step]] = []
        for key, chunk in self.chunks.items():
            agent, log = key.split(_SEPARATOR, 1)[0], steps_of(chunk)
            chunk.newest = log[-1][0] if log else -1
            told += [(agent, step) for step in log]
            self.stamp = max(self.stamp, chunk.offset)
        told.sort(key=lambda entry: entry[1][:4])
        for agent, step in told:
            self.names.name("team", step[4])
            if step[1] == CORRECTION_RANK:
                self._timeline(agent).corrected.add(step[6])
        for agent, step in told:
            if step[1] != CORRECTION_RANK:
                self._tell(self._timeline(agent), step)
        for key, statement in self.statements.items():
            agent = key.split(_SEPARATOR, 1)[0]
            self._timeline(agent).replace_stays((), statement.stays, facts)
            statement.newest = max((max(start, end) for _, start, end in statement.stays), default=0)
            self.stamp = max(self.stamp, statement.offset)
        self.ledger.extend(facts)

    def stories(self) -> Iterator[Story]:
        """Each agent."""
        for name in list(self.timelines):
            timeline = self.timelines.get(name)
            if timeline is not None:
                yield Story(name, timeline.facts(), {}, None, void=False, newest_ms=timeline.times[-1])

    # --- rows out ----------------------------------------------------------------------------------------------------

    def _settle(self) -> None:
        """Agents have no levels but the running counts."""

    def changed_count(self) -> int:
        """How many records wait to be written."""
        return len(self._changed)

    def record_count(self) -> int:
        """How many records are held."""
        return len(self.chunks) + len(self.statements)

    def _drain_records(self) -> list[tuple[bytes, bytes | None]]:
        rows: list[tuple[bytes, bytes | None]] = []
        for key, record in self._changed.items():
            if isinstance(record, Statement):
                rows.append((key.encode(), pack((record.offset, record.order, pack(record.stays)))))
            else:
                rows.append((key.encode(), pack((record.offset, record.n, record.log))))
        self._changed = {}
        return rows

    def _evict(self, kept_ms: int) -> None:
        for key, statement in list(self.statements.items()):
            if statement.newest < kept_ms and all(end for _, _, end in statement.stays):
                del self.statements[key]
                self._bury(key)
        for key, chunk in list(self.chunks.items()):
            agent, _, number = key.split(_SEPARATOR)
            if (int(number) + 1) * CHUNK_MS <= kept_ms and not self.timelines[agent].rests_on(steps_of(chunk), kept_ms):
                del self.chunks[key]
                self._bury(key)
        for timeline in self.timelines.values():
            timeline.forget(kept_ms)

    def _bury(self, key: str) -> None:
        self._changed.pop(key, None)
        self._dead.append(key.encode())
