"""A worked morning, end to end: events to Kafka, the pipeline, Prometheus, Alertmanager, somebody's pager."""

from __future__ import annotations

import time

import orjson
import pytest

from stream.sources.line import Line
from stream.sources.monday import BEGINS_MS, last_monday_ms, monday_morning
from tests.deploy.floor import watched
from tests.deploy.servers import Page
from tests.end.pipeline import HISTORY, read_topic, wait_for

pytestmark = [pytest.mark.kafka, pytest.mark.slow]
RATE, SPEED = 4, 60
MINUTE_MS = 60_000
PAGED_SECONDS = 15
FAST = "SupportServiceLevelBurnFast"


class Morning:
    """Last Monday's lines, taken by the floor's time of day."""

    def __init__(self) -> None:
        self.began_ms = last_monday_ms(round(time.time() * 1000), "UTC")
        self._lines = monday_morning(2, self.began_ms, RATE)
        self._next = next(self._lines)

    def at(self, hour: int, minute: int) -> int:
        """A time of day of that Monday."""
        return self.began_ms - BEGINS_MS + (hour * 60 + minute) * MINUTE_MS

    def until(self, hour: int, minute: int) -> list[tuple[int, Line]]:
        """The next lines, up to a time of day."""
        end_ms, found = self.at(hour, minute), []
        while self._next[0] < end_ms:
            found.append(self._next)
            self._next = next(self._lines)
        return found


def burns(floor, board) -> bool:
    """Whether the condition of the alert holds on a board: more than 60 % missed over an hour and over 5 minutes."""
    levels = [floor.level(board, window) for window in ("1h", "5m")]
    return all(level is not None and (1 - level) / 0.2 > 3 for level in levels)


def paged(floor, board) -> tuple[Page, Page, float]:
    """The first page and form, and since when the condition has held: about its border it comes and goes."""
    true_at, last_true_at, hooks, began = None, 0.0, floor.hooks, time.monotonic()
    while not (hooks.on("/supervisors", FAST) and hooks.forms("trigger")):
        true_at = (true_at or time.time()) if burns(floor, board) else None
        last_true_at = true_at or last_true_at
        assert time.monotonic() < began + 120, "the hour is not lost"
        assert true_at is None or time.time() - true_at < PAGED_SECONDS, "nobody is paged"
        time.sleep(0.05)
    return hooks.on("/supervisors", FAST)[0], hooks.forms("trigger")[0], last_true_at


def one_number(floor, board) -> float:
    """How many wait, once Prometheus has what the board shows: neither twice with two boards, nor none with one."""
    asked = "/api/v1/kpis?window=now&kpi=contacts_waiting&queue=billing&channel=voice"
    record = 'queue_channel:support_contacts_waiting:max{queue="billing"}'
    shown = board.get(asked)["rows"][0]["value"]
    assert shown > 0
    wait_for(lambda: floor.sum_of(record) == shown, f"{shown} wait, and not {floor.sum_of(record)}")
    return shown


def survives(floor, waiting: float) -> None:
    """One of two boards dies and comes back, Prometheus is restarted: the alert neither ends nor begins anew."""
    hooks, prometheus, (first, second) = floor.hooks, floor.prometheus, floor.boards
    pages = len(hooks.forms("trigger"))
    first.kill()
    wait_for(lambda: floor.sum_of('up{job="deskpulse-board"}') == 1, "one board is away")
    prometheus.stop()
    prometheus.start()
    wait_for(lambda: floor.sum_of(f'ALERTS{{alertname="{FAST}",alertstate="firing"}}'), "it still fires")
    assert one_number(floor, second) == waiting
    again = floor.pipeline.start("board", name="again", board__listen=first.url.removeprefix("http://"))
    again.url = first.url
    again.ready()
    wait_for(lambda: floor.sum_of('up{job="deskpulse-board"}') == 2, "both boards are there")
    assert one_number(floor, again) == waiting
    assert not hooks.on("/supervisors", status="resolved")
    assert not hooks.forms("resolve")
    assert len(hooks.forms("trigger")) == pages


