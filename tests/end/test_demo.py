"""The one command of a newcomer: everything moves within seconds, and nothing is left."""

from __future__ import annotations

import os
import signal
import socket
import time
from pathlib import Path

import pytest

from tests.end.pipeline import Pipeline, fetch, wait_for
from tests.kafka.broker import free_port

pytestmark = [pytest.mark.slow, pytest.mark.alone]


@pytest.fixture
def shop(tmp_path):
    """A pipeline without a broker of its own."""
    with Pipeline("", tmp_path) as found:
        del found.settings["kafka.brokers"]
        yield found


def children(pid: int) -> list[int]:
    """The children of a process."""
    return [int(child) for task in Path(f"/proc/{pid}/task").glob("*/children") for child in task.read_text().split()]


def numbers(url: str) -> dict[str, float]:
    """What moves: tickets, chats, calls, agents."""
    status, body, _ = fetch(url + "/api/v1/kpis?window=today")
    if status != 200:
        return {}
    import orjson

    found = {}
    for row in orjson.loads(body)["rows"]:
        if row["kpi"] == "contacts_offered" and row["queue"] is None and row["channel"] in ("voice", "chat"):
            found[row["channel"]] = row["value"]
        if row["kpi"] == "tickets_created" and row["queue"] is None and row["channel"] is None:
            found["tickets"] = row["value"]
    _, body, _ = fetch(url + "/api/v1/kpis?window=now&kpi=agents")
    states = [
        r for r in orjson.loads(body)["rows"] if isinstance(r.get("team"), str) and isinstance(r.get("state"), str)
    ]
    found["agents"] = sum(row["value"] for row in states)
    return found


def test_first_numbers_movement_and_a_clean_end(shop: Pipeline):
    """The first KPI at most 15 s after the start; all four kinds move; Ctrl-C ends it with 130 and leaves nobody."""
    port = free_port()
    url = f"http://127.0.0.1:{port}"
    started = time.monotonic()
    demo = shop.start("demo", "--port", str(port))
    first = wait_for(lambda: {k: v for k, v in numbers(url).items() if v}, "a first number", 15)
    assert time.monotonic() - started < 15, first
    assert fetch(url + "/")[0] == 200
    full = wait_for(lambda: (n := numbers(url)) and all(n.get(k) for k in ("voice", "chat", "tickets", "agents")) and n,
                    "all four kinds", 60)  # fmt: skip
    wait_for(lambda: all(numbers(url)[k] > full[k] for k in ("voice", "chat", "tickets")), "counts move", 60)
    family = children(demo.popen.pid)
    assert len(family) == 2
    demo.signal(signal.SIGINT)
    assert demo.wait(20) == 130
    assert [pid for pid in family if Path(f"/proc/{pid}").exists()] == []
    assert "Traceback" not in demo.said


def test_killed_it_takes_its_children_along(shop: Pipeline):
    """Even kill -9 of the parent leaves no process."""
    port = free_port()
    demo = shop.start("demo", "--port", str(port))
    family = wait_for(lambda: len(found := children(demo.popen.pid)) == 2 and found, "two children")
    os.kill(demo.popen.pid, signal.SIGKILL)
    wait_for(lambda: not [pid for pid in family if Path(f"/proc/{pid}").exists()], "the children are gone", 10)


def test_it_ends_by_itself(shop: Pipeline):
    """With --for it ends with status 0."""
    demo = shop.start("demo", "--port", str(free_port()), "--for", "3")
    assert demo.wait(40) == 0
    assert "Traceback" not in demo.said


def test_a_port_that_is_taken(shop: Pipeline):
    """A taken port is a wrong call: status 2 and one line."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        done = shop.run("demo", "--port", str(taken.getsockname()[1]))
    assert done.returncode == 2
    assert len(done.stderr.strip().splitlines()) == 1
    assert "--port" in done.stderr
