"""The codec: every event type there and back, every reason of refusal by example, the rules of keys and time."""

from __future__ import annotations

from typing import Any

import orjson
import pytest

from tests.topics.vocabulary import ARRIVED_MS, AT_MS, ENVELOPE, EVERYWHERE, TYPES, smallest, whole
from topics import events as ev
from topics.codec import EVENT_BYTES_MAX, Decoder, Reason, Rejected, encode

SKEW_MS = 30_000


def decode(
    event: Any, *, topic: str | None = None, key: bytes | None = b"one", arrived_ms: int = ARRIVED_MS
) -> ev.Event:
    """Decodes an event, given as an object or as bytes."""
    raw = event if isinstance(event, bytes | None) else orjson.dumps(event)
    return Decoder(topic).decode(key, raw, arrived_ms)


def refused(event: Any, **how: Any) -> Reason:
    """The reason that it is refused for."""
    with pytest.raises(Rejected) as caught:
        decode(event, **how)
    return caught.value.reason


def entered(**changes: Any) -> dict[str, Any]:
    """A good event, changed."""
    return {**smallest("queue.entered"), **changes}


def without(event: dict[str, Any], field: str) -> dict[str, Any]:
    """The event without one of its fields."""
    return {name: value for name, value in event.items() if name != field}


@pytest.mark.parametrize("kind", TYPES)
def test_every_event_type_survives_the_way_there_and_back(kind: str) -> None:
    """A whole event of every type decodes, and encodes to an equal one."""
    for topic in TYPES[kind][0]:
        event = decode(whole(kind), topic=topic)
        assert orjson.loads(encode(event)) == whole(kind)


@pytest.mark.parametrize("kind", TYPES)
def test_what_the_vocabulary_requires_is_required_and_nothing_else(kind: str) -> None:
    """The smallest event is accepted; without any one of its fields it is refused as a missing field."""
    event = smallest(kind)
    assert isinstance(decode(event), ev.Event)
    for field in event:
        assert refused(without(event, field)) == Reason.MISSING_FIELD, field


@pytest.mark.parametrize("kind", TYPES)
def test_unknown_fields_are_ignored(kind: str) -> None:
    """A field that nobody knows changes nothing."""
    assert decode({**smallest(kind), "colour": {"deep": [1]}}) == decode(smallest(kind))


@pytest.mark.parametrize("kind", TYPES)
def test_an_event_of_another_topic_is_told_apart_from_an_unknown_one(kind: str) -> None:
    """On a topic that it does not travel on a known type is refused for the topic, not for the type."""
    for topic in set(EVERYWHERE) - set(TYPES[kind][0]):
        assert refused(smallest(kind), topic=topic) == Reason.WRONG_TOPIC


@pytest.mark.parametrize("field", ["from", "to"])
@pytest.mark.parametrize("value", ["Open", "", "reopened"])
def test_closed_sets_are_closed(field: str, value: str) -> None:
    """A value outside its closed set is a wrong value (R55)."""
    assert refused({**smallest("ticket.status_changed"), field: value}) == Reason.WRONG_VALUE


