"""Service targets on calls and chats: an answer, a first response, the next reply (R29)."""

from __future__ import annotations

import pytest

from tests.core.floor import CHAT, Entity, answered, call, entered, left
from tests.core.test_targets import GOLD, counts, run, tick

ANSWER = """
[targets.pick_up]
metric = "answer"
match = { queue = "billing" }
seconds = 20
warn_seconds = 5
"""


@pytest.mark.parametrize(
    ("waits_s", "outcome", "expected"),
    [
        (20, "answered", (1, 0, 0, 0)),
        (21, "answered", (0, 1, 0, 0)),
        (19, "abandoned", (0, 0, 0, 0)),
        (21, "abandoned", (0, 1, 0, 0)),
        (10, "overflow", (0, 0, 0, 0)),
    ],
)
def test_an_answer_is_owed_while_the_contact_waits(waits_s, outcome, expected):
    """R29: met by the answer; who leaves before it was due has decided nothing."""
    c = call()
    end = answered(c, waits_s) if outcome == "answered" else left(c, waits_s, outcome)
    assert counts(run([entered(c, 0), end, tick(500)], ANSWER), "pick_up") == expected


def test_an_answer_falls_due_while_the_contact_waits():
    """At risk, then missed and breached, with nothing but the clock."""
    c = call()
    assert counts(run([entered(c, 0), tick(16)], ANSWER), "pick_up") == (0, 0, 1, 0)
    assert counts(run([entered(c, 0), tick(31)], ANSWER), "pick_up") == (0, 1, 0, 1)


def test_a_resumed_caller_has_waited_all_the_time():
    """K6: the first wait goes on, and so does its target, from the entry."""
    c = call()
    events = [entered(c, 0), left(c, 10, "abandoned"), c("queue.resumed", 15)]
    assert counts(run([*events, answered(c, 20), tick(500)], ANSWER), "pick_up") == (1, 0, 0, 0)
    assert counts(run([*events, answered(c, 21), tick(500)], ANSWER), "pick_up") == (0, 1, 0, 0)


def test_chats_owe_replies_too():
    """R29: first response and next reply of a chat; what was said last before it ended is owed no longer."""
    toml = GOLD + GOLD.replace("gold", "silver").replace("first_response", "next_reply")
    chat = Entity(CHAT, "c1")
    said = lambda at_s, role: chat("message", at_s, author_role=role, message_id=f"m{at_s}")
    events = [
        entered(chat, 0, channel="chat"),
        said(1, "customer"),
        answered(chat, 5),
        said(8, "agent"),
        said(20, "customer"),
        said(700, "agent"),
        said(710, "customer"),
        chat("contact.ended", 720, by="customer"),
        tick(9000),
    ]
    rows = run(events, toml)
    assert counts(rows) == (1, 0, 0, 0)
    assert counts(rows, "silver") == (0, 1, 0, 0)
