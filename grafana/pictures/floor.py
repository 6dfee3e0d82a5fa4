"""A simulated floor with a Prometheus that watches it: what pictures are taken of where no real one is named."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from stream.children import Children, free_port
from stream.core.metrics import BOARD, JOBS, WORKER
from stream.core.settings import load
from stream.embedded import EmbeddedBroker
from stream.sources import monday

CONFIG = """\
global: {{scrape_interval: {seconds:g}s}}
scrape_configs:
  - job_name: {board_job}
    static_configs: [{{targets: ["{board}"]}}]
  - job_name: {worker_job}
    static_configs: [{{targets: ["{worker}"]}}]
"""


# Last Monday, from the staff shortage at nine until after the recovery, in eight minutes: then "now" is event time.
MORNING = ("--scenario", monday.NAME, "--speed", "20")
EVENT_TIME = {"time.clock": "events"}


@contextmanager
def watched_floor(folder: Path, config: str | None, seconds: float, *, morning: bool = False) -> Iterator[str]:
    """The address of a Prometheus that asks worker and board of a simulated floor every ``seconds``."""
    kafka = load(Path(config).read_text() if config else "", {}, {}).kafka
    worker, board, prometheus = (f"127.0.0.1:{free_port()}" for _ in range(3))
    jobs = {"board_job": JOBS[BOARD], "worker_job": JOBS[WORKER]}
    (folder / "prometheus.yml").write_text(CONFIG.format(seconds=seconds, board=board, worker=worker, **jobs))
    with (
        EmbeddedBroker(kafka.app_id, kafka.partitions) as broker,
        Children({"kafka.brokers": broker.address, **(EVENT_TIME if morning else {})}, config, []) as children,
    ):
        children.start("worker", worker__listen=worker)
        children.start("board", board__listen=board)
        children.start("simulate", *(MORNING if morning else ()))
        process = subprocess.Popen(  # noqa: S603 - of PATH
            [shutil.which("prometheus") or "prometheus", f"--config.file={folder / 'prometheus.yml'}",
             f"--storage.tsdb.path={folder / 'prometheus'}", f"--web.listen-address={prometheus}", "--log.level=error"],
        )  # fmt: skip
        try:
            yield f"http://{prometheus}"
        finally:
            process.terminate()
            process.wait(30)
