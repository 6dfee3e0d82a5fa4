"""The files of the page as they travel: read and packed once, since there are few and none changes while we run.

Comments and indentation stay behind: they are a tenth of what a wall on a slow line would load. Nothing else is built.
"""

from __future__ import annotations

import gzip
import hashlib
import re
from pathlib import Path
from typing import NamedTuple

from aiohttp import web

from stream import __version__

PAGE = Path(__file__).parent / "page"
TYPES = {
    ".html": "text/html; charset=utf-8", ".js": "text/javascript; charset=utf-8", ".css": "text/css; charset=utf-8",
    ".svg": "image/svg+xml", ".woff2": "font/woff2", ".txt": "text/plain; charset=utf-8",
}  # fmt: skip
PACKED = frozenset((".html", ".js", ".css", ".svg", ".txt"))


class _File(NamedTuple):
    plain: bytes
    packed: bytes | None
    content_type: str
    etag: str


class Files:
    """The page's files by their address. ``build`` names what they are: another build, another page."""

    def __init__(self, folder: Path = PAGE) -> None:
        paths = sorted(path for path in folder.rglob("*") if path.suffix in TYPES)
        self._files = {f"/{path.relative_to(folder).as_posix()}": _read(path) for path in paths}
        self._files["/"] = self._files["/index.html"]
        digest = hashlib.sha256("".join(file.etag for file in self._files.values()).encode())
        self.build = f"{__version__}-{digest.hexdigest()[:12]}"

    def routes(self) -> list[web.RouteDef]:
        """One for each file."""
        return [web.get(address, self._serve) for address in self._files]

    @property
    def addresses(self) -> frozenset[str]:
        """Where the files are."""
        return frozenset(self._files)

    async def _serve(self, request: web.Request) -> web.Response:
        """The file, packed where the browser takes it; 304 where it has it."""
        file = self._files[request.path]
        headers = {"Cache-Control": "no-cache", "ETag": f'"{file.etag}"', "Vary": "Accept-Encoding"}
        if file.etag in request.headers.get("If-None-Match", ""):
            return web.Response(status=304, headers=headers)
        headers["Content-Type"] = file.content_type
        if file.packed is not None and "gzip" in request.headers.get("Accept-Encoding", ""):
            return web.Response(body=file.packed, headers={**headers, "Content-Encoding": "gzip"})
        return web.Response(body=file.plain, headers=headers)


def lean(text: str, suffix: str) -> str:
    """A script without the lines that are only a comment, a style sheet without its comments, both not indented. No
    text of ours runs over two lines (a test).
    """
    if suffix == ".js":
        text = re.sub(r"(?m)^\s*//.*\n", "", text)
    elif suffix == ".css":
        text = re.sub(r"/\*.*?\*/", "", text, flags=re.DOTALL)
    else:
        return text
    return re.sub(r"\n\s+", "\n", text)


def _read(path: Path) -> _File:
    plain = path.read_bytes()
    if path.suffix in PACKED:
        plain = lean(plain.decode(), path.suffix).encode()
    packed = gzip.compress(plain, 9, mtime=0) if path.suffix in PACKED else None
    return _File(plain, packed, TYPES[path.suffix], hashlib.sha256(plain).hexdigest()[:16])
