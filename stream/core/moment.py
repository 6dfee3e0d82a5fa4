"""What holds of an agent at a moment, and what is shown of it: one state by precedence, and whether busy or idle."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from stream.core.facts import KINDS

if TYPE_CHECKING:
    from collections.abc import Callable

    from stream.core.panes import Scope

STATES = ("available", "on_contact", "acw", "ringing", "break", "error", "offline", "unknown")
_IN = {state: KINDS[f"in_{state}"] for state in STATES}
IN_BUSY, IN_IDLE = KINDS["in_busy"], KINDS["in_idle"]
_PHASES = ("ringing", "on_contact", "acw")

Interval = tuple["Scope", int]  # a team, and the kind of the interval
Turn = tuple[int, Any]  # a field of a moment, and its new value (of a phase: how many more contacts)
Values = tuple[str, str, int, int, int]
FIELDS = ("presence", "team", *_PHASES)
PRESENCE, TEAM = 0, 1


class Moment:
    """What holds from one point of the timeline to the next: presence, team, and of each phase in how many contacts.

    There are few different ones, and most changes have been seen before. So each exists once in a partition, made by
    ``Moments``, and is compared by identity; it knows the intervals that it shows and what its changes make of it.
    """

    __slots__ = ("becomes", "shown", "values")

    def __init__(self, values: Values, shown: tuple[Interval, ...]) -> None:
        self.values = values
        self.shown = shown
        self.becomes: dict[Turn, Moment] = {}


class Moments:
    """The moments of one partition's agents."""

    def __init__(self, scope_of: Callable[[str], Scope]) -> None:
        self._scope_of = scope_of
        self._known: dict[Values, Moment] = {}
        self.first = self._of(("", "", 0, 0, 0))

    def after(self, moment: Moment, turn: Turn) -> Moment:
        """What ``moment`` becomes by a change of one of its values."""
        found = moment.becomes.get(turn)
        if found is None:
            field, value = turn
            values: list[Any] = list(moment.values)
            values[field] = value if field in (PRESENCE, TEAM) else values[field] + value
            found = moment.becomes[turn] = self._of((values[0], values[1], values[2], values[3], values[4]))
        return found

    def _of(self, values: Values) -> Moment:
        found = self._known.get(values)
        if found is None:
            found = self._known[values] = Moment(values, self._shown(values))
        return found

    def _shown(self, values: Values) -> tuple[Interval, ...]:
        presence, team, *_ = values
        if not presence:
            return ()
        state, scope = state_of(values), self._scope_of(team)
        if state == "available":
            return ((scope, _IN[state]), (scope, IN_IDLE))
        if state in ("on_contact", "acw") and presence != "break":
            return ((scope, _IN[state]), (scope, IN_BUSY))
        return ((scope, _IN[state]),)


def state_of(values: Values) -> str:
    """The one state that is shown, by precedence."""
    presence, _, ringing, on_contact, acw = values
    if presence in ("unknown", "offline", "error"):
        return presence
    for state, contacts in (("on_contact", on_contact), ("acw", acw), ("ringing", ringing)):
        if presence == state or contacts:
            return state
    return presence
