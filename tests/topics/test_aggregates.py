"""Aggregate records: keys that come apart again whatever the names are, values that come back."""

from __future__ import annotations

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.core.floor import answered, call, entered, history, report, value
from topics.aggregates import (
    COARSE,
    DAY,
    FINE,
    MARK,
    SEPARATOR,
    SINCE,
    Counts,
    Key,
    Mark,
    Pane,
    Place,
    Since,
    Sweep,
    pack_key,
    unpack_key,
)

NAMES = st.text(max_size=12) | st.sampled_from((SEPARATOR, "%", "%1F", "%25", "%251F", f"a{SEPARATOR}%b", "\x00"))
KEYS = st.builds(
    Key,
    st.sampled_from(("call.events", "agent.events")),
    st.integers(0, 10_000),
    st.sampled_from((FINE, COARSE, DAY, SINCE, MARK)),
    st.builds(Place, st.sampled_from(("queue", "team", "")), NAMES, NAMES),
    st.sampled_from(("", "1764583200", "waiting:490162")),
)


@given(KEYS)
def test_a_key_comes_apart_as_it_was(key: Key) -> None:
    """Whatever a queue, team or channel is called."""
    assert unpack_key(pack_key(key)) == key


@given(KEYS, KEYS)
def test_different_keys_have_different_bytes(one: Key, other: Key) -> None:
    """No name can take the place of another one's record."""
    assert (pack_key(one) == pack_key(other)) == (one == other)


def test_keys_are_readable() -> None:
    """An ordinary key is its fields and nothing else."""
    key = Key("call.events", 3, FINE, Place("queue", "billing", "voice"), "176458320")
    assert pack_key(key).decode().split(SEPARATOR) == [
        "call.events",
        "3",
        "f",
        "queue",
        "billing",
        "voice",
        "176458320",
    ]


@pytest.mark.parametrize("raw", [b"", b"x", b"\xff", b"a\x1fb\x1fc\x1fd\x1fe\x1ff\x1fg"])
def test_a_foreign_key_is_a_value_error(raw: bytes) -> None:
    """What is no key of ours is told by ValueError, which a reader can count."""
    with pytest.raises(ValueError):  # noqa: PT011 - any text
        unpack_key(raw)


@pytest.mark.parametrize("name", [SEPARATOR, f"a{SEPARATOR}b", "100 %", "%1F", "line\nbreak", "\x00"])
def test_a_queue_of_any_name_is_counted_under_that_name(name: str) -> None:
    """Hostile names go through the whole core and come out in the report as they were."""
    one = call("c1")
    rows = report([entered(one, 0, queue=name, channel=name), answered(one, 5)], history())
    assert value(rows, "contacts_offered", queue=name, channel=name) == 1
    assert value(rows, "contacts_offered") == 1


@pytest.mark.parametrize(
    "record",
    [
        Pane(7, {0: 1, 1: 41_000, 300: 1}),
        Since(7, [1, 2, 2, 3]),
        Counts(7, {3: 2}),
        Sweep(7, 1_764_583_200_000),
        Mark(7, 8, 1, 2, 0, 5, 1, 0, {"not json": 1}, 2, "abc", 3),
    ],
)
def test_values_come_back(record: msgspec.Struct) -> None:
    """Every record is equal to itself after the wire."""
    assert msgspec.msgpack.decode(msgspec.msgpack.encode(record), type=type(record)) == record