def test_a_morning_that_goes_wrong(kafka, tmp_path):
    """At nine most agents are missing. Within 15 s of the condition the duty supervisor is paged, on the webhook and in
    PagerDuty's form, once: through a restart of Prometheus, the death of one of two boards, and its return. A shut queue
    pages nobody, engineers sleep on, and when the queue recovers it ends by itself.
    """
    morning = Morning()
    history = {name.replace(".", "__"): value for name, value in HISTORY.items()}
    with watched(kafka.address, tmp_path, **history) as floor:
        floor.start(boards=2, workers=1)
        floor.send(morning.until(9, 30))
        floor.watch()
        hooks, board = floor.hooks, floor.boards[1]
        wait_for(lambda: floor.sum_of("queue_channel:support_contacts_waiting:max"), "Prometheus has records")
        assert not burns(floor, board)
        assert not hooks.on("/supervisors")

        with floor.sending(morning.until(9, 50), morning.at(9, 30), SPEED):
            page, form, true_at = paged(floor, board)
        assert max(page.at, form.at) - true_at < PAGED_SECONDS
        says_what_and_where(page, form)
        for each in floor.boards:
            floor.pipeline.settle(each)
        survives(floor, one_number(floor, board))

        floor.send(morning.until(10, 45))  # at half past ten everybody was there
        wait_for(lambda: not burns(floor, board), "the last minutes are good")
        over = wait_for(lambda: hooks.forms("resolve"), "PagerDuty hears that it is over")[0]
        wait_for(lambda: hooks.on("/supervisors", FAST, "resolved"), "so does the webhook")
        assert over.body["dedup_key"] == form.body["dedup_key"]
        paged_once(floor, board)


def says_what_and_where(page, form) -> None:
    """Queue, channel, value, target, since when."""
    alert = page.body["alerts"][0]
    place = {name: alert["labels"][name] for name in ("queue", "channel", "cluster")}
    assert place == {"queue": "billing", "channel": "voice", "cluster": "deskpulse"}
    assert alert["annotations"]["description"].startswith("Answered within 20s: ")
    assert "promised are 80%" in alert["annotations"]["description"]
    assert form.body["payload"]["summary"] == "billing (voice) misses its service level"
    assert form.body["payload"]["custom_details"]["since"].endswith(" UTC")


def paged_once(floor, board) -> None:
    """For the queue that is open; and nobody else was woken."""
    hooks = floor.hooks
    assert len({page.body["dedup_key"] for page in hooks.forms()}) == 1
    told = [alert for page in hooks.on("/supervisors") for alert in page.body["alerts"]]
    assert {alert["labels"]["queue"] for alert in told} == {"billing"}
    assert [page.body["status"] for page in hooks.on("/supervisors")].count("resolved") == 1
    assert floor.level(board, "1h", "orders") < 0.5
    assert not hooks.on("/engineers")
    tickets = {name for page in hooks.on("/tickets") for name in page.names()}
    assert "SupportLongestWaitExceeded" in tickets
    assert not floor.sum_of("prometheus_rule_evaluation_failures_total")


def test_the_command_sends_the_morning(pipeline):
    """Many times as fast: the hour before nine at once, then as it goes, for as long as it is asked."""
    done = pipeline.run("simulate", "--scenario", "monday-morning", "--rate", "2", "--speed", "300", "--for", "2")
    assert done.returncode == 0, done.stderr
    calls = [record.value for record in read_topic(str(pipeline.settings["kafka.brokers"]), "call.events")]
    times = [orjson.loads(value)["occurred_at"] for value in calls]
    nine_ms = last_monday_ms(round(time.time() * 1000), "UTC") - BEGINS_MS + 9 * 60 * MINUTE_MS
    assert len(times) > 1000
    assert min(times) < nine_ms - 60 * MINUTE_MS
    assert nine_ms < max(times) < nine_ms + 30 * MINUTE_MS
