"""Small random floors in random order of arrival: a report equals the judge, whatever the settings and the window."""

from __future__ import annotations

from random import Random

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from stream.sources.line import Line
from tests.end.floors import floor
from tests.end.judging import HISTORY, MONDAY_MS, Arrival, differences, report_of, settings_of
from tests.examples import examples
from tests.oracle.cases import AGENTS, HOUR, MINUTE, TICKETS, Floor, at

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


@pytest.mark.parametrize(("denominator", "hours"), [("staffed", 0.5), ("clock", 1)])
def test_an_hour_whose_only_ticket_was_deleted_later_has_none_an_hour(denominator: str, hours: float):
    """R02, R21, R45: it is in the backlog of the end of the window, in no count of it, and the hours are there: a zero."""
    said = Floor()
    said.say(AGENTS, "a1", "agent.logged_in", 0, team="phones")
    said.say(AGENTS, "a1", "agent.status_changed", 0, status="ready", **{"class": "routable"})
    said.say(AGENTS, "a1", "agent.logged_out", 30 * MINUTE)
    said.ticket("t1", 10 * MINUTE)
    said.say(TICKETS, "t1", "ticket.deleted", 2 * HOUR)
    arrivals = [Arrival(r.arrived_ms, Line(r.topic, r.key, r.value, r.arrived_ms)) for r in said.records]
    toml = f'[kpis]\nper_hour_denominator = "{denominator}"'

    rows = report_of(arrivals, settings_of(toml, **HISTORY)[0], to_ms=at(HOUR)).rows

    found = {row.kpi: (row.value, row.count) for row in rows if row.queue is None and row.channel is None}
    assert found["tickets_handled_per_hour"] == found["tickets_solved_per_hour"] == (0, hours)
    assert found["tickets_created"] == (0, 0)
    assert differences(arrivals, toml, to_ms=at(HOUR)) == []
