"""The engine of every lifecycle: a record is the log of its events; state, facts and levels are a fold over that log.

Theory of operation. An event that happened after all others of its record is one step through the transition table. Any
other event is put in its place in the log and the record is folded twice, without it and with it; the facts that
vanish are retracted, the new ones added. So the facts are a function of the set of events, whatever the order of
arrival, and there is no code for disorder but ``apply``. The same ``fold`` serves after a restart and in a batch
report.

A step is a tuple ``(at_ms, rank, seq, id, queue, channel, a, b, c)``: what an event means to its lifecycle, packed with
msgpack into the record's log. ``rank`` is the type, numbered in the order of life, ``seq`` -1 where the source has
none, ``id`` the source and the event id, ``queue`` and ``channel`` are "" where the event names none, a, b, c are the
type's own arguments. A tenth element marks a test event.

Events of one millisecond are ordered by ``seq`` where all of them have one; else repeatedly the first in rank order is
taken that the table has a transition for (``fits`` may say more), so that whoever enters and leaves in one
millisecond does so in this order.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, NamedTuple

import msgspec

from stream.core.facts import Fact, difference
from stream.core.targets import Aim, rematch
from topics import events as ev

if TYPE_CHECKING:
    from stream.core.panes import Ledger, Scope
    from stream.core.schedule import Schedule


class Said(NamedTuple):
    """What a contact's record says of its customer: when the customer opened it (0: it was not the customer), of a
    ticket its first solve, whether that holds, and where it was.
    """

    customer: str
    opened_ms: int
    solved_ms: int = 0
    resolved: bool = False
    queue: str = ""
    channel: str = ""


Step = tuple[Any, ...]
Levels = tuple[tuple[str, int], ...]  # (level, since when in ms)
Facts = Any  # whatever has append(fact): a list in a refold, the ledger live
Hours = tuple[tuple[int, "Schedule | None"], ...]
Transition = Callable[[Any, int, str, str, str, Facts], None]
Placing = Callable[[Any, Step], "Scope"]

VOID, CORRECTED = 1, 2
CORRECTION_RANK = 63
_TEST = 9
_NOTHING = ("", "", "")
_pack = msgspec.msgpack.Encoder().encode
_unpack = msgspec.msgpack.Decoder(list[tuple[Any, ...]]).decode


class Record(msgspec.Struct, gc=False):
    """What is kept of one entity. Durable are ``offset``, ``n`` and ``log``; everything else follows from the log.

    ``offset`` fences redelivery: the last source offset applied. ``hours`` are the schedules that it was under before
    that of its scope, each with the moment (ms) until which it was; ``aims`` are the service targets at work on it, and
    ``aims_shown`` what was last told of them. ``shown`` and ``shown_in`` are the levels last told
    to the scope, ``said`` what was last told of the customer.
    """

    offset: int = -1
    n: int = 0
    log: bytes = b""
    newest: int = -1
    flags: int = 0
    scope: Scope | None = None
    hours: Hours = ()
    state: int = 0
    shown: Levels = ()
    shown_in: Scope | None = None
    priority: str = ""
    tier: str = ""
    aims: tuple[Aim, ...] = ()
    aims_shown: tuple[tuple[Scope, str, int], ...] = ()
    said: Said | None = None


_KEPT = frozenset(("offset", "n", "log", "newest", "flags", "shown", "shown_in", "aims_shown", "said"))


def steps_of(record: Record) -> list[Step]:
    """The log, unpacked: in order of (at_ms, rank, seq, id)."""
    return _unpack(b"\xdd" + record.n.to_bytes(4, "big") + record.log)


class Lifecycle:
    """One kind of entity: its record class, its transition table, and what its events mean.

    ``table`` is {(state, event class): transition}; ``order`` lists the event classes in the order of life;
    ``arguments`` gives (a, b, c) of an event; ``void`` are the events after which the entity counts nowhere;
    ``levels`` gives the (level, since) that a record is in, ``says`` what it says of its customer; ``capped`` names
    the element of an event's step that is a name with a cap, and its kind; ``seen`` is the kind of the fact that
    it was in a place at all; ``placeless``: its facts count also where no event names a place.
    """

    def __init__(
        self,
        *,
        record: type[Record],
        order: tuple[type[ev.Event], ...],
        table: dict[tuple[int, type[ev.Event]], Transition],
        states: int,
        arguments: dict[type[ev.Event], Callable[[Any], tuple[str, str, str]]],
        void: tuple[type[ev.Event], ...] = (),
        fits: Callable[[Any, Step], bool] | None = None,
        seen: int | None = None,
        levels: Callable[[Any], Levels] | None = None,
        says: Callable[[Any], Said | None] | None = None,
        capped: dict[type[ev.Event], tuple[str, int]] | None = None,
        placeless: bool = False,
    ) -> None:
        self.record = record
        self.rank = {kind: i for i, kind in enumerate(order)}
        self.arguments = arguments
        self._meaning = {kind: (rank, arguments.get(kind)) for kind, rank in self.rank.items()}
        self.levels = levels
        self.says = says
        self.capped = capped or {}
        self.capped_ranks = {self.rank[kind]: cap for kind, cap in self.capped.items()}
        self._seen = seen
        self._void = frozenset(self.rank[kind] for kind in void)
        self._refold = self._void | {CORRECTION_RANK}
        self._fits = fits
        self._placeless = placeless
        self._table: list[list[Transition | None]] = [[None] * states for _ in range(CORRECTION_RANK + 1)]
        for (state, kind), transition in table.items():
            self._table[self.rank[kind]][state] = transition
        self._fresh = record()
        self._fields = tuple(f for f in record.__struct_fields__ if f not in _KEPT)

    def step_of(self, event: ev.Event, queue: str, channel: str) -> Step:
        """What ``event`` is in the log; ``queue`` and ``channel`` are the names that they count as."""
        rank, arguments = self._meaning[event.__class__]
        a, b, c = arguments(event) if arguments is not None else _NOTHING
        seq = event.seq
        step: Step = (event.occurred_at, rank, -1 if seq is None else seq, id_of(event), queue, channel, a, b, c)
        return (*step, 1) if event.is_test else step

    def apply(self, record: Record, step: Step, ledger: Ledger, place: Placing) -> bool:
        """Takes a new step into the record and its facts into the ledger. True when that was a refold."""
        if step[0] > record.newest and not record.flags and step[1] not in self._refold and len(step) == _TEST:
            record.log += _pack(step)
            record.n += 1
            record.newest = step[0]
            self._play(record, step, ledger, place)
            return False
        log = steps_of(record)
        old: list[Fact] = []
        new: list[Fact] = []
        self.fold(record, log, old, place)
        log.append(step)
        log.sort()
        self.fold(record, log, new, place)
        record.log, record.n = b"".join(map(_pack, log)), len(log)
        ledger.extend(difference(old, new))
        return True

    def fold(self, record: Record, log: list[Step], out: Facts, place: Placing) -> None:
        """The record's state and facts from nothing."""
        fresh = self._fresh
        for name in self._fields:
            setattr(record, name, getattr(fresh, name))
        record.newest = log[-1][0] if log else -1
        record.flags = 0
        for step in log:
            if step[1] == CORRECTION_RANK:
                record.flags |= CORRECTED
            elif step[1] in self._void or len(step) > _TEST:
                record.flags |= VOID
        if record.flags & CORRECTED:
            log, record.flags = self._corrected(log)
        if record.flags & VOID:
            return
        i, n = 0, len(log)
        while i < n:
            j = i + 1
            while j < n and log[j][0] == log[i][0]:
                j += 1
            if j == i + 1:
                self._play(record, log[i], out, place)
            else:
                self._play_tie(record, log[i:j], out, place)
            i = j

    def _corrected(self, log: list[Step]) -> tuple[list[Step], int]:
        """The log without the steps that were taken back, and the flags that then hold."""
        gone = {step[6] for step in log if step[1] == CORRECTION_RANK}
        left = [step for step in log if step[1] != CORRECTION_RANK and step[3] not in gone]
        void = any(step[1] in self._void or len(step) > _TEST for step in left)
        return left, CORRECTED | (VOID if void else 0)

    def _play(self, record: Record, step: Step, out: Facts, place: Placing) -> None:
        at, rank, _, _, queue, channel, a, b, c = step if len(step) == _TEST else step[:_TEST]
        if queue or channel or self._placeless:
            scope = place(record, step)
            if scope is not record.scope:
                before, record.scope = record.scope, scope
                if before is not None and before.terms.schedule is not scope.terms.schedule:
                    record.hours = (*record.hours, (step[0], before.terms.schedule))
                if record.aims:
                    rematch(record, step[0], out)
                if self._seen is not None:
                    out.append((scope, self._seen, at, 0, 1))
        transition = self._table[rank][record.state]
        if transition is not None:
            transition(record, at, a, b, c, out)

    def _play_tie(self, record: Record, tie: list[Step], out: Facts, place: Placing) -> None:
        if all(step[2] >= 0 for step in tie):
            for step in sorted(tie, key=lambda s: (s[2], s[1], s[3])):
                self._play(record, step, out, place)
            return
        left = list(tie)
        while left:
            fitting = (s for s in left if self._table[s[1]][record.state] and (not self._fits or self._fits(record, s)))
            step = next(fitting, left[0])
            left.remove(step)
            self._play(record, step, out, place)


def holds(record: Record, event: ev.Event) -> bool:
    """Whether the event is in the record's log already. The bytes say quickly of most that they are not."""
    if event.event_id.encode() not in record.log:
        return False
    event_id = id_of(event)
    return any(step[3] == event_id for step in steps_of(record))


def id_of(event: ev.Event) -> str:
    """The event's identity within its record: unique is (source, event_id)."""
    return f"{event.source} {event.event_id}"
