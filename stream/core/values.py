"""What the value of a setting may be, in words: for the line that a person reads when it is not, and for the table of
settings in the documentation.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Mapping
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import msgspec
from msgspec import inspect


class BadSetting(ValueError):
    """A setting that cannot be used: ``key`` is its dotted path."""

    def __init__(self, key: str, problem: str) -> None:
        super().__init__(f"{key}: {problem}")
        self.key = key


def convert(tree: dict[str, Any], kind: type[Any], prefix: str, sections: Mapping[str, type] | None = None) -> Any:
    """``tree`` as a section (``prefix`` is its key), or as the whole file (``prefix`` is empty) of ``sections``."""
    try:
        return msgspec.convert(tree, kind)
    except msgspec.ValidationError as error:
        text, _, path = str(error).partition(" - at `$")
        inside = path.strip("`.").replace("[...]", "").split(".")
        section = kind
        if sections and inside[0] in sections:
            prefix, section = inside[0], sections[inside.pop(0)]
        name = inside[0] if inside else ""
        if text.startswith("Object contains unknown field "):
            name = text.split("`")[1]
            problem = unknown(name, section.__struct_encode_fields__)
        elif text.startswith("Object missing required field "):
            name, problem = text.split("`")[1], "is missing"
        else:
            problem = f"should be {field_in_words(section, name) if name else 'a table'}"
        raise BadSetting(".".join(part for part in (prefix, name) if part), problem) from None


def check_zone(key: str, name: str) -> None:
    """Raises ``BadSetting`` unless ``name`` is a time zone."""
    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise BadSetting(key, f"{name!r} is no time zone, such as Europe/Berlin") from None


def in_words(info: inspect.Type) -> str:  # noqa: C901, PLR0911 - a table of types
    """The type in words; a description of its own comes first."""
    match info:
        case inspect.Metadata(type=inner, extra_json_schema=extra):
            return str((extra or {}).get("description") or in_words(inner))
        case inspect.LiteralType(values=values):
            return "one of " + ", ".join(map(str, values)) if len(values) > 1 else "empty"
        case inspect.UnionType(types=types):
            return " or ".join(in_words(one) for one in types if not isinstance(one, inspect.NoneType))
        case inspect.BoolType():
            return "true or false"
        case inspect.IntType():
            return _bounded("a whole number", info)
        case inspect.DateType():
            return "a date, such as 2026-01-31"
        case inspect.FloatType():
            return _bounded("a number", info)
        case inspect.TupleType(item_types=items):
            return f"a list of {len(items)}, each {in_words(items[0])}"
        case inspect.VarTupleType(item_type=item):
            return f"a list, each {in_words(item)}"
        case inspect.DictType(value_type=inspect.AnyType()):
            return "a table"
        case inspect.DictType(value_type=value):
            return f"a table, each {in_words(value)}"
    longest = info.max_length if isinstance(info, inspect.StrType) else None
    return f"text of at most {longest} characters" if longest else "text"


def _bounded(noun: str, info: inspect.IntType | inspect.FloatType) -> str:
    bounds = [
        f"{word} {bound:g}"
        for word, bound in (("above", info.gt), ("of at least", info.ge), ("at most", info.le))
        if bound is not None
    ]
    return " ".join([noun, " and ".join(bounds)]).strip()


def field_in_words(section: type[msgspec.Struct], name: str) -> str:
    """What the field of a section may be, in words."""
    struct = inspect.type_info(section)
    assert isinstance(struct, inspect.StructType)
    found = next((field.type for field in struct.fields if field.encode_name == name), None)
    return in_words(found) if found is not None else "a table"


def unknown(name: str, known: Iterable[str], noun: str = "key") -> str:
    """That a key is not known, and which one may have been meant."""
    near = difflib.get_close_matches(name, list(known), n=1)
    return f"unknown {noun}: did you mean {near[0]}?" if near else f"unknown {noun}"
