"""Buckets of fixed relative error for durations in ms: exact below 64 ms, then 32 buckets an octave.

Integers only, so that a retraction takes out exactly what an addition put in. The middle of a bucket is within 1.6 %
of every value in it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

_EXACT_BITS = 6
_STEPS_BITS = 5
BUCKETS = (64 - _EXACT_BITS << _STEPS_BITS) + 64


def bucket_of(value: int) -> int:
    """The bucket of a duration of ``value`` ms (not negative)."""
    shift = value.bit_length() - _EXACT_BITS
    return (shift << _STEPS_BITS) + (value >> shift) if shift > 0 else value


def middle_of(bucket: int) -> float:
    """The value (ms) that stands for all durations of ``bucket``."""
    if bucket < 1 << _EXACT_BITS:
        return float(bucket)
    shift = (bucket >> _STEPS_BITS) - 1
    low = (bucket - (shift << _STEPS_BITS)) << shift
    return low + ((1 << shift) - 1) / 2


def quantiles(counts: Mapping[int, int], shares: Iterable[float]) -> list[float]:
    """By nearest rank: for each share (ascending) the smallest value that at least that share does not exceed, in ms.

    ``counts`` is bucket -> number, not all zero.
    """
    ordered = sorted((bucket, n) for bucket, n in counts.items() if n)
    total = sum(n for _, n in ordered)
    found: list[float] = []
    position, below = -1, 0
    for share in shares:
        rank = max(1, -int(-share * total // 1))
        while below < rank and position + 1 < len(ordered):
            position += 1
            below += ordered[position][1]
        found.append(middle_of(ordered[position][0]))
    return found
