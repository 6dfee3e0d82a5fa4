"""Fuzzing of the decoder, guided by what of it runs: ``make fuzz``, or for some seconds in ``make test``.

    python -m tests.topics.fuzz [FOLDER] [-max_total_time=60] [other options of libFuzzer]

The first byte of an input says which topic, the second which key, the rest is the message. Whatever it is, the decoder
gives an event that encodes to itself, or refuses it with a reason of the closed set; and the core takes either, counts it
once and gives rows. ``FOLDER`` (tests/topics/corpus unless told otherwise) holds an input for each way through the code
that was found so far; new ones are added to it. An input that breaks the promise is written to the working directory and
named in the output.
"""

from __future__ import annotations

import random
import sys
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import atheris
import orjson

with atheris.instrument_imports(include=["topics.codec", "topics.events", "topics.catalogue"]):
    from topics.catalogue import SOURCES
    from topics.codec import Decoder, Reason, Rejected, encode

from stream.core.batch import BatchRow
from stream.core.names import Names
from stream.core.partition import new_partition
from stream.core.settings import load
from tests.topics.vocabulary import ARRIVED_MS, AT_MS, TYPES, smallest, whole

CORPUS = Path(__file__).parent / "corpus"
TOPICS: tuple[str | None, ...] = (None, *SOURCES)
DECODERS = [Decoder(topic) for topic in TOPICS]
SETTINGS = load("", {}, {"time.clock": "events"})
OUTCOMES = ("accepted", "duplicate", "late", "rejected", "fenced", "forwarded")
HOSTILE: tuple[Any, ...] = (
    "", None, 0, -1, 1.5, True, [], {}, 2**53, 2**63, 2**64, "\x1f", "\x00partition", "x" * 3000, AT_MS, AT_MS + 10**9,
    ENTITY := "one", "queue.entered", "agent", "open", ["a", 1], {"a": None}, "☎", "2026-01-01T00:00:00Z",
)  # fmt: skip


def key_of(choice: int, message: bytes) -> bytes | None:
    """A key: mostly the one that the events of the corpus have."""
    return (ENTITY.encode(), ENTITY.encode(), b"", None, message[:8])[choice % 5]


def check(data: bytes) -> None:
    """One input."""
    if len(data) < 2:
        return
    at, key, message = data[0] % len(TOPICS), key_of(data[1], data[2:]), data[2:]
    try:
        event = DECODERS[at].decode(key, message, ARRIVED_MS)
    except Rejected as rejected:
        event = None
        assert rejected.reason in Reason  # noqa: PT017 - whatever is refused has a reason
    else:
        assert Decoder(TOPICS[at]).decode(event.entity_id.encode(), encode(event), ARRIVED_MS) == event
    topic = TOPICS[at]
    if topic is None:
        return
    part = new_partition(topic, 0, SETTINGS, Names(SETTINGS.limits))
    for offset in range(2):  # and the same again: a duplicate, or refused again
        part.apply([BatchRow(offset, key, message, ARRIVED_MS)])
    assert sum(part.counts[outcome] for outcome in OUTCOMES) == 2
    assert (part.counts["rejected"] == 2) or event is not None
    part.outgoing()
    part.changed_records()
    part.changed_aggregates(ARRIVED_MS, wide=True)


def mutate(data: bytes, size_max: int, seed: int) -> bytes:
    """Half of the time as an event with another value somewhere, else byte by byte."""
    chance = random.Random(seed)
    if chance.random() < 0.5:
        try:
            event = orjson.loads(data[2:])
        except ValueError:
            event = None
        if isinstance(event, dict) and event:
            field = chance.choice(list(event))
            event[field] = chance.choice(HOSTILE)
            if chance.random() < 0.2:
                del event[field]
            try:
                return (data[:2] + orjson.dumps(event))[:size_max]
            except (TypeError, ValueError):
                pass
    return bytes(atheris.Mutate(data, size_max))


def seeds() -> dict[str, bytes]:
    """Where to begin: each type of event, small and whole, on its topic."""
    found = {}
    for kind, (topics, _, _) in sorted(TYPES.items()):
        at = TOPICS.index(topics[0]) if topics[0] in TOPICS else 0
        for name, event in (("smallest", smallest(kind)), ("whole", whole(kind))):
            found[f"{kind}-{name}"] = bytes((at, 0)) + orjson.dumps(event)
    return found


def main() -> None:
    """Fuzzes until the time is over; ends with 77 when an input breaks the promise."""
    arguments = sys.argv[1:]
    if not any(not argument.startswith("-") for argument in arguments):
        arguments.append(str(CORPUS))
    with TemporaryDirectory() as folder:
        for name, data in seeds().items():
            (Path(folder) / name).write_bytes(data)
        atheris.Setup([sys.argv[0], *arguments, folder], check, custom_mutator=mutate)
        atheris.Fuzz()


if __name__ == "__main__":
    main()
