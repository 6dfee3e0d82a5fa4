"""Unit tests of the service's rules: every alert fires where it must and keeps silent where it must not."""

from __future__ import annotations

from deploy.rules.case import BOARD_2, PLACE, Case, Fires, Is, Series, Silent, board

BILLING = {"queue": "billing", "channel": "voice", "job": "deskpulse-board"}
FAST, SLOW = "SupportServiceLevelBurnFast", "SupportServiceLevelBurnSlow"
MISSES = "billing (voice) misses its service level"
FAST_WORDS = (
    "Answered within 20s: 20% in the last 5 minutes, 35% in the last hour; promised are 80%. "
    "The miss is 3.3 times what the promise allows."
)
BROKEN = {"5m": "0.2x30", "30m": "0.35x30", "1h": "0.35x30", "today": "0.8x30"}


def queue(
    levels: dict[str, str], *, objective: str = "0.8x30", opened: str = "1x30", missed: str = "26x30", process: str = ""
) -> Series:
    """A queue with 14 contacts met and 26 missed in each window, and a target of 20 s."""
    found: Series = {}
    for name, values in (
        ("service_level_objective_ratio", objective),
        ("answer_target_seconds", "20x30"),
        ("queue_open", opened),
        ("contacts_waiting", "7x30"),
    ):
        found |= board(name, values, process=process or 'job="deskpulse-board",instance="board-1:8080"')
    for window, values in levels.items():
        for name, value, further in (
            ("service_level_ratio", values, ""),
            ("service_level_decided", "14x30", ',result="met"'),
            ("service_level_decided", missed, ',result="missed"'),
        ):
            labels = f'{PLACE},window="{window}"{further}'
            found |= board(name, value, labels, process or 'job="deskpulse-board",instance="board-1:8080"')
    return found


