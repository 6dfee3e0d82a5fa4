"""What goes in and out of a partition: rows as they are read, records for other topics, and the partition's own row."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple, Protocol

import msgspec

from stream.core.panes import Missed
from topics.catalogue import REJECTED
from topics.codec import Reason, Rejected

if TYPE_CHECKING:
    from stream.core.sections import Limits


class Row(Protocol):
    """A record as it was read: aiokafka's ``ConsumerRecord`` fits. ``timestamp`` is its arrival (ms)."""

    @property
    def offset(self) -> int: ...
    @property
    def key(self) -> bytes | None: ...
    @property
    def value(self) -> bytes | None: ...
    @property
    def timestamp(self) -> int: ...


class Out(NamedTuple):
    """A record for another topic: rejected input, a late fact, a statement for an agent's record."""

    topic: str
    key: bytes
    value: bytes
    headers: tuple[tuple[str, bytes], ...] = ()


class Meta(msgspec.Struct, array_like=True):
    """How far the partition has counted (``offset``), and what it has counted. ``hours`` are the moves of the border
    since the panes were last published: (offset, hour of the watermark), so that a redelivered row is judged as it was
    the first time; ``missed`` is what came too late for the panes that became final by these moves.
    """

    offset: int = -1
    first_ms: int = 0
    watermark_ms: int = 0
    accepted: int = 0
    duplicate: int = 0
    late: int = 0
    forwarded: int = 0
    rejected: dict[str, int] = msgspec.field(default_factory=dict)
    hours: list[tuple[int, int]] = msgspec.field(default_factory=list)
    missed: list[Missed] = msgspec.field(default_factory=list)


def rejection(topic: str, partition: int, offset: int, key: bytes | None, value: bytes | None, why: Rejected) -> Out:
    """The record that keeps an input that was refused: its original bytes, and all about it in the headers."""
    headers = (
        ("reason", why.reason.value.encode()),
        ("detail", why.detail.encode()[:500]),
        ("topic", topic.encode()),
        ("partition", str(partition).encode()),
        ("offset", str(offset).encode()),
        ("key", key or b""),
    )
    return Out(REJECTED, f"{topic}|{partition}|{offset}".encode(), value or b"", headers)


def record_full(limits: Limits) -> Rejected:
    """More events of one entity than are kept, or larger ones."""
    events, size = limits.events_per_record, limits.record_bytes
    return Rejected(
        Reason.RECORD_FULL, f"{events} events (limits.events_per_record) or {size} bytes (limits.record_bytes)"
    )
