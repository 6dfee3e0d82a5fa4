"""What the world does: no broker, no place for the report, an interrupt, a closed pipe."""

from __future__ import annotations

import os
import signal
import subprocess
import time
from contextlib import suppress
from pathlib import Path

import orjson
import pytest

from tests.cli.program import SECONDS_MAX, one_line, run, start
from tests.topics.vocabulary import smallest

NOBODY = "127.0.0.1:1"
QUICK_SECONDS = 15


@pytest.mark.parametrize(
    "command",
    [
        "topics check",
        "simulate",
        *(
            pytest.param(command, marks=pytest.mark.slow)
            for command in ("worker", "board", "topics create", "simulate --scenario f", "rejected list",
                            "rejected replay", "replay events -")
        ),
    ],
)  # fmt: skip
def test_without_a_broker_it_ends_soon_and_says_so(command: str) -> None:
    """Status 1 within 15 s, one line that names the address, no word of the libraries below."""
    started = time.monotonic()
    line = one_line(run(*command.split(), "--brokers", NOBODY), 1)
    assert time.monotonic() - started < QUICK_SECONDS
    assert line == f"no Kafka at {NOBODY}: is it running? its address is --brokers or kafka.brokers"


def test_a_log_in_json_is_one_object_a_line() -> None:
    """Each line of a log has time, level, logger and message; what ends the command is one plain line, the last."""
    done = run("topics", "check", "--brokers", NOBODY, "--log-level", "debug", "--log-format", "json")
    *logged, last = done.err.splitlines()
    assert last.startswith("deskpulse: ")
    lines = [orjson.loads(line) for line in logged]
    assert lines
    assert all({"time", "level", "logger", "message"} <= line.keys() for line in lines)


@pytest.mark.parametrize(
    ("target", "why"), [("{folder}", "is a directory"), ("{folder}/no/r.json", "there is no directory")]
)
def test_a_report_that_cannot_be_written_is_told_before_the_work(target: str, why: str, tmp_path: Path) -> None:
    """Status 1: the place is named."""
    line = one_line(run("report", "events", "-", "--report", target.format(folder=tmp_path), stdin=b""), 1)
    assert line.startswith("--report: ")
    assert why in line


def test_a_report_that_cannot_be_written_after_all_is_told_too() -> None:
    """A file system may still refuse when it is written."""
    line = one_line(run("report", "events", "-", "--report", "/proc/deskpulse.json", stdin=b""), 1)
    assert line.startswith("--report: /proc/deskpulse.json cannot be written: ")


@pytest.mark.parametrize("words", [("kpis",), ("report", "events", "-")])
def test_a_closed_pipe_is_no_failure(words: tuple[str, ...]) -> None:
    """As in deskpulse kpis | head -1: it ends quietly."""
    read, write = os.pipe()
    os.close(read)
    with subprocess.Popen(
        [*start_words(), *words], stdin=subprocess.DEVNULL, stdout=write, stderr=subprocess.PIPE
    ) as process:
        os.close(write)
        _, err = process.communicate(timeout=SECONDS_MAX)
    assert err == b""
    assert process.returncode in (0, 1)


def start_words() -> list[str]:
    """The program's command line."""
    import sys

    return [sys.executable, "-m", "stream.cli"]


def test_an_interrupt_ends_with_130_and_no_traceback() -> None:
    """Ctrl-C while it reads its input: more than a pipe holds has been taken, so it is reading."""
    line = orjson.dumps(smallest("ticket.viewed")) + b"\n"
    with start("report", "events", "-", stdin=subprocess.PIPE) as process:
        assert process.stdin is not None
        process.stdin.write(line * 4000)
        process.stdin.flush()
        ended = None
        for _ in range(4):  # its input stays open: it ends by the signal or not at all
            process.send_signal(signal.SIGINT)
            with suppress(subprocess.TimeoutExpired):
                ended = process.wait(timeout=SECONDS_MAX / 4)
                break
        _, err = process.communicate(timeout=SECONDS_MAX)
    assert ended == 130
    assert b"Traceback" not in err
