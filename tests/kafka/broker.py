"""A real Apache Kafka for the tests: one KRaft broker and controller in one JVM, on loopback."""

from __future__ import annotations

import base64
import os
import shutil
import signal
import socket
import subprocess
import time
import uuid
from pathlib import Path

HERE = Path(__file__).parent
VERSION = os.environ.get("DESKPULSE_KAFKA", "4.1.0")
START_SECONDS = 60
CONFIG = """\
process.roles=broker,controller
node.id={node}
controller.quorum.voters={voters}
listeners=PLAINTEXT://127.0.0.1:{port},CONTROLLER://127.0.0.1:{controller}
advertised.listeners=PLAINTEXT://127.0.0.1:{port}
controller.listener.names=CONTROLLER
log.dirs={folder}/log
auto.create.topics.enable=false
offsets.topic.num.partitions=1
offsets.topic.replication.factor={copies}
transaction.state.log.num.partitions=1
transaction.state.log.replication.factor={copies}
transaction.state.log.min.isr=1
min.insync.replicas={needed}
group.initial.rebalance.delay.ms=0
group.min.session.timeout.ms=1000
log.cleaner.backoff.ms=500
message.max.bytes=16777216
"""


def free_port() -> int:
    """A port that nobody listens on."""
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return int(s.getsockname()[1])


def cluster_id() -> str:
    """A name for a new cluster."""
    return base64.urlsafe_b64encode(uuid.uuid4().bytes).decode().rstrip("=")


class KafkaBroker:
    """Started in ``folder``; ``kill`` is kill -9, after which ``start`` brings the same broker back with its data.

    One of several (``tests.kafka.cluster``) has a ``node`` number, the ``controller`` port and the ``voters`` of all, and
    keeps ``copies`` of everything.
    """

    def __init__(
        self,
        folder: Path,
        version: str = VERSION,
        *,
        node: int = 1,
        controller: int = 0,
        voters: str = "",
        cluster: str = "",
        copies: int = 1,
    ) -> None:
        self.libs = HERE / ".libs" / version
        if not self.libs.is_dir():
            raise RuntimeError(f"no Kafka {version} in {self.libs}: run tests/system.sh (make test does)")
        self.folder = folder
        self.port, controller = free_port(), controller or free_port()
        self.address = f"127.0.0.1:{self.port}"
        folder.mkdir(parents=True, exist_ok=True)
        config = folder / "server.properties"
        voters = voters or f"{node}@127.0.0.1:{controller}"
        settings = {"port": self.port, "controller": controller, "folder": folder, "node": node, "voters": voters}
        config.write_text(CONFIG.format(**settings, copies=copies, needed=copies // 2 + 1))
        self.format(cluster or cluster_id())
        self.process: subprocess.Popen[bytes] | None = None

    def format(self, cluster: str) -> None:
        """Makes the folder of the log one of ``cluster``."""
        config = str(self.folder / "server.properties")
        self._java("kafka.tools.StorageTool", "format", f"--cluster-id={cluster}", "-c", config)

    def _command(self, *arguments: str) -> list[str]:
        java = shutil.which("java") or "java"
        return [java, "-Xmx1g", "-XX:TieredStopAtLevel=1", "-cp", f"{self.libs}/*", *arguments]

    def _java(self, *arguments: str) -> None:
        done = subprocess.run(self._command(*arguments), capture_output=True, text=True, check=False)
        if done.returncode:
            raise RuntimeError(f"{arguments[0]}: {done.stdout[-2000:]}{done.stderr[-2000:]}")

    def start(self) -> KafkaBroker:
        """Starts the broker and waits until it answers."""
        self.launch()
        return self.wait()

    def launch(self) -> None:
        """Starts the process."""
        with (self.folder / "output").open("ab") as output:
            self.process = subprocess.Popen(
                self._command("kafka.Kafka", str(self.folder / "server.properties")),
                stdout=output, stderr=output, start_new_session=True,
            )  # fmt: skip

    def wait(self) -> KafkaBroker:
        """Itself, once it answers."""
        assert self.process is not None
        deadline = time.monotonic() + START_SECONDS
        while time.monotonic() < deadline:
            if self.process.poll() is not None:
                break
            try:
                socket.create_connection(("127.0.0.1", self.port), timeout=1).close()
            except OSError:
                time.sleep(0.1)
            else:
                return self
        raise RuntimeError(f"Kafka did not start: {(self.folder / 'output').read_text()[-3000:]}")

    def kill(self, sig: int = signal.SIGKILL) -> None:
        """Ends the broker at once, or with SIGTERM in order."""
        if self.process is not None:
            os.killpg(self.process.pid, sig)
            self.process.wait(60)
            self.process = None
