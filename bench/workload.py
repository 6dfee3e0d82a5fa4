"""The events of every benchmark: seeded, in order of arrival, as JSON lines in a folder outside the repository.

    python -m bench.workload [EVENTS]

45 % calls and chats, 40 % tickets, 15 % agents' states; 20 queues x 3 channels, 12 teams; two hours of event time; 2 %
arrive up to 5 s late, 0.1 % up to an hour, 0.5 % twice. Times are true and only the arrival is disturbed, and all that
has happened arrives in the end; so what is true of the events does not depend on who reads them how.
"""

from __future__ import annotations

import os
import random
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import orjson

EVENTS, SEED = 1_000_000, 1
T0_MS = 1_764_583_200_000  # 2025-12-01T10:00:00Z
SPAN_MS = 7_200_000
TOPICS = {"calls": "call.events", "chats": "chat.events", "desk": "ticket.events", "floor": "agent.events"}
SOURCE_OF = {"voice": "calls", "chat": "chats", "mail": "desk", "": "floor"}
PRIORITIES = ("low", "normal", "high", "urgent")
Happening = tuple[int, str, dict[str, Any], int]  # when (ms), event type, its fields, number of the queue or team


def folder() -> Path:
    """Where the events are kept: ``DESKPULSE_BENCH_DATA``, else beside the virtual environment."""
    return Path(os.environ.get("DESKPULSE_BENCH_DATA") or Path(sys.prefix) / "bench")


def contact(r: random.Random, channel: str, t: int) -> Iterator[Happening]:  # long: a life from start to end
    """One call or chat."""
    q, voice = int(20 * r.random() ** 1.3), channel == "voice"
    agent, segment = f"agent-{r.randrange(1000):04d}", f"s-{r.getrandbits(32):08x}"
    yield (
        t,
        *(("call.initiated", {"direction": "inbound"}) if voice else ("chat.started", {"visitor_id": f"v-{segment}"})),
        q,
    )
    while True:
        t += r.randrange(200, 3_000)
        entered, of_segment = t, {"segment_id": segment}
        yield t, "queue.entered", of_segment, q
        end = entered + min(900_000, int(22_000 * 2.718281828 ** r.gauss(0, 1.1)) + 500)
        fate = r.random()
        if fate < 0.10:
            if r.random() < 0.5:
                yield entered + (end - entered) // 2, "offer.made", {"agent_id": agent, "offer_id": segment}, q
            reason = "abandoned" if fate < 0.07 else r.choice(("timeout", "overflow", "callback", "voicemail"))
            yield end, "queue.left", {"reason": reason, **of_segment}, q
            return
        offer = max(entered + 50, end - r.randrange(2_000, 9_000))
        if r.random() < 0.10:
            early = entered + (offer - entered) // 2
            yield early, "offer.made", {"agent_id": agent, "offer_id": segment}, q
            yield early + 20, "offer.missed", {"agent_id": agent, "reason": "timeout"}, q
            agent = f"agent-{r.randrange(1000):04d}"
        yield offer, "offer.made", {"agent_id": agent, "offer_id": segment}, q
        t = max(end, offer + 10)
        yield t, "contact.answered", {"agent_id": agent, **of_segment}, q
        if voice and r.random() < 0.25:
            t += r.randrange(10_000, 120_000)
            yield t, "hold.started", {}, q
            t += r.randrange(3_000, 90_000)
            yield t, "hold.ended", {}, q
        for _ in range(0 if voice else r.randrange(1, 4)):
            t += r.randrange(3_000, 60_000)
            said = {"author_role": r.choice(("customer", "agent")), "message_id": f"m-{r.getrandbits(32):08x}"}
            yield t, "message", said, q
        t += r.randrange(5_000, 240_000)
        if r.random() < 0.05:
            to = (q + 1 + r.randrange(19)) % 20
            yield t, "contact.transferred", {"kind": "queue", "to": f"queue-{to:02d}", **of_segment}, q
            q, segment = to, f"s-{r.getrandbits(32):08x}"
            continue
        yield t, "contact.ended", {"by": r.choice(("customer", "agent")), **of_segment}, q
        if r.random() < 0.9:
            yield t + 1, "acw.started", {"agent_id": agent}, q
            yield t + r.randrange(3_000, 90_000), "acw.ended", {"agent_id": agent}, q
        return


