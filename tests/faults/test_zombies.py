"""Workers that sleep beyond their session and wake up: most end before they write, one has its write in its hands."""

from __future__ import annotations

import signal
import threading
from itertools import islice, takewhile

import pytest

from tests.end.pipeline import Pipeline, wait_for
from tests.faults.compaction import compacted_to, create_eager_topics, stale_rows
from tests.faults.storm import SESSION_SECONDS, SETTINGS, Storm
from tests.faults.stream import lines

pytestmark = [pytest.mark.kafka, pytest.mark.slow]


@pytest.mark.matrix
@pytest.mark.parametrize("static", [True, False])
def test_a_zombie(floor, static):
    """Frozen for longer than its session, others take over; awake again it ends by itself, with one line, before it
    writes.
    """
    storm = Storm(floor, seed=4, static=static)
    storm.send(lines(4, 12_000), rate=500)
    storm.at_work()
    storm.freeze()
    verdict = storm.settle()
    assert verdict.differs == []
    assert any(what.startswith("ended by itself: frozen for") for what in storm.faults)


@pytest.mark.matrix
@pytest.mark.parametrize("compaction", [True, False])
def test_a_zombie_that_writes_late(broker, tmp_path, compaction):
    """Frozen between the watchdog's look and the write, it puts old rows behind the new ones of the next owner, who
    notices and writes them again, before the broker has compacted the new ones away.
    """
    with Pipeline(broker.address, tmp_path, dict(SETTINGS)) as floor:
        if compaction:
            create_eager_topics(floor)
        else:
            assert floor.run("topics", "create").returncode == 0
        storm = Storm(floor, seed=25)
        events, frozen = lines(25, 30_000), threading.Event()
        storm.at_work()
        storm.send(takewhile(lambda _: not frozen.is_set(), events), rate=300)
        zombie = storm.freeze_at("writing")
        frozen.set()
        while storm.is_sending:
            storm.rest(0.1)
        storm.send(islice(events, 5_000), rate=600)  # what comes next to the same contacts, others write
        storm.rest(SESSION_SECONDS + 2)
        storm.settled()
        storm.rest(2 * floor.loaded().worker.persist_ms / 1000)  # the other has written the newer rows
        assert stale_rows(floor) == {}
        storm.wanted = {1}  # nobody comes in its place, whose recovery would see the old rows
        zombie.signal(signal.SIGCONT)
        assert zombie.wait(30) == 1, zombie.said
        stale = stale_rows(floor)
        assert stale != {}
        storm.send(islice(events, 1_500), rate=500)
        storm.settled()
        if compaction:
            wait_for(
                lambda: all(compacted_to(broker, name).get(n, 0) > at for (name, n), at in stale.items()),
                "the broker has compacted what the zombie wrote",
            )
        storm.kill_all()
        assert storm.settle().differs == []
