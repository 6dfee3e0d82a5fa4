"""The rulings of the project: each has a test that names it, and here are those that fit nowhere else."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from stream.core.histogram import bucket_of, quantiles
from tests.core.floor import answered, call, entered, left, report, ticket, value

HERE = Path(__file__)
TESTS = "\n".join(file.read_text() for file in HERE.parent.parent.rglob("test_*.py") if file.name != HERE.name)
NUMBERS = [f"R{n:02}" for n in range(1, 56) if n != 52]  # there is no R52
FURTHER = (
    "R05a", "R05b", "R05c", "R05d", "R22b", "R25b", "R28b", "R29b", "R29c", "R29d", "R29e", "R32b", "R32c", "R35a",
    "R35b", "R35c", "R35d", "R35e",
)  # fmt: skip


@pytest.mark.parametrize("ruling", [*NUMBERS, *FURTHER])
def test_every_ruling_has_a_test_that_names_it(ruling):
    """In the sentence of a test, or in a table that it is run over."""
    said = TESTS + str([test.__doc__ for name, test in globals().items() if name.startswith("test_r")])
    assert re.search(rf"\b{ruling}[a-e]?\b" if ruling in NUMBERS else rf"\b{ruling}\b", said)


@pytest.mark.parametrize(
    ("samples", "expected"),
    [((7,), (7, 7, 7)), ((1, 2), (1, 2, 2)), ((1, 2, 3), (2, 3, 3)), (tuple(range(1, 21)), (10, 18, 19))],
)
def test_r49_percentiles_by_nearest_rank(samples, expected):
    """R49: the smallest sample that at least the share of them does not exceed, also of few; exact below 64 ms."""
    counts = {bucket_of(sample): 1 for sample in samples}
    assert tuple(quantiles(counts, (0.5, 0.9, 0.95))) == expected


def test_r01_now_at_the_end_of_a_file():
    """R01: levels and ages are as of the highest event time of everything, whichever topic it came from."""
    waits = call("c1")
    assert value(report([entered(waits, 0), ticket(at_s=500)[1]]), "oldest_wait_seconds") == 500


def test_r53_the_scope_of_an_event_id():
    """R53: the same id again is a duplicate only of the same entity and the same source."""
    one, other = call("c1"), call("c2")
    events = [entered(one, 0), entered(other, 0), answered(one, 10), left(other, 10, "abandoned")]
    named = [(topic, key, line.replace(b'"c2:', b'"c1:')) for topic, key, line in events]  # both entities the same ids
    assert value(report(named), "contacts_offered") == 2
    elsewhere = events[0][2].replace(b'"source":"test"', b'"source":"other"').replace(b'"1"', b'"2"')
    again = [*events, (events[0][0], events[0][1], elsewhere)]
    assert value(report(again), "contacts_offered") == 3
    assert value(report([*events, events[0]]), "contacts_offered") == 2
