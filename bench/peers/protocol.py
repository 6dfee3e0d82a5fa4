"""What a peer's process and ``bench.run`` tell each other, by files in RUN_DIR.

The peer writes ``progress``: how many events it has consumed, how many samples its first stage has sent and its second
has received (0 0 where there is one stage only). When ``stop`` appears, which holds the number of the last pane, it
writes ``result`` (queue|channel -> window -> cell) and ends.
"""

from __future__ import annotations

import json
import os
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

BROKER, TOPIC, GROUP = os.environ["BROKER"], os.environ["TOPIC"], os.environ["GROUP"]
RUN_DIR = Path(os.environ["RUN_DIR"])
LIBRDKAFKA = {"session.timeout.ms": 6000, "fetch.wait.max.ms": 10}
EVERY_SECONDS = 0.05


class Probe:
    """Counters of a job; ``read`` gives its results when the last pane is known."""

    def __init__(self, read: Callable[[int], dict[str, Any]]) -> None:
        self.consumed = self.sent = self.received = 0
        self._read = read
        threading.Thread(target=self._report, daemon=True).start()

    def _report(self) -> None:
        stop = RUN_DIR / "stop"
        while not stop.exists():
            _write("progress", f"{self.consumed} {self.sent} {self.received}")
            time.sleep(EVERY_SECONDS)
        _write("result", json.dumps(self._read(int(stop.read_text()))))
        os._exit(0)


def _write(name: str, text: str) -> None:
    part = RUN_DIR / f"{name}.part"
    part.write_text(text)
    part.rename(RUN_DIR / name)
