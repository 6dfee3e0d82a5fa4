"""Corrections: an earlier event of the same entity is taken back or replaced. They travel on every source topic."""

from __future__ import annotations

from typing import Annotated

import msgspec
from msgspec import Meta

from topics.events.envelope import Event, Id


class _Kind(msgspec.Struct):
    type: str = ""


_kind = msgspec.json.Decoder(_Kind).decode


class CorrectionRetract(Event, tag="correction.retract", kw_only=True):
    """Takes an earlier event of the same entity back."""

    corrects_event_id: Id


class CorrectionReplace(Event, tag="correction.replace", kw_only=True):
    """Puts ``event`` (whole) in the place of an earlier event of the same entity."""

    corrects_event_id: Id
    event: Annotated[msgspec.Raw, Meta(description="the event as it should have been, whole; no correction")]

    def __post_init__(self) -> None:
        if self.event and _kind(self.event).type.startswith("correction."):
            raise ValueError("Invalid event: a correction cannot be put in an event's place")


CORRECTIONS: tuple[type[Event], ...] = (CorrectionRetract, CorrectionReplace)
