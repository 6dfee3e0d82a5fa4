"""Whatever the bytes are, the decoder gives an event or a reason; and whatever it gives, the core can take."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from stream.core.batch import Batch
from stream.core.settings import load
from tests.examples import examples
from tests.topics.vocabulary import ARRIVED_MS, AT_MS, EVERYWHERE, TYPES, smallest, whole
from topics import events as ev
from topics.codec import Decoder, Rejected, encode

ROOT = Path(__file__).parent.parent.parent
CORPUS = Path(__file__).parent / "corpus"
HOSTILE: tuple[Any, ...] = (
    "", None, 0, -1, 1.5, True, [], {}, 2**53 - 1, 2**53, 2**63, 2**64 - 1, "\x1f", "\x00partition", "a\x1fC", "a\x1fS", "%1F",
    "*", "_other", "x" * 3000, AT_MS, AT_MS + 1, "solved", "new", "agent", "\u2028", "☎" * 50,
)  # fmt: skip
JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**63), 2**63) | st.floats(allow_nan=False) | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)
KINDS = st.sampled_from(sorted(TYPES))
FIELDS = st.sampled_from(sorted({field for kind in TYPES for field in whole(kind)} | {"type"}))


@st.composite
def mutated(draw: st.DrawFn) -> dict[str, Any]:
    """A valid event of any type, with up to three fields replaced by something else."""
    event = draw(st.sampled_from((smallest, whole)))(draw(KINDS))
    for _ in range(draw(st.integers(0, 3))):
        event[draw(FIELDS)] = draw(st.sampled_from(HOSTILE) | JSON)
    event["event_id"] = draw(st.sampled_from(("e1", "e2", "e3", "e4", event["event_id"])))
    return event


def outcome(key: bytes | None, raw: bytes | None) -> ev.Event | None:
    """The event, or None when it is refused with a reason and any detail."""
    try:
        return Decoder(None).decode(key, raw, ARRIVED_MS)
    except Rejected as rejected:
        return None if rejected.reason.value in str(rejected) else pytest.fail(f"says no reason: {rejected}")


@given(st.none() | st.binary(max_size=300), st.none() | st.binary(max_size=10))
def test_any_bytes_give_an_event_or_a_reason(raw: bytes | None, key: bytes | None) -> None:
    """Random bytes never raise anything but a refusal."""
    assert outcome(key, raw) is None


@given(JSON)
def test_any_json_gives_an_event_or_a_reason(value: Any) -> None:
    """Random JSON never raises anything but a refusal."""
    assert outcome(b"one", orjson.dumps(value, option=orjson.OPT_NON_STR_KEYS) if _fits(value) else b"1") is None


def _fits(value: Any) -> bool:
    try:
        orjson.dumps(value)
    except (TypeError, ValueError):
        return False
    return True


@settings(max_examples=examples(400))
@given(mutated(), st.integers(0, 2000), st.sampled_from((None, b"\x00", b"\xff", b'"', b"9" * 400, b"[" * 2000)))
def test_damaged_events_give_an_event_or_a_reason(event: dict[str, Any], at: int, splice: bytes | None) -> None:
    """A valid event with wrong values, cut off or with foreign bytes in it never raises anything but a refusal; and
    what is accepted encodes again.
    """
    if not _fits(event):
        return
    raw = orjson.dumps(event)
    at %= len(raw)
    found = outcome(str(event["entity_id"]).encode(), raw if splice is None else raw[:at] + splice + raw[at:])
    if found is not None:
        assert outcome(found.entity_id.encode(), encode(found)) == found
    assert outcome(b"one", raw[:at]) is None


@settings(max_examples=examples(150), deadline=None)
@given(st.lists(st.tuples(st.sampled_from(EVERYWHERE), mutated()), min_size=1, max_size=12), st.sampled_from((0, 50)))
def test_no_event_stops_the_core(events: list[tuple[str, dict[str, Any]]], horizon_hours: int) -> None:
    """Whatever arrives on whatever topic, every input is counted once and the report is made; only the statements that
    contacts make of agents are nobody's input.
    """
    batch = Batch(load("", {}, {"time.clock": "events", "time.horizon_hours": horizon_hours}))
    fed = [(topic, event) for topic, event in events if _fits(event)]
    for topic, event in fed:
        batch.feed(topic, str(event["entity_id"]).encode(), orjson.dumps(event), ARRIVED_MS)
    stated = sum(1 for _, event in fed if event["type"] == "agent.contact_stated")
    assert len(fed) - stated <= sum(batch.report().events.values()) <= len(fed)


@pytest.mark.skipif(sys.platform != "linux", reason="atheris is built for Linux")
def test_what_a_guided_fuzzer_finds(tmp_path: Path) -> None:
    """Every input of the corpus, and what a fuzzer that watches the decoder makes of them in some seconds, keeps the
    promise: an event or a reason, and the core takes it.
    """
    shutil.copytree(CORPUS, tmp_path / "corpus")
    done = subprocess.run(
        [sys.executable, "-m", "tests.topics.fuzz", str(tmp_path / "corpus"), "-seed=1", "-runs=30000",
         "-max_total_time=8", f"-artifact_prefix={tmp_path}/"],
        cwd=ROOT, capture_output=True, text=True, timeout=120, check=False,
    )  # fmt: skip
    broken = [path.read_bytes() for path in tmp_path.glob("crash-*")]
    assert broken == [], done.stderr[-3000:]
    assert done.returncode == 0, done.stderr[-3000:]
    assert f"{len(list(CORPUS.iterdir()))} files found in {tmp_path}" in done.stderr
    assert f"{2 * len(TYPES)} files found in" in done.stderr


def test_a_broken_promise_is_noticed(tmp_path: Path) -> None:
    """The fuzzer's own check fails when a message is not counted as it should be."""
    pytest.importorskip("atheris", reason="atheris is built for Linux")
    from tests.topics import fuzz

    event = bytes((fuzz.TOPICS.index("call.events"), 0)) + orjson.dumps(smallest("queue.left"))
    fuzz.check(event)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(fuzz, "encode", lambda _: b"{}")
        with pytest.raises(Rejected):
            fuzz.check(event)
