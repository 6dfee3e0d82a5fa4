"""First responses, of tickets and of chats: where the wait for one starts, and the samples that an answer yields."""

from __future__ import annotations

from typing import TYPE_CHECKING

from stream.core.clocks import clocked
from stream.core.facts import KINDS

if TYPE_CHECKING:
    from stream.core.lifecycle import Facts, Record
    from stream.core.panes import Terms

FIRST_RESPONSE = KINDS["first_response"]
WITH_BOT, HUMAN_ONLY = KINDS["first_response_with_bot"], KINDS["first_response_human"]


def response_start(terms: Terms, waiting: int, assigned: int) -> int:
    """From when the first response counts (K7): ``waiting`` is since when it is waited for (the first customer message,
    or the creation where the settings say so), ``assigned`` the first assignment to an agent (0: none yet).
    """
    return max(waiting, assigned) if waiting and terms.first_response_start == "assigned" else waiting


def first_response(r: Record, at: int, start: int, human_from: int, out: Facts) -> None:
    """A human agent's first answer. Where people took over from a bot only later, the human series counts from then
    (K7); elsewhere one sample serves both series (R18).
    """
    if human_from > start:
        facts = (*clocked(r, WITH_BOT, start, at), *clocked(r, HUMAN_ONLY, human_from, at))
    else:
        facts = clocked(r, FIRST_RESPONSE, start, at)
    for fact in facts:
        out.append(fact)
