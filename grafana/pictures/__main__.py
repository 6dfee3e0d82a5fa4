"""Draws the four boards into docs, as Grafana shows them: no Grafana server is needed.

python -m grafana.pictures --minutes 20                        # a simulated floor for 20 minutes, then pictures
python -m grafana.pictures --morning --minutes 5 --scrape 1  # a shortage of staff and its end, thirty times as fast
python -m grafana.pictures --prometheus http://127.0.0.1:9090  # of what that Prometheus has

Tiles, graphs, bars, tables and frames are the components of Grafana 11.6 (@grafana/ui), the data frames those of
@grafana/data; the arrangement, heatmaps and strips of states are ours, since Grafana does not publish its own as
components. Needs node with npm, Chromium, and Prometheus where none is named.
"""

from __future__ import annotations

import argparse
import http.server
import shutil
import subprocess
import sys
import tempfile
import threading
import time
from contextlib import ExitStack
from pathlib import Path
from urllib.error import HTTPError
from urllib.request import urlopen

from grafana.pictures.floor import watched_floor

HERE = Path(__file__).parent
ROOT = HERE.parent.parent
BOARDS = HERE.parent / "dashboards"
WIDTHS = {"deskpulse-wallboard": 1920}
WIDTH = 1600
SCRAPE_SECONDS = 5
LOADERS = ("woff", "woff2", "ttf", "png")
TYPES = {
    ".html": "text/html",
    ".js": "text/javascript",
    ".css": "text/css",
    ".json": "application/json",
    ".svg": "image/svg+xml",
}


def bundle(target: Path) -> None:
    """Installs what the page needs, once, and puts it together."""
    if not (HERE / "node_modules").is_dir():
        subprocess.run([_program("npm"), "ci", "--ignore-scripts"], cwd=HERE, check=True)  # noqa: S603 - of PATH
    loaders = [f"--loader:.{kind}=dataurl" for kind in LOADERS]
    subprocess.run(  # noqa: S603 - our own
        [HERE / "node_modules/.bin/esbuild", "main.tsx", "--bundle", f"--outfile={target}", *loaders,
         # Its modules for import take the whole of a CommonJS package for its default: esbuild follows Node there.
         "--alias:@grafana/ui=./node_modules/@grafana/ui/dist/cjs/index.cjs",
         '--define:process.env.NODE_ENV="production"', "--log-level=error"],
        cwd=HERE, check=True,
    )  # fmt: skip


def _program(*names: str) -> str:
    for name in names:
        found = shutil.which(name)
        if found:
            return found
    raise SystemExit(f"needs {names[0]}: it is not on the PATH")


def handler(built: Path, prometheus: str) -> type[http.server.BaseHTTPRequestHandler]:
    """Serves the page, the boards, Grafana's icons, and Prometheus under the same address."""
    folders = {"built": built, "boards": BOARDS, "public": HERE / "node_modules/@grafana/ui/dist/public"}

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            """A file, or what Prometheus answers."""
            path, _, query = self.path.partition("?")
            first, _, rest = path.strip("/").partition("/")
            if first == "prometheus":
                self._send(*_ask(f"{prometheus}/{rest}?{query}"), "application/json")
                return
            file = folders[first] / rest if first in folders else HERE / "index.html"
            if file.is_file():
                self._send(200, file.read_bytes(), TYPES.get(file.suffix, "application/octet-stream"))
            else:
                self._send(404, b"", "text/plain")

        def _send(self, status: int, body: bytes, kind: str) -> None:
            self.send_response(status)
            self.send_header("Content-Type", kind)
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            """Nothing: who looks at the pictures need not read every request."""

    return Handler


def _ask(url: str) -> tuple[int, bytes]:
    try:
        with urlopen(url, timeout=60) as answer:  # noqa: S310 - the address that the caller named
            return answer.status, answer.read()
    except HTTPError as error:
        return error.code, error.read()


def _chromium(profile: str, *arguments: str) -> str:
    done = subprocess.run(  # noqa: S603 - of PATH
        [_program("chromium", "chromium-browser", "google-chrome"), "--headless=new", "--no-sandbox", "--disable-gpu",
         "--hide-scrollbars", "--disable-background-networking", "--no-first-run", "--virtual-time-budget=30000",
         f"--user-data-dir={profile}", *arguments],
        capture_output=True, text=True, timeout=180, check=True,
    )  # fmt: skip
    return done.stdout


def draw(url: str, target: Path, width: int, profile: str) -> None:
    """One board: the page says how high it is, then it is drawn as high as that."""
    said = _chromium(profile, f"--window-size={width},1080", "--dump-dom", url)
    title = said.partition("<title>")[2].partition("</title>")[0]
    if not title.isdigit():
        raise SystemExit(f"{url}: {said[-3000:]}")
    _chromium(profile, f"--window-size={width},{title}", f"--screenshot={target}", url)


def main() -> None:
    """The command."""
    options = argparse.ArgumentParser(
        prog="python -m grafana.pictures", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    options.add_argument("--prometheus", metavar="URL", help="whose data (default: of a simulated floor)")
    options.add_argument("--config", metavar="FILE", help="the simulated floor's configuration")
    options.add_argument("--morning", action="store_true", help="last Monday's shortage of staff, thirty times as fast")
    options.add_argument("--minutes", type=float, default=20, help="how far back the pictures go")
    options.add_argument("--scrape", type=float, default=SCRAPE_SECONDS, help="seconds between two scrapes")
    options.add_argument("--folder", type=Path, default=ROOT / "docs", help="where the pictures go")
    options.add_argument("boards", nargs="*", default=sorted(file.stem for file in BOARDS.glob("*.json")))
    asked = options.parse_args()
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        bundle(folder / "built" / "main.js")
        prometheus = asked.prometheus
        if not prometheus:
            prometheus = stack.enter_context(watched_floor(folder, asked.config, asked.scrape, morning=asked.morning))
            sys.stdout.write(f"{prometheus}: pictures in {asked.minutes:g} minutes\n")
            sys.stdout.flush()
            time.sleep(asked.minutes * 60)
        pictures(asked, prometheus.rstrip("/"), folder)


def pictures(asked: argparse.Namespace, prometheus: str, folder: Path) -> None:
    """Serves the page, and draws each board that is asked for."""
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler(folder / "built", prometheus))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    now_ms = round(time.time() * 1000)
    for board in asked.boards:
        target = asked.folder / f"grafana-{board.removeprefix('deskpulse-')}.png"
        address = f"http://127.0.0.1:{server.server_port}"
        query = f"board={board}&minutes={asked.minutes:g}&to={now_ms}&scrape={asked.scrape:g}"
        draw(f"{address}/?{query}", target, WIDTHS.get(board, WIDTH), str(folder / "profile"))
        sys.stdout.write(f"{target}\n")
    server.shutdown()


if __name__ == "__main__":
    main()
