"""Settings: what holds, where it comes from, and the line that a person gets when it cannot be."""

from __future__ import annotations

from typing import Any

import pytest

from stream.core.sections import DISPLAY, SECTIONS, Queue
from stream.core.settings import BadSetting, load

WRONG: tuple[tuple[str, dict[str, str], str, str], ...] = (
    ("[time]\nzon = 'UTC'", {}, "time.zon", "unknown key: did you mean zone?"),
    ("[tim]\nzone = 'UTC'", {}, "tim", "unknown key: did you mean time?"),
    ("colour = 1", {}, "colour", "unknown key"),
    ("time = 5", {}, "time", "should be a table"),
    ("[time]\nzone = 5", {}, "time.zone", "should be text"),
    ("[time]\nzone = 'Mars/Phobos'", {}, "time.zone", "'Mars/Phobos' is no time zone, such as Europe/Berlin"),
    ("[time]\nzone = '../etc/passwd'", {}, "time.zone", "is no time zone"),
    ("[time]\nzone = ''", {}, "time.zone", "is no time zone"),
    ("[time]\nday_start = '07:10'", {}, "time.day_start", "should be a time of day on a quarter of an hour"),
    ("[time]\nclock = 'sundial'", {}, "time.clock", "should be one of events, wall"),
    ("[time]\nhorizon_hours = -1", {}, "time.horizon_hours", "should be a number of at least 0"),
    ("[time]\nhorizon_hours = inf", {}, "time.horizon_hours", "should be a finite number"),
    ("[time]\nhorizon_hours = nan", {}, "time.horizon_hours", "should be a"),
    ("[queues.billing]\nobjective = 80", {}, "queues.billing.objective", "should be a number above 0 and at most 1"),
    ("[queues.billing]\nobjectiv = 0.8", {}, "queues.billing.objectiv", "did you mean objective?"),
    ("[queues.'*']\nobjectiv = 0.8", {}, "queues.*.objectiv", "did you mean objective?"),
    ("[queues.billing]\nzone = 'x/y'", {}, "queues.billing.zone", "is no time zone"),
    ("[queues.billing]\nlabel = '1234567890123456789'", {}, "queues.billing.label", "text of at most 18 characters"),
    ("[queues.billing]\nchannels = 'voice'", {}, "queues.billing.channels", "should be a list, each text"),
    ("[queues.billing]\nwarn = inf", {}, "queues.billing.warn", "should be a"),
    ("[queues]\nbilling = 1", {}, "queues.billing", "should be a table"),
    ("queues = [1]", {}, "queues", "should be a table"),
    ("[board]\nlisten = '8080'", {}, "board.listen", "'8080' should be HOST:PORT"),
    ("[board]\nlisten = ''", {}, "board.listen", "should be HOST:PORT"),
    ("[board]\nlisten = 'localhost:70000'", {}, "board.listen", "should be HOST:PORT"),
    ("[worker]\nlisten = 'localhost'", {}, "worker.listen", "should be HOST:PORT"),
    ("[board]\nretention_days = 1.5", {}, "board.retention_days", "should be a whole number of at least 0"),
    ("[board]\nper_agent = 'yes'", {}, "board.per_agent", "should be true or false"),
    ("[kafka]\nbrokers = 'a:1, nohost'", {}, "kafka.brokers", "'nohost' should be HOST:PORT"),
    ("[kafka]\nbrokers = ''", {}, "kafka.brokers", "should be HOST:PORT"),
    ("[kafka]\napp_id = 'a b'", {}, "kafka.app_id", "should be 1 to 80 letters"),
    ("[kafka]\nsecurity_protocol = 'ssl'", {}, "kafka.security_protocol", "should be one of PLAINTEXT"),
    ("[service_level]\nformula = 'erlang'", {}, "service_level.formula", "should be one of asterisk_sl"),
    ("[service_level.short_abandon_seconds]\nvoice = -1", {}, "service_level.short_abandon_seconds", "at least 0"),
    ("[limits]\nqueues = 0", {}, "limits.queues", "should be a whole number of at least 1"),
    ("[", {}, "configuration", "is not TOML"),
    ("[time]\nzone = 'UTC'\nzone = 'UTC'", {}, "configuration", "is not TOML"),
    ("", {"DESKPULSE_FOO__BAR": "1"}, "foo", "unknown key"),
    ("", {"DESKPULSE_TIME__ZON": "UTC"}, "time.zon", "did you mean zone?"),
    ("", {"DESKPULSE_TIME__ZONE__X": "1"}, "time.zone", "should be text"),
    ("[time]\nzone = 'UTC'", {"DESKPULSE_TIME__ZONE__X": "1"}, "time.zone", "should be a table"),
    ("time = 5", {"DESKPULSE_TIME__ZONE": "UTC"}, "time", "should be a table"),
    ("", {"DESKPULSE_KAFKA__PARTITIONS": "many"}, "kafka.partitions", "should be a whole number"),
    ("[time]\nzone = 'UTC'", {"DESKPULSE_TIME__ZONE": "Nowhere"}, "time.zone", "is no time zone"),
    ("[queues.billing]\nschedule = 'ofice'\n[schedules.office]\nmon = ['09:00-17:00']", {}, "queues.billing.schedule", "'ofice' is an unknown schedule: did you mean office?"),
    ("[schedules.office]\nmon = ['09:00-12:00', '11:30-13:00']", {}, "schedules.office.mon", "'09:00-12:00' and '11:30-13:00' overlap"),
    ("[schedules.office]\nmon = ['17:00-09:00']", {}, "schedules.office.mon", "'17:00-09:00' ends before it begins"),
    ("[schedules.office]\nmon = ['9-5']", {}, "schedules.office.mon", "'9-5' should be a period, such as 09:00-12:30"),
    ("[schedules.office]\nmon = '09:00-17:00'", {}, "schedules.office.mon", "should be a list, each text"),
    ("[schedules.office]\nmonday = ['09:00-17:00']", {}, "schedules.office.monday", "unknown key"),
    ("[schedules.office]\nzone = 'Mars/Phobos'", {}, "schedules.office.zone", "is no time zone"),
    ("[schedules.office]\nzone = 'UTC'", {}, "schedules.office", "is never open"),
    ("[schedules.office]\nholidays = 'DE'", {}, "schedules.office.holidays", "'DE' cannot be read here"),
    ("[schedules]\noffice = 5", {}, "schedules.office", "should be a table or a list of tables"),
    ("[[schedules.office]]\nmon = ['09:00-17:00']\n[[schedules.office]]\nmon = ['09:00-16:00']", {}, "schedules.office[1].from", "is missing"),
    ("[[schedules.office]]\nfrom = 2026-01-01\n[[schedules.office]]\nfrom = 2026-01-01", {}, "schedules.office[1].from", "should be later than 2026-01-01"),
    ("[schedules.office]\nfrom = 5", {}, "schedules.office.from", "should be a date, such as 2026-01-31"),
    ("[targets.gold]\nmetric = 'answer'\nseconds = 20", {}, "targets.gold.match", "is missing"),
    ("[targets.gold]\nmetric = 'answer'\nseconds = 20\nmatch = 'billing'", {}, "targets.gold.match", "should be a table"),
    ("[targets.gold]\nmetric = 'answer'\nseconds = 20\nmatch = {queues = 'billing'}", {}, "targets.gold.match.queues", "did you mean queue?"),
    ("[targets.gold]\nmetric = 'answer'\nseconds = 20\nmatch = {queue = 5}", {}, "targets.gold.match.queue", "should be a name or a list of names"),
    ("[targets.gold]\nmetric = 'answer'\nseconds = 20\nmatch = {queue = []}", {}, "targets.gold.match.queue", "should name at least one"),
    ("[targets.gold]\nmetric = 'answer'\nseconds = 0\nmatch = {}", {}, "targets.gold.seconds", "should be a number above 0"),
    ("[targets.gold]\nmetric = 'answer'\nseconds = nan\nmatch = {}", {}, "targets.gold.seconds", "should be a"),
    ("[targets.gold]\nmetric = 'speed'\nseconds = 20\nmatch = {}", {}, "targets.gold.metric", "should be one of answer"),
    ("[targets.gold]\nmetric = 'answer'\nseconds = 20\nmatch = {}\nclock = 'wall'", {}, "targets.gold.clock", "one of business, calendar"),
    ("[[targets.gold]]\nmetric = 'answer'\nseconds = 20\nmatch = {}\n[[targets.gold]]\nfrom = 2026-01-01\nmetric = 'next_reply'\nseconds = 20\nmatch = {}", {}, "targets.gold", "should keep its metric"),
    ("", {"DESKPULSE_QUEUES__BILLING__OBJECTIVE": "2"}, "queues.billing.objective", "at most 1"),
)  # fmt: skip


