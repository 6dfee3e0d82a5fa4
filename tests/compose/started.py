"""The processes of docker-compose.yml without Docker: each service's own command, environment and mounts, with the names
of containers and their ports replaced by ports of loopback, and paths in containers by those in this tree.
"""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
from contextlib import suppress
from pathlib import Path
from typing import Self

from tests.compose.stack import ROOT, is_ours, mounts, services
from tests.end.pipeline import fetch, wait_for
from tests.kafka.broker import HERE, VERSION, KafkaBroker, free_port

READY_SECONDS = 120
PROGRAMS = {"prometheus": ("prometheus",), "alertmanager": ("prometheus-alertmanager", "alertmanager")}
ADDRESSES = ("worker-1:6066", "worker-2:6066", "board:8080", "prometheus:9090", "alertmanager:9093")


class ComposedKafka(KafkaBroker):
    """The broker with the settings that the file gives it: as the image does it, ``KAFKA_A_B`` is ``a.b``."""

    def __init__(self, folder: Path, environment: dict[str, str]) -> None:  # not the tests' own settings
        self.libs, self.folder, self.process = HERE / ".libs" / VERSION, folder, None
        self.ports = {number: free_port() for number in ("9092", "9093", "9094")}
        self.port = self.ports["9092"]
        self.address = f"127.0.0.1:{self.port}"
        folder.mkdir()
        settings = {
            name.removeprefix("KAFKA_").replace("_", ".").lower(): self.on_loopback(value)
            for name, value in environment.items()
            if name.startswith("KAFKA_") and name != "KAFKA_HEAP_OPTS"
        }
        settings["log.dirs"] = str(folder / "log")
        (folder / "server.properties").write_text("".join(f"{k}={v}\n" for k, v in settings.items()))
        self.format(environment["CLUSTER_ID"])

    def on_loopback(self, text: str) -> str:
        """Addresses of the container as they are here."""
        for inside, outside in self.ports.items():
            for host in ("kafka:", "localhost:", "127.0.0.1:", "//:"):
                here = "//127.0.0.1:" if host == "//:" else "127.0.0.1:"
                text = text.replace(f"{host}{inside}", f"{here}{outside}")
            text = text.replace(f"/dev/tcp/127.0.0.1/{inside}", f"/dev/tcp/127.0.0.1/{outside}")
        return text


