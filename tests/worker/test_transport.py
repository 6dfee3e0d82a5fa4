"""The window of delivered slices: what may be committed."""

from __future__ import annotations

import pytest
from faust.types import TP

from stream.core.settings import load
from stream.worker.app import create_app

TICKETS, STATE = TP("ticket.events", 0), TP("deskpulse-ticket.events-changelog", 0)


@pytest.fixture
async def consumer():
    """A consumer that is not started."""
    consumer = create_app(load())._new_consumer()
    yield consumer
    consumer._thread.thread_loop.close()


def delivered(consumer, *offsets):
    consumer._window[TICKETS].extend(offsets)


def acknowledged(consumer, *offsets):
    for offset in offsets:
        consumer._acked[TICKETS].append(offset)
        consumer._acked_index[TICKETS].add(offset)


async def test_the_last_contiguous_slice_is_committed(consumer):
    """Slices of any size: the offset after the last one that is acknowledged with all before it."""
    delivered(consumer, 499, 2499, 2500)
    acknowledged(consumer, 499, 2499)
    assert consumer._new_offset(TICKETS) == 2500
    assert consumer._new_offset(TICKETS) is None
    acknowledged(consumer, 2500)
    assert consumer._new_offset(TICKETS) == 2501


async def test_an_unacknowledged_head_holds_back_the_rest(consumer):
    """What is acknowledged out of order waits for the slice before it."""
    delivered(consumer, 9, 19, 29)
    acknowledged(consumer, 19, 29)
    assert consumer._new_offset(TICKETS) is None
    acknowledged(consumer, 9)
    assert consumer._new_offset(TICKETS) == 30


async def test_offset_zero_alone_is_a_slice(consumer):
    """The first record of a topic may come alone; stock Faust commits nothing ever after."""
    delivered(consumer, 0, 500)
    acknowledged(consumer, 0)
    assert consumer._new_offset(TICKETS) == 1
    acknowledged(consumer, 500)
    assert consumer._new_offset(TICKETS) == 501


async def test_nothing_delivered_nothing_committed(consumer):
    """An acknowledgement of something that was delivered to an earlier generation commits nothing."""
    acknowledged(consumer, 77)
    assert consumer._new_offset(TICKETS) is None


async def test_sources_are_resumed_only_with_the_flow(consumer):
    """Recovery resumes sources before it seeks them: until the flow resumes they are not fetched, changelogs are."""
    consumer.app.tables._changelogs[STATE.topic] = None
    consumer._active_partitions = set()
    consumer.resume_partitions({TICKETS, STATE})
    assert consumer._active_partitions == {STATE}
    consumer.resume_flow()
    assert consumer._active_partitions == {STATE, TICKETS}


async def test_a_pause_takes_a_deferred_resume_back(consumer):
    """Paused by the next rebalance in between: the flow does not resume it."""
    consumer._active_partitions = set()
    consumer.resume_partitions({TICKETS})
    consumer.pause_partitions({TICKETS})
    consumer.resume_flow()
    assert consumer._active_partitions == set()