@pytest.mark.parametrize(("toml", "environ", "key", "problem"), WRONG)
def test_a_wrong_setting_is_named_with_what_it_should_be(
    toml: str, environ: dict[str, str], key: str, problem: str
) -> None:
    """One line: the dotted key and what is wanted, and no word of the libraries below."""
    with pytest.raises(BadSetting) as caught:
        load(toml, environ)
    assert caught.value.key == key
    assert problem in str(caught.value)
    assert "\n" not in str(caught.value)
    assert "`" not in str(caught.value)


@pytest.mark.parametrize("name", SECTIONS)
def test_every_key_of_every_section_refuses_what_it_is_not(name: str) -> None:
    """A value of a wrong type is refused under its own key, whichever key it is."""
    for key in SECTIONS[name].__struct_fields__:
        with pytest.raises(BadSetting) as caught:
            load("", {}, {f"{name}.{key}": [object]})
        assert caught.value.key.partition("[")[0] == f"{name}.{key}"
        assert "should be" in str(caught.value)


def test_nothing_said_gives_the_defaults() -> None:
    """An empty configuration is whole."""
    settings = load()
    assert settings.time.horizon_hours == 50
    assert settings.service_level.formula == "genesys"
    assert settings.queue("anything") == Queue()
    assert settings.short_abandon_ms("voice") == 5000
    assert settings.short_abandon_ms("chat") == 0


