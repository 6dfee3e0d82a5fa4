"""Named points at which the fault tests kill or freeze a worker: between two acknowledgements, where it matters
most.
"""

from __future__ import annotations

import os
import signal
from collections.abc import Sized

SIGNALS = {"DESKPULSE_CRASH_AT": signal.SIGKILL, "DESKPULSE_FREEZE_AT": signal.SIGSTOP}


def crash_point(name: str, events: Sized) -> None:
    """Dies as by kill -9 when ``DESKPULSE_CRASH_AT`` names this point, or sleeps once until SIGCONT
    when ``DESKPULSE_FREEZE_AT`` does, and there is something to lose.
    """
    for variable, sent in SIGNALS.items():
        if events and os.environ.get(variable) == name:
            del os.environ[variable]
            os.kill(os.getpid(), sent)