BURN = (
    Case(
        "Two thirds of an hour's contacts are missed, and still: it pages after two minutes, once for two boards",
        queue(BROKEN) | queue(BROKEN, process=BOARD_2),
        (
            Silent("1m", FAST),
            Fires("3m", FAST, BILLING, MISSES, FAST_WORDS),
            Is("3m", "queue_channel:support_service_level:burn1h", BILLING, 3.25),
            Is("3m", "queue_channel:support_service_level:burn5m", BILLING, 4),
            Is("3m", "queue_channel:support_service_level:burn30m", BILLING, 3.25),
            Is("3m", "queue_channel:support_service_level:burntoday", BILLING, 1),
            Is("3m", "queue_channel:support_service_level:burn_reachable", BILLING, 4.5),
            Is("3m", "queue_channel:support_service_level_decided:sum5m", BILLING, 40),
            Is("3m", "queue_channel:support_service_level_decided:sum30m", BILLING, 40),
            Is("3m", "queue_channel:support_service_level_decided:sum1h", BILLING, 40),
            Is("3m", "queue_channel:support_service_level_decided:sumtoday", BILLING, 40),
            Is("3m", "queue_channel:support_queue_open:max", BILLING, 1),
            Is("3m", "queue_channel:support_contacts_waiting:max", BILLING, 7),
        ),
    ),
    Case("Nineteen contacts are too few to wake somebody", queue(BROKEN, missed="5x30"), (Silent("10m", FAST),)),
    Case("A closed queue pages nobody", queue(BROKEN, opened="0x30"), (Silent("10m", FAST), Silent("20m", SLOW))),
    Case(
        "Five bad minutes in a good hour page nobody",
        queue(BROKEN | {"1h": "0.7x30"}),
        (Silent("10m", FAST),),
    ),
    Case(
        "A bad hour that is over pages nobody",
        queue(BROKEN | {"5m": "0.9x30"}),
        (Silent("10m", FAST),),
    ),
    Case(
        "When it recovers the alert stays for five minutes, then goes by itself",
        queue(BROKEN | {"5m": "0.2x9 0.95x20"}),
        (Fires("9m", FAST, BILLING, MISSES, FAST_WORDS),
         Fires("14m", FAST, BILLING, MISSES, FAST_WORDS),
         Silent("16m", FAST)),
    ),
    Case(
        "The board is away for a minute: the alert neither starts anew nor ends",
        queue({window: "{0} {0} stale {0}x27".format(v.split("x")[0]) for window, v in BROKEN.items()},
              opened="1 1 stale 1x27", objective="0.8 0.8 stale 0.8x27", missed="26 26 stale 26x27"),
        (Fires("3m", FAST, BILLING, MISSES, FAST_WORDS),),
    ),
    Case(
        "An objective of one half: three times its budget cannot be missed, so nine tenths of what is possible pages",
        queue(BROKEN | {"5m": "0.05x30", "1h": "0.05x30"}, objective="0.5x30"),
        (Fires("3m", FAST, BILLING, MISSES,
               "Answered within 20s: 5% in the last 5 minutes, 5% in the last hour; promised are 50%. "
               "The miss is 1.9 times what the promise allows."),),
    ),
    Case(
        "An objective of one half: 35 of 100 is below it, and no catastrophe",
        queue(BROKEN, objective="0.5x30"),
        (Silent("10m", FAST),),
    ),
    Case(
        "An objective of 100 %: no division by nothing; 4 of 100 missed is four times a hundredth",
        queue(dict.fromkeys(BROKEN, "0.96x30"), objective="1x30"),
        (Fires("3m", FAST, BILLING, MISSES,
               "Answered within 20s: 96% in the last 5 minutes, 96% in the last hour; promised are 100%. "
               "The miss is 4.0 times what the promise allows."),),
    ),
    Case(
        "A day that is going to miss its promise becomes a ticket after a quarter of an hour",
        queue({"5m": "0.8x30", "30m": "0.6x30", "1h": "0.6x30", "today": "0.68x30"}),
        (Silent("14m", SLOW),
         Fires("16m", SLOW, BILLING, MISSES,
               "Answered within 20s: 60% in the last 30 minutes, 68% today; promised are 80%. "
               "The miss is 1.6 times what the promise allows."),
         Silent("16m", FAST)),
    ),
    Case(
        "A bad morning from which the queue has recovered",
        queue({"5m": "0.9x30", "30m": "0.85x30", "1h": "0.8x30", "today": "0.6x30"}),
        (Silent("20m", SLOW),),
    ),
)  # fmt: skip

OPEN = board("queue_open", "1x30") | board("answer_target_seconds", "20x30")
LIMIT = OPEN | board("longest_wait_max_seconds", "60x30")
WAIT, AWAY, GIVE_UP = "SupportLongestWaitExceeded", "SupportNoAgentAvailable", "SupportAbandonmentHigh"
SOMEBODY = "Somebody waits too long in billing (voice)"


def agents(available: str, busy: str = "0x30", away: str = "3x30", team: str = "phones") -> Series:
    """The agents of a team."""
    return {
        name: values
        for state, of_state in (("available", available), ("on_contact", busy), ("break", away))
        for name, values in board("agents", of_state, f'team="{team}",state="{state}"').items()
    }


