"""The core's report against the independent judge, on any events of surveys and customers."""

from __future__ import annotations

import tomllib

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from msgspec import to_builtins

from stream.core.batch import Batch
from stream.core.kpis_business import BUSINESS_KPIS
from stream.core.kpis_surveys import SURVEY_KPIS
from tests.core.floor import ARRIVED_MS, T0_MS, history
from tests.core.opinions import business, opinions
from tests.examples import examples
from tests.oracle import Oracle, Record, compare

COMMON = settings(
    max_examples=examples(12), deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large]
)
OWN = frozenset(kpi.name for kpi in (*SURVEY_KPIS, *BUSINESS_KPIS))
KNOBS = (
    "", "csat_good_from = 3", "csat_scale = [0, 10]", 'net_promoter_passives = "left_out"',
    'customer_effort_form = "ces_1"',
)  # fmt: skip


def differences(events, toml="", plain=None, **window):
    """What the report and the judge disagree about."""
    batch = Batch(history(toml), **window)
    for topic, key, value in events:
        batch.feed(topic, key, value, ARRIVED_MS)
    records = [Record(topic, 0, n, ARRIVED_MS, key, value) for n, (topic, key, value) in enumerate(events)]
    rows = [to_builtins(row) for row in batch.report().rows if row.kpi in OWN]
    judged = Oracle(records, {"time": {"horizon_hours": 0}, **(plain or {})}).rows(**window)
    return compare(rows, {row: number for row, number in judged.items() if row[0] in OWN})


@pytest.mark.slow
@COMMON
@given(opinions(), st.sampled_from(KNOBS), st.randoms(use_true_random=False))
def test_surveys(events, knob, random):
    """Answers, re-ratings, revocations and scores out of scale, in any order and repeated, under every option."""
    events = [e for e in events if b'"correction.' not in e[2]]
    again = [*events, *random.choices(events, k=min(3, len(events)))] if events else []
    random.shuffle(again)
    assert not differences(again, f"[kpis]\n{knob}", {"kpis": tomllib.loads(knob)})


@pytest.mark.slow
@COMMON
@given(business(), st.integers(0, 3), st.randoms(use_true_random=False))
def test_business(events, days, random):
    """Customers who come, leave and return, what they buy and what it costs, in any order and repeated, over everything
    and between any two midnights.
    """
    again = [*events, *random.choices(events, k=min(3, len(events)))]
    random.shuffle(again)
    kpis = {"fixed_cost_per_hour": 2.5, "customer_lifespan_years": 3}
    toml = "[kpis]\n" + "\n".join(f"{name} = {number}" for name, number in kpis.items())
    assert not differences(again, toml, {"kpis": kpis})
    start_ms = T0_MS + 14 * 3_600_000 + days * 86_400_000
    assert not differences(again, toml, {"kpis": kpis}, from_ms=start_ms, to_ms=start_ms + 3 * 86_400_000)