class Stack:
    """A context around the processes. ``outside`` are the variables that the file takes from outside."""

    def __init__(self, folder: Path, *, scrape: str, **outside: str) -> None:
        self.folder, self.services = folder, services(**outside)
        self.ports = {address: free_port() for address in ADDRESSES}
        self.running: dict[str, subprocess.Popen[bytes]] = {}
        self._copy_prometheus(scrape)
        self.kafka = ComposedKafka(folder / "kafka", self.services["kafka"]["environment"])

    def _copy_prometheus(self, scrape: str) -> None:
        """Its configuration, with shorter intervals and loopback in the place of containers."""
        self.prometheus = self.folder / "prometheus"
        shutil.copytree(ROOT / mounts(self.services["prometheus"])["/etc/prometheus"], self.prometheus)
        for file in (self.prometheus / "prometheus.yml", *(self.prometheus / "targets").glob("*.yml")):
            text = self._on_loopback(file.read_text())
            file.write_text(
                text.replace("_interval: 15s", f"_interval: {scrape}").replace("timeout: 10s", f"timeout: {scrape}")
            )

    def _on_loopback(self, text: str) -> str:
        for address, port in self.ports.items():
            text = text.replace(address, f"127.0.0.1:{port}")
        return text.replace("localhost:9090", f"127.0.0.1:{self.ports['prometheus:9090']}")

    def url(self, address: str) -> str:
        """Where the container's address is here."""
        return f"http://127.0.0.1:{self.ports[address]}"

    def environment(self, name: str) -> dict[str, str]:
        """A service's environment; nothing of the tests' own settings."""
        kept = {k: v for k, v in os.environ.items() if not k.startswith(("DESKPULSE_", "GF_"))}
        given = {k: self._on_loopback(str(v)) for k, v in self.services[name].get("environment", {}).items()}
        if is_ours(self.services[name]):
            # Instead of the addresses in the file that is mounted: environment holds over it.
            kept["DESKPULSE_KAFKA__BROKERS"] = self.kafka.address
            kept["DESKPULSE_WORKER__LISTEN"] = f"127.0.0.1:{self.ports.get(f'{name}:6066', 0)}"
            kept["DESKPULSE_BOARD__LISTEN"] = f"127.0.0.1:{self.ports['board:8080']}"
            for number in ("6066", "8080"):
                here = self.ports.get(f"{name}:{number}", 0)
                given = {k: v.replace(f"127.0.0.1:{number}", f"127.0.0.1:{here}") for k, v in given.items()}
        return kept | given

    def command(self, name: str) -> list[str]:
        """A service's command, started by the program that its image would start."""
        service = self.services[name]
        paths = {target: str(ROOT / source) for target, source in mounts(service).items()}
        paths["/etc/prometheus"] = str(self.prometheus)
        for told in service.get("volumes", ()):
            source, target, *_ = told.split(":")
            if not source.startswith("."):
                paths[target] = str(self.folder / f"volume-{source}")
        words = [self._located(word, paths) for word in service["command"]]
        if is_ours(service):
            return [sys.executable, "-m", "stream.cli", *words]
        (port,) = [port for address, port in self.ports.items() if address.startswith(f"{name}:")]
        words = [f"{word.rpartition(':')[0]}127.0.0.1:{port}" if "listen-address=:" in word else word for word in words]
        program = next(found for found in map(shutil.which, PROGRAMS[name]) if found)
        return [program, *words]

    @staticmethod
    def _located(word: str, paths: dict[str, str]) -> str:
        for target in sorted(paths, key=len, reverse=True):
            if (
                word.removeprefix("--config.file=")
                .removeprefix("--storage.tsdb.path=")
                .removeprefix("--storage.path=")
                .startswith(target)
            ):
                return word.replace(target, paths[target], 1)
        return word

    def said(self, name: str) -> str:
        """What a service has said."""
        return (self.folder / f"{name}.txt").read_text()[-3000:]

    def launch(self, name: str) -> subprocess.Popen[bytes]:
        """Starts a service."""
        with (self.folder / f"{name}.txt").open("wb") as output:
            self.running[name] = subprocess.Popen(
                self.command(name), cwd=ROOT, env=self.environment(name), stdout=output, stderr=output
            )
        return self.running[name]

    def run(self, name: str) -> None:
        """Starts a service that ends, and waits for its end."""
        code = self.launch(name).wait(READY_SECONDS)
        del self.running[name]
        assert code == 0, self.said(name)

    def is_healthy(self, name: str) -> bool:
        """What the service's own check of its health says."""
        _, *words = self.services[name]["healthcheck"]["test"]
        if name == "kafka":
            done = subprocess.run([self.kafka.on_loopback(word) for word in words], capture_output=True, check=False)
            return done.returncode == 0
        assert self.running[name].poll() is None, f"{name} ended: {self.said(name)}"
        if words[0] == "wget":
            address = words[-1].removeprefix("http://127.0.0.1:")
            number, _, path = address.partition("/")
            return fetch(f"{self.url(f'{name}:{number}')}/{path}")[0] == 200
        words[0] = sys.executable if words[0] == "python" else words[0]
        done = subprocess.run(words, env=self.environment(name), capture_output=True, timeout=30, check=False)
        return done.returncode == 0

    def healthy(self, *names: str) -> None:
        """Waits until services are healthy."""
        for name in names:
            wait_for(lambda name=name: self.is_healthy(name), f"{name} healthy", READY_SECONDS)

    def stop(self, name: str) -> int:
        """SIGTERM, as Docker ends a service; its exit status. (How quickly: tests/end/test_processes.py.)"""
        process = self.running.pop(name)
        process.send_signal(signal.SIGTERM)
        return process.wait(READY_SECONDS)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        for process in self.running.values():
            with suppress(ProcessLookupError):
                process.kill()
            process.wait(30)
        self.kafka.kill()