WAITING = board("contacts_waiting", "4x30")
PHONES = board("queue_team", "1x30", f'{PLACE},team="phones"')
NOBODY = "Nobody is there to answer billing (voice)"
NOBODY_WORDS = "4 wait and no agent of the queue's teams is online and off a break; the target is 20s."
QUEUES = (
    Case(
        "A customer has waited since the beginning: after a minute the limit is passed, after another it is told",
        LIMIT | WAITING | board("oldest_contact_queued_timestamp_seconds", "0x30"),
        (
            Silent("1m", WAIT),
            Fires("3m", WAIT, BILLING, SOMEBODY,
                  "The longest wait is 3m 0s; accepted are 1m 0s, the target is 20s. 4 wait."),
            Is("3m", "queue_channel:support_oldest_wait_seconds:max", BILLING, 180),
        ),
    ),
    Case(
        "The queue has emptied: the moment of before does not go on to grow",
        LIMIT | board("contacts_waiting", "1 1 0x27") | board("oldest_contact_queued_timestamp_seconds", "0 0 stale"),
        (Silent("3m", WAIT), Silent("4m", WAIT)),
    ),
    Case("Who waits in a closed queue pages nobody",
         LIMIT | WAITING | board("queue_open", "0x30") | board("oldest_contact_queued_timestamp_seconds", "0x30"),
         (Silent("10m", WAIT),)),
    Case(
        "Customers wait, and the whole team is on a break",
        OPEN | WAITING | PHONES | agents("0x30") | agents("5x30", team="chat"),
        (
            Silent("1m", AWAY),
            Fires("3m", AWAY, BILLING, NOBODY, NOBODY_WORDS),
            Is("3m", "queue_channel:support_agents_serving:sum", BILLING, 0),
            Is("3m", 'team:support_agents_serving:sum{team="chat"}', {"team": "chat", "job": "deskpulse-board"}, 5),
        ),
    ),
    Case("Everybody is on the phone: customers wait, and somebody is there",
         OPEN | WAITING | PHONES | agents("0x30", busy="6x30"), (Silent("10m", AWAY),)),
    Case("Nobody waits at night, and nobody is there",
         OPEN | PHONES | agents("0x30") | board("contacts_waiting", "0x30"), (Silent("10m", AWAY),)),
    Case("A closed queue needs nobody",
         OPEN | WAITING | PHONES | agents("0x30") | board("queue_open", "0x30"), (Silent("10m", AWAY),)),
    Case("Where a queue's teams are not configured, any agent of any team is somebody",
         OPEN | WAITING | agents("0x30") | agents("1x30", team="chat"), (Silent("10m", AWAY),)),
    Case("and where nobody of any team is there, it pages",
         OPEN | WAITING | agents("0x30") | agents("0x30", team="chat"),
         (Fires("3m", AWAY, BILLING, NOBODY, NOBODY_WORDS),)),
    Case("Where no source tells of agents, nothing is known of them", OPEN | WAITING, (Silent("10m", AWAY),)),
    Case(
        "One in ten gives up",
        OPEN | board("abandonment_max_ratio", "0.05x30") | board("abandonment_ratio", "0.1x30", f'{PLACE},window="30m"')
        | board("contacts_offered", "50x30", f'{PLACE},window="30m"'),
        (
            Silent("4m", GIVE_UP),
            Fires("6m", GIVE_UP, BILLING, "Customers give up in billing (voice)",
                  "10% of the contacts of the last 30 minutes were abandoned; accepted are 5%."),
        ),
    ),
    Case(
        "Two of nineteen are too few to say",
        OPEN | board("abandonment_max_ratio", "0.05x30") | board("abandonment_ratio", "0.1x30", f'{PLACE},window="30m"')
        | board("contacts_offered", "19x30", f'{PLACE},window="30m"'),
        (Silent("10m", GIVE_UP),),
    ),
)  # fmt: skip


def backlog(young: str, old: str) -> Series:
    """The tickets of a queue by age."""
    bands = (("under_1h", young), ("1h_to_24h", "5x120"), ("24h_to_72h", old), ("over_72h", "2x120"))
    return {
        k: v
        for age, values in bands
        for k, v in board("backlog_tickets", values, f'queue="returns",age="{age}"').items()
    }


GROWS = "SupportBacklogGrowing"
RETURNS = {"queue": "returns", "job": "deskpulse-board"}
BACKLOG = (
    Case(
        "Two tickets more every ten minutes for hours, and some are days old",
        backlog("0+0.2x120", "12x120"),
        (
            Fires("100m", GROWS, RETURNS, "The backlog of returns grows",
                  "It grows by 12 tickets an hour, and more than 10 tickets are older than a day."),
            Is("10m", "queue:support_backlog_tickets:sum", RETURNS, 21),
        ),
    ),
    Case("A backlog that grows and is young", backlog("0+0.2x120", "3x120"), (Silent("100m", GROWS),)),
    Case("A backlog that is old and does not grow", backlog("4x120", "30x120"), (Silent("100m", GROWS),)),
)  # fmt: skip
CASES = (*BURN, *QUEUES, *BACKLOG)
