"""The JSON Schemas of the source topics, made from the typed events: one file a topic, in ``topics/schemas``.

    python -m topics.schema        # writes them; a test compares what is committed with what it would write

A value that its topic's schema accepts is an event that the codec decodes; what the codec further judges by the Kafka
key and by the clock at arrival no schema can say. For the author of a connector, and to generate types in other
languages.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import msgspec

from topics.catalogue import SOURCES, Topic
from topics.events import Event

FOLDER = Path(__file__).parent / "schemas"
DIALECT = "https://json-schema.org/draft/2020-12/schema"
_DEFS = "#/$defs/"


def schema_of(topic: Topic) -> dict[str, Any]:
    """The schema of what may travel on ``topic``: the envelope, and by ``type`` one kind of event with fields of its
    own.
    """
    parts: dict[str, Any] = msgspec.json.schema_components((Event, *topic.events), ref_template=_DEFS + "{name}")[1]
    frame = parts.pop(Event.__name__)
    kinds = {kind.__name__: str(kind.__struct_config__.tag) for kind in topic.events}
    own = {tag: _own(parts.pop(name), frame, tag) for name, tag in sorted(kinds.items(), key=lambda kind: kind[1])}
    frame["properties"]["type"] = {"enum": list(own)}
    return {
        "$schema": DIALECT,
        "title": topic.name,
        "description": f"{topic.about}; the Kafka key is entity_id, the {topic.key}. Unknown fields are ignored.",
        "allOf": [{"$ref": f"{_DEFS}envelope"}, {"oneOf": [{"$ref": _DEFS + tag} for tag in own]}],
        "$defs": {"envelope": _told(frame), **own, **{name: _told(part) for name, part in sorted(parts.items())}},
    }


def _own(part: dict[str, Any], frame: dict[str, Any], tag: str) -> dict[str, Any]:
    """What a kind of event has besides the envelope."""
    properties = {n: p for n, p in part["properties"].items() if frame["properties"].get(n) != p and n != "type"}
    required = [name for name in part["required"] if name not in frame["required"]]
    own = {"description": part.get("description", ""), "properties": {"type": {"const": tag}, **properties}}
    return _told({**own, "required": ["type", *required]})


def _told(part: dict[str, Any]) -> dict[str, Any]:
    """A docstring's first paragraph is the description, on one line."""
    text = part.get("description", "").partition("\n\n")[0]
    return {**part, "description": " ".join(text.replace("``", "").split())} if text else part


def rendered() -> dict[str, str]:
    """File name -> its text."""
    return {
        f"{topic.name}.json": json.dumps(schema_of(topic), indent=1, ensure_ascii=False) + "\n"
        for topic in SOURCES.values()
    }


def main() -> None:
    """Writes the files."""
    FOLDER.mkdir(exist_ok=True)
    for name, text in rendered().items():
        (FOLDER / name).write_text(text)


if __name__ == "__main__":
    main()
