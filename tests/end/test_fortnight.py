"""A simulated fortnight with opening hours and service targets, over a change of the clocks and over Easter."""

from __future__ import annotations

import pytest

from tests.end.judging import DAY_MS, differences, simulated

# Berlin's clocks go forward on the 29th of March, Good Friday is the 3rd of April, Easter Monday the 6th. The clocks of
# Sydney go back on the 5th of April. On the 1st of April some hours change and the targets are others.
FROM_MS = 1_774_224_000_000  # 2026-03-23T00:00:00Z, a Monday
TOML = """
[[schedules.office]]
zone = "Europe/Berlin"
holidays = "DE"
mon = ["08:00-12:00", "13:00-18:00"]
tue = ["08:00-12:00", "13:00-18:00"]
wed = ["08:00-12:00", "13:00-18:00"]
thu = ["08:00-12:00", "13:00-18:00"]
fri = ["08:00-16:30"]
sun = ["01:30-03:30", "22:00-24:00"]

[[schedules.office]]
from = 2026-04-01
zone = "Europe/Berlin"
holidays = "DE"
mon = ["09:00-17:00"]
tue = ["09:00-17:00"]
wed = ["09:00-17:00"]
thu = ["09:00-17:00"]

[schedules.always]
zone = "Australia/Sydney"
mon = ["00:00-24:00"]
tue = ["00:00-24:00"]
wed = ["00:00-24:00"]
thu = ["00:00-24:00"]
fri = ["00:00-24:00"]
sat = ["00:00-24:00"]
sun = ["00:00-02:30"]

[queues."*"]
schedule = "office"
[queues.technical]
schedule = "always"

[[targets.response]]
metric = "first_response"
match = {}
seconds = 3600
clock = "business"
warn_seconds = 900

[[targets.response]]
from = 2026-04-01
metric = "first_response"
match = {}
seconds = 600
warn_seconds = 900

[targets.urgent]
metric = "first_response"
match = { priority = ["high", "urgent"] }
seconds = 1800

[targets.reply]
metric = "next_reply"
match = { queue = ["returns", "billing"] }
seconds = 1200
clock = "business"

[targets.fix]
metric = "resolution"
match = {}
seconds = 14400
clock = "business"

[targets.pick_up]
metric = "answer"
match = {}
seconds = 30
warn_seconds = 10
"""


@pytest.mark.slow
def test_a_fortnight_with_hours_holidays_and_targets():
    """K11, K12, R28, R29: every row equals the oracle, targets that changed in the middle and both clocks included."""
    arrivals = simulated(seed=11, rate=0.02, hours=14 * 24, start_ms=FROM_MS)

    assert differences(arrivals, TOML) == []
    assert differences(arrivals, TOML, from_ms=FROM_MS + 5 * DAY_MS, to_ms=FROM_MS + 9 * DAY_MS + 12_345) == []
