"""The contacts behind a number, asked of the real processes: two workers, a board, the command."""

from __future__ import annotations

import gzip
import signal
from urllib.parse import urlencode

import orjson
import pytest

from tests.end.pipeline import fetch, value, wait_for

pytestmark = pytest.mark.kafka
KPIS = (
    "contacts_offered",
    "contacts_abandoned",
    "abandonment_ratio",
    "service_level_ratio",
    "answer_speed_seconds",
    "handle_seconds",
)


def ask(board, **query):
    """(status, body) of an explanation."""
    status, body, _ = fetch(f"{board.url}/api/v1/explain?{urlencode(query)}")
    return status, orjson.loads(body)


def test_explanations_add_up_to_the_report(pipeline, bank):
    """Whatever is asked of two workers' records is the number of the report, with ids that are in the file."""
    workers = [pipeline.start("worker", name=f"worker{n}") for n in (1, 2)]
    board = pipeline.start("board").ready()
    report = pipeline.replay(board, "anonymous_bank", bank)
    wait_for(lambda: ask(board, kpi="contacts_offered", window="all")[0] == 200, "the partitions have settled")
    calls = gzip.decompress(bank.read_bytes()).decode()
    for kpi in KPIS:
        for queue in (None, "PS"):
            place = {} if queue is None else {"queue": queue}
            status, answer = ask(board, kpi=kpi, window="all", limit=1000, **place)
            assert status == 200, answer
            row = value(report, kpi, answer["stat"], queue=queue)
            assert answer["value"] == pytest.approx(row, rel=1e-12)
            assert sum(found["numerator"] for found in answer["contributions"]) == pytest.approx(answer["numerator"])
            assert all(found["entity"].split("-")[0] in calls for found in answer["contributions"])
    command = pipeline.run("explain", "contacts_abandoned", "--window", "all", "--queue", "PS", "--board", board.url)
    assert command.returncode == 0, command.stderr
    assert f"contacts_abandoned value = {value(report, 'contacts_abandoned', queue='PS'):g} contacts" in command.stdout
    as_json = pipeline.run("explain", "contacts_abandoned", "--window", "all", "--json", "--board", board.url)
    assert orjson.loads(as_json.stdout)["value"] == value(report, "contacts_abandoned")
    workers[1].signal(signal.SIGKILL)

    def refused():
        status, answer = ask(board, kpi="contacts_offered", window="all")
        return answer if status == 503 else None

    assert "worker" in wait_for(refused, "an explanation that would be incomplete is refused")["error"]


def test_wrong_questions_are_named(pipeline):
    """A parameter that cannot be meant is 400 with its name, and exit 2 on the command line."""
    pipeline.start("worker")
    board = pipeline.start("board").ready()
    for query, parameter in (
        ({"kpi": "happiness"}, "kpi"),
        ({}, "kpi"),
        ({"kpi": "handle_seconds", "window": "2h"}, "window"),
        ({"kpi": "contacts_waiting", "window": "1h"}, "window"),
        ({"kpi": "handle_seconds", "team": "phones"}, "team"),
        ({"kpi": "occupancy_ratio", "queue": "billing"}, "queue"),
        ({"kpi": "handle_seconds", "limit": "many"}, "limit"),
        ({"kpi": "handle_seconds", "limit": "1001"}, "limit"),
    ):
        status, answer = ask(board, **query)
        assert (status, answer["parameter"]) == (400, parameter), answer
    wrong = pipeline.run("explain", "handle_seconds", "--window", "2h", "--board", board.url)
    assert (wrong.returncode, wrong.stderr.count("\n")) == (2, 1)
    assert wrong.stderr.startswith("deskpulse: --window: ")
    away = pipeline.run("explain", "handle_seconds", "--board", "http://127.0.0.1:1")
    assert (away.returncode, away.stderr.count("\n")) == (1, 1)
    assert "--board" in away.stderr


def test_agents_are_counted_and_not_listed(pipeline):
    """Unless board.per_agent is on, an explanation of a team's number names nobody; the worker's answers need the token."""
    token = pipeline.folder / "token"
    token.write_text("secret\n")
    pipeline.settings["board.token_file"] = str(token)
    worker = pipeline.start("worker")
    board = pipeline.start("board").ready()
    query = urlencode({"kpi": "agents"})
    status, body, _ = fetch(f"{board.url}/api/v1/explain?{query}", {"Authorization": "Bearer secret"})
    assert status == 200, body
    assert orjson.loads(body)["contributions"] == []
    asked = urlencode({"kpi": "agents", "now_ms": 1, "first_ms": 1, "limit": 10})
    assert fetch(f"{worker.url}/api/v1/contributions?{asked}")[0] == 401
    assert fetch(f"{worker.url}/api/v1/contributions", {"Authorization": "Bearer secret"})[0] == 400
    assert fetch(f"{worker.url}/metrics")[0] == 200
