"""The promise of the core about crashes: whatever part of a write is durable, and whoever wrote late, the state is the
same.
"""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from tests.core.floor import AGENT, CALL, CHAT, REQUESTERS, TICKET, partition, rows_of, state_of, statements
from tests.core.opinions import CUSTOMER, SURVEY
from tests.core.test_exactness import COMMON, SETTINGS, days


@COMMON
@given(days(), st.data())
def test_a_crash_at_any_point(by_topic, data):
    """Killed with any part of a write durable and redelivered from any acknowledged offset, the state is the same."""
    topic = data.draw(st.sampled_from((CALL, TICKET, SURVEY, CUSTOMER)))
    rows = rows_of(by_topic[topic])
    whole = partition(topic, SETTINGS)
    whole.apply(rows)
    expected, counts = state_of(whole), whole.meta
    part, changelog, committed = partition(topic, SETTINGS), [], 0
    at = 0
    while at < len(rows):
        step = data.draw(st.integers(1, 4))
        part.apply(rows[at : at + step])
        at = min(len(rows), at + step)
        if not data.draw(st.booleans()):
            continue
        part.outgoing()
        written = part.changed_records()
        if data.draw(st.booleans()):
            changelog += written
            committed = at
            continue
        changelog += written[: data.draw(st.integers(0, len(written)))]  # killed while it wrote
        part = partition(topic, SETTINGS)
        for key, value in changelog:
            part.recover(key, value)
        part.rebuild()
        at = committed
    part.outgoing()
    assert state_of(part) == expected
    assert (part.meta.accepted, part.meta.duplicate, part.meta.rejected) == (
        counts.accepted,
        counts.duplicate,
        counts.rejected,
    )


@COMMON
@given(days(), st.data())
def test_the_late_rows_of_a_frozen_worker(by_topic, data):
    """Rows that a zombie writes behind the newer ones of the next owner are written over by whoever notices, before
    compaction keeps only the last of each key.
    """
    topic = data.draw(st.sampled_from((CALL, TICKET, SURVEY, CUSTOMER, AGENT)))
    rows = rows_of(by_topic[topic])
    zombie, owner, again = (partition(topic, SETTINGS) for _ in range(3))
    whole = partition(topic, SETTINGS)
    whole.apply(rows)
    committed, frozen = sorted(data.draw(st.integers(0, len(rows))) for _ in range(2))
    zombie.apply(rows[:committed])
    zombie.outgoing()
    changelog = zombie.changed_records()
    zombie.apply(rows[committed:frozen])
    zombie.outgoing()
    late = zombie.changed_records()
    recovered(owner, changelog).apply(rows[committed:])
    owner.outgoing()
    changelog += owner.changed_records()
    changelog += late[: data.draw(st.integers(0, len(late)))]
    if data.draw(st.booleans()):
        owner.rewrite(records=True)
        changelog += owner.changed_records()
    else:
        changelog += recovered(partition(topic, SETTINGS), changelog).changed_records()
    recovered(again, compacted(changelog))
    again.outgoing()
    assert state_of(again) == state_of(whole)
    assert again.meta == owner.meta == whole.meta


def recovered(part, changelog):
    """A partition after it has read the changelog."""
    for key, value in changelog:
        part.recover(key, value)
    part.rebuild()
    return part


def compacted(changelog):
    """The last row of each key, where it lay."""
    last = {key: at for at, (key, _) in enumerate(changelog)}
    return [changelog[at] for at in sorted(last.values())]


@COMMON
@given(days())
def test_a_restart_refolds_to_the_same(by_topic):
    """Everything that was derived follows from the durable rows alone, agents included."""
    told = []
    for topic in (CALL, CHAT, TICKET, SURVEY, CUSTOMER, AGENT, REQUESTERS):
        part = partition(topic, SETTINGS)
        part.apply(rows_of(by_topic[topic] + [event for event in told if event[0] == topic]))
        told += statements(part.outgoing())
        again = partition(topic, SETTINGS)
        for key, value in part.changed_records():
            again.recover(key, value)
        again.rebuild()
        assert state_of(again) == state_of(part)
        assert again.stamp == part.stamp
