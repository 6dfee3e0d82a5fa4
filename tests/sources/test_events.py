"""JSON lines in our own form: which topic and key a line goes to, and that no line is lost, however broken."""

from __future__ import annotations

import gzip
import io
import sys
from collections import Counter
from pathlib import Path
from typing import Any

import orjson
import pytest

from stream.sources.events import read
from tests.topics.vocabulary import BOTH, CALL, CHAT, TICKET, TYPES, smallest

FALLBACK = TICKET


def routed(folder: Path, *lines: dict[str, Any] | bytes) -> list[tuple[str, bytes]]:
    """(topic, key) of every line."""
    path = folder / "events.jsonl"
    path.write_bytes(b"\n".join(line if isinstance(line, bytes) else orjson.dumps(line) for line in lines))
    return [(line.topic, line.key) for line in read([path], Counter())]


@pytest.mark.parametrize("kind", [k for k, (topics, *_) in TYPES.items() if len(topics) == 1])
def test_a_type_that_travels_on_one_topic_goes_there(tmp_path: Path, kind: str) -> None:
    """The type says the topic, the entity is the key."""
    assert routed(tmp_path, smallest(kind)) == [(TYPES[kind][0][0], b"one")]


@pytest.mark.parametrize("kind", [k for k, (topics, *_) in TYPES.items() if topics == BOTH and k != "queue.entered"])
def test_what_calls_and_chats_share_goes_where_the_entity_belongs(tmp_path: Path, kind: str) -> None:
    """With its call.initiated, or a line on channel voice, anywhere in the file: to the calls; else to the chats."""
    assert routed(tmp_path, smallest(kind), smallest("call.initiated"))[0] == (CALL, b"one")
    assert routed(tmp_path, smallest(kind), smallest("queue.entered"))[0] == (CALL, b"one")
    assert routed(tmp_path, smallest(kind), smallest("chat.started"))[0] == (CHAT, b"one")
    assert routed(tmp_path, smallest(kind))[0] == (CHAT, b"one")


def test_a_chat_is_no_call_whatever_comes_first(tmp_path: Path) -> None:
    """Another entity's lines do not matter."""
    chat = {**smallest("queue.entered"), "entity_id": "two", "channel": "chat"}
    assert routed(tmp_path, smallest("queue.entered"), chat) == [(CALL, b"one"), (CHAT, b"two")]


@pytest.mark.parametrize("kind", ["correction.retract", "correction.replace"])
def test_a_correction_goes_where_its_entity_belongs(tmp_path: Path, kind: str) -> None:
    """Corrections travel on every topic."""
    for other in ("call.initiated", "chat.started", "ticket.created", "survey.sent", "agent.logged_in"):
        assert routed(tmp_path, smallest(kind), smallest(other))[0] == (TYPES[other][0][0], b"one")


def test_a_line_may_say_where_it_goes(tmp_path: Path) -> None:
    """R42: topic and key of the line hold; a topic that there is none of does not."""
    assert routed(tmp_path, {**smallest("message"), "topic": CALL, "key": "k"}) == [(CALL, b"k")]
    assert routed(tmp_path, {**smallest("message"), "topic": "elsewhere", "key": ""}) == [(CHAT, b"")]


@pytest.mark.parametrize(
    "broken",
    [b"{", b"\xff\xfe\x00", b"[1]", b"null", b'{"type": 5}', b"[" * 50_000, b'{"occurred_at": 1e400}', b" "],
)
def test_a_line_that_cannot_be_read_passes_as_it_is(tmp_path: Path, broken: bytes) -> None:
    """The worker rejects it, counts it and keeps its bytes: not one byte of it is changed here."""
    path = tmp_path / "events.jsonl"
    path.write_bytes(broken + b"\n" + orjson.dumps(smallest("ticket.viewed")) + b"\n")
    first, second = read([path], Counter())
    assert (first.topic, first.value) == (FALLBACK, broken)
    assert second.topic == TICKET


def test_a_wrong_type_elsewhere_does_not_lead_astray(tmp_path: Path) -> None:
    """A line whose time or key is of a wrong type goes where it belongs, to be refused there for what is wrong."""
    wrong = {**smallest("message"), "occurred_at": "yesterday", "key": 5, "channel": 5}
    assert routed(tmp_path, wrong, smallest("call.initiated"))[0] == (CALL, b"one")


def test_empty_lines_are_skipped_and_counted(tmp_path: Path) -> None:
    """An empty line is no event; Windows' line ends are none of its bytes."""
    path, skipped = tmp_path / "events.jsonl", Counter()
    path.write_bytes(b"\n" + orjson.dumps(smallest("ticket.viewed")) + b"\r\n\r\n")
    (line,) = read([path], skipped)
    assert line.value == orjson.dumps(smallest("ticket.viewed"))
    assert skipped == {"empty line": 2}


def test_plain_gzipped_and_standard_input_are_the_same(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """- is standard input, .gz is unpacked; a call's first line may come last in all of them."""
    raw = b"\n".join(map(orjson.dumps, (smallest("message"), smallest("call.initiated"))))
    plain, packed = tmp_path / "e.jsonl", tmp_path / "e.jsonl.gz"
    plain.write_bytes(raw)
    packed.write_bytes(gzip.compress(raw))
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(raw)))
    found = [list(read([path], Counter())) for path in (plain, packed, Path("-"))]
    assert found[0] == found[1] == found[2]
    assert [line.topic for line in found[0]] == [CALL, CALL]


def test_files_are_read_one_after_the_other(tmp_path: Path) -> None:
    """Several files are one stream, in the order in which they are named."""
    for name, kind in (("a", "ticket.viewed"), ("b", "ticket.deleted")):
        (tmp_path / name).write_bytes(orjson.dumps(smallest(kind)))
    lines = read([tmp_path / "b", tmp_path / "a"], Counter())
    assert [orjson.loads(line.value)["type"] for line in lines] == ["ticket.deleted", "ticket.viewed"]
