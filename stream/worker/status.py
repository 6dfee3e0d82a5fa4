"""A worker's own HTTP: its metrics, whether it lives, whether it is ready."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

from aiohttp import web

from stream.guard import guard
from stream.worker.answers import Answers
from stream.worker.exporter import WorkerExporter, is_ready

if TYPE_CHECKING:
    import faust

    from stream.core.settings import Settings

OPEN_PATHS = frozenset(("/healthz", "/readyz", "/metrics"))


async def serve_status(app: faust.App, settings: Settings, token: str = "") -> web.AppRunner:
    """Starts the server on ``worker.listen`` (nowhere when that is empty). Raises ``OSError`` when it cannot listen."""
    exporter = WorkerExporter(app, settings)
    started = time.time()

    async def metrics(request: web.Request) -> web.Response:
        zipped = "gzip" in request.headers.get("Accept-Encoding", "")
        body, content_type = await exporter.render(request.headers.get("Accept", ""), zipped=zipped)
        headers = {"Content-Type": content_type} | ({"Content-Encoding": "gzip"} if zipped else {})
        return web.Response(body=body, headers=headers)

    async def healthz(_request: web.Request) -> web.Response:
        return web.json_response({"alive": True, "seconds": round(time.time() - started)})

    async def readyz(_request: web.Request) -> web.Response:
        tables: list[Any] = list(app.tables.values())
        waiting = [table.source for table in tables if not is_ready(table)]
        owned = sum(len(table.held) for table in tables)
        state = {"ready": not waiting and owned > 0, "recovering": waiting, "partitions": owned}
        return web.json_response(state, status=200 if state["ready"] else 503)

    answers = Answers(settings, app.tables.values)
    server = web.Application(middlewares=[guard(token, OPEN_PATHS)])
    server.add_routes([
        web.get("/metrics", metrics), web.get("/healthz", healthz), web.get("/readyz", readyz),
        web.get("/api/v1/contributions", answers.contributions),
    ])  # fmt: skip
    runner = web.AppRunner(server, access_log=None)
    await runner.setup()
    if settings.worker.listen:
        host, _, port = settings.worker.listen.rpartition(":")
        await web.TCPSite(runner, host, int(port)).start()
    return runner
