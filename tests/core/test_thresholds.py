"""When a number needs somebody: borders, hysteresis, and one place for all of them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stream.core.sections import Queue
from stream.core.thresholds import HYSTERESIS, LEVELS, Bound, Held, bounds, worst

WAIT = Bound(60, 0.9)
LEVEL = Bound(0.8, 0.9, is_objective=True)
DESKS = Bound(0.85, 1.0, worst="warn")


@pytest.mark.parametrize(
    ("bound", "value", "level"),
    [
        (WAIT, 0, "ok"), (WAIT, 53.99, "ok"), (WAIT, 54, "warn"), (WAIT, 60, "warn"), (WAIT, 60.01, "crit"),
        (LEVEL, 1, "ok"), (LEVEL, 0.8, "ok"), (LEVEL, 0.7999, "warn"), (LEVEL, 0.721, "warn"), (LEVEL, 0.719, "crit"),
        (DESKS, 0.8499, "ok"), (DESKS, 0.86, "warn"), (DESKS, 1, "warn"),
    ],
)  # fmt: skip
def test_levels(bound, value, level):
    """A limit is kept up to and with itself, an objective is reached at itself; full desks are never crit."""
    assert bound.level(value) == level


@given(st.floats(0, 2), st.sampled_from([Bound(1, 0.9), LEVEL, DESKS]))
def test_the_steps_of_a_gauge_are_the_borders_of_the_levels(value, bound):
    """Between two borders the level is that of the lower one, but for a limit, which belongs to the level below it."""
    steps = [level for border, level in bound.borders() if value > border or (value == border and bound.is_objective)]
    at_border = [border for border, _ in bound.borders() if value == border]
    if not at_border or bound.is_objective:
        assert bound.level(value) == (steps[-1] if steps else bound.borders()[0][1])


def test_a_level_rises_at_once_and_falls_with_a_margin():
    """A number that hovers at a border does not flicker; one that is well again by the margin is."""
    held = Held()
    seen = [held.level("wait", WAIT, value, n)[0] for n, value in enumerate((50, 61, 59.9, 59, 58.7, 53.5, 52.7))]
    assert seen == ["ok", "crit", "crit", "crit", "warn", "warn", "ok"]
    seen = [held.level("sl", LEVEL, value, n)[0] for n, value in enumerate((0.81, 0.79, 0.805, 0.82, 0.71, 0.73, 0.74))]
    assert seen == ["ok", "warn", "warn", "ok", "crit", "crit", "warn"]


def test_since_when_a_level_holds():
    """The moment of the change stays while the level does; what is forgotten begins anew."""
    held = Held()
    assert held.level("a", WAIT, 61, 1000) == ("crit", 1000)
    assert held.level("a", WAIT, 70, 2000) == ("crit", 1000)
    assert held.level("a", WAIT, 10, 3000) == ("ok", 3000)
    held.keep(lambda key: key != "a")
    assert held.level("a", WAIT, 59.9, 4000) == ("warn", 4000)


@given(st.floats(0, 200), st.sampled_from(LEVELS))
def test_the_margin_never_makes_a_level_worse_than_it_was(value, before):
    """Held levels lie between the plain level and the one before, and are those of a value within the margin."""
    found = WAIT.held(value, before)
    assert LEVELS.index(WAIT.level(value)) <= LEVELS.index(found) <= max(map(LEVELS.index, (before, WAIT.level(value))))
    assert LEVELS.index(found) <= max(
        LEVELS.index(WAIT.level(value + HYSTERESIS * WAIT.target)), LEVELS.index(WAIT.level(value))
    )


def test_the_borders_of_a_queue_are_those_of_its_settings():
    """Each KPI that has a target has its bound, from the queue's own settings."""
    of = bounds(Queue(longest_wait_max_seconds=90, objective=0.9, abandonment_max=0.03, occupancy_max=0.8, warn=0.8))
    assert of["oldest_wait_seconds"] == (90, 0.8, False, "crit")
    assert of["service_level_ratio"] == of["target_attainment_ratio"] == (0.9, 0.8, True, "crit")
    assert of["abandonment_ratio"].target == 0.03
    assert of["occupancy_ratio"] == (0.8, 1.0, False, "warn")
    assert worst(("ok", "crit", "warn")) == "crit"
    assert worst(()) == "ok"
