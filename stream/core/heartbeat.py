"""Heartbeats: what an agent's snapshots say together, and what they change in what contacts have said.

A contact's own word is believed as far as it goes. What it leaves open, heartbeats close: a stay without an end lasts
until the first heartbeat that does not list the contact any more (after the last one that did), or until it is listed
in another phase. What it does not know at all, they tell: a contact that is listed has been in its phase since the
time given, until the first heartbeat that does not list it. (Amazon Connect: the agent event stream is snapshots.)

Everything here is a function of the set of heartbeats and statements, whatever their order of arrival.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from typing import TYPE_CHECKING, Any

from stream.core.agent import Said, Statement, Stay
from stream.core.moment import CAPACITY, PRESENCE, TEAM

if TYPE_CHECKING:
    from collections.abc import Iterable

Group = tuple[str, int, str]  # phase, since, channel
_WORDS = {PRESENCE: 0, TEAM: 1, CAPACITY: 2}  # a field of a moment -> of what a heartbeat says


class Beats:
    """The heartbeats of one agent, in order of time.

    ``groups`` has for every contact that was ever listed (phase, since, channel) -> when it was last listed so.
    ``effective`` are the stays that hold of each contact, and ``open`` the contacts that have one without an end.
    """

    __slots__ = ("effective", "groups", "named", "open", "said", "statements", "times")

    def __init__(self) -> None:
        self.times: list[int] = []
        self.said: list[Said] = []
        self.named: set[int] = set()
        self.groups: dict[str, dict[Group, int]] = {}
        self.statements: dict[str, list[Statement]] = {}
        self.effective: dict[str, tuple[Stay, ...]] = {}
        self.open: set[str] = set()

    def add(self, at_ms: int, said: Said) -> int:
        """Puts a heartbeat in its place, which is returned."""
        i = bisect_right(self.times, at_ms)
        while i and self.times[i - 1] == at_ms and self.said[i - 1] > said:
            i -= 1
        if i and self.said[i - 1] == said:
            said = self.said[i - 1]  # one object for all that say the same
        self.times.insert(i, at_ms)
        self.said.insert(i, said)
        self.named.update(field for field, word in _WORDS.items() if said[word])
        for contact, channel, phase, since in said.contacts:
            groups = self.groups.setdefault(contact, {})
            group = (phase, since, channel)
            groups[group] = max(at_ms, groups.get(group, 0))
        return i

    def word(self, field: int, at_ms: int) -> tuple[int, Any] | None:
        """(when, what) the newest heartbeat at or before ``at_ms`` that says something of ``field`` has said."""
        if field not in self.named:
            return None
        word = _WORDS[field]
        for i in range(bisect_right(self.times, at_ms) - 1, -1, -1):
            if self.said[i][word]:
                return self.times[i], self.said[i][word]
        return None

    def next_word(self, field: int, at_ms: int) -> int | None:
        """When the next heartbeat says something of ``field``."""
        if field not in self.named:
            return None
        word = _WORDS[field]
        for i in range(bisect_right(self.times, at_ms), len(self.times)):
            if self.said[i][word]:
                return self.times[i]
        return None

    def touched(self, i: int) -> Iterable[str]:
        """The contacts of which the heartbeat at ``i`` may say something new, in a fixed order: what is listed beside
        it, where several heartbeats may be of one millisecond.
        """
        times = self.times
        first = bisect_left(times, times[i - 1]) if i else 0
        last = bisect_right(times, times[i + 1]) if i + 1 < len(times) else len(times)
        found = [listed[0] for said in self.said[first:last] for listed in said.contacts]
        return dict.fromkeys((*found, *(self.statements if i + 1 < len(times) else sorted(self.open))))

    def hold(self, contact: str, stays: tuple[Stay, ...]) -> None:
        """From now on these stays hold of ``contact``."""
        self.effective[contact] = stays
        if any(not end for _, _, end, _ in stays):
            self.open.add(contact)
        else:
            self.open.discard(contact)

    def stays_of(self, contact: str) -> tuple[Stay, ...]:
        """The stays that hold of ``contact``."""
        told = [stay for statement in self.statements.get(contact, ()) for stay in statement.stays]
        groups = self.groups.get(contact, {})
        found: list[Stay] = []
        for phase, start, end, channel in told:
            over = end
            if not end:
                last = max((at for (of, _, _), at in groups.items() if of == phase and at > start), default=start)
                others = {group: at for group, at in groups.items() if group[0] != phase}
                over = self._over(others, start, last)
            if not over or over > start:
                found.append((phase, start, over, channel))
        for (phase, since, channel), last in groups.items():
            if not any(_vouches(stay, phase, since, last) for stay in told):
                over = self._over(groups, since, last)
                if not over or over > since:
                    found.append((phase, since, over, channel))
        return tuple(sorted(found))

    def _over(self, others: dict[Group, int], start: int, last: int) -> int:
        """When a stay that began at ``start`` and was listed for the last time at ``last`` is over; 0: it is not. It is
        when the contact is listed as something else, or not at all.
        """
        i = bisect_right(self.times, last)
        ends = [self.times[i]] if i < len(self.times) else []
        ends += [since for (_, since, _), at in others.items() if at > last and since > start]
        return min(ends, default=0)

    def forget(self, kept_ms: int) -> None:
        """Drops what lies before ``kept_ms``; the heartbeat that holds then stays."""
        i = max(0, bisect_right(self.times, kept_ms) - 1)
        del self.times[:i], self.said[:i]
        for contact in list(self.effective):
            stays = self.effective[contact]
            if contact not in self.statements and all(end and end < kept_ms for _, _, end, _ in stays):
                del self.effective[contact]
                self.groups.pop(contact, None)


def _vouches(stay: Stay, phase: str, since: int, last: int) -> bool:
    """Whether a contact's own word knows of what heartbeats say; of ringing, any word about that time does."""
    return phase in (stay[0], "ringing") and stay[1] <= last and (not stay[2] or stay[2] >= since)
