"""Small random floors in random order of arrival: a report equals the judge, whatever the settings and the window."""

from __future__ import annotations

from random import Random

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.end.floors import floor
from tests.end.judging import MONDAY_MS, differences
from tests.examples import examples

FORMULAS = ("genesys", "offered", "connect", "talkdesk", "twilio", "asterisk_sl", "asterisk_sl2")
configurations = st.builds(
    '[service_level]\nformula = "{}"\nshort_abandon_seconds = {}\n[queues."*"]\nanswer_target_seconds = {}'.format,
    st.sampled_from(FORMULAS),
    st.sampled_from((0, 5, 12)),
    st.sampled_from((10, 20, 30)),
)
moments = st.integers(0, 1500).map(lambda s: MONDAY_MS + s * 1000)
windows = st.one_of(
    st.just({}),
    st.builds(lambda a, b: {"from_ms": min(a, b), "to_ms": max(a, b) + 1}, moments, moments),
    st.builds(lambda a: {"to_ms": a}, moments),
)
randoms = st.integers(0, 2**32).map(Random)
_plain = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])


def _report_equals_the_judge(random: Random, toml: str, window: dict[str, int]) -> None:
    arrivals = floor(random)
    if arrivals:
        assert differences(arrivals, toml, **window) == []


@settings(_plain, max_examples=examples(5))
@given(randoms, configurations, windows)
def test_a_report_of_a_random_floor_equals_the_judge(random: Random, toml: str, window: dict[str, int]):
    """Transfers, resumes, missed offers, holds, reopens, spam, breaks: in random order, some of it twice."""
    _report_equals_the_judge(random, toml, window)


@pytest.mark.slow
@settings(_plain, max_examples=120)
@given(randoms, configurations, windows)
def test_many_random_floors_equal_the_judge(random: Random, toml: str, window: dict[str, int]):
    """The same, many times."""
    _report_equals_the_judge(random, toml, window)
