"""The names of queues, channels, teams and priorities that one worker has seen, and the cap on each.

A name is input: whoever can send events can invent names. Beyond the cap a new name counts as ``_other``; what is
written into a record's log is the name it counts as, so that a refold agrees.
"""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from stream.core.settings import Limits

OTHER = "_other"


class Names:
    """Name -> the name it counts as, by kind; ``refused`` counts the uses of names beyond the cap."""

    def __init__(self, limits: Limits) -> None:
        self._caps = {
            "queue": limits.queues,
            "channel": limits.channels,
            "team": limits.teams,
            "priority": limits.priorities,
        }
        self._seen: dict[str, dict[str, str]] = {kind: {OTHER: OTHER} for kind in self._caps}
        self.refused: Counter[str] = Counter()

    def name(self, kind: str, name: str | None) -> str:
        """What ``name`` (None: not given) counts as."""
        seen = self._seen[kind]
        if not name:
            return ""
        found = seen.get(name)
        if found is None:
            if len(seen) - 1 >= self._caps[kind]:
                self.refused[kind] += 1
                return OTHER
            found = seen[name] = name
        return found
