"""The real Prometheus and Alertmanager on loopback, and a server that everybody is paged on."""

from __future__ import annotations

import json
import shutil
import subprocess
import threading
import time
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, Self
from urllib.parse import quote
from urllib.request import Request, urlopen

import yaml

from deploy.paging import FOLDER as ALERTMANAGER
from deploy.paging import configuration
from deploy.rules.__main__ import rendered
from deploy.rules.model import Pace
from tests.end.pipeline import fetch, wait_for
from tests.kafka.broker import free_port

SECRETS = (
    "pagerduty_supervisors",
    "pagerduty_engineers",
    "webhook_token",
    "slack_url",
    "opsgenie_key",
    "smtp_password",
)


@dataclass(frozen=True)
class Page:
    """One request that somebody was paged with: when, on which path, with which body and headers."""

    at: float
    path: str
    body: dict[str, Any]
    headers: dict[str, str]

    def names(self) -> set[str]:
        """The alerts in it, as a webhook has them."""
        return {alert["labels"]["alertname"] for alert in self.body.get("alerts", [])}


class Hooks:
    """A context: everybody's webhooks, and PagerDuty's form."""

    def __enter__(self) -> Self:
        self.pages: list[Page] = []
        pages = self.pages

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                pages.append(Page(time.time(), self.path, json.loads(body), dict(self.headers)))
                self.send_response(202)
                self.end_headers()
                self.wfile.write(b'{"status":"success","message":"","dedup_key":"k"}')

            def log_message(self, *_: object) -> None:
                """Says nothing."""

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        threading.Thread(target=self._server.serve_forever, daemon=True).start()
        self.url = f"http://127.0.0.1:{self._server.server_port}"
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()

    def on(self, path: str, alert: str = "", status: str = "") -> list[Page]:
        """The pages on a path, of an alert and a status."""
        return [
            page for page in list(self.pages)
            if page.path == path and (not alert or alert in page.names()) and status in ("", page.body.get("status"))
        ]  # fmt: skip

    def forms(self, action: str = "", key: str = "") -> list[Page]:
        """PagerDuty's forms of an action (trigger, resolve) with a routing key."""
        return [
            page for page in list(self.pages)
            if page.path == "/v2/enqueue"
            and action in ("", page.body["event_action"]) and key in ("", page.body["routing_key"])
        ]  # fmt: skip


class Server:
    """A server process with an address; what it says is kept."""

    def __init__(self, program: str, folder: Path, arguments: list[str], url: str) -> None:
        self._command, self._folder, self.url = [program, *arguments], folder, url
        self.start()

    def start(self) -> None:
        """Starts it, and waits until it is ready."""
        self._said = (self._folder / f"{self._command[0]}.txt").open("ab")
        self.popen = subprocess.Popen(self._command, cwd=self._folder, stdout=self._said, stderr=self._said)
        wait_for(lambda: fetch(f"{self.url}/-/ready")[0] == 200, f"{self._command[0]} is ready")

    def stop(self) -> None:
        """Ends it in order."""
        self.popen.terminate()
        with suppress(subprocess.TimeoutExpired):
            self.popen.wait(10)
        self.popen.kill()
        self.popen.wait(10)
        self._said.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()


