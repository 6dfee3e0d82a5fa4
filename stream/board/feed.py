"""The feed of the pages (server-sent events): whole snapshots, the newest only, to any number of readers.

``event: snapshot`` is everything that a page shows of one window; ``event: trends`` is the last hour, a point a minute.
A snapshot is made once for all readers of a window: when something has changed, four times a second at most, and once
a second in any case. Making them may take a tenth of the time, whatever the number of queues.
"""

from __future__ import annotations

import asyncio
import time
from collections import Counter
from typing import TYPE_CHECKING

import orjson
from aiohttp import web

from stream.core.windows import WINDOWS

if TYPE_CHECKING:
    from stream.board.state import State

AT_MOST_EVERY_SECONDS, AT_LEAST_EVERY_SECONDS, SHARE = 0.25, 1.0, 10
HEARTBEAT_SECONDS = 5.0
RETRY_MS = 2000
FEED_WINDOWS = tuple(window for window in WINDOWS if window not in ("now", "all"))


class Feed:
    """Wakes the readers when there is something new. Each takes the newest: none is queued."""

    def __init__(self, state: State) -> None:
        self._state = state
        self._changed = asyncio.Condition()
        self._payloads: dict[str, bytes] = {}
        self._trends = (-1, b"")
        self._windows: Counter[str] = Counter()
        self._cost_seconds = 0.0
        self.build = ""  # of the page: whoever serves it says which

    @property
    def readers(self) -> int:
        """How many read."""
        return self._windows.total()

    def payload(self, window: str) -> bytes:
        """The newest snapshot as one event."""
        body = {**self._state.snapshot(window), "build": self.build}
        return b"event: snapshot\ndata: " + orjson.dumps(body) + b"\n\n"

    def trends(self) -> tuple[int, bytes]:
        """(version, event) of the trends."""
        trends = self._state.trends
        if self._trends[0] != trends.version:
            self._trends = (trends.version, b"event: trends\ndata: " + orjson.dumps(trends.told()) + b"\n\n")
        return self._trends

    async def run(self) -> None:
        """For ever."""
        version, pushed = -1, 0.0
        while True:
            await asyncio.sleep(max(AT_MOST_EVERY_SECONDS, SHARE * self._cost_seconds))
            if not self._state.trends.version and not self._state.problems():
                await self._state.recall()
            self._state.sample()
            is_due = self._state.view.version != version or time.monotonic() - pushed >= AT_LEAST_EVERY_SECONDS
            if self.readers and is_due:
                version, pushed = self._state.view.version, time.monotonic()
                self._payloads = {window: self.payload(window) for window in +self._windows}
                self._cost_seconds = time.monotonic() - pushed
                async with self._changed:
                    self._changed.notify_all()

    async def serve(self, request: web.Request) -> web.StreamResponse:
        """One reader of ``window``. Beyond ``limits.sse_clients``: 503."""
        window = request.query.get("window", "30m")
        if window not in FEED_WINDOWS or request.query.keys() - {"window"}:
            wrong = "window" if window not in FEED_WINDOWS else next(iter(request.query.keys() - {"window"}))
            problem = f"should be one of {', '.join(FEED_WINDOWS)}" if wrong == "window" else "is not a parameter"
            return web.json_response({"error": problem, "parameter": wrong}, status=400)
        if self.readers >= self._state.settings.limits.sse_clients:
            return web.json_response({"error": "too many readers", "key": "limits.sse_clients"}, status=503)
        headers = {"Content-Type": "text/event-stream", "Cache-Control": "no-cache", "X-Accel-Buffering": "no"}
        response = web.StreamResponse(headers=headers)
        self._windows[window] += 1
        try:
            await response.prepare(request)
            told, trends = self.trends()
            await response.write(b"retry: %d\n\n" % RETRY_MS + trends + self.payload(window))
            while True:
                try:
                    async with asyncio.timeout(HEARTBEAT_SECONDS), self._changed:
                        await self._changed.wait()
                    version, trends = self.trends()
                    newest = self._payloads.get(window) or self.payload(window)
                    await response.write(newest if version == told else trends + newest)
                    told = version
                except TimeoutError:
                    await response.write(b": alive\n\n")
        except (ConnectionResetError, asyncio.CancelledError):
            return response
        finally:
            self._windows[window] -= 1
