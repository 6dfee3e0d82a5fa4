"""What cannot be meant ends with 2 and one line that names the option or key and what it should be."""

from __future__ import annotations

from pathlib import Path

import pytest
from click.testing import CliRunner

from stream.cli import deskpulse
from tests.cli.program import one_line, run

NO_FILE = "/nowhere/to/be/found"
CASES: tuple[tuple[tuple[str, ...], str], ...] = (
    (("nope",), "no such command 'nope' (see deskpulse --help)"),
    (("kpis", "--nope"), "no such option: --nope (see deskpulse kpis --help)"),
    (("kpis", "answer_speed"), "NAME: 'answer_speed' is no KPI: did you mean answer_speed_seconds?"),
    (("kpis", "zzz"), "NAME: 'zzz' is no KPI: deskpulse kpis lists them"),
    (("report",), "missing argument 'SOURCE' (see deskpulse report --help)"),
    (("report", "events"), "missing argument 'FILE...' (see deskpulse report --help)"),
    (("report", "nowhere", "-"), "SOURCE: 'nowhere' is none of events, anonymous_bank, helpdesk_italian"),
    (("report", "events", NO_FILE), f"FILE: there is no file {NO_FILE}"),
    (("report", "events", "."), "FILE: . is a directory"),
    (("report", "anonymous_bank", "{empty}"), "these are not the columns of the Anonymous Bank"),
    (("report", "helpdesk_italian", "{empty}"), "these are not the columns of the Italian help desk"),
    (("report", "events", "-", "--from", "2026-11-24T09:00:00"), "--from: '2026-11-24T09:00:00' should be a time with offset"),
    (("report", "events", "-", "--to", "noon"), "--to: 'noon' should be a time with offset"),
    (
        ("report", "events", "-", "--from", "2026-11-24T09:00:00Z", "--to", "2026-11-24T10:00:00+01:00"),
        "--to: should be later than --from",
    ),
    (("replay", "events", "-", "--speed", "0"), "--speed: '0' should be a number above 0, or max"),
    (("replay", "events", "-", "--speed", "nan"), "--speed: 'nan' should be a number above 0, or max"),
    (("replay", "events", "-", "--speed", "fast"), "--speed: 'fast' should be a number above 0, or max"),
    (("replay", "events", "-", "--board", "http://x"), "--board: goes with --brokers"),
    (("replay", "events", "-", "--brokers", "a:1", "--report", "-"), "--report: with --brokers the report comes from"),
    (("replay", "nowhere", "-"), "SOURCE: 'nowhere' is none of"),
    (("replay", "events", NO_FILE), f"FILE: there is no file {NO_FILE}"),
    (("simulate", "--scenario", "zz"), "--scenario: 'zz' is none of"),
    (("simulate", "--rate", "0"), "invalid value for '--rate'"),
    (("simulate", "--rate", "many"), "invalid value for '--rate'"),
    (("demo", "--port", "70000"), "invalid value for '--port'"),
    (("demo", "--for", "-1"), "invalid value for '--for'"),
    (("rejected", "list", "--topic", "x"), "--topic: 'x' is none of ticket.events"),
    (("rejected", "list", "--reason", "x"), "--reason: 'x' is none of too large"),
    (("topics", "destroy"), "'destroy' is not one of 'create', 'check', 'list'"),
    (("config", "check", "--config", NO_FILE), f"--config: {NO_FILE} cannot be read: No such file or directory"),
    (("config", "check", "--config", "."), "--config: . cannot be read: Is a directory"),
    (("config", "check", "--config", "{binary}"), "is no text in UTF-8"),
    (("config", "check", "--brokers", "nohost"), "kafka.brokers: 'nohost' should be HOST:PORT"),
    (("config", "check", "--brokers", ""), "kafka.brokers: '' should be HOST:PORT"),
    (("kpis", "--log-level", "loud"), "invalid value for '--log-level'"),
)  # fmt: skip


@pytest.mark.parametrize(
    ("words", "said"), CASES, ids=lambda value: " ".join(value)[:60] if isinstance(value, tuple) else ""
)
def test_one_line_says_what_is_wrong(words: tuple[str, ...], said: str, tmp_path: Path, capfd, monkeypatch) -> None:
    """In process, through the program's own main: status 2, one line on standard error, nothing on standard output."""
    import sys

    from stream.cli import main

    (tmp_path / "empty").touch()
    (tmp_path / "binary").write_bytes(b"\xff\xfe\x00")
    given = [word.format(empty=tmp_path / "empty", binary=tmp_path / "binary") for word in words]
    monkeypatch.setattr(sys, "argv", ["deskpulse", *given])
    with pytest.raises(SystemExit) as ended:
        main()
    out, err = capfd.readouterr()
    assert (ended.value.code, out) == (2, "")
    assert err.count("\n") == 1, err
    assert err.startswith("deskpulse: ")
    assert said in err


@pytest.mark.parametrize(
    "command", ["worker", "board", "demo", "simulate", "config check", "topics check", "rejected list"]
)
def test_every_command_refuses_a_bad_configuration(command: str, tmp_path: Path) -> None:
    """Before anything starts: the key, and what it should be."""
    path = tmp_path / "deskpulse.toml"
    path.write_text("[time]\nzone = 'Mars/Phobos'\n")
    done = CliRunner().invoke(deskpulse, [*command.split(), "--config", str(path)])
    assert done.exit_code == 2
    assert done.output == "deskpulse: time.zone: 'Mars/Phobos' is no time zone, such as Europe/Berlin\n"


def test_the_environment_is_refused_as_a_file_is() -> None:
    """As a whole program: an unknown section in a variable is named."""
    assert (
        one_line(run("worker", environ={"DESKPULSE_TIEM__ZONE": "UTC"}), 2) == "tiem: unknown key: did you mean time?"
    )


@pytest.mark.parametrize("key", ["kafka.sasl_password_file", "kafka.ssl_cafile", "board.token_file", "board.tls_cert"])
def test_a_file_that_the_configuration_names_is_looked_at_first(key: str, tmp_path: Path) -> None:
    """A secret's or certificate's file that is not there is told by its key."""
    section, _, name = key.partition(".")
    path = tmp_path / "deskpulse.toml"
    path.write_text(f"[{section}]\n{name} = '{NO_FILE}'\n")
    done = CliRunner().invoke(deskpulse, ["config", "check", "--config", str(path)])
    assert (done.exit_code, done.output) == (
        2,
        f"deskpulse: {key}: {NO_FILE} cannot be read: No such file or directory\n",
    )


def test_no_words_at_all_show_the_help() -> None:
    """Status 2, for nothing was done."""
    done = run()
    assert (done.code, done.out) == (2, "")
    assert done.err.startswith("Usage: ")
