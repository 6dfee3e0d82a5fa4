"""The partitions of requesters: what the contacts of one customer say of each other (R24).

A ticket is not resolved at first contact when its customer opens another ticket, chat or call within the window after
its first solve. The tickets' and contacts' own records forward what that needs, absolute and keyed by the customer:
when the customer opened it; of a ticket, its first solve, and whether that holds as far as the ticket itself goes.
Durable is the newest word of each contact. From them follow, of each ticket, the facts that the customer was back.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right, insort
from typing import TYPE_CHECKING, NamedTuple

import msgspec

from stream.core.facts import KINDS, Fact, difference
from stream.core.first_contact import due_ms
from stream.core.lifecycle import Facts
from stream.core.own import Story
from stream.core.partition import META_KEY, Partition, pack
from topics import events as ev

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from stream.core.names import Names
    from stream.core.panes import Scope
    from stream.core.settings import Settings

BACK, BACK_CONFIRMED = KINDS["recontacted"], KINDS["recontacted_confirmed"]
SEPARATOR = "\x1f"
_row = msgspec.msgpack.Decoder(tuple[int, int, bytes]).decode


class Word(NamedTuple):
    """What one contact says: times in ms, 0 where there is none; queue and channel of the first solve."""

    opened: int = 0
    solved: int = 0
    resolved: bool = False
    queue: str = ""
    channel: str = ""


NOTHING = Word()
_word = msgspec.msgpack.Decoder(Word).decode


class Statement(msgspec.Struct, gc=False):
    """The newest word of one contact. ``order`` is the contact's source offset, ``offset`` fences redelivery."""

    offset: int = -1
    order: int = -1
    newest: int = -1
    word: Word = NOTHING


class Requester:
    """One customer: when contacts were opened, when tickets were solved for the first time, and the facts of each."""

    __slots__ = ("facts", "opened", "solved", "words")

    def __init__(self) -> None:
        self.words: dict[str, Word] = {}
        self.opened: list[tuple[int, str]] = []
        self.solved: list[tuple[int, str]] = []
        self.facts: dict[str, list[Fact]] = {}

    def say(self, contact: str, word: Word, window_ms: int, place: Callable[[str, str], Scope], out: Facts) -> None:
        """``contact`` says ``word`` from now on."""
        old = self.words.pop(contact, NOTHING)
        self._leave(contact, old)
        concerned = {contact}
        for at in {old.opened, word.opened} - {0}:
            concerned.update(self._before(at))
        if word != NOTHING:
            self.words[contact] = word
            if word.opened:
                insort(self.opened, (word.opened, contact))
            if word.solved:
                insort(self.solved, (word.solved, contact))
        for name in concerned:
            self._tell(name, window_ms, place, out)

    def forget(self, contact: str) -> None:
        """What ``contact`` said is too old to matter: its facts stay."""
        self._leave(contact, self.words.pop(contact, NOTHING))
        self.facts.pop(contact, None)

    def _leave(self, contact: str, word: Word) -> None:
        if word.opened:
            self.opened.remove((word.opened, contact))
        if word.solved:
            self.solved.remove((word.solved, contact))

    def _before(self, at: int) -> list[str]:
        """The tickets that a contact opened at ``at`` may be the return of: those solved after the last opening but one
        before it. For an earlier one a contact between already is, and one of the two is not the ticket's own.
        """
        i = bisect_left(self.opened, (at, ""))
        start = self.opened[i - 2][0] if i > 1 else 0
        return [
            name for _, name in self.solved[bisect_left(self.solved, (start, "")) : bisect_left(self.solved, (at, ""))]
        ]

    def _tell(self, contact: str, window_ms: int, place: Callable[[str, str], Scope], out: Facts) -> None:
        new = self._facts_of(contact, self.words.get(contact, NOTHING), window_ms, place)
        for fact in difference(self.facts.pop(contact, []), new):
            out.append(fact)
        if new:
            self.facts[contact] = new

    def _facts_of(self, contact: str, word: Word, window_ms: int, place: Callable[[str, str], Scope]) -> list[Fact]:
        if not word.resolved or not self._is_back(contact, word.solved, window_ms):
            return []
        scope = place(word.queue, word.channel)
        return [(scope, BACK, word.solved, 0, 1), (scope, BACK_CONFIRMED, due_ms(word.solved + window_ms), 0, 1)]

    def _is_back(self, contact: str, solved: int, window_ms: int) -> bool:
        """Whether another contact was opened after the solve and within the window."""
        i = bisect_right(self.opened, (solved, "\U0010ffff"))
        return any(at <= solved + window_ms for at, name in self.opened[i : i + 2] if name != contact)


