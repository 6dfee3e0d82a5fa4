"""Slices: how a fetch becomes few messages."""

from __future__ import annotations

from aiokafka.structs import ConsumerRecord, TopicPartition
from faust.types import TP

from stream.worker.folding import SLICE, Folded, FoldScheduler

A, B, C = TP("calls", 0), TP("calls", 1), TP("calls", 2)


def fetched(tp: TP, first: int, count: int) -> list[ConsumerRecord]:
    """Records as aiokafka gives them."""
    return [
        ConsumerRecord(tp.topic, tp.partition, offset, 0, 0, b"key", b"%d" % offset, 0, 3, 1, ())
        for offset in range(first, first + count)
    ]


def test_a_slice_carries_its_records_and_the_last_offset():
    """Acknowledging the message acknowledges the slice; no record is lost, doubled or out of order."""
    records = fetched(A, 7, SLICE + 5)
    slices = list(FoldScheduler().iterate({A: records}))
    assert [row for _, message in slices for row in message.value] == records
    assert [(tp, message.offset, len(message.value)) for tp, message in slices] == [
        (A, 6 + SLICE, SLICE),
        (A, 11 + SLICE, 5),
    ]
    assert all(message.key is None for _, message in slices)


def test_partitions_take_turns():
    """No partition runs more than a slice ahead of the others, which would be skew in event time."""
    records = {A: fetched(A, 0, 3 * SLICE), B: fetched(B, 0, SLICE + 1), C: []}
    assert [(tp, message.value[0].offset) for tp, message in FoldScheduler().iterate(records)] == [
        (A, 0),
        (B, 0),
        (A, SLICE),
        (B, SLICE),
        (A, 2 * SLICE),
    ]


def test_nothing_fetched_is_nothing_delivered():
    """An empty fetch gives no message."""
    assert list(FoldScheduler().iterate({})) == []
    assert list(FoldScheduler().iterate({TopicPartition("calls", 0): []})) == []


def test_the_schema_hands_slices_through():
    """Faust decodes nothing: the core does."""
    message = type("Message", (), {"value": [1, 2]})()
    assert Folded().loads_value(None, message) == [1, 2]
    assert Folded().loads_key(None, message) is None
