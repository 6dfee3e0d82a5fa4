"""JSON lines in our own form. A line may carry ``topic`` and ``key``; otherwise the type says the one and the entity
is the other.

Calls and chats share event types, so a line that does not say goes where its entity's other lines say: to the calls
when one of them is ``call.initiated`` or on channel voice, else to the chats. The file is read twice for that;
standard input is kept in memory. A line that cannot be read is a line all the same: the worker rejects it, counts it
and keeps its bytes.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

import msgspec

from stream.sources.files import open_bytes
from stream.sources.line import Line
from topics import events as ev
from topics.catalogue import SOURCES

FALLBACK = "ticket.events"
CALLS, CHATS = "call.events", "chat.events"


class _Head(msgspec.Struct):
    """As much of a line as its way to a topic needs; what is of a wrong type, the worker refuses for that."""

    type: Any = ""
    entity_id: Any = ""
    occurred_at: Any = 0
    channel: Any = None
    topic: Any = None
    key: Any = None


_decode = msgspec.json.Decoder(_Head).decode
_shared = {str(event.__struct_config__.tag) for event in ev.CONTACT_EVENTS}
_topic_of = {
    str(event.__struct_config__.tag): name
    for name, topic in SOURCES.items()
    for event in topic.events
    if event not in ev.CORRECTIONS and event not in ev.CONTACT_EVENTS
}


def read(paths: Sequence[Path], skipped: Counter[str]) -> Iterator[Line]:
    """The lines of the files in their order; empty lines are skipped."""
    for path in paths:
        if str(path) == "-":
            kept = list(_lines(path))
            yield from _route(kept, _topics_of_contacts(kept), skipped)
        else:
            yield from _route(_lines(path), _topics_of_contacts(_lines(path)), skipped)


def _lines(path: Path) -> Iterator[bytes]:
    with open_bytes(path) as file:
        for raw in file:
            yield raw.rstrip(b"\r\n")


def _head(raw: bytes) -> _Head | None:
    try:
        head = _decode(raw)
    except (msgspec.MsgspecError, ValueError, RecursionError):
        return None
    for name in ("type", "entity_id", "topic", "key"):
        if not isinstance(getattr(head, name), str):
            setattr(head, name, None if name == "key" else "")
    if not isinstance(head.occurred_at, int):
        head.occurred_at = 0
    return head


def _topics_of_contacts(lines: Iterable[bytes]) -> dict[str, str]:
    """Entity -> calls or chats, for every entity that has a line of a shared type."""
    found: dict[str, str] = {}
    for raw in lines:
        head = _head(raw)
        if head is None or head.topic in SOURCES:
            continue
        if head.type == "call.initiated" or (head.type in _shared and head.channel == "voice"):
            found[head.entity_id] = CALLS
        elif head.type in _shared or head.type == "chat.started":
            found.setdefault(head.entity_id, CHATS)
        elif head.type in _topic_of:
            found.setdefault(head.entity_id, _topic_of[head.type])
    return found


def _route(lines: Iterable[bytes], contacts: dict[str, str], skipped: Counter[str]) -> Iterator[Line]:
    for raw in lines:
        if not raw:
            skipped["empty line"] += 1
            continue
        head = _head(raw)
        if head is None:
            yield Line(FALLBACK, b"", raw, 0)
            continue
        topic = head.topic if head.topic in SOURCES else _topic_of.get(head.type)
        topic = topic or contacts.get(head.entity_id, FALLBACK)
        key = head.entity_id if head.key is None else head.key
        yield Line(topic, key.encode(), raw, head.occurred_at)
