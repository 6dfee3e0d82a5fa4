"""The committed JSON Schemas say what the decoder does."""

from __future__ import annotations

import orjson
import pytest

from tests.topics.vocabulary import ENVELOPE, EVERYWHERE, OPTIONAL, TYPES
from topics.schema import FOLDER, rendered


def schema(topic: str) -> dict:
    """The committed schema of a topic."""
    return orjson.loads((FOLDER / f"{topic}.json").read_bytes())


def test_what_is_committed_is_what_the_types_give() -> None:
    """Made again, every file is the same, and there is no other one: else run make generate."""
    assert {path.name: path.read_text() for path in FOLDER.iterdir()} == rendered()


@pytest.mark.parametrize("topic", EVERYWHERE)
def test_a_topic_has_exactly_its_event_types(topic: str) -> None:
    """The types of a schema are those of the vocabulary for its topic."""
    expected = sorted(kind for kind, (topics, *_) in TYPES.items() if topic in topics)
    assert schema(topic)["$defs"]["envelope"]["properties"]["type"]["enum"] == expected
    assert [ref["$ref"] for ref in schema(topic)["allOf"][1]["oneOf"]] == [f"#/$defs/{kind}" for kind in expected]


@pytest.mark.parametrize("topic", EVERYWHERE)
def test_required_are_the_fields_of_the_vocabulary(topic: str) -> None:
    """R55, R35e: the envelope and every type require what the vocabulary requires, and know its optional fields."""
    parts = schema(topic)["$defs"]
    assert set(parts["envelope"]["required"]) == {"type", *ENVELOPE}
    assert set(parts["envelope"]["properties"]) == {"type", *ENVELOPE, *OPTIONAL}
    for kind, (topics, required, optional) in TYPES.items():
        if topic in topics:
            assert set(parts[kind]["required"]) == {"type", *required}, kind
            known = set(parts[kind]["properties"]) | set(OPTIONAL)
            assert known >= {*required, *optional}, kind


@pytest.mark.parametrize("topic", EVERYWHERE)
def test_every_type_is_described(topic: str) -> None:
    """Every part of a schema says in words what it is, and every reference leads somewhere."""
    parts = schema(topic)["$defs"]
    assert [name for name, part in parts.items() if not part.get("description")] == []
    text = (FOLDER / f"{topic}.json").read_text()
    assert {ref.partition('"')[0] for ref in text.split("#/$defs/")[1:]} <= set(parts)
