"""A worker that is looked at a few hundred times a second: ``python -m bench.sampled FILE worker ...``.

The CPU time that its main thread has used since the last look is counted by what it is found doing, and written to FILE
every second as JSON: function -> [microseconds of CPU while it was running, while it was on the stack].
"""

from __future__ import annotations

import json
import sys
import threading
import time
from collections import Counter
from pathlib import Path
from types import FrameType

EVERY_SECONDS = 0.003


def name_of(frame: FrameType) -> str:
    """File and function."""
    path = Path(frame.f_code.co_filename)
    return f"{'/'.join(path.parts[-3:])}:{frame.f_code.co_name}"


def watch(target: Path, thread: int) -> None:
    """Looks at ``thread`` for ever."""
    running: Counter[str] = Counter()
    on_stack: Counter[str] = Counter()
    written = time.monotonic()
    clock = time.pthread_getcpuclockid(thread)
    before = time.clock_gettime_ns(clock)
    while True:
        time.sleep(EVERY_SECONDS)
        now = time.clock_gettime_ns(clock)
        used, before = (now - before) // 1000, now
        frame = sys._current_frames().get(thread)  # noqa: SLF001 - there is no other way
        if frame is None:
            return
        running[name_of(frame)] += used
        stack: set[str] = set()
        walked: FrameType | None = frame
        while walked is not None:
            stack.add(name_of(walked))
            walked = walked.f_back
        for name in stack:
            on_stack[name] += used
        if time.monotonic() - written > 1:
            written = time.monotonic()
            target.write_text(json.dumps({name: [running[name], n] for name, n in on_stack.items()}))


def main() -> None:
    """Watches, and is the program otherwise."""
    target = Path(sys.argv[1])
    sys.argv = ["deskpulse", *sys.argv[2:]]
    threading.Thread(target=watch, args=(target, threading.get_ident()), daemon=True).start()
    from stream.cli import main as program

    program()


if __name__ == "__main__":
    main()
