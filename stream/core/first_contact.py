"""Whether a ticket is resolved at first contact, as far as the ticket itself goes (K15, K16, R24).

The first solve counts, and everything within ``kpis.first_contact_window_days`` after it. A reopen in that time is a
mere thank-you when the ticket is solved again within a day and no agent has answered in between; any other loses the
first contact. Until the window is over the resolution is provisional; what confirms it is a fact that lies ahead, at
the end of the window. Whether the customer came back with something else is not known here: see
``stream.core.requesters``.
"""

from __future__ import annotations

from stream.core.facts import KINDS
from stream.core.lifecycle import Facts
from stream.core.panes import FINE_MS
from stream.core.ticket_record import Ticket, terms_of

JUDGED, CONFIRMED = KINDS["first_contact_judged"], KINDS["first_contact_confirmed"]
PROVISIONAL = KINDS["first_contact_provisional"]
THANKS_MS = 86_400_000


def due_ms(at_ms: int) -> int:
    """When what time alone does at ``at_ms`` is seen: never before it."""
    return -(-at_ms // FINE_MS) * FINE_MS


def first_solved(r: Ticket, at: int, out: Facts) -> None:
    """The first solve: its window begins."""
    r.first_solved = at
    r.first_contact_end = at + terms_of(r).first_contact_ms
    r.judged = (r.scope, JUDGED, due_ms(r.first_contact_end), 0, 1)
    out.append(r.judged)
    judge(r, out)


def answered(r: Ticket, at: int) -> None:
    """An agent has answered: too many answers, or one to a reopened ticket, are no first contact."""
    if not r.first_solved or at <= r.first_contact_end:
        r.answers += 1
    if r.thanks:
        r.lost = True


def reopened(r: Ticket, at: int, out: Facts) -> None:
    if at <= r.first_contact_end:
        r.thanks = at
        judge(r, out)


def solved_again(r: Ticket, at: int, out: Facts) -> None:
    if r.thanks:
        r.lost = r.lost or at - r.thanks > THANKS_MS
        r.thanks = 0
    judge(r, out)


def judge(r: Ticket, out: Facts) -> None:
    """Says anew whether the first contact has resolved it."""
    if r.judged is None:
        return
    holds = not r.lost and not r.thanks and (r.answers <= 1 or not terms_of(r).one_touch)
    if holds != r.resolved:
        r.resolved = holds
        scope, _, due, _, _ = r.judged
        sign = 1 if holds else -1
        out.append((scope, PROVISIONAL, r.first_solved, 0, sign))
        out.append((scope, CONFIRMED, due, 0, sign))
