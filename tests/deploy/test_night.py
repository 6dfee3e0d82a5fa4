"""By the wall clock: a quiet night, a bad hour, workers that come, die and come back."""

from __future__ import annotations

import signal
import time
from datetime import UTC, datetime

import pytest

from stream.sources.monday import BEGINS_MS, monday_morning
from tests.deploy.floor import addresses, watched
from tests.end.pipeline import wait_for

pytestmark = [pytest.mark.kafka, pytest.mark.slow]
FAST, STALLED = "SupportServiceLevelBurnFast", "SupportPipelineStalled"
QUIET_SECONDS = 12  # four minutes, at the pace of the rules
NOW_MS = round(9.9 * 3_600_000)  # on the floor: nearly an hour into the shortage
OFFERED = 'support_contacts_offered{window="today",queue="billing"}'


def noon() -> str:
    """A zone where it is about noon: no day ends while the test runs."""
    hours = 12 - datetime.now(UTC).hour
    return f"Etc/GMT{-hours:+d}" if hours else "UTC"


def test_who_is_woken_by_what(kafka, tmp_path):
    """Nobody by a quiet night; the supervisor by a bad hour, and by no rebalance; an engineer by dead workers, while the
    supervisors are left alone; and all is well when the workers are back.
    """
    with watched(kafka.address, tmp_path, board__stale_seconds=8, time__zone=noon()) as floor:
        floor.start(boards=1, workers=1)
        floor.watch()
        hooks, board = floor.hooks, floor.boards[0]
        quiet_night(floor)

        now_ms = round(time.time() * 1000)
        floor.send(line for line in monday_morning(2, now_ms - NOW_MS + BEGINS_MS, 4) if line[0] < now_ms)
        page = wait_for(lambda: hooks.on("/supervisors", FAST), "the supervisor's page")[0]
        assert {alert["labels"]["queue"] for alert in page.body["alerts"]} == {"billing"}
        offered = wait_for(lambda: floor.sum_of(OFFERED), "contacts were offered")

        # A second worker comes: partitions move, numbers do not.
        floor.workers.append(floor.pipeline.start("worker", name="second").ready())
        floor.prometheus.scrape("worker", addresses(floor.workers))
        shared = "count(support_pipeline_partitions_assigned > 0) by (instance)"
        wait_for(lambda: len(floor.prometheus.ask(shared)) == 2, "both have partitions")
        began = time.time() - 5
        board.ready()

        for worker in floor.workers:
            worker.signal(signal.SIGKILL)
        wait_for(lambda: hooks.on("/engineers", STALLED), "the engineer's page")
        wait_for(lambda: hooks.forms("trigger", "secret-pagerduty_engineers"), "in PagerDuty's form too")
        assert floor.manager.alerts()[f"{FAST}/billing"] == "suppressed"
        values = {
            float(v) for s in floor.prometheus.over(f"sum({OFFERED})", began, time.time()) for _, v in s["values"]
        }
        assert values == {offered}
        assert not hooks.on("/supervisors", status="resolved")

        floor.workers = [floor.pipeline.start("worker", name="back")]
        floor.prometheus.scrape("worker", addresses(floor.workers))
        wait_for(lambda: hooks.on("/engineers", STALLED, "resolved"), "the numbers are there again", 90)
        assert floor.sum_of(OFFERED) == offered
        assert len([page for page in hooks.on("/supervisors") if page.body["status"] == "resolved"]) == 0


def quiet_night(floor) -> None:
    """No events at all, for minutes: nothing fires but the watchdog, and the dead man's switch hears it."""
    began = time.monotonic()
    while not floor.hooks.on("/deadman", "Watchdog") or time.monotonic() < began + QUIET_SECONDS:
        assert time.monotonic() < began + 60, "no sign of life"
        firing = {s["metric"]["alertname"] for s in floor.prometheus.ask('ALERTS{alertstate="firing"}')}
        assert firing <= {"Watchdog"}
        time.sleep(0.5)
    assert {page.path for page in floor.hooks.pages} == {"/deadman"}
