"""What a ticket's record derives from its log: the states, the record, and the words that several transitions need."""

from __future__ import annotations

from stream.core.facts import Fact
from stream.core.lifecycle import Record
from stream.core.panes import DEFAULT_TERMS, Scope, Terms

UNKNOWN, NEW, OPEN, PENDING, ON_HOLD, SOLVED, CLOSED = range(7)
STATES = 7
STATUS = {"new": NEW, "open": OPEN, "pending": PENDING, "on_hold": ON_HOLD, "solved": SOLVED, "closed": CLOSED}
NAME_OF = {state: name for name, state in STATUS.items()}
# Who acts is free text (R55); these names are roles, any other is an agent's.
NO_AGENT = frozenset(("", "customer", "bot", "system"))


class Ticket(Record, gc=False):
    """A ticket's derived state. Times are ms, 0 where there is none.

    ``unmeasured``: created by an agent, so no reply times (R20). ``waiting`` is the oldest unanswered customer message,
    ``human_from`` when people took over from a bot. ``waited`` is the requester's wait until ``waited_from``, since
    when it runs again, ``waited_open`` the same in business time. ``outcome`` are the facts of the solve that stands,
    ``first_solved`` the time of the first one. ``bot`` is the author of a bot's last message, ``bot_solved``: the last
    solve was a bot's. ``judged``, ``resolved``, ``lost`` and ``thanks`` (since when a reopen may be a mere thank-you)
    are about first contact (``stream.core.first_contact``); ``ours``: it was not its customer who opened it.
    """

    created: int = 0
    unmeasured: bool = False
    waiting: int = 0
    replied: bool = False
    human_from: int = 0
    assigned_at: int = 0
    bot: str = ""
    bot_solved: bool = False
    waited: int = 0
    waited_from: int = 0
    waited_open: int = 0
    outcome: tuple[Fact, ...] = ()
    first_solved: int = 0
    first_contact_end: int = 0
    judged: Fact | None = None
    resolved: bool = False
    lost: bool = False
    thanks: int = 0
    answers: int = 0
    customer: str = ""
    ours: bool = False
    reopened: bool = False
    handled: bool = False
    touches: int = 0
    replies: int = 0
    assignees: tuple[str, ...] = ()
    agent: str = ""
    early: int = 0


def terms_of(r: Ticket) -> Terms:
    """What holds where the ticket is."""
    scope: Scope | None = r.scope
    return scope.terms if scope is not None else DEFAULT_TERMS


def is_agent(r: Ticket, actor: str) -> bool:
    """Whether ``actor`` is an agent: none of the roles, and not who has written as a bot."""
    return actor not in NO_AGENT and actor != r.bot
