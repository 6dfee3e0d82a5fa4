"""Starts the program as a user does."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Mapping
from typing import NamedTuple

SECONDS_MAX = 60


class Done(NamedTuple):
    """How it ended."""

    code: int
    out: str
    err: str


def start(*words: str, environ: Mapping[str, str] | None = None, stdin: int | None = None) -> subprocess.Popen[bytes]:
    """The program, running; nothing of our own environment is configuration."""
    clean = {name: value for name, value in os.environ.items() if not name.startswith("DESKPULSE_")}
    return subprocess.Popen(
        [sys.executable, "-m", "stream.cli", *words],
        stdin=subprocess.DEVNULL if stdin is None else stdin,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env={**clean, "COLUMNS": "200", **(environ or {})},
        preexec_fn=_hear_interrupts,  # noqa: PLW1509 - it is one system call
    )


def _hear_interrupts() -> None:
    """A shell starts what it puts into the background deaf to Ctrl-C, and children inherit that from the tests."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)


def run(*words: str, environ: Mapping[str, str] | None = None, stdin: bytes | None = None) -> Done:
    """The program from start to end, within a bound."""
    with start(*words, environ=environ, stdin=None if stdin is None else subprocess.PIPE) as process:
        try:
            out, err = process.communicate(stdin, timeout=SECONDS_MAX)
        finally:
            process.kill()
    return Done(process.returncode, out.decode(), err.decode())


def one_line(done: Done, code: int) -> str:
    """The one line on standard error, and nothing besides; without the program's name."""
    assert (done.code, done.out) == (code, ""), done
    assert done.err.count("\n") == 1, done.err
    assert "Traceback" not in done.err
    name, _, line = done.err.rstrip("\n").partition(": ")
    assert name in ("deskpulse", "deskpulse worker", "deskpulse board")
    return line
