"""The partitions of agents: chunks and statements are durable, the timelines follow from them
(``stream.core.agent``).
"""

# long: one partition of agents is one noun; taking, recovery and forgetting share every field of it

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec

from stream.core.agent import (
    CHUNK_MS,
    SHIFT_RANK,
    SNAPSHOT_RANK,
    Chunk,
    Statement,
    capacity_of,
    is_test,
    put_step,
    recovered,
    said_of,
    step_of,
    whole_steps,
)
from stream.core.days import days
from stream.core.lifecycle import CORRECTION_RANK, Step, holds, id_of, steps_of
from stream.core.moment import Moments
from stream.core.own import Story
from stream.core.partition import META_KEY, Partition, pack
from stream.core.rows import record_full
from stream.core.timeline import Rules, Timeline
from topics import events as ev
from topics.codec import Reason, Rejected

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from stream.core.facts import Fact
    from stream.core.lifecycle import Facts
    from stream.core.names import Names
    from stream.core.panes import Scope
    from stream.core.settings import Settings

_SEPARATOR = "\x1f"
_INTERVALS_MISSED = 3
_PLANNED_AHEAD_MS = 400 * 86_400_000
_row = msgspec.msgpack.Decoder(tuple[int, int, bytes]).decode


class Agents(Partition):
    """Agents by id: their timelines, and the small records that the timelines follow from.

    ``_stated`` has every agent's statements by contact, from the first heartbeat of any agent on: before, nobody needs
    them. ``_swayed`` are the timelines that have yet to tell what contacts have said.
    """

    def __init__(self, topic: str, number: int, settings: Settings, names: Names) -> None:
        super().__init__(topic, number, settings, names)
        self.timelines: dict[str, Timeline] = {}
        self._moments = Moments(self._team)
        self.chunks: dict[str, Chunk] = {}
        self.statements: dict[str, Statement] = {}
        self._changed: dict[str, Chunk | Statement] = {}
        self._limits = settings.limits
        self._rules = Rules(
            days(settings.time.zone, settings.time.day_start),
            _INTERVALS_MISSED * round(settings.kpis.heartbeat_seconds * 1000),
        )
        self._stated: dict[str, dict[str, list[Statement]]] | None = None
        self._swayed: dict[str, Timeline] = {}
        self._swayed_offset = -1

    def take(self, event: ev.Event, offset: int) -> str:
        """One event of an agent, or one contact's word about it."""
        if isinstance(event, ev.AgentContactStated):
            return self._take_statement(event, offset)
        agent = event.entity_id
        key = _SEPARATOR.join((agent, "C", str(event.occurred_at // CHUNK_MS)))
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
        steps = self._steps_of(event)
        for step in steps:
            put_step(chunk, step)
        if steps[0][1] in (CORRECTION_RANK, SNAPSHOT_RANK):
            self._catch_up()
        elif agent in self._swayed:  # or whether this event is late would depend on when the last words were told
            self._settle_all((self._swayed.pop(agent),))
        if steps[0][1] == CORRECTION_RANK:
            self._correct(agent)
        else:
            self._tell(agent, self._timeline(agent), steps[0], self.ledger)
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
        if isinstance(event, ev.ShiftScheduled) and event.end > event.occurred_at + _PLANNED_AHEAD_MS:
            raise Rejected(Reason.WRONG_VALUE, "end: more than 400 days ahead")
        return [step_of(event, self.names)]

    def _tell(self, agent: str, timeline: Timeline, step: Step, out: Facts) -> None:
        """What a step of the agent's own log means to the timeline."""
        at, rank, order = step[0], step[1], (step[2], step[1], step[3])
        if rank == CORRECTION_RANK or is_test(step) or step[3] in timeline.gone:
            return
        if rank == SNAPSHOT_RANK:
            if timeline.beats is None:
                timeline.listen(self._stated_of(agent))
            timeline.beat(at, said_of(step), out)
            timeline.settle(out)
        elif rank == SHIFT_RANK:
            timeline.say(at, order, "", step[4], ((), ()), out)
            timeline.plan(at, order, step[6], step[7], productive=step[8], out=out)
        else:
            timeline.say(at, order, step[6], step[4], (capacity_of(step[8]), tuple(step[7])), out)

    def _correct(self, agent: str) -> None:
        """An event of the agent was taken back: its timeline is made anew, and what differs is told."""
        prefix = f"{agent}{_SEPARATOR}C{_SEPARATOR}"
        steps = [s for key, chunk in self.chunks.items() if key.startswith(prefix) for s in whole_steps(chunk)]
        old, new = self._timeline(agent), Timeline(self._moments, self._rules)
        self.timelines[agent] = new
        facts: list[Fact] = []
        self._retell(agent, new, sorted(steps, key=lambda step: step[:4]), facts)
        weights: dict[tuple[Scope | None, int, int, int], int] = {}
        for sign, some in ((-1, old.facts()), (1, new.facts())):
            for scope, kind, at, value, times in some:
                fact = (scope, kind, at, value)
                weights[fact] = weights.get(fact, 0) + sign * times
        self.ledger.extend((*fact, times) for fact, times in weights.items() if times)

    def _retell(self, agent: str, timeline: Timeline, steps: list[Step], out: Facts) -> None:
        """All that is known of an agent, from the beginning."""
        timeline.gone = {step[6] for step in steps if step[1] == CORRECTION_RANK}
        for statements in self._stated_of(agent).values():
            for statement in statements:
                timeline.replace_stays((), statement.stays)
        for step in steps:
            self._tell(agent, timeline, step, out)
        timeline.settle(out)

    def _take_statement(self, event: ev.AgentContactStated, offset: int) -> str:
        key = _SEPARATOR.join((event.entity_id, "S", event.source, event.contact_id))
        held = self.statements.get(key)
        if held is None:
            held = self.statements[key] = Statement()
            if self._stated is not None:
                self._stated.setdefault(event.entity_id, {}).setdefault(event.contact_id, []).append(held)
        elif offset <= held.offset:
            return "fenced"
        held.offset = offset
        self._changed[key] = held
        order = event.seq or 0
        if order >= held.order:  # an older word, sent again by a worker that was frozen, changes nothing
            stays = tuple((phase, start, end or 0, channel) for phase, start, end, channel in event.stays)
            old, held.said, held.order = held.stays, pack(stays), order
            held.newest = event.occurred_at
            timeline = self._timeline(event.entity_id)
            if timeline.beats is None:
                timeline.replace_stays(old, stays)
            else:
                timeline.reconcile(event.contact_id)
            self._swayed[event.entity_id], self._swayed_offset = timeline, offset
        return "forwarded"

    def _catch_up(self) -> None:
        """What contacts have said is told when it is published, not word by word: in a backlog most have ended by then.
        It is told before the border moves, so that it is judged late as it would have been when it came.
        """
        swayed, self._swayed = self._swayed, {}
        self._settle_all(swayed.values())

    def _settle_all(self, timelines: Iterable[Timeline]) -> None:
        late_seen = self.ledger.late_seen
        for timeline in timelines:
            timeline.settle(self.ledger)
        if self.ledger.late_seen > late_seen:
            self._report_late(self._swayed_offset, "forwarded")
            self.ledger.late_seen = late_seen  # the event at hand is not late for it

    def _stated_of(self, agent: str) -> dict[str, list[Statement]]:
        """The agent's statements by contact: the same object as is kept up to date."""
        if self._stated is None:
            self._stated = {}
            for key, statement in self.statements.items():
                name, _, _, contact = key.split(_SEPARATOR, 3)
                self._stated.setdefault(name, {}).setdefault(contact, []).append(statement)
        return self._stated.setdefault(agent, {})

    def _timeline(self, agent: str) -> Timeline:
        found = self.timelines.get(agent)
        if found is None:
            found = self.timelines[agent] = Timeline(self._moments, self._rules)
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
        records: dict[str, Any] = self.chunks if is_chunk else self.statements
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
            records[name] = Statement(offset=offset, order=n, said=log)

    def _refold(self) -> None:
        self.timelines, self._swayed = {}, {}
        self._moments = Moments(self._team)
        self._stated = None
        steps: dict[str, list[Step]] = {}
        for key, chunk in self.chunks.items():
            steps.setdefault(key.split(_SEPARATOR, 1)[0], []).extend(recovered(chunk))
            self.stamp = max(self.stamp, chunk.offset)
        for own in steps.values():
            own.sort(key=lambda step: step[:4])
        for step in sorted((step for own in steps.values() for step in own), key=lambda step: step[:4]):
            self.names.name("team", step[4])
        for key, statement in self.statements.items():
            steps.setdefault(key.split(_SEPARATOR, 1)[0], [])
            statement.newest = max((max(start, end) for _, start, end, _ in statement.stays), default=0)
            self.stamp = max(self.stamp, statement.offset)
        for agent, own in steps.items():
            self._retell(agent, self._timeline(agent), own, self.ledger)
        if not any(timeline.beats for timeline in self.timelines.values()):
            self._stated = None

    def stories(self) -> Iterator[Story]:
        """Each agent."""
        self._catch_up()
        for name in list(self.timelines):
            timeline = self.timelines.get(name)
            if timeline is not None:
                yield Story(name, timeline.facts(), {}, None, void=False, newest_ms=timeline.times[-1])

    # --- rows out ----------------------------------------------------------------------------------------------------

    def _settle(self) -> None:
        """Agents have no levels but the running counts."""
        self._catch_up()

    def _mark_records(self) -> None:
        self._changed = {**self.chunks, **self.statements}

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
                rows.append((key.encode(), pack((record.offset, record.order, record.said))))
            else:
                rows.append((key.encode(), pack((record.offset, record.n, record.log))))
        self._changed = {}
        return rows

    def _evict(self, kept_ms: int) -> None:
        self._catch_up()
        for key, statement in list(self.statements.items()):
            if statement.newest < kept_ms and all(end for _, _, end, _ in statement.stays):
                del self.statements[key]
                self._bury(key)
                self._unstate(key, statement)
        needed = {agent: timeline.needed(kept_ms) for agent, timeline in self.timelines.items()}
        for key, chunk in list(self.chunks.items()):
            agent, _, number = key.split(_SEPARATOR)
            if (int(number) + 1) * CHUNK_MS <= kept_ms:
                ids, beats = needed[agent]
                steps = steps_of(chunk)
                if not any(s[3] in ids or (s[0] in beats and s[1] == SNAPSHOT_RANK) for s in steps):
                    del self.chunks[key]
                    self._bury(key)
        for timeline in self.timelines.values():
            timeline.forget(kept_ms)

    def _unstate(self, key: str, statement: Statement) -> None:
        if self._stated is None:
            return
        agent, _, _, contact = key.split(_SEPARATOR, 3)
        contacts = self._stated.get(agent, {})
        left = [held for held in contacts.get(contact, ()) if held is not statement]
        if left:
            contacts[contact] = left
        else:
            contacts.pop(contact, None)

    def _bury(self, key: str) -> None:
        self._changed.pop(key, None)
        self._dead.append(key.encode())
