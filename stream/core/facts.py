"""Facts: what a lifecycle has measured, and the slots that they are summed in.

A fact is a tuple ``(scope, kind, at_ms, value, sign)``: added with sign 1, retracted with sign -1. A *kind* is the
first slot of its block of ``BLOCK``; the block holds what its form says:

* counts: +0 how many; or, of what follows something earlier, +1 and on how many by distance (``stream.core.customer``);
* durations: +0 how many, +1 their sum in ms, +2.. the histogram (``stream.core.histogram``). So is any amount that is
  summed: scores in thousandths of points, money in thousandths;
* intervals: +0 entered less left, +1 the sum of the times of entering less those of leaving (ms; of weighted ones
  since ``ORIGIN_S``, so that the sums of many stay within 64 bits); who is inside several times at once, or partly,
  has a sign that says how many times (``stream.core.moment``). With N and T the two
  slots over [w0, w1) and L the number inside at w0, the time inside is ``L * (w1 - w0) + N * w1 - T``: exact for any
  window, whatever the length of a stay, open stays included.

A fact may lie ahead: what time alone will do (a target falls due, a resolution is confirmed) is added at once, at the
moment when it will happen, and retracted when an event prevents it. Readers see it when that moment has come
(``stream.core.windows.Ahead``). Such a moment is put on the next border of a fine pane, so that it is never seen early.

A *cell* is a sparse ``dict`` slot -> integer. Merging and retracting is adding integers, for every kind alike.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from stream.core.histogram import bucket_of

if TYPE_CHECKING:
    from stream.core.panes import Scope

BLOCK_BITS = 11
BLOCK = 1 << BLOCK_BITS

_COUNTS = (
    "offered",
    "answered_met",
    "answered_untimed",
    "abandoned_met",
    "abandoned_untimed",
    "short_abandoned",
    "flowed_out_met",
    "flowed_out_untimed",
    "lost_by_rule",
    "lost_by_rule_met",
    "completed",
    "completed_met",
    "tickets_created",
    "solved_untimed",
    "impossible",
    "contacts_seen",
    "tickets_seen",
    "tickets_handled",
    "first_solved_untimed",
    "reopens",
    "first_reopened",
    "closed_unreplied",
    "first_contact_provisional",
    "first_contact_confirmed",
    "first_contact_judged",
    "recontacted",
    "recontacted_confirmed",
    "flowed_out_timeout",
    "flowed_out_overflow",
    "flowed_out_empty",
    "flowed_out_key_exit",
    "flowed_out_callback",
    "flowed_out_voicemail",
    "flowed_out_transfer",
    "flowed_out_withdrawn",
    "flowed_out_error",
    "missed_timeout",
    "missed_rejected",
    "missed_customer_left",
    "hold_abandoned",
    "transferred_blind",
    "transferred_attended",
    "transferred_queue",
    "transferred_external",
    "transferred_other",
    "callbacks_requested",
    "overdue",
    "abandoned_early",
    "surveys_sent",
    "surveys_responded",
    "csat_good",
    "ces_easy",
    "ces_hard",
    "nps_promoters",
    "nps_detractors",
    "enps_promoters",
    "enps_detractors",
    "esat_good",
    "targets_seen",
    "target_met",
    "target_missed",
    "customers_acquired",
    "customers_churned",
    "won_back",
    "won_back_quarters",
    "bought_again",
    "bought_again_quarters",
)
_DURATIONS = (
    "answered",
    "abandoned",
    "flowed_out",
    "customer_wait",
    "handle",
    "talk",
    "hold",
    "wrap_up",
    "first_response",
    "next_reply",
    "solved",
    "first_response_with_bot",
    "first_response_human",
    "first_solved",
    "requester_wait",
    "touches",
    "replies",
    "assignments",
    "first_response_scheduled",
    "first_response_business",
    "next_reply_scheduled",
    "next_reply_business",
    "solved_scheduled",
    "solved_business",
    "first_response_with_bot_scheduled",
    "first_response_with_bot_business",
    "first_response_human_scheduled",
    "first_response_human_business",
    "first_solved_scheduled",
    "first_solved_business",
    "requester_wait_scheduled",
    "requester_wait_business",
    "csat",
    "ces",
    "nps",
    "enps",
    "esat",
    "purchase",
)
_INTERVALS = (
    "in_available",
    "in_on_contact",
    "in_acw",
    "in_ringing",
    "in_break",
    "in_error",
    "in_offline",
    "in_unknown",
    "in_busy",
    "in_idle",
    "in_customers",
    "in_paid",
    "in_spare_capacity",
    "in_chats",
    "in_ringing_on_break",
    "in_online_covered",
    "in_planned",
    "in_productive",
    "in_adherence",
)
# Published panes hold these numbers for weeks: new kinds are added at the end of their tuple, none is ever moved.
KINDS: dict[str, int] = {
    name: i << BLOCK_BITS
    for first, names in ((0, _COUNTS), (256, _DURATIONS), (512, _INTERVALS))
    for i, name in enumerate(names, first)
}
# Durations with two clocks: kind -> (its samples of queues with a schedule, the same in business time), see ``clocks``.
CLOCKED: dict[int, tuple[int, int]] = {
    kind: (KINDS[f"{name}_scheduled"], KINDS[f"{name}_business"])
    for name, kind in KINDS.items()
    if f"{name}_business" in KINDS
}
FIRST_DURATION, FIRST_INTERVAL = KINDS[_DURATIONS[0]], KINDS[_INTERVALS[0]]
NAMES: dict[int, str] = {kind: name for name, kind in KINDS.items()}

ORIGIN_S = 1_577_836_800  # 2020
# What is weighted with thousands (the parts of an agent's capacity): from when on its times are told.
ORIGIN_MS_OF = {KINDS["in_spare_capacity"]: ORIGIN_S * 1000}

Fact = tuple["Scope | None", int, int, int, int]
Cell = dict[int, int]


_FOLLOWING = frozenset(f"{name}{size}" for name in ("won_back", "bought_again") for size in ("", "_quarters"))


def follows_before(kind: int, value: int, start_ms: int) -> bool:
    """Whether a fact follows something from before the window: its distance is by panes, its value the time."""
    return name_of(kind) in _FOLLOWING and value < start_ms


def name_of(slot: int) -> str:
    """The name of the kind that ``slot`` belongs to."""
    return NAMES[slot >> BLOCK_BITS << BLOCK_BITS]


def add_fact(cell: Cell, kind: int, value: int, sign: int) -> None:
    """Sums one fact into ``cell``."""
    cell[kind] = cell.get(kind, 0) + sign
    if kind >= FIRST_DURATION:
        cell[kind + 1] = cell.get(kind + 1, 0) + sign * value
        if kind < FIRST_INTERVAL:
            slot = kind + 2 + bucket_of(value)
            cell[slot] = cell.get(slot, 0) + sign


def into(cell: Cell, other: Cell, sign: int = 1) -> None:
    """Adds ``other`` to ``cell``, or takes it away."""
    for slot, value in other.items():
        cell[slot] = cell.get(slot, 0) + sign * value


def difference(old: list[Fact], new: list[Fact]) -> list[Fact]:
    """The facts that turn the ones of ``old`` into those of ``new``: retractions first."""
    kept, gone = list(new), []
    for fact in old:
        try:
            kept.remove(fact)
        except ValueError:
            gone.append((*fact[:4], -fact[4]))
    return gone + kept


def histogram_of(cell: Cell, *kinds: int, less: tuple[int, ...] = ()) -> dict[int, int]:
    """The histogram (bucket -> number) of the duration ``kinds`` together, without the samples of ``less``."""
    found: dict[int, int] = {}
    for sign, some in ((1, kinds), (-1, less)):
        for kind in some:
            low, high = kind + 2, kind + BLOCK
            for slot, value in cell.items():
                if low <= slot < high and value:
                    found[slot - low] = found.get(slot - low, 0) + sign * value
    return found
