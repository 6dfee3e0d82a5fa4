"""Answers about a worker's partitions: which contacts are behind a number (``stream.core.explain``).

Going through many records takes seconds, so it is done in slices between which the pipeline goes on.
"""

from __future__ import annotations

import asyncio
import socket
from typing import TYPE_CHECKING, Any

import msgspec
from aiohttp import web

from stream.core.explain import Answer, asked_of, contribution

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from stream.core.sections import Worker as WorkerSettings
    from stream.core.settings import Settings
    from stream.worker.records import StateTable

SLICE = 50
LIMIT_MAX = 1000
AT_ONCE = 2
_EVERYWHERE = frozenset(("", "0.0.0.0", "::", "[::]"))  # noqa: S104 - compared with, not listened on


def advertised(worker: WorkerSettings) -> str:
    """The HOST:PORT that boards reach this worker at; empty where it listens nowhere."""
    host, _, port = worker.listen.rpartition(":")
    if worker.advertise or not worker.listen:
        return worker.advertise
    return f"{socket.gethostname() if host in _EVERYWHERE else host}:{port}"


class Answers:
    """The handler of ``/api/v1/contributions``. At most ``AT_ONCE`` questions are worked on."""

    def __init__(self, settings: Settings, tables: Callable[[], Iterable[StateTable]]) -> None:
        self._settings = settings
        self._tables = tables
        self._free = asyncio.Semaphore(AT_ONCE)

    async def contributions(self, request: web.Request) -> web.Response:
        """The contributions of all partitions of this worker, up to ``limit``, and the sums over all of them."""
        query: dict[str, Any] = dict(request.query)
        try:
            asked = asked_of(query, self._settings, int(query["now_ms"]), int(query["first_ms"]))
            limit = min(LIMIT_MAX, int(query["limit"]))
        except (KeyError, ValueError) as error:
            return web.json_response({"error": f"a parameter is wrong or missing: {error}"}, status=400)
        answer, covered = Answer(), []
        async with self._free:
            for table in self._tables():
                # Who an agent is is told only where the board may: his part in a number always counts.
                named = limit if table.source != "agent.events" or self._settings.board.per_agent else 0
                for number, held in sorted(table.held.items()):
                    for n, story in enumerate(held.part.stories()):
                        found = contribution(asked, story)
                        if found is not None:
                            answer.add(found, named)
                        if n % SLICE == SLICE - 1:
                            await asyncio.sleep(0)
                    covered.append(f"{table.source}/{number}")
        return web.Response(
            body=msgspec.json.encode({"covered": covered, "answer": answer}), content_type="application/json"
        )
