"""What is said in a contact: who opened it when, messages, and the hand-off from a bot."""

from __future__ import annotations

from stream.core import targets
from stream.core.clocks import clocked
from stream.core.facts import KINDS
from stream.core.lifecycle import Facts, Said
from stream.core.panes import DEFAULT_TERMS
from stream.core.replies import first_response, response_start
from stream.core.segment import Contact

NEXT_REPLY = KINDS["next_reply"]


def opened(r: Contact, at: int, customer: str, visitor: str, direction: str, _out: Facts) -> None:
    """The contact begins; the queue may come later. A visitor's id stands for a customer who is not known."""
    r.opened = r.opened or at
    r.customer = customer or r.customer or visitor
    r.outbound = r.outbound or direction == "outbound"


def says(r: Contact) -> Said | None:
    """What other contacts of its customer must know of it: when the customer opened it."""
    if not r.customer or not r.opened or r.outbound:
        return None
    return Said(r.customer, r.opened)


def message(r: Contact, at: int, role: str, _b: str, _c: str, out: Facts) -> None:
    if role == "customer":
        if not r.waiting_reply:
            r.waiting_reply = at
            targets.begin(r, targets.NEXT_REPLY if r.replied else targets.FIRST_RESPONSE, at, out)
    elif role == "agent":
        if r.replied:
            if r.waiting_reply:
                for fact in clocked(r, NEXT_REPLY, r.waiting_reply, at):
                    out.append(fact)
                r.waiting_reply = 0
                targets.fulfil(r, targets.NEXT_REPLY, at, out)
            return
        terms = r.scope.terms if r.scope is not None else DEFAULT_TERMS
        waiting = r.opened if terms.first_response_start == "created" else r.waiting_reply
        if waiting:
            first_response(r, at, response_start(terms, waiting, r.assigned_at), r.handed_off, out)
            targets.fulfil(r, targets.FIRST_RESPONSE, at, out)
            r.waiting_reply, r.replied = 0, True


def handed_off(r: Contact, at: int, customer: str, _b: str, _c: str, _out: Facts) -> None:
    """From here on people have it; what comes after their first answer changes nothing."""
    r.handed_off = at
    r.customer = customer or r.customer
