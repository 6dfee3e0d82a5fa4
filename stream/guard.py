"""Who may read what a process shows over HTTP: everybody, or who has the token."""

from __future__ import annotations

import hmac
from collections.abc import Awaitable, Callable, Collection
from pathlib import Path

from aiohttp import web
from aiohttp.typedefs import Middleware

COOKIE = "deskpulse"  # what a browser carries the token in: its feed of events can send no header
Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


def read_token(file: str) -> str:
    """The token in ``board.token_file``; empty where none is named. Raises ``OSError``."""
    return Path(file).read_text().strip() if file else ""


def guard(token: str, open_paths: Collection[str]) -> Middleware:
    """Lets through who has the bearer token (or its cookie), and everybody on ``open_paths`` or when there is none."""

    @web.middleware
    async def check(request: web.Request, handler: Handler) -> web.StreamResponse:
        if token and request.path not in open_paths:
            given = request.headers.get("Authorization", "").removeprefix("Bearer ") or request.cookies.get(COOKIE, "")
            if not hmac.compare_digest(given.encode(), token.encode()):
                return web.json_response(
                    {"error": "a bearer token is needed"}, status=401, headers={"WWW-Authenticate": "Bearer"}
                )
        return await handler(request)

    return check
