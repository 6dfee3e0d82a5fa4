"""The judge is independent, refuses what it cannot judge, and notices what differs."""

from __future__ import annotations

import ast
from pathlib import Path

import orjson
import pytest

from stream.sources.scenarios import BREAKS
from tests.oracle import compare
from tests.oracle.cases import CALLS, Floor, at
from tests.oracle.comparison import DIMENSIONS
from tests.oracle.judge import NotJudged

HERE = Path(__file__).parent
OWN = ("tests.oracle",)
FOREIGN = ("stream", "topics", "tests")


@pytest.mark.parametrize("module", sorted(p.name for p in HERE.glob("*.py") if not p.name.startswith("test_")))
def test_the_judge_shares_no_code_with_what_it_judges(module: str):
    """Neither the pipeline nor a helper of another test may be imported: a second opinion is one's own."""
    imported: set[str] = set()
    for node in ast.walk(ast.parse((HERE / module).read_text())):
        if isinstance(node, ast.Import):
            imported |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert not node.level
            imported.add(node.module or "")

    assert not [name for name in imported if name.startswith(FOREIGN) and not name.startswith(OWN)]


@pytest.mark.parametrize("number", range(len(BREAKS)), ids=[reason or "good" for reason, _ in BREAKS])
def test_broken_input_is_refused_for_its_reason(number: int):
    """Each way to break a line has its reason; an unknown field is none."""
    reason, damage = BREAKS[number]
    whole = {
        "event_id": "1", "type": "call.initiated", "schema_version": 1, "source": "case", "occurred_at": at(0),
        "entity_id": "c", "direction": "inbound",
    }  # fmt: skip
    value = damage(whole)
    try:
        key = orjson.loads(value).get("key", "c").encode()
    except ValueError:
        key = b""
    floor = Floor()
    floor.put(CALLS, key, value)

    judge = floor.judge()

    assert dict(judge.rejected) == ({reason: 1} if reason else {})
    assert judge.events["accepted"] == (0 if reason else 1)


def test_what_it_has_no_definition_for_is_refused():
    """A judge that would guess is none."""
    floor = Floor()
    floor.say(CALLS, "c", "correction.retract", 0, corrects_event_id="1")
    with pytest.raises(NotJudged):
        floor.judge()


def test_the_order_of_arrival_and_the_partitions_do_not_matter():
    """The same events in another order, spread over partitions by entity, give the same rows."""
    forward, backward = Floor(), Floor()
    for floor in (forward, backward):
        floor.wait("c1", 0, 30, "abandoned")
        floor.say(CALLS, "c1", "queue.resumed", 50)
        floor.wait("c2", 5, 10, "answered")
    records = [r._replace(partition=int(r.key == b"c2"), offset=i) for i, r in enumerate(reversed(backward.records))]
    backward.records = records

    assert forward.judge().rows() == backward.judge().rows()


def test_every_kind_of_difference_is_told():
    """A changed value, a missing row and a surplus one; percentiles may be 2 % off, sums may not."""
    nowhere = (None,) * (len(DIMENSIONS) - 1)
    rows = {
        ("k", "sum", "q", *nowhere): (100.0, 3.0),
        ("k", "p50", "q", *nowhere): (100.0, 3.0),
        ("missing", "value", None, *nowhere): (1.0, 1.0),
    }

    def report(total: float, p50: float, count: float = 3) -> list[dict[str, object]]:
        row = {"kpi": "k", "queue": "q", "channel": None}
        return [
            {**row, "stat": "sum", "value": total, "count": count},
            {**row, "stat": "p50", "value": p50, "count": count},
            {"kpi": "surplus", "stat": "value", "queue": None, "channel": None, "value": 0, "count": 0},
        ]

    named = [line.split(":")[0].split(" [")[0] for line in compare(report(100, 101.9), rows)]
    assert named == ["missing value", "surplus value"]
    assert len(compare(report(100.001, 102.1), rows)) == 4
    assert len(compare(report(100, 100, count=4), rows)) == 4
