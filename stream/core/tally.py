"""What a worker counts while it processes: the service's counters and distributions, for Prometheus.

The exact numbers are the panes; these run beside them, so that rates and quantiles can be computed over any time. They
are fed with the facts of the ledger. A counter never falls, but a fact can be taken back: so the net number is kept,
and shown is the highest that it ever was. A fact that lies ahead (somebody's target falls due) is counted when its
moment comes. What is folded again after a recovery was counted before, by whoever held the partition.
"""

from __future__ import annotations

from bisect import bisect_left
from collections import defaultdict
from itertools import accumulate
from typing import TYPE_CHECKING

from stream.core.facts import KINDS
from stream.core.kpis import CATALOGUE
from stream.core.metrics import PREFIX, SERVICE, escaped
from stream.core.panes import FINE_MS
from topics.aggregates import FINE

if TYPE_CHECKING:
    from collections.abc import Iterator

    from stream.core.facts import Fact
    from stream.core.panes import Ledger
    from stream.core.settings import Settings

OVERDUE = KINDS["overdue"]
# Channels on which customers wait for hours rather than for seconds.
SLOW_CHANNELS = frozenset(("mail", "web", "social", "sms"))
_QUICK_S = (5, 10, 15, 20, 30, 45, 60, 90, 120, 180, 300, 600)
_SLOW_S = (300, 900, 1800, 3600, 14_400, 28_800, 86_400, 172_800, 259_200)
_HANDLE_S = (30, 60, 120, 180, 240, 300, 420, 600, 900, 1800, 3600)


def _counted() -> dict[int, tuple[str, str]]:
    """Kind of fact -> (metric, the value of its further label)."""
    found = {KINDS["impossible"]: ("support_pipeline_impossible_total", "")}
    for name in ("contacts_offered", "contacts_answered", "contacts_abandoned"):
        found |= {KINDS[kind]: (f"{PREFIX}{name}_total", "") for kind in CATALOGUE[name].inputs}
    for name in ("contacts_flowed_out", "service_level_decided"):
        for value, kinds in CATALOGUE[name].by_value:
            found |= {KINDS[kind]: (f"{PREFIX}{name}_total", value) for kind in kinds}
    return found


COUNTED = _counted()
MEASURED: dict[int, str] = {
    KINDS[kind]: PREFIX + name
    for name in ("queue_wait_seconds", "handle_seconds", "first_response_seconds")
    for kind in CATALOGUE[name].inputs
}
WATCHED = frozenset((*COUNTED, *MEASURED))
Label = tuple[str, str, str]  # queue, channel, further


class Count:
    """The net number, and the highest that it was."""

    __slots__ = ("net", "shown")

    def __init__(self) -> None:
        self.net = self.shown = 0

    def add(self, sign: int) -> None:
        """One more, or one less."""
        self.net += sign
        self.shown = max(self.shown, self.net)


class Distribution:
    """How many durations up to each edge, and their sum: each as ``Count`` is."""

    __slots__ = ("_edges_ms", "_net", "_net_ms", "shown", "shown_ms")

    def __init__(self, edges_ms: tuple[int, ...]) -> None:
        self._edges_ms = edges_ms
        self._net, self.shown = [0] * (len(edges_ms) + 1), [0] * (len(edges_ms) + 1)
        self._net_ms = self.shown_ms = 0

    def add(self, value_ms: int, sign: int = 1) -> None:
        """One duration more, or less."""
        i = bisect_left(self._edges_ms, value_ms)
        self._net[i] += sign
        self._net_ms += sign * value_ms
        self.shown[i] = max(self.shown[i], self._net[i])
        self.shown_ms = max(self.shown_ms, self._net_ms)

    def beyond(self, number: int, together_ms: int) -> None:
        """``number`` durations more that are longer than the last edge."""
        self._net[-1] += number
        self._net_ms += together_ms
        self.shown[-1] = max(self.shown[-1], self._net[-1])
        self.shown_ms = max(self.shown_ms, self._net_ms)

    def buckets(self) -> list[tuple[str, int]]:
        """(edge in seconds, how many up to it); the last one is all of them."""
        edges = (*(repr(edge / 1000) for edge in self._edges_ms), "+Inf")
        return list(zip(edges, accumulate(self.shown), strict=True))

    def lines(self, name: str, labels: str) -> Iterator[str]:
        """The lines of the text form. ``labels``: those of the series, with a comma behind each."""
        buckets = self.buckets()
        for edge, number in buckets:
            yield f'{name}_bucket{{{labels}le="{edge}"}} {number}.0\n'
        yield f"{name}_sum{{{labels[:-1]}}} {self.shown_ms / 1000!r}\n"
        yield f"{name}_count{{{labels[:-1]}}} {buckets[-1][1]}.0\n"


