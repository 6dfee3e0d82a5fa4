"""Agents: their durable records, and what their events mean.

Agents never end, so an agent is not one record. Durable are small records: a *chunk* holds the agent's own events of
one quarter of an hour, a *statement* the newest word of one contact about its stays with the agent. From them follows
the agent's ``Timeline`` (``stream.core.timeline``), a piecewise constant function of event time: whatever arrives
changes it over a span of time; the facts of that span before the change are retracted, those after it added. Order of
arrival does not matter.

Heartbeats are most of what some sources send, and nearly all of them say what the one before has said. In a chunk's log
such a one is its time and its id only.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import msgspec

from stream.core.lifecycle import Record, Step, id_of, steps_of
from stream.core.moment import LOGGED_OUT, ROUTABLE, STATES, ByChannel
from topics import events as ev

if TYPE_CHECKING:
    from collections.abc import Callable

    from stream.core.names import Names

CHUNK_MS = 900_000
CAPACITY_MAX = 1000
RANK = {kind: i for i, kind in enumerate(ev.AGENT_EVENTS)}
SHIFT_RANK, SNAPSHOT_RANK = RANK[ev.ShiftScheduled], RANK[ev.AgentSnapshot]
_WHOLE, _TEST_LENGTH = 9, 10
_pack = msgspec.msgpack.Encoder().encode

# What the states of a contact in a heartbeat mean; of any other name the agent is on the contact.
_PHASE_OF = {
    **dict.fromkeys(("ringing", "connecting", "incoming", "offered", "pending"), "ringing"),
    **dict.fromkeys(("acw", "ended", "wrap_up", "wrapping", "after_call_work"), "acw"),
    **dict.fromkeys(("missed", "rejected", "error"), ""),
}
# The statuses of a heartbeat that are no state's name: any other name is a break.
_SYNONYMS = {
    **dict.fromkeys(("ready", "routable", "online", "idle", "waiting", "logged_in"), "available"),
    **dict.fromkeys(("logged_out", "logged out"), "offline"),
}

Stay = tuple[str, int, int, str]  # phase, from ms, to ms or 0 while it lasts, channel
_stays: Callable[[bytes], tuple[Stay, ...]] = msgspec.msgpack.Decoder(tuple[Stay, ...]).decode
Listed = tuple[str, str, str, int]  # contact, channel, phase, since ms


class Chunk(Record, gc=False):
    """The events of one agent in one quarter of an hour. ``said`` is what the newest heartbeat in it says."""

    said: Any = None


class Statement(msgspec.Struct, gc=False):
    """The newest word of one contact about one agent. ``order`` is the contact's source offset, ``said`` are the stays
    that it told of, packed: there are many statements, and few are looked at again. ``offset`` fences redelivery.
    """

    offset: int = -1
    order: int = -1
    newest: int = -1
    said: bytes = b"\x90"

    @property
    def stays(self) -> tuple[Stay, ...]:
        """The stays."""
        return _stays(self.said)


class Said(NamedTuple):
    """What a heartbeat says."""

    presence: str
    team: str
    capacity: ByChannel
    since: int
    contacts: tuple[Listed, ...]


# --- a chunk's log ----------------------------------------------------------------------------------------------------


def whole_steps(chunk: Record) -> list[Step]:
    """The steps of a chunk; a heartbeat that says what the one before said is written out."""
    found: list[Step] = []
    said: Any = ()
    for step in steps_of(chunk):
        whole = step if len(step) >= _WHOLE else (*step, *said)
        if whole[1] == SNAPSHOT_RANK and not is_test(whole):
            said = whole[4:]
        found.append(whole)
    return found


def put_step(chunk: Chunk, step: Step) -> None:
    """Adds a step to the log, in its place."""
    if step[0] > chunk.newest:
        chunk.log += _packed(chunk, step)
        chunk.n += 1
    else:
        steps = [*whole_steps(chunk), step]
        steps.sort(key=lambda s: s[:4])
        chunk.said = None
        chunk.log, chunk.n = b"".join([_packed(chunk, s) for s in steps]), len(steps)
    chunk.newest = max(chunk.newest, step[0])


def _packed(chunk: Chunk, step: Step) -> bytes:
    if step[1] != SNAPSHOT_RANK or is_test(step):
        return _pack(step)
    said = _pack(step[4:])  # as bytes: what was read back has lists where tuples were written
    if said == chunk.said:
        return _pack(step[:4])
    chunk.said = said
    return _pack(step)


def recovered(chunk: Chunk) -> list[Step]:
    """The steps of a chunk that was read back, which then knows its end."""
    steps = whole_steps(chunk)
    chunk.newest = steps[-1][0] if steps else -1
    beats = [step for step in steps if step[1] == SNAPSHOT_RANK and not is_test(step)]
    chunk.said = _pack(beats[-1][4:]) if beats else None
    return steps


def is_test(step: Step) -> bool:
    """Whether the event counts nowhere."""
    return len(step) >= _TEST_LENGTH


# --- what events mean -------------------------------------------------------------------------------------------------


def step_of(event: ev.Event, names: Names) -> Step:
    """The event in the log: (at, rank, seq, id, team, "", a, b, c).

    a is the state that it tells of; of a heartbeat b is since when, and c the contacts and the capacity; of a changed
    profile b is the cost rate (thousandths of money an hour) and c the capacity; a shift is from a to b, productive or
    not by c.
    """
    a: Any = ""
    b: Any = ""
    c: Any = ""
    if isinstance(event, ev.AgentLoggedIn):
        a = "available"
    elif isinstance(event, ev.AgentLoggedOut):
        a = LOGGED_OUT
    elif isinstance(event, ev.AgentStatusChanged):
        a = _status(event)
    elif isinstance(event, ev.AgentSnapshot):
        a, b = _snapshot(event), min(event.since, event.occurred_at)
        c = (_contacts(event, names), _capacity(event.capacity, names))
    elif isinstance(event, ev.AgentProfileChanged):
        b = () if event.cost_rate is None else (round(event.cost_rate * 1000),)
        c = _capacity(event.capacity or {}, names)
    elif isinstance(event, ev.ShiftScheduled):
        a, b, c = event.start, event.end, event.productive
    seq = -1 if event.seq is None else event.seq
    team = names.name("team", event.team)
    step: Step = (event.occurred_at, RANK[event.__class__], seq, id_of(event), team, "", a, b, c)
    return (*step, 1) if event.is_test else step


def said_of(step: Step) -> Said:
    """What a heartbeat's step says."""
    contacts, capacity = step[8]
    return Said(step[6], step[4], capacity_of(capacity), step[7], tuple((c[0], c[1], c[2], c[3]) for c in contacts))


def capacity_of(pairs: Any) -> ByChannel:
    """The capacity of a step, as it is compared."""
    return tuple((channel, number) for channel, number in pairs)


def _status(e: ev.AgentStatusChanged) -> str:
    if e.class_ != "routable":
        return "error" if e.status == "error" and e.class_ == "custom" else {"custom": "break"}.get(e.class_, e.class_)
    return e.status if e.status in ROUTABLE or e.status == "error" else "available"


def _snapshot(e: ev.AgentSnapshot) -> str:
    status = e.status.lower()
    return status if status in STATES and status != "unknown" else _SYNONYMS.get(status, "break")


def _contacts(e: ev.AgentSnapshot, names: Names) -> list[Listed]:
    listed = []
    for contact in e.contacts:
        phase = _PHASE_OF.get(contact.state.lower(), "on_contact")
        if phase:
            since = min(contact.since, e.occurred_at)
            listed.append((contact.contact_id, names.name("channel", contact.channel), phase, since))
    return sorted(listed)


def _capacity(capacity: dict[str, int], names: Names) -> ByChannel:
    return tuple(sorted((names.name("channel", name), min(n, CAPACITY_MAX)) for name, n in capacity.items()))