@pytest.mark.parametrize(
    ("reason", "event", "how"),
    [
        (Reason.TOO_LARGE, b" " * (EVENT_BYTES_MAX + 1), {}),
        (Reason.NOT_JSON, None, {}),
        (Reason.NOT_JSON, b"", {}),
        (Reason.NOT_JSON, b"hello", {}),
        (Reason.NOT_JSON, orjson.dumps(entered())[:-1], {}),
        (Reason.NOT_JSON, orjson.dumps(entered(event_id=5))[:-1], {}),
        (Reason.NOT_JSON, orjson.dumps(entered()) + b"{}", {}),
        (Reason.NOT_JSON, bytes(range(128, 256)), {}),
        (Reason.NOT_JSON, b'{"type": "\xff"}', {}),
        (Reason.NOT_JSON, orjson.dumps(entered()).replace(b'"billing"', rb'"\ud800"'), {}),
        (Reason.NOT_JSON, orjson.dumps(entered()).replace(b'"billing"', b"NaN"), {}),
        (Reason.NOT_JSON, b"[" * 60_000, {}),
        (Reason.NOT_JSON, b'{"colour":' + b"[" * 30_000 + b"]" * 30_000 + b"}", {}),
        (Reason.WRONG_TYPE, b"null", {}),
        (Reason.WRONG_TYPE, [entered()], {}),
        (Reason.WRONG_TYPE, entered(occurred_at="yesterday"), {}),
        (Reason.WRONG_TYPE, entered(occurred_at=1.5), {}),
        (Reason.WRONG_TYPE, entered(type=5), {}),
        (Reason.WRONG_TYPE, entered(queue=None), {}),
        (Reason.WRONG_TYPE, entered(tags="vip"), {}),
        (Reason.WRONG_TYPE, entered(schema_version="1"), {}),
        (Reason.WRONG_TYPE, {**smallest("correction.replace"), "event": 5}, {}),
        (Reason.WRONG_VALUE, entered(direction="sideways"), {}),
        (Reason.WRONG_VALUE, entered(event_id=""), {}),
        (Reason.WRONG_VALUE, entered(entity_id=""), {"key": b"x"}),
        (Reason.WRONG_VALUE, entered(occurred_at=0), {}),
        (Reason.WRONG_VALUE, entered(seq=2**53), {}),
        (Reason.WRONG_VALUE, orjson.dumps(entered()).replace(b'"source"', b'"seq":1' + b"0" * 300 + b',"source"'), {}),
        (Reason.WRONG_VALUE, orjson.dumps(smallest("purchase.made")).replace(b"12.5", b"1e999"), {}),
        (Reason.WRONG_VALUE, entered(entity_id="a\x1fC"), {"key": b"a\x1fC"}),
        (Reason.WRONG_VALUE, {**smallest("correction.replace"), "event": smallest("correction.retract")}, {}),
        (Reason.MISSING_FIELD, {}, {}),
        (Reason.UNKNOWN_TYPE, entered(type="queue.teleported"), {}),
        (Reason.WRONG_TOPIC, entered(), {"topic": "ticket.events"}),
        (Reason.UNSUPPORTED_VERSION, entered(schema_version=2), {}),
        (Reason.UNSUPPORTED_VERSION, {"type": "queue.teleported", "schema_version": 2}, {}),
        (Reason.EMPTY_KEY, entered(), {"key": b""}),
        (Reason.EMPTY_KEY, entered(), {"key": None}),
        (Reason.KEY_DIFFERS, entered(), {"key": b"two"}),
        (Reason.KEY_DIFFERS, entered(), {"key": b"\xff\xfe"}),
        (Reason.FROM_THE_FUTURE, entered(occurred_at=ARRIVED_MS + SKEW_MS + 1), {}),
        (Reason.FROM_THE_FUTURE, orjson.dumps(entered()).replace(b"1764583200000", b"1" + b"0" * 40), {}),
    ],
)  # fmt: skip
def test_every_reason_by_example(reason: Reason, event: Any, how: dict[str, Any]) -> None:
    """Each fault is refused for its own reason (R42, R50, R55)."""
    assert refused(event, **how) == reason


def test_every_reason_of_the_decoder_has_an_example() -> None:
    """The examples above cover the closed set; only a full record is found elsewhere."""
    (mark,) = test_every_reason_by_example.pytestmark  # type: ignore[attr-defined]
    assert {case[0] for case in mark.args[1]} == set(Reason) - {Reason.RECORD_FULL}


def test_the_skew_is_allowed_for() -> None:
    """An event may be ahead of the clock at its arrival by exactly the skew (R41)."""
    assert decode(entered(occurred_at=ARRIVED_MS + SKEW_MS)).occurred_at == ARRIVED_MS + SKEW_MS
    strict = Decoder(None, future_skew_ms=0)
    with pytest.raises(Rejected, match="from the future"):
        strict.decode(b"one", orjson.dumps(entered(occurred_at=ARRIVED_MS + 1)), ARRIVED_MS)


def test_the_size_limit_is_inclusive() -> None:
    """An event of exactly the limit is taken; one byte more is too large."""
    raw = orjson.dumps(entered())
    assert Decoder(None, event_bytes_max=len(raw)).decode(b"one", raw, ARRIVED_MS).event_id == ENVELOPE["event_id"]
    with pytest.raises(Rejected, match="too large"):
        Decoder(None, event_bytes_max=len(raw) - 1).decode(b"one", raw, ARRIVED_MS)


def test_of_a_field_that_is_there_twice_the_last_holds() -> None:
    """A duplicate key is no error; the key is compared with what holds."""
    raw = orjson.dumps(entered())[:-1] + b',"entity_id":"two"}'
    assert decode(raw, key=b"two").entity_id == "two"
    assert refused(raw, key=b"one") == Reason.KEY_DIFFERS


def test_ids_outside_ascii_are_compared_as_utf8() -> None:
    """The key is the entity's id in UTF-8."""
    assert decode(entered(entity_id="Zürich ☎"), key="Zürich ☎".encode()).occurred_at == AT_MS


def test_a_refusal_tells_a_person_what_is_wrong() -> None:
    """The detail names the field or the topic."""
    with pytest.raises(Rejected, match=r"missing field: .*`segment_id`"):
        decode(without(entered(), "segment_id"))
    with pytest.raises(Rejected, match=r"wrong topic: chat\.started belongs to chat\.events"):
        decode(smallest("chat.started"), topic="call.events")
