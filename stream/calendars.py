"""Days off: the public holidays of a country, or the whole-day events of a calendar file (iCalendar)."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterator
from datetime import date, datetime, time, timedelta
from pathlib import Path
from typing import Any

from stream.core.schedule import day_number

FIRST_YEAR, LAST_YEAR = 1970, 2060
EVENT_DAYS_MAX = 400
DAYS_APART = ("DAILY", "WEEKLY", "MONTHLY", "YEARLY")


def reader(folder: Path) -> Callable[[str], frozenset[int]]:
    """What reads the days off that a setting names: a code (``DE``, ``DE-BY``), or a file ending in .ics, relative to
    ``folder``. What it gives are day numbers; it raises ``ValueError`` with a sentence that says what is wrong.
    """

    def days_off(name: str) -> frozenset[int]:
        if name.lower().endswith(".ics"):
            return of_file(folder / name)
        return of_country(name)

    return days_off


def of_country(code: str) -> frozenset[int]:
    """The public holidays of a country, or of one of its parts."""
    import holidays

    country, _, part = code.partition("-")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of some countries the library knows fewer years than we ask for
        try:
            found = holidays.country_holidays(country, part or None, years=range(FIRST_YEAR, LAST_YEAR + 1))
        except NotImplementedError:
            raise ValueError(f"{code!r} is no known code, such as DE or DE-BY, and no .ics file") from None
    return frozenset(map(day_number, found))


def of_file(path: Path) -> frozenset[int]:
    """The whole-day events of a file, repeated ones each time. Events with a time of day are no days off."""
    import icalendar

    try:
        calendar = icalendar.Calendar.from_ical(path.read_bytes())
    except OSError as error:
        raise ValueError(f"{path} cannot be read: {error.strerror}") from None
    except ValueError:
        raise ValueError(f"{path} is no calendar file") from None
    try:
        found = frozenset(
            day_number(day) for event in calendar.walk("VEVENT") for day in _days_of(event) if _believable(day)
        )
    except (ValueError, KeyError, TypeError, AttributeError, OverflowError):
        raise ValueError(f"{path} has an event that cannot be read") from None
    if not found:
        raise ValueError(f"{path} has no whole-day event")
    return found


def _believable(day: date) -> bool:
    return FIRST_YEAR <= day.year <= LAST_YEAR


def _days_of(event: Any) -> Iterator[date]:
    start = event.decoded("DTSTART")
    if isinstance(start, datetime):
        return
    days = min((_end_of(event, start) - start).days, EVENT_DAYS_MAX)
    cancelled = set(_dates(event, "EXDATE"))
    for first in (*_repeated(event, start), *_dates(event, "RDATE")):
        if first not in cancelled:
            for n in range(days):
                yield first + timedelta(days=n)


def _end_of(event: Any, start: date) -> date:
    """The day after the last."""
    if "DTEND" in event:
        end: date = event.decoded("DTEND")
        return end if end > start else start + timedelta(days=1)
    length: timedelta = event.decoded("DURATION") if "DURATION" in event else timedelta(days=1)
    return start + max(length, timedelta(days=1))


def _repeated(event: Any, start: date) -> list[date]:
    if "RRULE" not in event:
        return [start]
    from dateutil.rrule import rrulestr

    last = datetime.combine(date(LAST_YEAR, 12, 31), time.max)
    rule = dict(event["RRULE"])
    if rule["FREQ"][0] not in DAYS_APART:
        raise ValueError("a day off cannot come again within the day")
    if "UNTIL" in rule:
        rule["UNTIL"] = [_as_day(until) for until in rule["UNTIL"]]
    text = type(event["RRULE"])(rule).to_ical().decode()
    found = rrulestr(text, dtstart=datetime.combine(start, time()))
    return [moment.date() for moment in found.between(datetime.combine(start, time()), last, inc=True)]


def _dates(event: Any, name: str) -> Iterator[date]:
    listed = event.get(name, [])
    for entry in listed if isinstance(listed, list) else [listed]:
        yield from (_as_day(value.dt) for value in entry.dts)


def _as_day(moment: date) -> date:
    return moment.date() if isinstance(moment, datetime) else moment
