"""A board that says what a test wants: the real files and headers of the page, and a feed that is pushed by hand."""

from __future__ import annotations

import asyncio
from typing import Any

import orjson
from aiohttp import web

from stream.board.files import Files
from stream.board.http import HEADERS

RETRY_MS = 200


class FakeBoard:
    """Serves the page on a port of loopback. ``push`` sends a snapshot to every reader, and to who comes later."""

    def __init__(self) -> None:
        self.snapshot: dict[str, Any] = {}
        self.trends: dict[str, Any] | None = None
        self.kpis: dict[str, Any] = {"rows": []}
        self.explained: dict[str, Any] = {}
        self.formulas: dict[str, float] = {"genesys": 0.61, "offered": 0.58, "connect": 0.63}
        self.asked: list[str] = []
        self.windows: list[str] = []
        self.refuse = 0  # so many readers of the feed are answered with 503
        self._runner: web.AppRunner | None = None
        self._port = 0
        self._readers: set[asyncio.Queue[bytes]] = set()

    @property
    def url(self) -> str:
        """Where the page is."""
        return f"http://127.0.0.1:{self._port}/"

    async def start(self) -> None:
        """Listens; after ``stop`` on the same port again."""
        app = web.Application()
        app.add_routes([
            *Files().routes(), web.get("/api/v1/stream", self._stream), web.get("/api/v1/kpis", self._kpis),
            web.get("/api/v1/queues", self._kpis),
            web.get("/api/v1/explain", self._explain),
        ])  # fmt: skip

        async def secure(_request: web.Request, response: web.StreamResponse) -> None:
            response.headers.update(HEADERS)

        app.on_response_prepare.append(secure)
        self._runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
        await self._runner.setup()
        site = web.TCPSite(self._runner, "127.0.0.1", self._port, reuse_address=True)
        await site.start()
        self._port = self._runner.addresses[0][1]

    async def stop(self) -> None:
        """Gone, with every connection."""
        if self._runner is not None:
            for queue in self._readers:
                queue.put_nowait(b"")
            await self._runner.cleanup()
            self._runner = None

    @property
    def readers(self) -> int:
        """How many read."""
        return len(self._readers)

    def show(self, snapshot: dict[str, Any], trends: dict[str, Any] | None = None) -> None:
        """What the board knows from here on."""
        self.snapshot, self.trends = snapshot, trends
        for queue in self._readers:
            queue.put_nowait(self._payload())

    def _payload(self) -> bytes:
        parts = [] if self.trends is None else [b"event: trends\ndata: " + orjson.dumps(self.trends) + b"\n\n"]
        if self.snapshot:
            parts.append(b"event: snapshot\ndata: " + orjson.dumps(self.snapshot) + b"\n\n")
        return b"".join(parts) or b": nothing yet\n\n"

    async def _stream(self, request: web.Request) -> web.StreamResponse:
        self.windows.append(request.query.get("window", ""))
        if self.refuse:
            self.refuse -= 1
            return web.json_response({"error": "too many readers"}, status=503)
        response = web.StreamResponse(headers={"Content-Type": "text/event-stream", "Cache-Control": "no-cache"})
        queue: asyncio.Queue[bytes] = asyncio.Queue()
        self._readers.add(queue)
        try:
            await response.prepare(request)
            await response.write(b"retry: %d\n\n" % RETRY_MS + self._payload())
            while payload := await queue.get():
                await response.write(payload)
        except ConnectionResetError:
            pass
        finally:
            self._readers.discard(queue)
        return response

    async def _kpis(self, request: web.Request) -> web.Response:
        self.asked.append(request.path_qs)
        body = self.kpis
        if "formula" in request.query:
            body = {"rows": [{"formula": name, "value": value} for name, value in self.formulas.items()]}
        return web.Response(body=orjson.dumps(body), content_type="application/json")

    async def _explain(self, request: web.Request) -> web.Response:
        self.asked.append(request.path_qs)
        status = 503 if "error" in self.explained else 200
        return web.Response(body=orjson.dumps(self.explained), content_type="application/json", status=status)
