"""Bytes to events and back, and the closed set of reasons why bytes are refused.

``Decoder.decode`` is the only way in. It either returns a checked event or raises ``Rejected`` with a reason of
``Reason``; it raises nothing else, whatever the bytes are.
"""

from __future__ import annotations

from enum import StrEnum
from typing import Union

import msgspec

from topics.catalogue import TOPICS
from topics.events import SCHEMA_VERSION, Event

EVENT_BYTES_MAX = 65_536
# In ids they would take the place of our own separators, and nobody can read or type them.
CONTROL_CHARACTERS = frozenset(map(chr, (*range(0x20), 0x7F)))


class Reason(StrEnum):
    """Why an input was refused: the label of a counter and a header of ``support.rejected``. A closed set."""

    TOO_LARGE = "too large"
    NOT_JSON = "not json"
    MISSING_FIELD = "missing field"
    WRONG_TYPE = "wrong type"
    WRONG_VALUE = "wrong value"
    UNKNOWN_TYPE = "unknown type"
    WRONG_TOPIC = "wrong topic"
    UNSUPPORTED_VERSION = "unsupported version"
    EMPTY_KEY = "empty key"
    KEY_DIFFERS = "key differs from entity id"
    FROM_THE_FUTURE = "from the future"
    RECORD_FULL = "record full"


class Rejected(Exception):
    """An input that cannot be counted: ``reason`` (closed set) and ``detail`` (for a person)."""

    def __init__(self, reason: Reason, detail: str = "") -> None:
        super().__init__(f"{reason.value}: {detail}" if detail else reason.value)
        self.reason = reason
        self.detail = detail


class _Head(msgspec.Struct):
    """As much of an event as is needed to say why the whole of it was refused."""

    type: str
    schema_version: int = SCHEMA_VERSION


_head = msgspec.json.Decoder(_Head)
_json = msgspec.json.Decoder()
_OUT_OF_RANGE = (
    "Invalid", "Expected `str` of length", "Number out of range", "Integer value out of range", "Expected `int` <",
    "Expected `int` >",
)  # fmt: skip
_known_types = {str(event.__struct_config__.tag): topic.name for topic in TOPICS.values() for event in topic.events}
_encoder = msgspec.json.Encoder()


def encode(event: Event) -> bytes:
    """The event as it travels: one JSON object, absent fields left out."""
    return _encoder.encode(event)


class Decoder:
    """Decodes what may travel on one topic (``topic=None``: on any).

    ``future_skew_ms`` is how far ahead of the wall clock at arrival an event time may be.
    """

    def __init__(
        self, topic: str | None, *, event_bytes_max: int = EVENT_BYTES_MAX, future_skew_ms: int = 30_000
    ) -> None:
        events = TOPICS[topic].events if topic else tuple(dict.fromkeys(e for t in TOPICS.values() for e in t.events))
        self._decode = msgspec.json.Decoder(Union[events]).decode  # noqa: UP007 - built at run time
        self._bytes_max = event_bytes_max
        self._skew_ms = future_skew_ms

    def decode(self, key: bytes | None, value: bytes | None, arrived_ms: int) -> Event:
        """The event in ``value``, checked against its Kafka ``key`` and the wall clock at its arrival.

        Raises ``Rejected``.
        """
        if value is None or len(value) > self._bytes_max:
            raise Rejected(
                *((Reason.NOT_JSON, "no value") if value is None else (Reason.TOO_LARGE, f"{len(value)} bytes"))
            )
        try:
            event: Event = self._decode(value)
        except (msgspec.MsgspecError, ValueError, RecursionError) as error:
            raise _refusal(value, error) from None
        if event.schema_version != SCHEMA_VERSION:
            raise Rejected(Reason.UNSUPPORTED_VERSION, f"schema_version {event.schema_version}")
        if not key:
            raise Rejected(Reason.EMPTY_KEY)
        if key != event.entity_id.encode():
            raise Rejected(Reason.KEY_DIFFERS, f"key {key[:80]!r}, entity_id {event.entity_id[:80]!r}")
        if not event.entity_id.isprintable() and not CONTROL_CHARACTERS.isdisjoint(event.entity_id):
            raise Rejected(Reason.WRONG_VALUE, "entity_id has control characters")
        if not 0 < event.occurred_at <= arrived_ms + self._skew_ms:
            if event.occurred_at <= 0:
                raise Rejected(Reason.WRONG_VALUE, "occurred_at is not after 1970")
            raise Rejected(Reason.FROM_THE_FUTURE, f"occurred_at {event.occurred_at}")
        return event


def _refusal(value: bytes, error: Exception) -> Rejected:
    """Why the decoder refused ``value``. The slow path: it looks at the bytes again, for the decoder stops at the first
    fault, which need not be the one that says most.
    """
    text = str(error)
    broken = _broken(value)
    if broken or not isinstance(error, msgspec.ValidationError):
        return Rejected(Reason.NOT_JSON, broken or text)
    try:
        head = _head.decode(value)
    except (msgspec.MsgspecError, ValueError):
        head = None
    if head is not None and head.schema_version != SCHEMA_VERSION:
        return Rejected(Reason.UNSUPPORTED_VERSION, f"schema_version {head.schema_version}")
    if text.startswith("Invalid value") and text.endswith("`$.type`"):
        known = head is not None and head.type in _known_types
        where = f"{head.type} belongs to {_known_types[head.type]}" if known and head is not None else text
        return Rejected(Reason.WRONG_TOPIC if known else Reason.UNKNOWN_TYPE, where)
    if "missing required field" in text:
        return Rejected(Reason.MISSING_FIELD, text)
    wrong_value = text.startswith(_OUT_OF_RANGE)
    return Rejected(Reason.WRONG_VALUE if wrong_value else Reason.WRONG_TYPE, text)


def _broken(value: bytes) -> str:
    """Why the bytes are no JSON; empty when they are."""
    try:
        _json.decode(value)
    except msgspec.ValidationError:  # JSON, but a number that nothing can hold
        return ""
    except (msgspec.MsgspecError, ValueError, RecursionError) as error:
        return str(error)
    return ""