def ticket(r: random.Random, t: int) -> Iterator[Happening]:
    """One ticket, up to its last solve."""
    q, agent = int(20 * r.random() ** 1.3), f"agent-{r.randrange(1000):04d}"

    def gap(mean_ms: int) -> int:
        nonlocal t
        t += 1_000 + int(min(3_000_000, r.expovariate(1 / mean_ms)))
        return t

    def message(role: str, visibility: str = "public") -> dict[str, Any]:
        author = agent if role == "agent" else "requester"
        number = f"m-{r.getrandbits(32):08x}"
        return {"message_id": number, "author_id": author, "author_role": role, "visibility": visibility}

    def status(old: str, new: str, actor: str) -> dict[str, Any]:
        return {"from": old, "to": new, "actor": actor}

    yield t, "ticket.created", {"requester_id": f"r-{r.getrandbits(28):07x}", "submitter_role": "customer"}, q
    if r.random() < 0.6:
        yield gap(60_000), "ticket.assigned", {"to_agent": agent, "to_group": f"team-{q % 12:02d}"}, q
    held = "new"
    while True:
        if r.random() < 0.2:
            yield gap(60_000), "ticket.message_added", message("agent", "private"), q
        yield gap(400_000), "ticket.message_added", message("agent"), q
        if r.random() < 0.5:
            yield t + 300, "ticket.status_changed", status(held, "pending", agent), q
            yield gap(500_000), "ticket.message_added", message("customer"), q
            yield t + 200, "ticket.status_changed", status("pending", "open", "requester"), q
            held = "open"
            if r.random() < 0.5:
                continue
        yield gap(200_000), "ticket.status_changed", status(held, "solved", agent), q
        if r.random() > 0.06:
            return
        yield gap(300_000), "ticket.status_changed", status("solved", "open", "requester"), q
        yield t + 100, "ticket.message_added", message("customer"), q
        held = "open"


def agent(r: random.Random, number: int) -> Iterator[Happening]:
    """One agent's two hours."""
    status, t = "available", T0_MS + r.randrange(60_000)
    while t < T0_MS + SPAN_MS:
        yield (
            t,
            "agent.status_changed",
            {"status": status, "class": "custom" if status == "break" else "routable"},
            number,
        )
        t += 1_000 + int(r.expovariate(1 / 46_000))
        status = {"available": "on_contact", "on_contact": "acw"}.get(status) or (
            "break" if r.random() < 0.1 else "available"
        )


def arrivals(
    r: random.Random, entity: str, channel: str, happenings: Iterator[Happening]
) -> Iterator[tuple[int, int, bytes]]:
    """(when, arrival, JSON) of what happens to one entity."""
    source, priority = SOURCE_OF[channel], r.choice(PRIORITIES)
    for at, kind, fields, number in happenings:
        where = {"queue": f"queue-{number:02d}", "channel": channel} if channel else {"team": f"team-{number % 12:02d}"}
        raw = orjson.dumps(
            {
                "event_id": f"{source}-{r.getrandbits(80):020x}", "type": kind, "schema_version": 1, "source": source,
                "occurred_at": at, "entity_id": entity, **where, "priority": priority, "language": "en", **fields,
            }
        )  # fmt: skip
        x = r.random()
        late = r.randrange(1, 5_001) if x < 0.02 else r.randrange(5_000, 3_600_000) if x < 0.021 else 0
        yield at, at + late, raw
        if r.random() < 0.005:
            yield at, at + r.randrange(1, 30_000), raw


def everything(events: int, seed: int) -> Iterator[tuple[int, int, bytes]]:
    """What happens within the two hours, entity by entity."""
    r = random.Random(seed)
    for number in range(round(events * 0.15 / 150) or 1):
        yield from arrivals(r, f"agent-{number:04d}", "", agent(r, number))
    for of_ticket, share in ((False, 0.45), (True, 0.40)):
        made = number = 0
        while made < events * share * 1.01:
            number += 1
            t = T0_MS + int(r.random() * SPAN_MS)
            channel = "mail" if of_ticket else "voice" if r.random() < 0.55 else "chat"
            life = ticket(r, t) if of_ticket else contact(r, channel, t)
            for row in arrivals(r, f"{channel}-{number:08d}-{r.getrandbits(24):06x}", channel, life):
                if row[0] <= T0_MS + SPAN_MS:
                    made += 1
                    yield row


def made(events: int = EVENTS, seed: int = SEED) -> Path:
    """The file of the events; made when it is not there yet."""
    path = folder() / f"events-{events}-{seed}.jsonl"
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        first = sorted(everything(events, seed), key=lambda row: row[0])[:events]
        end = first[-1][0]
        rows = sorted(first, key=lambda row: min(row[1], end))
        part = path.with_suffix(f".{os.getpid()}")
        with part.open("wb") as file:
            file.writelines(raw + b"\n" for _, _, raw in rows)
        part.rename(path)
    return path


def value_after(name: bytes, raw: bytes) -> bytes:
    """The string value of a field, without decoding the event."""
    start = raw.index(b'"' + name + b'":"') + len(name) + 4
    return raw[start : raw.index(b'"', start)]


def rows(path: Path) -> Iterator[tuple[str, bytes, bytes]]:
    """(topic, key, value) in order of arrival."""
    topics = {source.encode(): topic for source, topic in TOPICS.items()}
    with path.open("rb") as file:
        for line in file:
            raw = line[:-1]
            yield topics[value_after(b"source", raw)], value_after(b"entity_id", raw), raw


if __name__ == "__main__":
    wanted = int(sys.argv[1]) if len(sys.argv) > 1 else EVENTS
    target = made(wanted)
    print(f"{target}: {wanted} events, {target.stat().st_size / wanted - 1:.0f} B each")