class Alertmanager(Server):
    """The committed configuration, its hooks on our server, at a pace."""

    def __init__(self, folder: Path, hooks: Hooks, pace: float, **options: Any) -> None:
        folder.mkdir(parents=True)
        shutil.copytree(ALERTMANAGER / "templates", folder / "templates")
        for name in SECRETS:
            (folder / name).write_text(f"secret-{name}")
        tree = configuration(
            hooks=hooks.url, secrets=str(folder), pace=pace, pagerduty=f"{hooks.url}/v2/enqueue", **options
        )
        (folder / "alertmanager.yml").write_text(yaml.safe_dump(tree))
        address = f"127.0.0.1:{free_port()}"
        arguments = [
            "--config.file=alertmanager.yml", "--storage.path=data", f"--web.listen-address={address}",
            "--cluster.listen-address=", "--log.level=warn",
        ]  # fmt: skip
        super().__init__("prometheus-alertmanager", folder, arguments, f"http://{address}")

    def tell(self, *alerts: dict[str, str], ended: bool = False) -> None:
        """Alerts, as Prometheus would send them: their labels; summary and the rest follow from them."""
        now = datetime.now(UTC)
        body = [
            {
                "labels": {"cluster": "deskpulse", **labels},
                "annotations": {
                    "summary": f"{labels['alertname']} it is",
                    "description": "40 % within 20s",
                    "dashboard": "http://boards/d/x",
                    "runbook_url": "http://runbook#x",
                },
                "startsAt": now.isoformat(),
                **({"endsAt": now.isoformat()} if ended else {}),
            }
            for labels in alerts
        ]
        request = Request(
            f"{self.url}/api/v2/alerts", json.dumps(body).encode(), {"Content-Type": "application/json"}, method="POST"
        )
        with urlopen(request, timeout=10) as response:
            assert response.status == 200

    def alerts(self) -> dict[str, str]:
        """Each alert (name, and queue or window) -> active or suppressed."""
        return {
            "/".join(filter(None, (a["labels"].get(name) for name in ("alertname", "queue", "long_window")))): (
                "suppressed" if a["status"]["inhibitedBy"] else "active"
            )
            for a in json.loads(fetch(f"{self.url}/api/v2/alerts")[1])
        }


class Prometheus(Server):
    """The committed configuration with other addresses, scraped and evaluated every second, at a pace."""

    def __init__(
        self, folder: Path, targets: dict[str, list[str]], pace: float, alertmanager: Alertmanager | None = None
    ) -> None:
        committed = Path(__file__).parent.parent.parent / "deploy" / "prometheus" / "prometheus.yml"
        tree = yaml.safe_load(committed.read_text())
        tree["global"] |= {"scrape_interval": "1s", "scrape_timeout": "1s", "evaluation_interval": "1s"}
        (folder / "rules").mkdir(parents=True)
        (folder / "targets").mkdir()
        for name, text in rendered(Pace(pace)).items():
            (folder / "rules" / name).write_text(text)
        if alertmanager is not None:
            targets = targets | {"alertmanager": [alertmanager.url.removeprefix("http://")]}
        self._targets = folder / "targets"
        for name in ("board", "worker", "alertmanager"):
            self.scrape(name, targets.get(name, []))
        tree["scrape_configs"] = [c for c in tree["scrape_configs"] if c["job_name"] != "prometheus"]
        (folder / "prometheus.yml").write_text(yaml.safe_dump(tree))
        address = f"127.0.0.1:{free_port()}"
        arguments = [
            "--config.file=prometheus.yml", "--storage.tsdb.path=data", f"--web.listen-address={address}",
            "--log.level=warn", "--rules.alert.for-grace-period=0s", "--rules.alert.resend-delay=10s",
        ]  # fmt: skip
        super().__init__("prometheus", folder, arguments, f"http://{address}")

    def scrape(self, job: str, addresses: list[str]) -> None:
        """Where a job's targets are: Prometheus sees by itself that the file has changed."""
        (self._targets / f"{job}.yml").write_text(json.dumps([{"targets": addresses}]))

    def ask(self, query: str, at: float | None = None) -> list[dict[str, Any]]:
        """The samples of an instant query."""
        when = "" if at is None else f"&time={at}"
        status, body, _ = fetch(f"{self.url}/api/v1/query?query={quote(query)}{when}")
        return json.loads(body)["data"]["result"] if status == 200 else []  # type: ignore[no-any-return]

    def value(self, query: str) -> float | None:
        """The value of the only sample; None: there is none."""
        found = self.ask(query)
        assert len(found) <= 1, found
        return float(found[0]["value"][1]) if found else None

    def over(self, query: str, start: float, end: float, step: float = 1) -> list[dict[str, Any]]:
        """The series of a range query."""
        url = f"{self.url}/api/v1/query_range?query={quote(query)}&start={start}&end={end}&step={step}"
        return json.loads(fetch(url)[1])["data"]["result"]  # type: ignore[no-any-return]
