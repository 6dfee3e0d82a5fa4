"""The board's HTTP: the page, the metrics, the KPIs, the feed, and whether it is ready."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec
import orjson
from aiohttp import web

from stream.board.explain import LIMIT_DEFAULT, Explainer, NotNow, refusal
from stream.board.exporter import Exporter
from stream.board.feed import Feed
from stream.board.files import Files
from stream.core.kpis import CATALOGUE
from stream.core.kpis_queue import FORMULAS
from stream.core.previous import compare
from stream.core.windows import WINDOWS
from stream.guard import COOKIE, guard

if TYPE_CHECKING:
    from stream.board.state import State
    from stream.core.view import KpiRow

HEADERS = {
    "Content-Security-Policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; font-src 'self'; img-src 'self'; connect-src 'self'; "
        "base-uri 'none'; form-action 'none'; frame-ancestors 'self'; require-trusted-types-for 'script'"
    ),
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
}
OPEN_PATHS = frozenset(("/healthz", "/readyz"))
SESSION_SECONDS = 400 * 86_400  # the longest that browsers keep a cookie: a wall is set up once


def json_of(body: Any, status: int = 200) -> web.Response:
    """A JSON response; msgspec's structs included."""
    data = orjson.dumps(msgspec.to_builtins(body))
    return web.Response(body=data, status=status, content_type="application/json")


def wrong(parameter: str, problem: str) -> web.Response:
    """400, naming the parameter."""
    return json_of({"error": problem, "parameter": parameter}, 400)


def _problem(
    others: dict[str, str], kpi: str | None, formula: str | None, against: str | None
) -> tuple[str, str] | None:
    """(parameter, problem) of a question about KPIs that cannot be meant."""
    if kpi is not None and kpi not in CATALOGUE:
        return "kpi", "is no KPI: see deskpulse kpis"
    if others:
        return next(iter(others)), "is not a parameter: window, queue, channel, kpi, formula, compare"
    if against not in (None, "previous"):
        return "compare", "should be previous"
    if formula is not None and formula not in ("all", *FORMULAS):
        return "formula", f"should be all or one of {', '.join(FORMULAS)}"
    if formula is not None and kpi not in (None, "service_level_ratio"):
        return "formula", "goes with kpi=service_level_ratio only"
    return None


class Routes:
    """The handlers over one state."""

    def __init__(self, state: State, feed: Feed, exporter: Exporter, explainer: Explainer) -> None:
        self._state, self._feed, self._exporter, self._explainer = state, feed, exporter, explainer

    def routes(self) -> list[web.RouteDef]:
        """All paths."""
        return [
            web.get("/metrics", self.metrics),
            web.get("/api/v1/kpis", self.kpis),
            web.get("/api/v1/stream", self._feed.serve),
            web.get("/api/v1/queues", self.queues),
            web.get("/api/v1/explain", self.explain),
            web.get("/api/v1/progress", self.progress),
            web.post("/api/v1/session", self.session),
            web.get("/healthz", self.healthz),
            web.get("/readyz", self.readyz),
        ]

    async def metrics(self, request: web.Request) -> web.Response:
        """Prometheus' exposition, OpenMetrics where it is asked for."""
        zipped = "gzip" in request.headers.get("Accept-Encoding", "")
        body, content_type = await self._exporter.render(request.headers.get("Accept", ""), zipped=zipped)
        headers = {"Content-Type": content_type} | ({"Content-Encoding": "gzip"} if zipped else {})
        return web.Response(body=body, headers=headers)

    async def kpis(self, request: web.Request) -> web.Response:
        """The rows of one window, filtered."""
        query = dict(request.query)
        window = query.pop("window", "today")
        if window not in WINDOWS:
            return wrong("window", f"should be one of {', '.join(WINDOWS)}")
        kpi, queue, channel, formula, against = (
            query.pop(name, None) for name in ("kpi", "queue", "channel", "formula", "compare")
        )
        problem = _problem(query, kpi, formula, against)
        if problem is not None:
            return wrong(*problem)
        view, now_ms = self._state.view, self._state.now_ms()

        def rows(of: str) -> list[KpiRow]:
            if formula is not None:
                formulas = FORMULAS if formula == "all" else (formula,)
                return view.service_levels(of, now_ms, formulas, queue=queue, channel=channel)
            return view.rows(of, now_ms, kpi=kpi, queue=queue, channel=channel)

        report = view.report(window, now_ms, rows(window))
        if against is not None:
            report.previous, report.rows = compare(view, window, now_ms, report.rows, rows)
        return json_of(report)

    async def explain(self, request: web.Request) -> web.Response:
        """The contacts behind one number."""
        query = dict(request.query)
        limit = query.pop("limit", str(LIMIT_DEFAULT))
        problem = refusal(query, limit, self._state.settings.kpis)
        if problem is not None:
            return wrong(*problem)
        try:
            return json_of(await self._explainer.explain(query, int(limit)))
        except NotNow as error:
            return json_of({"error": str(error)}, 503)

    async def queues(self, _request: web.Request) -> web.Response:
        """The queues with what they promise, and the teams."""
        snapshot = self._state.snapshot()
        queues = [{k: v for k, v in queue.items() if k != "kpis"} for queue in snapshot["queues"]]
        return json_of({"queues": queues, "teams": [team["team"] for team in snapshot["teams"]]})

    async def progress(self, _request: web.Request) -> web.Response:
        """How far each source partition is in the numbers: topic/partition -> the next offset."""
        marks = self._state.view.marks
        return json_of({f"{topic}/{number}": mark.next for (topic, number), mark in sorted(marks.items())})

    async def session(self, request: web.Request) -> web.Response:
        """Who has come here has shown the token: a browser gets it as a cookie that no script can read."""
        response = json_of({"ok": True})
        token = request.headers.get("Authorization", "").removeprefix("Bearer ")
        if token:
            response.set_cookie(
                COOKIE, token, max_age=SESSION_SECONDS, httponly=True, samesite="Strict", secure=request.secure
            )
        return response

    async def healthz(self, _request: web.Request) -> web.Response:
        """It answers."""
        return json_of({"alive": True})

    async def readyz(self, _request: web.Request) -> web.Response:
        """Every partition is read and fresh, or why not."""
        problems = self._state.problems()
        return json_of({"ready": not problems, "problems": problems}, 503 if problems else 200)


def create_http(state: State, feed: Feed, exporter: Exporter, token: str = "") -> web.Application:
    """The application. With a ``token`` reading needs it as a bearer token."""
    files = Files()
    # The page itself holds no number: it is open, and asks for the token.
    app = web.Application(middlewares=[guard(token, OPEN_PATHS | files.addresses)])

    async def secure(_request: web.Request, response: web.StreamResponse) -> None:
        response.headers.update(HEADERS)

    app.on_response_prepare.append(secure)
    feed.build = files.build
    app.add_routes([*files.routes(), *Routes(state, feed, exporter, Explainer(state, token)).routes()])
    return app