def test_what_comes_later_holds() -> None:
    """File, then environment, then overrides."""
    toml, environ = "[time]\nzone = 'Asia/Tokyo'", {"DESKPULSE_TIME__ZONE": "Europe/Rome"}
    assert load(toml).time.zone == "Asia/Tokyo"
    assert load(toml, environ).time.zone == "Europe/Rome"
    assert load(toml, environ, {"time.zone": "UTC"}).time.zone == "UTC"


@pytest.mark.parametrize(
    ("name", "text", "key", "value"),
    [
        ("KAFKA__BROKERS", "a:1,b:2", "kafka.brokers", "a:1,b:2"),
        ("KAFKA__PARTITIONS", "3", "kafka.partitions", 3),
        ("TIME__HORIZON_HOURS", "0.5", "time.horizon_hours", 0.5),
        ("BOARD__PER_AGENT", "true", "board.per_agent", True),
        ("BOARD__LISTEN", "[::1]:80", "board.listen", "[::1]:80"),
        ("BOARD__LISTEN", '"0.0.0.0:80"', "board.listen", "0.0.0.0:80"),
        ("KAFKA__SASL_PASSWORD", "12345", "kafka.sasl_password", "12345"),
        ("KAFKA__SASL_PASSWORD", "true", "kafka.sasl_password", "true"),
        ("KAFKA__SASL_PASSWORD", "1979-05-27", "kafka.sasl_password", "1979-05-27"),
        ("KAFKA__SASL_PASSWORD", "a = [b]#c", "kafka.sasl_password", "a = [b]#c"),
        ("KAFKA__SASL_PASSWORD", "1\nb = 2", "kafka.sasl_password", "1\nb = 2"),
        ("SERVICE_LEVEL__SHORT_ABANDON_SECONDS", "{voice = 3}", "service_level.short_abandon_seconds", {"voice": 3}),
        ("SERVICE_LEVEL__SHORT_ABANDON_SECONDS__VOICE", "3", "service_level.short_abandon_seconds", {"voice": 3}),
    ],
)  # fmt: skip
def test_the_environment_is_read_as_toml_or_else_as_text(name: str, text: str, key: str, value: Any) -> None:
    """A variable is what TOML makes of it; what is to be text stays text, digits too."""
    section, _, entry = key.partition(".")
    assert getattr(getattr(load("", {f"DESKPULSE_{name}": text}), section), entry) == value


