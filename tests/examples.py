"""How many examples the property tests try: all of them in ``make test``, an eighth in ``make test-fast``."""

from __future__ import annotations

import os

QUICK = "DESKPULSE_QUICK"
LEAST = 3


def examples(number: int) -> int:
    """``number`` of examples, or fewer where quick tests are asked for."""
    return max(LEAST, number // 8) if os.environ.get(QUICK) else number