def edges_ms(settings: Settings, metric: str, channel: str) -> tuple[int, ...]:
    """The edges of a distribution: every configured target is one, so that the number up to it is exact."""
    slow = channel in SLOW_CHANNELS
    if metric == "support_handle_seconds":
        seconds: set[float] = set(_HANDLE_S)
    elif metric == "support_queue_wait_seconds":
        seconds = {
            *(_SLOW_S if slow else _QUICK_S),
            *(queue.answer_target_seconds for queue in settings.queues.values()),
        }
    else:
        targets = (queue.first_response_target_seconds for queue in settings.queues.values())
        seconds = {*(_SLOW_S if slow else (*_QUICK_S, 1800, 3600)), *targets}
    return tuple(sorted({round(s * 1000) for s in seconds}))


class Tally:
    """Everything that one worker has counted."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._edges: dict[tuple[str, str], tuple[int, ...]] = {}
        self.counts: defaultdict[str, defaultdict[Label, Count]] = defaultdict(lambda: defaultdict(Count))
        self.distributions: defaultdict[str, dict[Label, Distribution]] = defaultdict(dict)

    def count(self, kind: int, queue: str, channel: str, sign: int) -> None:
        """One fact of a kind that is counted."""
        metric, further = COUNTED[kind]
        self.counts[metric][queue, channel, further].add(sign)

    def measure(self, kind: int, queue: str, channel: str, value_ms: int, sign: int) -> None:
        """One duration."""
        metric, label = MEASURED[kind], (queue, channel, "")
        found = self.distributions[metric].get(label)
        if found is None:
            edges = self._edges.get((metric, channel))
            if edges is None:
                edges = self._edges[metric, channel] = edges_ms(self._settings, metric, channel)
            found = self.distributions[metric][label] = Distribution(edges)
        found.add(value_ms, sign)

    def blocks(self) -> Iterator[tuple[str, list[str]]]:
        """(metric, lines of the text form of one place), metric by metric. Places may come between two of them."""
        for metric in SERVICE:
            name = metric.name
            for (queue, channel, value), count in list(self.counts[name].items()):
                labels = {"queue": queue, "channel": channel, **dict.fromkeys(metric.labels[2:], value)}
                yield name, [f"{name}{{{told(labels)[:-1]}}} {count.shown}.0\n"]
            for (queue, channel, _), distribution in list(self.distributions[name].items()):
                yield name, list(distribution.lines(name, told({"queue": queue, "channel": channel})))


def told(labels: dict[str, str]) -> str:
    """The labels as the text form has them, with a comma behind each."""
    return "".join(f'{name}="{escaped(value)}",' for name, value in labels.items())


class Counting:
    """How the facts of one partition come into the tally. What lies ahead of them waits here: it goes with the
    partition, and its next owner finds it again in the panes.
    """

    def __init__(self, tally: Tally) -> None:
        self._tally = tally
        self._ahead: defaultdict[int, defaultdict[tuple[str, str], int]] = defaultdict(lambda: defaultdict(int))
        self.fresh: list[tuple[int, int]] = []  # (event time, arrival) of what was accepted since somebody took it

    def take(self, facts: list[Fact]) -> None:
        """Facts of the kinds that are watched, as they were appended: the list is empty afterwards."""
        for scope, kind, at_ms, value, sign in facts:
            assert scope is not None
            family, queue, channel = scope.place
            if family != "queue":
                continue
            if kind == OVERDUE:
                self._ahead[at_ms][queue, channel] += sign
            elif kind in COUNTED:
                self._tally.count(kind, queue, channel, sign)
            if kind in MEASURED:
                self._tally.measure(kind, queue, channel, value, sign)
        facts.clear()

    def settle(self, now_ms: int) -> None:
        """What lay ahead and has come."""
        for at_ms in [at_ms for at_ms in self._ahead if at_ms <= now_ms]:
            for (queue, channel), number in self._ahead.pop(at_ms).items():
                if number:
                    self._tally.count(OVERDUE, queue, channel, number)

    def restart(self, ledger: Ledger, now_ms: int) -> None:
        """After a recovery: watches the new ledger from here; what lies ahead is in its panes."""
        ledger.watching = WATCHED
        ledger.watched.clear()
        self.fresh.clear()
        self._ahead.clear()
        for scope in ledger.scopes.values():
            family, queue, channel = scope.place
            for pane, cell in scope.panes[FINE].items() if family == "queue" else ():
                if pane * FINE_MS > now_ms and cell.get(OVERDUE):
                    self._ahead[pane * FINE_MS][queue, channel] = cell[OVERDUE]
