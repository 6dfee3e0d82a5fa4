"""What the value of a setting may be, in words: for the line that a person reads when it is not, and for the table of
settings in the documentation.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable

import msgspec
from msgspec import inspect


def in_words(info: inspect.Type) -> str:  # noqa: PLR0911 - a table of types
    """The type in words; a description of its own comes first."""
    match info:
        case inspect.Metadata(type=inner, extra_json_schema=extra):
            return str((extra or {}).get("description") or in_words(inner))
        case inspect.LiteralType(values=values):
            return "one of " + ", ".join(map(str, values)) if len(values) > 1 else "empty"
        case inspect.UnionType(types=types):
            return " or ".join(map(in_words, types))
        case inspect.BoolType():
            return "true or false"
        case inspect.IntType():
            return _bounded("a whole number", info)
        case inspect.FloatType():
            return _bounded("a number", info)
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


def unknown(name: str, known: Iterable[str]) -> str:
    """That a key is not known, and which one may have been meant."""
    near = difflib.get_close_matches(name, list(known), n=1)
    return f"unknown key: did you mean {near[0]}?" if near else "unknown key"
