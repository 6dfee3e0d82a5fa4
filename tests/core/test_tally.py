"""What a worker counts beside the panes: once, exactly at the targets, and never less than before."""

from __future__ import annotations

import pytest

from stream.core.metrics import SERVICE
from stream.core.settings import load
from stream.core.tally import Counting, Tally, edges_ms
from tests.core.floor import (
    ARRIVED_MS,
    CALL,
    T0_MS,
    TICKET,
    answered,
    call,
    entered,
    left,
    partition,
    reply,
    rows_of,
    ticket,
)

SETTINGS = load("""
[queues.billing]
answer_target_seconds = 17
[queues.returns]
first_response_target_seconds = 5000
""")


def watched(topic=CALL):
    """A partition that is counted, and its tally."""
    tally, part = Tally(SETTINGS), partition(topic, SETTINGS)
    part.counting = Counting(tally)
    part.counting.restart(part.ledger, T0_MS)
    return part, tally


def shown(tally) -> dict[str, float]:
    """Series -> value."""
    lines = [line for _, block in tally.blocks() for line in block]
    return {line.rpartition(" ")[0]: float(line.rpartition(" ")[2]) for line in lines}


def test_a_wait_at_the_target_is_exactly_at_an_edge():
    """The number up to the target is exact, whatever the target: the one who waited a millisecond more is not in it."""
    part, tally = watched()
    events = []
    for n, waits in enumerate((16.9, 17, 17.001, 40)):
        one = call(f"c{n}")
        events += [entered(one, 0), answered(one, waits)]
    part.apply(rows_of(events))
    found = shown(tally)
    at = 'support_queue_wait_seconds_bucket{queue="billing",channel="voice",le='
    assert found[f'{at}"17.0"}}'] == 2
    assert found[f'{at}"20.0"}}'] == 3
    assert found[f'{at}"+Inf"}}'] == 4
    assert found['support_queue_wait_seconds_count{queue="billing",channel="voice"}'] == 4
    assert found['support_queue_wait_seconds_sum{queue="billing",channel="voice"}'] == pytest.approx(90.901)


def test_who_still_waits_past_the_target_has_missed_it():
    """Decided once: met when answered in time, missed when the target falls due, whether or not an answer follows."""
    part, tally = watched()
    late, quick, early = call("late"), call("quick"), call("early")
    part.apply(
        rows_of(
            [entered(late, 0), entered(quick, 1), answered(quick, 5), entered(early, 2), left(early, 9, "abandoned")]
        )
    )
    name = 'support_service_level_decided_total{queue="billing",channel="voice",result='
    part.counting.settle(T0_MS + 16_000)
    assert shown(tally)[f'{name}"met"}}'] == 1
    assert shown(tally)[f'{name}"missed"}}'] == 1  # the abandon of 7 s: longer than a short one
    part.counting.settle(T0_MS + 20_000)
    assert shown(tally)[f'{name}"missed"}}'] == 2
    part.apply(rows_of([answered(late, 60)], first=5))
    part.counting.settle(T0_MS + 90_000)
    assert shown(tally)[f'{name}"missed"}}'] == 2
    assert shown(tally)[f'{name}"met"}}'] == 1


def test_a_counter_never_falls():
    """An abandon that is taken back, because the caller is back, leaves the counter; the next abandon is not counted
    twice.
    """
    part, tally = watched()
    one = call("c1")
    name = 'support_contacts_abandoned_total{queue="billing",channel="voice"}'
    seen = []
    for n, event in enumerate(
        (entered(one, 0), left(one, 30, "abandoned"), one("queue.resumed", 50), left(one, 90, "abandoned"))
    ):
        part.apply(rows_of([event], first=n))
        seen.append(shown(tally).get(name, 0))
    assert seen == [0, 1, 1, 1]


def test_what_is_folded_again_is_not_counted_again():
    """After a recovery the new owner counts what comes, and the waits that have yet to fall due."""
    part, _ = watched()
    waiting, done = call("waiting"), call("done")
    part.apply(rows_of([entered(done, 0), answered(done, 5), entered(waiting, 6)]))
    rows = part.changed_records()
    other, tally = watched()
    for key, value in rows:
        other.recover(key, value)
    other.rebuild()
    other.counting.restart(other.ledger, T0_MS + 8000)
    assert shown(tally) == {}
    other.apply(rows_of([entered(done, 0)]))  # a redelivered one
    assert shown(tally) == {}
    other.counting.settle(T0_MS + 60_000)
    assert shown(tally) == {'support_service_level_decided_total{queue="billing",channel="voice",result="missed"}': 1}


def test_each_channel_has_its_edges():
    """Customers of a mail queue wait for hours: its edges are others, with the targets of all queues among them."""
    assert 5_000_000 in edges_ms(SETTINGS, "support_first_response_seconds", "mail")
    assert 86_400_000 in edges_ms(SETTINGS, "support_first_response_seconds", "chat")
    assert 5000 not in edges_ms(SETTINGS, "support_queue_wait_seconds", "mail")
    assert 17_000 in edges_ms(SETTINGS, "support_queue_wait_seconds", "sms")


def test_a_first_response_is_measured():
    """Tickets too: from the customer's message to the first answer."""
    part, tally = watched(TICKET)
    one, created = ticket("t1", queue="returns")
    part.apply(rows_of([created, reply(one, 1800)]))
    assert shown(tally)['support_first_response_seconds_bucket{queue="returns",channel="mail",le="3600.0"}'] == 1
    assert shown(tally)['support_first_response_seconds_bucket{queue="returns",channel="mail",le="900.0"}'] == 0


def test_every_metric_of_the_service_is_counted():
    """A busy minute gives each of them a series."""
    part, tally = watched()
    first, second, third, fourth, fifth = (call(f"c{n}") for n in range(5))
    part.apply(rows_of([
        entered(first, 0), answered(first, 5), first("contact.ended", 60, by="customer"),
        entered(second, 0), left(second, 30, "abandoned"),
        entered(third, 0), left(third, 20, "overflow"),
        fourth("message", 1, author_role="customer", message_id="m1", queue="billing", channel="voice"),
        entered(fifth, 50), answered(fifth, 10),
    ]))  # fmt: skip
    found = {line.partition("{")[0] for _, block in tally.blocks() for line in block}
    wanted = {sample for metric in SERVICE for sample in metric.samples()}
    assert wanted - found <= {f"support_first_response_seconds_{part}" for part in ("bucket", "sum", "count")}


def test_a_report_counts_nothing():
    """Without a worker nothing is watched, and nothing is kept."""
    part = partition(CALL, SETTINGS)
    part.apply(rows_of([entered(call("c1"), 0)]))
    assert part.ledger.watched == []
    assert ARRIVED_MS > T0_MS
