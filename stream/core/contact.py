"""The lifecycle of a contact (a call, a chat, any customer interaction on a queue), and the facts that it yields.

A contact goes through segments: it enters a queue, is offered to agents, answered, transferred into the next queue,
ended, wrapped up. Times are ms. Two rules hold throughout:

* A fact belongs to the queue and channel in force at its time.
* Everything a later event may take back is kept in the record (``stream.core.segment``): the outcome of the last
  wait, the contact's whole wait, the handling of each agent segment.

The transitions are in ``stream.core.waiting`` (the queue), ``stream.core.handling`` (the agents) and
``stream.core.conversation`` (what is said); the table is here.

What a contact says about its agents is its ``stays``: (agent, phase, from, to or 0 while it lasts). They are forwarded
to the agents' records.
"""

from __future__ import annotations

from stream.core.conversation import handed_off, message, opened, says
from stream.core.facts import KINDS
from stream.core.handling import (
    ended,
    ended_quietly,
    hold_ended,
    hold_ended_early,
    hold_started,
    transferred,
    wrap_up_ended,
    wrap_up_started,
)
from stream.core.lifecycle import Levels, Lifecycle, Step
from stream.core.segment import (
    BETWEEN,
    CONNECTING,
    ENDED,
    HELD,
    LEFT,
    NEW,
    QUEUED,
    RINGING,
    STATES,
    TALKING,
    Contact,
)
from stream.core.targets import traits
from stream.core.waiting import (
    answered,
    answered_early,
    callback_requested,
    ended_early,
    ended_waiting,
    entered,
    entered_again,
    left,
    left_early,
    missed,
    missed_quietly,
    offered,
    resumed,
)
from topics import events as ev


def _segment_agent(e: ev.Contact) -> tuple[str, str, str]:
    return e.segment_id or "", e.agent_id or "", ""


_ORDER = (
    ev.CallInitiated,
    ev.ChatStarted,
    ev.IvrEntered,
    ev.IvrLeft,
    ev.QueueEntered,
    ev.OfferMade,
    ev.OfferMissed,
    ev.CallbackRequested,
    ev.QueueLeft,
    ev.QueueResumed,
    ev.ContactAnswered,
    ev.Message,
    ev.HoldStarted,
    ev.HoldEnded,
    ev.ContactTransferred,
    ev.ContactEnded,
    ev.AcwStarted,
    ev.AcwEnded,
    ev.BotHandoff,
    ev.ContactIdle,
    ev.ContactActive,
    ev.ConsultStarted,
    ev.ConsultEnded,
    ev.CallbackScheduled,
    ev.CallbackAttempted,
    ev.CallbackCompleted,
    ev.VoicemailLeft,
)
_BEGIN = (NEW, BETWEEN, LEFT, ENDED, TALKING, HELD)
_WAITING = (QUEUED, RINGING, CONNECTING)


def _fits(r: Contact, step: Step) -> bool:
    """Within one millisecond a new segment begins only after the running one is over, and events go to their own
    segment; what could be said at any time is said of the wait that it ends or concerns.
    """
    rank = step[1]
    if rank == _RANK_ENTERED:
        return r.state in (NEW, BETWEEN, LEFT, ENDED)
    if (rank == _RANK_MISSED and r.state != RINGING) or (rank == _RANK_CALLBACK and r.state not in _WAITING):
        return False
    return not step[6] or step[1] not in _RANKS_OF_SEGMENT or not r.segment or step[6] == r.segment


_RANK_ENTERED, _RANK_MISSED, _RANK_CALLBACK = map(_ORDER.index, (ev.QueueEntered, ev.OfferMissed, ev.CallbackRequested))
_RANKS_OF_SEGMENT = frozenset(
    _ORDER.index(kind) for kind in (ev.QueueLeft, ev.OfferMade, ev.OfferMissed, ev.ContactAnswered)
)


def _levels(r: Contact) -> Levels:
    return (("waiting", r.entered),) if r.state in (QUEUED, RINGING) else ()


CONTACT = Lifecycle(
    record=Contact,
    order=_ORDER,
    states=STATES,
    table={
        **{(state, ev.QueueEntered): entered for state in _BEGIN},
        **{(state, ev.QueueEntered): entered_again for state in _WAITING},
        **{(state, ev.OfferMade): offered for state in (QUEUED, RINGING)},
        **{(state, ev.OfferMissed): missed_quietly for state in range(STATES)},
        (RINGING, ev.OfferMissed): missed,
        **{(state, ev.ContactAnswered): answered for state in _WAITING},
        **{(state, ev.QueueLeft): left for state in _WAITING},
        **{(state, ev.ContactEnded): ended_waiting for state in _WAITING},
        **{(state, ev.ContactAnswered): answered_early for state in (NEW, BETWEEN)},
        (NEW, ev.QueueLeft): left_early,
        (NEW, ev.ContactEnded): ended_early,
        **{(state, ev.QueueResumed): resumed for state in (LEFT, ENDED)},
        (TALKING, ev.HoldStarted): hold_started,
        (HELD, ev.HoldEnded): hold_ended,
        (TALKING, ev.HoldEnded): hold_ended_early,
        **{(state, ev.ContactTransferred): transferred for state in (TALKING, HELD)},
        **{(state, ev.ContactEnded): ended for state in (TALKING, HELD)},
        **{(state, ev.ContactEnded): ended_quietly for state in (LEFT, BETWEEN)},
        **{(state, ev.AcwStarted): wrap_up_started for state in range(STATES)},
        **{(state, ev.AcwEnded): wrap_up_ended for state in range(STATES)},
        **{(state, ev.CallbackRequested): callback_requested for state in range(STATES)},
        **{(state, ev.Message): message for state in range(STATES)},
        **{(state, ev.ChatStarted): opened for state in range(STATES)},
        **{(state, ev.CallInitiated): opened for state in range(STATES)},
        **{(state, ev.BotHandoff): handed_off for state in range(STATES)},
    },
    arguments={
        ev.ChatStarted: lambda e: (e.customer_id or "", e.visitor_id, e.direction or ""),
        ev.CallInitiated: lambda e: (e.customer_id or "", "", e.direction),
        ev.BotHandoff: lambda e: (e.customer_id or "", "", ""),
        ev.ContactAnswered: lambda e: (e.segment_id, e.agent_id, e.customer_id or ""),
        **dict.fromkeys((ev.OfferMade, ev.AcwStarted, ev.AcwEnded), _segment_agent),
        ev.OfferMissed: lambda e: (e.segment_id or "", "", e.reason),
        ev.QueueEntered: lambda e: (e.segment_id, e.customer_id or "", traits(e.priority, e.tier)),
        ev.QueueResumed: lambda e: (e.segment_id or "", "", ""),
        ev.QueueLeft: lambda e: (e.segment_id or "", "", e.reason),
        ev.ContactEnded: lambda e: (e.by, "", ""),
        ev.ContactTransferred: lambda e: (e.kind, e.to, ""),
        ev.Message: lambda e: ("bot" if e.is_auto else e.author_role, "", ""),
    },
    fits=_fits,
    seen=KINDS["contacts_seen"],
    levels=_levels,
    says=says,
)
