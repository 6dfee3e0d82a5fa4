"""The records of ``support.aggregates``: how a worker tells the boards what it has summed.

Every record is absolute and stamped with the highest source offset in the state that it was made from. A reader keeps
the record with the highest stamp and, at equal stamps, the later one; so publishing twice, or by a worker that has
already lost the partition, changes nothing.

The key is UTF-8 text, its fields separated by ``SEPARATOR``: source topic, partition, kind, scope (three fields),
part. In the names of a scope and in the part, which are input, ``SEPARATOR`` and ``%`` are written ``%1F`` and
``%25``. The value is msgpack.

======  ======================================  ==========================================================
kind    part                                    value
======  ======================================  ==========================================================
f, c    number of the pane since the epoch      ``Pane``: fine (10 s) and coarse (15 min)
d       day number (days since 1970-01-01)      ``Pane``: one local day of the queue's calendar
s       kind of level, ``:``, hour of the since ``Since``: since when each of them waits, sorted
n       (empty)                                 ``Counts``: running counts of the interval kinds
m       (empty; scope empty)                    ``Mark``: how far the partition has been read
b, e    (empty; scope empty)                    ``Sweep``: begin and end of everything, after a recovery
======  ======================================  ==========================================================
"""

from __future__ import annotations

from typing import NamedTuple

import msgspec

SEPARATOR = "\x1f"
FINE, COARSE, DAY, SINCE, COUNTS, MARK, BEGIN, END = "f", "c", "d", "s", "n", "m", "b", "e"


TARGET = "target:"


class Place(NamedTuple):
    """A place on the board: ``family`` is ``queue`` (then queue and channel), ``target:`` with the name of a service
    target (the same), or ``team`` (then team and ``""``).
    """

    family: str
    name: str
    channel: str


class Key(NamedTuple):
    """The key of an aggregate record, taken apart."""

    topic: str
    partition: int
    kind: str
    place: Place
    part: str


def pack_key(key: Key) -> bytes:
    """The key as bytes."""
    topic, partition, kind, place, part = key
    return SEPARATOR.join((topic, str(partition), kind, *map(_escaped, place), _escaped(part))).encode()


def pack_part(part: str) -> bytes:
    """The last field of a key as bytes: a key is one with an empty part, and this."""
    return _escaped(part).encode()


def unpack_key(raw: bytes) -> Key:
    """The key from bytes. Raises ``ValueError`` when it is not one of ours."""
    topic, partition, kind, family, name, channel, part = raw.decode().split(SEPARATOR)
    return Key(topic, int(partition), kind, Place(_plain(family), _plain(name), _plain(channel)), _plain(part))


def _escaped(name: str) -> str:
    if "%" not in name and SEPARATOR not in name:
        return name
    return name.replace("%", "%25").replace(SEPARATOR, "%1F")


def _plain(text: str) -> str:
    return text.replace("%1F", SEPARATOR).replace("%25", "%") if "%" in text else text


class Pane(msgspec.Struct, array_like=True, gc=False):
    """The sum of the facts in one pane: slot -> value, zeros left out (``stream.core.facts`` says what a slot is)."""

    stamp: int
    cell: dict[int, int]


class Since(msgspec.Struct, array_like=True, gc=False):
    """Since when (ms) each member of a level is in it; only those whose since falls into the hour of the key."""

    stamp: int
    since: list[int]


class Counts(msgspec.Struct, array_like=True, gc=False):
    """How many are in each interval kind now: kind -> number, zeros left out."""

    stamp: int
    counts: dict[int, int]


class Sweep(msgspec.Struct, array_like=True, gc=False):
    """After a recovery a worker publishes everything that it holds of a partition between a begin and an end.

    At the end a reader forgets what it had of that partition before the begin and was not said again: what a worker
    that then died had published, and the recovered state does not have. Final panes are not held any more and stay:
    the border is that of ``hour_ms``. After the begin a record with a lower stamp than the begin's comes from a
    worker that no longer owns the partition.
    """

    stamp: int
    hour_ms: int


class Mark(msgspec.Struct, array_like=True, gc=False):
    """How far one partition is read, and what became of its events.

    ``next`` is the offset after the last one that is in all aggregates, coarse and day panes too. ``first_ms`` and
    ``watermark_ms`` are the lowest and highest event time accepted (0: none yet). ``published_ms`` is the wall clock
    of the worker, ``address`` (HOST:PORT) where it answers for the partition. ``rejected`` is by reason. ``closed_ms``
    is the border before which panes are final (0: none).
    """

    stamp: int
    next: int
    first_ms: int
    watermark_ms: int
    closed_ms: int
    accepted: int
    duplicate: int
    late: int
    rejected: dict[str, int]
    forwarded: int
    config_version: str
    published_ms: int
    address: str = ""