class Requesters(Partition):
    """Customers by id. Most have one contact only, which says nothing of others: ``_alone`` has its key."""

    def __init__(self, topic: str, number: int, settings: Settings, names: Names) -> None:
        super().__init__(topic, number, settings, names)
        self.statements: dict[str, Statement] = {}
        self.requesters: dict[str, Requester] = {}
        self._alone: dict[str, str] = {}
        self._changed: dict[str, Statement] = {}
        self._window_ms = settings.kpis.first_contact_ms

    def take(self, event: ev.Event, offset: int) -> str:
        """One contact's word about its customer."""
        assert isinstance(event, ev.RequesterContactStated)
        key = SEPARATOR.join((event.entity_id, event.source, event.contact_id))
        held = self.statements.get(key)
        if held is None:
            held = self.statements[key] = Statement()
        elif offset <= held.offset:
            return "fenced"
        held.offset = offset
        self._changed[key] = held
        order = event.seq or 0
        if order >= held.order:  # an older word, sent again by a worker that was frozen, changes nothing
            name = self.names.name
            word = Word(
                event.opened_at or 0, event.solved_at or 0, event.is_resolved,
                name("queue", event.queue), name("channel", event.channel),
            )  # fmt: skip
            held.word, held.order, held.newest = word, order, event.occurred_at
            self._say(key, word)
        return "forwarded"

    def _say(self, key: str, word: Word) -> None:
        customer, contact = key.split(SEPARATOR, 1)
        requester = self.requesters.get(customer)
        if requester is None:
            alone = self._alone.setdefault(customer, key)
            if alone == key:
                return
            requester = self.requesters[customer] = Requester()
            del self._alone[customer]
            self._say(alone, self.statements[alone].word)
        requester.say(contact, word, self._window_ms, self._place, self.ledger)

    def _place(self, queue: str, channel: str) -> Scope:
        return self.scope("queue", queue, channel)

    # --- recovery ----------------------------------------------------------------------------------------------------

    def recover(self, key: bytes, value: bytes | None) -> None:
        """One row of the changelog."""
        if key == META_KEY:
            self.recover_meta(value)
            return
        name = key.decode()
        if value is None:
            self.statements.pop(name, None)
            return
        offset, order, word = _row(value)
        held = self.statements.get(name)
        if held is not None and offset < held.offset:
            self._changed[name] = held
        else:
            self.statements[name] = Statement(offset=offset, order=order, word=_word(word))

    def _refold(self) -> None:
        self.requesters, self._alone = {}, {}
        for key, statement in self.statements.items():
            word = statement.word
            statement.newest = max(word.opened, word.solved)
            self.stamp = max(self.stamp, statement.offset)
            self.names.name("queue", word.queue)
            self.names.name("channel", word.channel)
            self._say(key, word)

    def stories(self) -> Iterator[Story]:
        """Each ticket whose customer was back."""
        for requester in list(self.requesters.values()):
            for contact, facts in list(requester.facts.items()):
                yield Story(contact.split(SEPARATOR, 1)[1], facts, {}, facts[0][0], void=False, newest_ms=facts[0][2])

    # --- rows out ----------------------------------------------------------------------------------------------------

    def _settle(self) -> None:
        """Requesters have no levels."""

    def _mark_records(self) -> None:
        self._changed = dict(self.statements)

    def changed_count(self) -> int:
        """How many records wait to be written."""
        return len(self._changed)

    def record_count(self) -> int:
        """How many records are held."""
        return len(self.statements)

    def _drain_records(self) -> list[tuple[bytes, bytes | None]]:
        rows: list[tuple[bytes, bytes | None]] = [
            (key.encode(), pack((record.offset, record.order, pack(record.word))))
            for key, record in self._changed.items()
        ]
        self._changed = {}
        return rows

    def _evict(self, kept_ms: int) -> None:
        for key, statement in list(self.statements.items()):
            word = statement.word
            if max(word.opened, word.solved, statement.newest) + self._window_ms >= kept_ms:
                continue
            customer, contact = key.split(SEPARATOR, 1)
            requester = self.requesters.get(customer)
            if requester is None:
                del self._alone[customer]
            else:
                requester.forget(contact)
                if not requester.words:
                    del self.requesters[customer]
            del self.statements[key]
            self._changed.pop(key, None)
            self._dead.append(key.encode())
