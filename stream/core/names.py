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
        caps = {
            "queue": limits.queues,
            "channel": limits.channels,
            "team": limits.teams,
            "priority": limits.priorities,
        }
        self._seen = {kind: Seen(kind, cap, self) for kind, cap in caps.items()}
        self.refused: Counter[str] = Counter()

    def of(self, kind: str) -> Seen:
        """The names of one kind: ``names.of("queue")[name]`` is what ``name`` (None: not given) counts as."""
        return self._seen[kind]

    def name(self, kind: str, name: str | None) -> str:
        """What ``name`` (None: not given) counts as."""
        return self._seen[kind][name]


class Seen(dict[str | None, str]):
    """Name -> the name it counts as: one look-up for every name that was seen before."""

    def __init__(self, kind: str, cap: int, names: Names) -> None:
        super().__init__({None: "", "": "", OTHER: OTHER})
        self._kind, self._names = kind, names
        self._full = len(self) + cap

    def __missing__(self, name: str | None) -> str:
        if len(self) >= self._full:
            self._names.refused[self._kind] += 1
            return OTHER
        self[name] = name or ""
        return name or ""
