"""The contacts behind a number: the workers are asked, each for its partitions, and their answers are put together.

The answer carries the number that follows from the contributions, so it adds up by itself. It is complete only when
every partition has been answered for exactly once; while partitions move between workers it is refused.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from typing import TYPE_CHECKING, Any

import aiohttp
import msgspec

from stream.core.days import iso
from stream.core.explain import Answer, Contribution, asked_of, between, further_of, of_window
from stream.core.kpis import CATALOGUE
from stream.core.windows import WINDOWS

if TYPE_CHECKING:
    from collections.abc import Mapping

    from stream.board.state import State
    from stream.core.forms import Kpi
    from stream.core.own import Asked
    from stream.core.sections import Kpis

TIMEOUT_SECONDS = 60
LIMIT_DEFAULT, LIMIT_MAX = 100, 1000


class NotNow(RuntimeError):
    """The question cannot be answered at present: the message says why."""


class _Answered(msgspec.Struct):
    covered: list[str]
    answer: Answer


_decode = msgspec.json.Decoder(_Answered).decode


def refusal(query: dict[str, str], limit: str, options: Kpis) -> tuple[str, str] | None:
    """(parameter, problem) of a question that cannot be meant; else None, and ``query`` has its window."""
    kpi = CATALOGUE.get(query.get("kpi", ""))
    if kpi is None or (problem := _not_told(kpi, options)):
        return "kpi", "is no KPI: see deskpulse kpis" if kpi is None else problem
    if not limit.isdecimal() or int(limit) > LIMIT_MAX:
        return "limit", f"should be a number of at most {LIMIT_MAX}"
    window = query.setdefault("window", "now" if kpi.live else "today")
    windows = ("now",) if kpi.live else kpi.windows or WINDOWS[kpi.live is False :]
    if window not in windows:
        return "window", f"should be {'' if kpi.live else 'one of '}{', '.join(windows)}"
    places: tuple[str, ...] = ("team",) if kpi.family == "agent" else () if kpi.overall else ("queue", "channel")
    places += ("target",) if kpi.family == "target" else ()
    places += further_of(kpi)
    for name in query.keys() - {*places, "kpi", "window"}:
        return name, f"is not a parameter of this KPI: {', '.join(('kpi', 'window', 'limit', *places))}"
    return None


def _not_told(kpi: Kpi, options: Kpis) -> str:
    """Why nobody is told what is behind a KPI; empty: it is told."""
    if kpi.family == "employee":
        return "is told of groups only (R36): employees' answers are not shown one by one"
    if kpi.name == "customer_lifetime_value" and options.lifetime_value_form == "total":
        return 'is no sum over customers while kpis.lifetime_value_form = "total"'
    return ""


class Explainer:
    """Asks the workers on behalf of a reader."""

    def __init__(self, state: State, token: str) -> None:
        self._state = state
        self._headers = {"Authorization": f"Bearer {token}"} if token else {}

    async def explain(self, query: Mapping[str, str], limit: int) -> dict[str, Any]:
        """What is behind the KPI that ``query`` names (kpi, window, queue, channel, team). Raises ``NotNow``."""
        state, view = self._state, self._state.view
        now_ms = state.now_ms()
        first_ms = view.first_ms(now_ms)
        asked = asked_of(query, state.settings, now_ms, first_ms)
        if asked.kpi.windows and asked.span is not None:
            asked = asked._replace(rest=view.uncovered(asked.span.start_ms, asked.span.end_ms))
        shown = limit if asked.family != "team" or state.settings.board.per_agent else 0
        parameters = {**query, "now_ms": str(now_ms), "first_ms": str(first_ms), "limit": str(shown)}
        answer = await self._ask(parameters | ({"rest": between(asked.rest)} if asked.rest else {}), shown)
        return self._body(asked, answer, query, now_ms)

    async def _ask(self, parameters: Mapping[str, str], limit: int) -> Answer:
        marks = self._state.view.marks
        addresses = sorted({mark.address for mark in marks.values()})
        if not addresses or "" in addresses:
            raise NotNow("the workers answer nothing: worker.listen is empty")
        timeout = aiohttp.ClientTimeout(total=TIMEOUT_SECONDS)
        async with aiohttp.ClientSession(timeout=timeout, headers=self._headers) as session:
            found = await asyncio.gather(*(self._one(session, address, parameters) for address in addresses))
        answered = Counter(partition for one in found for partition in one.covered)
        expected = {f"{topic}/{number}" for topic, number in marks}
        if set(answered) != expected or max(answered.values(), default=0) > 1:
            raise NotNow("partitions are moving between workers: ask again in a few seconds")
        whole = Answer()
        for one in found:
            whole.merge(one.answer, limit)
        return whole

    async def _one(self, session: aiohttp.ClientSession, address: str, parameters: Mapping[str, str]) -> _Answered:
        try:
            async with session.get(f"http://{address}/api/v1/contributions", params=parameters) as response:
                body = await response.read()
                if response.status != 200:
                    raise NotNow(
                        f"the worker at {address} answers {response.status}: {body[:200].decode(errors='replace')}"
                    )
                return _decode(body)
        except (aiohttp.ClientError, TimeoutError) as error:
            raise NotNow(f"the worker at {address} does not answer: {error or type(error).__name__}") from error

    def _body(self, asked: Asked, answer: Answer, query: Mapping[str, str], now_ms: int) -> dict[str, Any]:
        kpi, zone = asked.kpi, self._state.settings.time.zone
        span, own = asked.span, of_window(asked)
        answer.numerator, answer.denominator = answer.numerator + own[0], answer.denominator + own[1]
        value: float | None = answer.numerator
        if kpi.form in ("ratio", "duration"):
            value = answer.numerator / answer.denominator if answer.denominator else None
        elif kpi.form == "age":
            value = None if answer.oldest_ms is None else max(0, now_ms - answer.oldest_ms) / 1000
        return {
            "kpi": kpi.name, "unit": kpi.unit, "formula": kpi.formula, "source": kpi.source,
            "config_version": self._state.settings.config_version,
            "queue": asked.name if asked.family != "team" else None, "channel": asked.channel,
            "team": asked.name if asked.family == "team" else None,
            **{name: query[name] for name in ("target", *further_of(kpi)) if name in query},
            "window": query.get("window", "now"),
            "from": iso(span.start_ms, zone) if span else None,
            "to": iso(span.end_ms if span else now_ms, zone),
            "complete_from": self._complete_from(zone), "stat": "mean" if kpi.form == "duration" else "value",
            "value": value, "numerator": answer.numerator, "denominator": answer.denominator,
            "of_the_window": {"numerator": own[0], "denominator": own[1]} if any(own) else None,
            "contributing": answer.contributing, "left_out": answer.left_out,
            "contributions": [_told(contribution, zone) for contribution in answer.contributions],
        }  # fmt: skip

    def _complete_from(self, zone: str) -> str | None:
        """Records that only count before this moment may be gone; null: everything is kept."""
        time = self._state.settings.time
        closed = max((mark.closed_ms for mark in self._state.view.marks.values()), default=0)
        return iso(closed, zone) if time.horizon_hours and closed else None


def _told(found: Contribution, zone: str) -> dict[str, Any]:
    facts = [
        {"fact": name, "at": iso(at, zone), "seconds": None if value is None else value / 1000}
        for name, at, value in found.facts
    ]
    return {
        "entity": found.entity, "queue": found.queue, "channel": found.channel, "numerator": found.numerator,
        "denominator": found.denominator, "since": iso(found.since_ms, zone) if found.since_ms else None,
        "left_out": found.left_out, "facts": facts,
    }  # fmt: skip
