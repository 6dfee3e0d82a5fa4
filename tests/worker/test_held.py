"""What a worker holds of a partition: no offset is ever passed over, and no foreign row left, in silence."""

from __future__ import annotations

import pytest

from stream.core.names import Names
from stream.core.partition import META_KEY, new_partition
from stream.core.settings import load
from stream.worker.held import Held
from tests.core.floor import call, entered, rows_of


@pytest.fixture
def held():
    """A partition whose log begins at offset 7."""
    settings = load()
    return Held(new_partition("call.events", 0, settings, Names(settings.limits)), start=7)


@pytest.mark.parametrize(("committed", "first"), [(None, 7), (0, 7), (20, 20), (20, 15), (None, 3)])
def test_what_follows_without_a_hole_is_taken(held, committed, first):
    """From the commit on, or from the log's start where nothing was ever committed; offsets below are fenced."""
    held.guard(first, committed)


@pytest.mark.parametrize(("committed", "first"), [(None, 8), (0, 60), (20, 21)])
def test_a_hole_ends_the_worker(held, committed, first):
    """Also before the first commit: a position that was left after dropped records loses them for good."""
    with pytest.raises(RuntimeError, match="are gone"):
        held.guard(first, committed)


def test_rows_of_somebody_else_in_the_state(held):
    """Rows that a frozen worker wrote late are noticed where the next of ours come to lie, and everything is written
    again behind them, once.
    """
    held.part.apply(rows_of([entered(call("c"), 0)], first=7))
    held.part.changed_records()
    held.recovered(39)
    assert held.written(40, 42)
    assert held.part.changed_records() == []
    assert not held.written(45, 46)
    assert [key for key, _ in held.part.changed_records()] == [META_KEY, b"c"]
    assert held.written(46, 48)
    assert held.part.changed_records() == []
