"""The feed of the pages (server-sent events): whole snapshots, the newest only, to any number of readers."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import orjson
from aiohttp import web

from stream import __version__

if TYPE_CHECKING:
    from stream.board.state import State

EVERY_SECONDS = 1.0
HEARTBEAT_SECONDS = 5.0
RETRY_MS = 2000


class Feed:
    """Makes one snapshot a second while somebody reads, and wakes the readers. Each takes the newest: none is
    queued.
    """

    def __init__(self, state: State) -> None:
        self._state = state
        self._changed = asyncio.Condition()
        self._payload = b""
        self.readers = 0

    def payload(self) -> bytes:
        """The newest snapshot as one event."""
        body = {**self._state.snapshot(), "build": __version__}
        return b"event: snapshot\ndata: " + orjson.dumps(body) + b"\n\n"

    async def run(self) -> None:
        """For ever."""
        while True:
            await asyncio.sleep(EVERY_SECONDS)
            if self.readers:
                self._payload = self.payload()
                async with self._changed:
                    self._changed.notify_all()

    async def serve(self, request: web.Request) -> web.StreamResponse:
        """One reader. Beyond ``limits.sse_clients``: 503."""
        if self.readers >= self._state.settings.limits.sse_clients:
            return web.json_response({"error": "too many readers", "key": "limits.sse_clients"}, status=503)
        headers = {"Content-Type": "text/event-stream", "Cache-Control": "no-cache", "X-Accel-Buffering": "no"}
        response = web.StreamResponse(headers=headers)
        self.readers += 1
        try:
            await response.prepare(request)
            await response.write(b"retry: %d\n\n" % RETRY_MS + self.payload())
            while True:
                try:
                    async with asyncio.timeout(HEARTBEAT_SECONDS), self._changed:
                        await self._changed.wait()
                    await response.write(self._payload)
                except TimeoutError:
                    await response.write(b": alive\n\n")
        except (ConnectionResetError, asyncio.CancelledError):
            return response
        finally:
            self.readers -= 1
