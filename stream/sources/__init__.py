"""Sources: a recorded file or a vendor's payload in, our events out. One module per system."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from stream.sources import anonymous_bank, events, helpdesk_italian
from stream.sources.line import Line

__all__ = ["SOURCES", "Line", "Source"]


@dataclass(frozen=True, slots=True)
class Source:
    """One kind of file. ``read`` yields lines in order of arrival and counts in ``skipped`` what it leaves out, by
    reason.
    """

    name: str
    about: str
    read: Callable[[Sequence[Path], Counter[str]], Iterator[Line]]


SOURCES: dict[str, Source] = {
    source.name: source
    for source in (
        Source("events", "JSON lines in our own form, plain or .gz; - is standard input", events.read),
        Source("anonymous_bank", "calls of the Anonymous Bank call centre, one row a call", anonymous_bank.read),
        Source("helpdesk_italian", "the log of an Italian help desk, one row an activity", helpdesk_italian.read),
    )
}
