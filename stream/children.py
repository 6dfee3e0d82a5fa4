"""The processes of a demo or a replay: worker and board as children that cannot outlive their parent."""

from __future__ import annotations

import asyncio
import ctypes
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Mapping
from typing import Any, Self

import aiohttp

READY_SECONDS = 60
STOP_SECONDS = 12
_PR_SET_PDEATHSIG = 1


class ChildError(RuntimeError):
    """A child process ended, or did not become ready: the message says which and what it said."""


def free_port() -> int:
    """A port of loopback that nobody listens on."""
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return int(s.getsockname()[1])


def port_is_free(port: int) -> bool:
    """Whether the port of loopback can be listened on."""
    with socket.socket() as s:
        s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            s.bind(("127.0.0.1", port))
        except OSError:
            return False
        return True


def _die_with_parent() -> None:
    """The kernel kills the child when its parent is gone, however it went (Linux)."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)


class Children:
    """A context around the child processes; leaving it stops them in order."""

    def __init__(self, settings: Mapping[str, Any], config: str | None, options: list[str]) -> None:
        variables = {"DESKPULSE_" + key.upper().replace(".", "__"): str(value) for key, value in settings.items()}
        self._environment = {**os.environ, **variables}
        self._options = [*options, *(["--config", config] if config else [])]
        self._running: dict[str, subprocess.Popen[bytes]] = {}

    def start(self, command: str, *arguments: str, **settings: Any) -> None:
        """Starts ``deskpulse COMMAND ARGUMENTS`` with further settings (section__key=value)."""
        environment = {
            **self._environment,
            **{f"DESKPULSE_{key.upper()}": str(value) for key, value in settings.items()},
        }
        self._running[command] = subprocess.Popen(  # noqa: S603 - ourselves
            [sys.executable, "-m", "stream.cli", command, *arguments, *self._options],
            env=environment,
            stdin=subprocess.DEVNULL,
            preexec_fn=_die_with_parent,  # noqa: PLW1509 - it is one system call
        )

    def check(self) -> None:
        """Raises ``ChildError`` when a child has ended."""
        for command, process in self._running.items():
            if process.poll() is not None:
                raise ChildError(f"the {command} ended with status {process.returncode}: its own line says why")

    async def ready(self, url: str) -> None:
        """Waits until ``url`` answers 200. Raises ``ChildError``."""
        deadline = time.monotonic() + READY_SECONDS
        async with aiohttp.ClientSession() as session:
            while time.monotonic() < deadline:
                self.check()
                try:
                    async with session.get(url) as response:
                        if response.status == 200:
                            return
                except aiohttp.ClientError:
                    pass
                await asyncio.sleep(0.1)
        raise ChildError(f"not ready after {READY_SECONDS} s: {url}")

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        for process in self._running.values():
            if process.poll() is None:
                process.terminate()
        deadline = time.monotonic() + STOP_SECONDS
        for process in self._running.values():
            try:
                process.wait(max(0.1, deadline - time.monotonic()))
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
