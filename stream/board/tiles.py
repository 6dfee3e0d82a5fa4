"""The tiles of the page: one for each queue and channel, its numbers with their targets, and what level it is in.

A tile has one level, the worst of the promises that it makes to customers; ``deciding`` names the number that it comes
from, or the one nearest to its target. Agents and occupancy have a level of their own, beside their number only. A
tile without anything to judge says why: ``closed``, ``empty``, or ``old`` when its source is silent.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from stream.core.thresholds import LEVELS, Bound, Held, bounds, worst
from topics.aggregates import TARGET

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from stream.core.settings import Settings
    from stream.core.view import Address, KpiRow, View

SOON_MS = 900_000
NO_KINDS: frozenset[int] = frozenset()  # pages show no percentiles
CONTACT = {
    "longest": "oldest_wait_seconds", "service": "service_level_ratio", "abandoned": "abandonment_ratio",
    "first": "first_response_seconds",
}  # fmt: skip
TICKET = {
    "longest": "oldest_unreplied_seconds", "service": "target_attainment_ratio", "first": "first_response_seconds",
}  # fmt: skip
PROMISES = ("longest", "service", "abandoned", "targets")
LEVEL_OF = {"contact": "waiting", "ticket": "unreplied"}
FREE, BUSY, AWAY = ("available",), ("on_contact", "acw", "ringing"), ("break", "error", "unknown")
SOURCE_OF = {"voice": "call.events", "chat": "chat.events", "ticket": "ticket.events"}


class Tiles:
    """Makes the tiles of a moment. ``held`` keeps the levels from flickering."""

    def __init__(self, settings: Settings, view: View) -> None:
        self._settings, self._view = settings, view
        self._held = Held()

    def made(self, window: str | None, now_ms: int, silent: Mapping[str, int]) -> list[dict[str, Any]]:
        """The tiles with the numbers of ``window`` (None: those of a window are not known); ``silent`` are the topics
        that say nothing, and since when.
        """
        teams = self._teams(window, now_ms)
        found = []
        for place in self._view.places():
            if place.family == "queue":
                address = (place.family, place.name, place.channel)
                found.append(self._tile(address, window, now_ms, silent, teams))
        names = {(tile["queue"], tile["channel"]) for tile in found}
        self._held.keep(lambda key: isinstance(key, tuple) and key[1:3] in names)
        return found

    def _rows(self, address: Address, window: str | None, now_ms: int) -> dict[str, KpiRow]:
        """The plain rows of a place now and in ``window``: value or mean, no further dimension."""
        view, first_ms = self._view, self._view.first_ms(now_ms)
        return {
            row.kpi: row
            for of in _both(window)
            for row in view.rows_at(address, of, now_ms, first_ms, NO_KINDS)
            if row.stat in ("value", "mean") and is_plain(row)
        }

    def _tile(
        self, address: Address, window: str | None, now_ms: int, silent: Mapping[str, int], teams: Mapping[str, Any]
    ) -> dict[str, Any]:
        name, channel = str(address[1]), str(address[2])
        queue, rows = self._settings.queue(name), self._rows(address, window, now_ms)
        kind = "contact" if "contacts_waiting" in rows else "ticket"
        waiting = rows.get("contacts_waiting" if kind == "contact" else "unreplied_tickets")
        source = SOURCE_OF["ticket" if kind == "ticket" else "voice" if channel == "voice" else "chat"]
        tile: dict[str, Any] = {
            "queue": name, "channel": channel, "label": queue.label or name, "kind": kind,
            "answer_target_seconds": queue.answer_target_seconds, "objective": queue.objective,
            **self._opening(name, now_ms),
            "old_since_ms": silent.get(source), "known": window is not None,
            "targets": self._targets(address, now_ms),
            "values": {"waiting": {"value": waiting.value if waiting else None}},
            "backlog": rows["backlog_tickets"].value if "backlog_tickets" in rows else None,
        }  # fmt: skip
        self._put_values(tile, rows, bounds(queue), window, now_ms)
        self._put_waits(tile, address, now_ms)
        self._put_agents(tile, _together(teams, queue.teams or (name,)), bounds(queue))
        judge(tile)
        return tile

    def _opening(self, queue: str, now_ms: int) -> dict[str, Any]:
        """Whether the queue is open; while it is shut, when it opens next (None: it does not)."""
        schedule = self._settings.schedule(queue)
        if schedule is None or schedule.is_open(now_ms):
            return {"open": True}
        return {"open": False, "next_opening_ms": schedule.next_opening(now_ms)}

    def _targets(self, address: Address, now_ms: int) -> dict[str, Any]:
        """The running service targets of a queue and channel: how many are at risk and breached, the next due."""
        found = {}
        for family, name, channel in self._view.addresses():
            if family.startswith(TARGET) and (name, channel) == address[1:]:
                of_target = (family, name, channel)
                rows = self._view.rows_at(of_target, "now", now_ms, self._view.first_ms(now_ms), NO_KINDS)
                due = self._view.since_ms(of_target, "due")
                found[family.removeprefix(TARGET)] = {
                    **{row.kpi.removeprefix("targets_"): row.value for row in rows},
                    "next_due_ms": min((at for at in due if at >= now_ms), default=None),
                    "soon": sum(now_ms <= at < now_ms + SOON_MS for at in due),
                    "late_since_ms": min((at for at in due if at < now_ms), default=None),
                    "seconds": self._seconds(family.removeprefix(TARGET), now_ms),
                }
        return found

    def _seconds(self, target: str, now_ms: int) -> float | None:
        """How long the target allows, by its newest version."""
        versions = self._settings.targets.get(target, ())
        return versions[-1].seconds if versions else None

    def _put_values(
        self, tile: dict[str, Any], rows: dict[str, KpiRow], of: dict[str, Bound], window: str | None, now_ms: int
    ) -> None:
        """Each number with its target, its level, and since when it has that."""
        for metric, kpi in (CONTACT if tile["kind"] == "contact" else TICKET).items():
            row, bound = rows.get(kpi), of[kpi]
            if metric == "service" and kpi == "target_attainment_ratio" and not self._settings.targets:
                continue
            if metric == "first" and row is None and tile["channel"] == "voice":
                continue
            value: dict[str, Any] = {"kpi": kpi, "value": None, "target": bound.target, "min": bound.is_objective}
            if row is not None:
                key = (window if kpi not in ("oldest_wait_seconds", "oldest_unreplied_seconds") else "now",
                       tile["queue"], tile["channel"], metric)  # fmt: skip
                level, since_ms = self._held.level(key, bound, row.value, now_ms)
                value |= {
                    "value": row.value, "count": row.count, "level": level, "level_since_ms": since_ms,
                    "urgency": bound.urgency(row.value),
                }  # fmt: skip
            tile["values"][metric] = value

    def _put_waits(self, tile: dict[str, Any], address: Address, now_ms: int) -> None:
        """Of those who wait: since when the first does, how many are past the limit, and who is next to pass it."""
        longest = tile["values"]["longest"]
        limit_ms = round(longest["target"] * 1000)
        due = [since + limit_ms for since in self._view.since_ms(address, LEVEL_OF[tile["kind"]])]
        longest |= {
            "since_ms": min(due) - limit_ms if due and longest["value"] is not None else None,
            "over": sum(at < now_ms for at in due),
            "soon": sum(now_ms <= at < now_ms + SOON_MS for at in due),
            "next_due_ms": min((at for at in due if at >= now_ms), default=None),
        }

    def _put_agents(self, tile: dict[str, Any], team: Mapping[str, Any] | None, of: dict[str, Bound]) -> None:
        """The agents of the teams that serve the queue; none where nobody is known to."""
        values, bound = tile["values"], of["occupancy_ratio"]
        occupancy: dict[str, Any] = {
            "kpi": "occupancy_ratio", "value": None, "target": bound.target, "min": False,
        }  # fmt: skip
        tile["teams"] = list(team["names"]) if team else []
        if team is not None:
            for name in ("free", "busy", "away"):
                values[name] = {"value": team[name], "kpi": "agents"}
            waits = tile["values"]["waiting"]["value"] or 0
            if tile["kind"] == "contact" and waits and not team["free"]:
                values["free"]["level"] = worst(("warn", values["longest"].get("level", "ok")))
            ratio = team["occupancy"]
            if ratio is not None:
                occupancy |= {"value": ratio, "level": bound.level(ratio), "urgency": bound.urgency(ratio)}
        values["occupancy"] = occupancy

    def _teams(self, window: str | None, now_ms: int) -> dict[str, dict[str, Any]]:
        """By team: how many agents are free, busy, away, and the occupancy."""
        view, found = self._view, {}
        for address in view.addresses():
            if address[0] != "team" or address[1] is None:
                continue
            states: dict[str, float] = {}
            busy_s, staffed_s = None, None
            for of in _both(window):
                for row in view.rows_at(address, of, now_ms, view.first_ms(now_ms), NO_KINDS):
                    if row.kpi == "agents" and isinstance(row.state, str):
                        states[row.state] = row.value
                    elif row.kpi == "occupancy_ratio" and is_plain(row):
                        busy_s, staffed_s = row.value * row.count, row.count
            online = {state: n for state, n in states.items() if state != "offline"}
            found[address[1]] = {
                "names": (address[1],), "states": online,
                **{of: sum(online.get(state, 0) for state in states_of)
                   for of, states_of in (("free", FREE), ("busy", BUSY), ("away", AWAY))},
                "parts": (busy_s or 0, staffed_s or 0),
                "occupancy": busy_s / staffed_s if staffed_s and busy_s is not None else None,
            }  # fmt: skip
        return found

    def teams(self, window: str | None, now_ms: int) -> list[dict[str, Any]]:
        """The teams with somebody online: agents by state, and their occupancy."""
        return [
            {"team": name, "states": team["states"], "occupancy": team["occupancy"]}
            for name, team in self._teams(window, now_ms).items()
            if sum(team["states"].values())
        ]


def _both(window: str | None) -> tuple[str, ...]:
    return ("now",) if window is None else ("now", window)


def is_plain(row: KpiRow) -> bool:
    """Whether the row is not one of several along a further dimension."""
    return all(getattr(row, name) in (None, "calendar") or not isinstance(getattr(row, name), str)
               for name in ("state", "age", "reason", "priority", "target", "clock"))  # fmt: skip


def _together(teams: Mapping[str, Mapping[str, Any]], names: Iterable[str]) -> dict[str, Any] | None:
    """Several teams as one: sums, and the occupancy of the sums."""
    known = [teams[name] for name in names if name in teams]
    if not known:
        return None
    busy, staffed = (sum(team["parts"][n] for team in known) for n in (0, 1))
    return {
        "names": tuple(name for name in names if name in teams),
        **{of: sum(team[of] for team in known) for of in ("free", "busy", "away")},
        "occupancy": busy / staffed if staffed else None,
    }


def judge(tile: dict[str, Any]) -> None:
    """The level of the tile and the number that decides it."""
    values, targets = tile["values"], tile["targets"]
    judged = {
        metric: (values[metric]["level"], values[metric]["urgency"])
        for metric in PROMISES
        if metric in values and "level" in values[metric]
    }
    if any(target["breached"] for target in targets.values()):
        judged["targets"] = ("crit", 1.0 + sum(target["breached"] for target in targets.values()) / 1000)
    elif any(target["at_risk"] or target["soon"] for target in targets.values()):
        judged["targets"] = ("warn", 1.0)
    tile["level"] = worst(level for level, _ in judged.values())
    # A target that is breached is a customer with a name: it decides before any ratio.
    tile["deciding"] = max(
        judged,
        key=lambda metric: (LEVELS.index(judged[metric][0]), metric == "targets", judged[metric][1]),
        default="longest",
    )
    tile["urgency"] = max((urgency for level, urgency in judged.values() if level == tile["level"]), default=0.0)
    tile["missed"] = [metric for metric, (level, _) in judged.items() if level != "ok"]
    waiting = values["waiting"]["value"]
    if not tile["open"] and not (tile["kind"] == "contact" and waiting):
        tile["level"] = "closed"
    elif tile["old_since_ms"] is not None:
        tile["level"] = "old"
    elif not tile["known"] and not judged:
        tile["level"] = "unknown"
    elif not waiting and not tile["backlog"] and all(values.get(m, {}).get("value") is None for m in PROMISES[:3]):
        tile["level"] = "empty"
