"""Named points at which the fault tests kill a worker: between two acknowledgements, where it matters most."""

from __future__ import annotations

import os
import signal
from collections.abc import Sized

VARIABLE = "DESKPULSE_CRASH_AT"


def crash_point(name: str, events: Sized) -> None:
    """Dies as by kill -9 when ``DESKPULSE_CRASH_AT`` names this point and there is something to lose."""
    if events and os.environ.get(VARIABLE) == name:
        os.kill(os.getpid(), signal.SIGKILL)
