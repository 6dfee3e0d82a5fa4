"""Days off by country and from calendar files, as a configuration names them."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from stream.calendars import of_country, of_file, reader
from stream.configuration import Options, origins
from stream.core.schedule import day_number
from stream.core.settings import BadSetting
from tests.conftest import ROOT


def calendar(*events):
    lines = ["BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:-//test//"]
    for n, event in enumerate(events):
        lines += ["BEGIN:VEVENT", f"UID:{n}", *event, "END:VEVENT"]
    return "\r\n".join([*lines, "END:VCALENDAR", ""])


def days(found):
    return {(date(1970, 1, 1) + timedelta(days=n)).isoformat() for n in found}


def test_r28_holidays_of_a_country_and_of_its_parts():
    """R28: Bavaria keeps the sixth of January, Germany as a whole does not; both keep Christmas."""
    epiphany, christmas = (day_number(date(2026, m, d)) for m, d in ((1, 6), (12, 25)))
    assert christmas in of_country("DE")
    assert epiphany not in of_country("DE")
    assert {christmas, epiphany} <= of_country("DE-BY")


@pytest.mark.parametrize("code", ["XX", "DE-XX", "", "de", "DE-"])
def test_an_unknown_code(code):
    """What the library does not know is refused with an example."""
    if code == "DE-":  # no part is asked for
        assert of_country(code) == of_country("DE")
        return
    with pytest.raises(ValueError, match="no known code, such as DE or DE-BY"):
        of_country(code)


def test_r28_whole_day_events_of_a_file(tmp_path):
    """R28: single days, several days, days that come again but for the cancelled ones; hours of a day are no day."""
    file = tmp_path / "shop.ics"
    file.write_text(
        calendar(
            ["DTSTART;VALUE=DATE:20260105"],
            ["DTSTART;VALUE=DATE:20260201", "DTEND;VALUE=DATE:20260203"],
            ["DTSTART;VALUE=DATE:20260301", "DURATION:P2D"],
            ["DTSTART;VALUE=DATE:20260504", "RRULE:FREQ=WEEKLY;COUNT=3", "EXDATE;VALUE=DATE:20260511"],
            ["DTSTART;VALUE=DATE:20271224", "RRULE:FREQ=YEARLY;UNTIL=20291224T000000Z"],
            ["DTSTART:20260601T090000Z", "DTEND:20260601T100000Z"],
        )
    )
    assert days(of_file(file)) == {
        "2026-01-05", "2026-02-01", "2026-02-02", "2026-03-01", "2026-03-02", "2026-05-04", "2026-05-18",
        "2027-12-24", "2028-12-24", "2029-12-24",
    }  # fmt: skip


def test_a_rule_without_an_end(tmp_path):
    """A day that comes again every year for ever is believed for the years that calendars are made for."""
    file = tmp_path / "shop.ics"
    file.write_text(calendar(["DTSTART;VALUE=DATE:20200229", "RRULE:FREQ=YEARLY"]))
    assert {"2020-02-29", "2024-02-29", "2060-02-29"} <= days(of_file(file))
    assert "2023-02-28" not in days(of_file(file))


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        (None, "cannot be read"),
        ("not a calendar", "no calendar file"),
        (calendar(), "no whole-day event"),
        (calendar(["DTSTART:20260601T090000Z"]), "no whole-day event"),
        (calendar(["SUMMARY:a day"]), "cannot be read"),
        (calendar(["DTSTART;VALUE=DATE:20260504", "RRULE:FREQ=SOMETIMES"]), "cannot be read"),
        (calendar(["DTSTART;VALUE=DATE:20260504", "RRULE:FREQ=SECONDLY"]), "cannot be read"),
    ],
)
def test_a_file_that_is_no_calendar(tmp_path, text, problem):
    """One sentence says what is wrong with the file."""
    file = tmp_path / "shop.ics"
    if text is not None:
        file.write_text(text)
    with pytest.raises(ValueError, match=problem):
        of_file(file)


def test_a_file_is_looked_for_beside_the_configuration(tmp_path):
    """R28: relative to the configuration file; what cannot be read names its key, and is not shown day by day."""
    configuration = tmp_path / "deskpulse.toml"
    configuration.write_text(
        "[schedules.office]\nmon = ['09:00-17:00']\nholidays = 'days/shop.ics'\n[queues.billing]\nschedule = 'office'\n"
    )
    with pytest.raises(BadSetting, match=r"schedules\.office\.holidays: .*shop\.ics cannot be read"):
        Options(str(configuration)).settings()
    (tmp_path / "days").mkdir()
    (tmp_path / "days" / "shop.ics").write_text(calendar(["DTSTART;VALUE=DATE:20260105"]))
    options = Options(str(configuration))
    assert options.settings().days_off == {"days/shop.ics": (day_number(date(2026, 1, 5)),)}
    shown = {key: (value, origin) for key, value, origin in origins(options)}
    assert shown["schedules.office.mon"] == (("09:00-17:00",), str(configuration))
    assert not any(key.startswith("days_off") for key in shown)
    assert reader(tmp_path)("days/shop.ics") == {day_number(date(2026, 1, 5))}


def test_the_example_of_hours_and_targets():
    """The example loads; its queue is shut on a Bavarian holiday, and other hours hold from its date on."""
    settings = Options(str(ROOT / "examples" / "service_targets.toml")).settings()
    schedule = settings.schedule("billing")
    assert schedule is not None
    berlin = ZoneInfo("Europe/Berlin")
    open_at = {
        when: schedule.is_open(round(datetime.fromisoformat(when).replace(tzinfo=berlin).timestamp() * 1000))
        for when in ("2026-01-05T08:30", "2026-01-06T09:00", "2026-01-09T15:59", "2027-01-05T08:30", "2027-01-08T10:00")
    }
    assert list(open_at.values()) == [True, False, True, False, False]
    assert settings.schedule("elsewhere") is None
    assert [target.seconds for target in settings.targets["urgent"]] == [3600, 1800]
