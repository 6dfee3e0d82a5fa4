"""The core's report against the independent judge, on any events of surveys and customers."""

from __future__ import annotations

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from msgspec import to_builtins

from stream.core.batch import Batch
from tests.core.floor import ARRIVED_MS, history
from tests.core.opinions import opinions
from tests.examples import examples
from tests.oracle import Oracle, Record, compare

COMMON = settings(
    max_examples=examples(12), deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large]
)
KNOBS = (
    "", "csat_good_from = 3", "csat_scale = [0, 10]", 'net_promoter_passives = "left_out"',
    'customer_effort_form = "ces_1"',
)  # fmt: skip


def differences(events, toml="", plain=None):
    """What the report and the judge disagree about."""
    batch = Batch(history(toml))
    for topic, key, value in events:
        batch.feed(topic, key, value, ARRIVED_MS)
    records = [Record(topic, 0, n, ARRIVED_MS, key, value) for n, (topic, key, value) in enumerate(events)]
    rows = [to_builtins(row) for row in batch.report().rows]
    return compare(rows, Oracle(records, {"time": {"horizon_hours": 0}, **(plain or {})}).rows())


@COMMON
@given(opinions(), st.sampled_from(KNOBS), st.randoms(use_true_random=False))
def test_surveys(events, knob, random):
    """Answers, re-ratings, revocations and scores out of scale, in any order and repeated, under every option."""
    import tomllib

    events = [e for e in events if b'"correction.' not in e[2]]
    again = [*events, *random.choices(events, k=min(3, len(events)))] if events else []
    random.shuffle(again)
    assert not differences(again, f"[kpis]\n{knob}", {"kpis": tomllib.loads(knob)})
