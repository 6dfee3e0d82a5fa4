"""Sources: a recorded file or a vendor's payload in, our events out. One module per system."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from stream.sources import (
    anonymous_bank,
    callcenter_daily_summary,
    callcenter_trends_pwc,
    events,
    helpdesk_italian,
    servicenow_incidents,
    support_chat_irc,
)
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
        Source("servicenow_incidents", "a ServiceNow incident log, one row an update", servicenow_incidents.read),
        Source("callcenter_trends_pwc", "the call centre trends of PwC, one row a call", callcenter_trends_pwc.read),
        Source("callcenter_daily_summary", "totals of a call centre, one row a day", callcenter_daily_summary.read),
        Source("support_chat_irc", "support chats on IRC, annotated, one row a message", support_chat_irc.read),
    )
}