def test_variables_of_others_are_left_alone() -> None:
    """Only DESKPULSE_SECTION__KEY is ours."""
    assert load("", {"HOME": "/", "DESKPULSE_HOME": "x", "XDESKPULSE_TIME__ZONE": "x", "PATH__X": "y"}) == load()


def test_a_queue_takes_from_the_general_one_what_it_does_not_say() -> None:
    """[queues."*"] holds for every queue, key by key, named or not."""
    settings = load(
        '[queues."*"]\nanswer_target_seconds = 30\nobjective = 0.9\n[queues.billing]\nobjective = 0.7\nzone = "Asia/Tokyo"'
    )
    assert settings.queue("billing").answer_target_seconds == 30
    assert settings.queue("billing").objective == 0.7
    assert settings.queue("elsewhere").objective == 0.9
    assert settings.zone_of("billing") == ("Asia/Tokyo", "00:00")
    assert settings.zone_of("elsewhere") == ("UTC", "00:00")


def test_short_abandons_are_one_number_or_by_channel() -> None:
    """A number holds for every channel; a table for those that it names."""
    one = load("[service_level]\nshort_abandon_seconds = 2.5")
    assert (one.short_abandon_ms("voice"), one.short_abandon_ms("chat")) == (2500, 2500)
    some = load("[service_level]\nshort_abandon_seconds = {chat = 1}")
    assert (some.short_abandon_ms("voice"), some.short_abandon_ms("chat")) == (0, 1000)


CHANGES_A_NUMBER = (
    "[time]\nzone = 'Asia/Tokyo'",
    "[time]\nday_start = '06:00'",
    "[time]\nhorizon_hours = 1",
    "[time]\nclock = 'events'",
    "[time]\nfuture_skew_seconds = 1",
    "[queues.billing]\nanswer_target_seconds = 30",
    "[queues.'*']\nanswer_target_seconds = 30",
    "[queues.billing]\nzone = 'Asia/Tokyo'",
    "[service_level]\nformula = 'offered'",
    "[service_level]\nshort_abandon_seconds = 0",
    "[kpis]\nresume_within_seconds = 0",
    "[kpis]\nfirst_response_start = 'created'",
    "[limits]\nqueues = 10",
    "[limits]\nteams = 10",
    "[limits]\nevents_per_record = 10",
    "[limits]\nevent_bytes = 10",
)
CHANGES_NONE = (
    "",
    "[time]\nzone = 'UTC'",
    "[queues.'*']\nanswer_target_seconds = 20",
    "[queues.'*']\nobjective = 0.9",
    "[queues.'*']\nlabel = 'Billing'",
    "[queues.'*']\nlongest_wait_max_seconds = 5",
    "[queues.billing]\nlabel = 'Billing'\nanswer_target_seconds = 20",
    "[queues.'*']\nteams = ['phones']",
    "[limits]\nsse_clients = 1",
    "[limits]\nseries = 1",
    "[kafka]\nbrokers = 'a:1'\npartitions = 3\nsasl_password = 'x'",
    "[worker]\npersist_ms = 1",
    "[board]\nlisten = '0.0.0.0:1'\nretention_days = 1",
)


def test_the_version_changes_exactly_with_what_changes_a_number() -> None:
    """Twelve hex digits: the same for what is only shown, sent or kept, different for every definition."""
    base = load().config_version
    assert len(base) == 12
    assert int(base, 16) >= 0
    assert {load(toml).config_version for toml in CHANGES_NONE} == {base}
    versions = [load(toml).config_version for toml in CHANGES_A_NUMBER]
    assert len({base, *versions}) == 1 + len(versions)


def test_what_is_display_only_exists() -> None:
    """The list of keys that change no number names keys that there are."""
    known = {section.__name__: set(section.__struct_fields__) for section in (*SECTIONS.values(), Queue)}
    assert known.keys() >= DISPLAY.keys()
    assert all(known[name] >= keys for name, keys in DISPLAY.items())
