"""The command line: wires everything together, and the only place that knows everybody.

Exit status: 0 done, 1 failed while working, 2 the call or the configuration is wrong, 130 interrupted. Whatever a
user or a broker can cause is one line that says what to do, never a traceback.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any, NoReturn, TypeVar

import click

from stream import __version__
from stream.configuration import Options

Command = TypeVar("Command", bound=Callable[..., Any])
PORT = click.IntRange(1, 65535)
RATE = click.FloatRange(min=0, min_open=True, max=100_000)
SECONDS = click.FloatRange(min=0)
LEVELS = click.Choice(["debug", "info", "warning", "error"])


def common(command: Command) -> Command:
    """The options that every command takes."""
    for option in reversed(
        (
            click.option("--config", metavar="FILE", help="Configuration (TOML)."),
            click.option("--brokers", metavar="HOST:PORT,...", help="Kafka; overrides kafka.brokers."),
            click.option("--log-level", type=LEVELS, help="What is logged (default: warning)."),
            click.option("--log-format", type=click.Choice(["text", "json"]), help="How it is logged (default: text)."),
        )
    ):
        command = option(command)
    return command


def fail(line: str, code: int = 1) -> NoReturn:
    """Ends with one line on standard error."""
    click.echo(f"deskpulse: {' '.join(str(line).split())}", err=True)
    sys.exit(code)


def leave_pipe() -> NoReturn:
    """The reader of our output has had enough, as in ``deskpulse kpis | head -1``: nothing is wrong."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    sys.exit(0)


def options_of(context: click.Context, kwargs: dict[str, Any]) -> Options:
    """The common options, given before or after the command."""
    given = {name: kwargs.pop(name) for name in ("config", "brokers", "log_level", "log_format")}
    before: dict[str, Any] = context.obj or {}
    return Options(**{name: value if value is not None else before.get(name) for name, value in given.items()})


def with_options(command: Callable[..., int | None]) -> Callable[..., None]:
    """Hands the common options to a command as ``Options``, and turns what users and brokers cause into one line."""

    @click.pass_context
    def run(context: click.Context, /, **kwargs: Any) -> None:
        from stream.failures import USER_FAILURES, in_one_line, is_wrong_call

        options = options_of(context, kwargs)
        try:
            options.set_up_logging()
            code = command(options, **kwargs)
            sys.stdout.flush()
        except BrokenPipeError:
            leave_pipe()
        except USER_FAILURES as error:
            fail(in_one_line(error, options.brokers_asked()), 2 if is_wrong_call(error) else 1)
        sys.exit(code or 0)

    run.__doc__, run.__name__ = command.__doc__, command.__name__
    return common(run)


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="deskpulse")
@common
@click.pass_context
def deskpulse(context: click.Context, /, **kwargs: Any) -> None:
    """Deskpulse: live KPIs of support floors, exact and seconds fresh."""
    context.obj = kwargs


@deskpulse.command()
@click.option("--port", type=PORT, default=8080, show_default=True, help="Port of the board on loopback.")
@click.option("--rate", type=RATE, default=20.0, show_default=True, metavar="EV_S", help="Events a second.")
@click.option("--seed", default=1, show_default=True, help="The same seed gives the same events.")
@click.option("--for", "seconds", type=SECONDS, metavar="SECONDS", help="End by itself.")
@with_options
def demo(options: Options, **kwargs: Any) -> int:
    """Everything in one process tree, simulated.

    Embedded broker, simulated floor, worker and board: to try it. Nothing is kept.
    """
    from stream.demo import demo as run

    return run(options, **kwargs)


@deskpulse.command()
@click.argument("source", metavar="SOURCE")
@click.argument("files", nargs=-1, required=True, metavar="FILE...")
@click.option("--speed", default="max", show_default=True, metavar="N|max", help="Event time by wall time.")
@click.option("--board", metavar="URL", help="With --brokers: the board that is asked for the report.")
@click.option("--report", "target", metavar="FILE|-", help="Where the report goes.")
@click.option("--serve", is_flag=True, help="Keep the embedded board up afterwards.")
@with_options
def replay(options: Options, **kwargs: Any) -> int:
    """A recorded file through the real pipeline.

    SOURCE is the kind of file: events (JSON lines in our own form), anonymous_bank or helpdesk_italian. FILE may be
    gzipped (.gz); - is standard input. Without --brokers broker, worker and board are embedded and end with the
    command.
    """
    from stream.replaying import replay as run

    return run(options, **kwargs)


@deskpulse.command()
@click.argument("source", metavar="SOURCE")
@click.argument("files", nargs=-1, required=True, metavar="FILE...")
@click.option("--from", "start", metavar="T", help="Window of the rows: from (ISO 8601 with offset).")
@click.option("--to", "end", metavar="T", help="Window of the rows: to, exclusive.")
@click.option("--report", "target", default="-", metavar="FILE|-", help="Where the report goes.")
@with_options
def report(options: Options, **kwargs: Any) -> int:
    """The same rows with no broker at all.

    SOURCE is the kind of file: events (JSON lines in our own form), anonymous_bank or helpdesk_italian. FILE may be
    gzipped (.gz); - is standard input. --from and --to are the window of the rows, not a filter of events: what
    happened before still gives state.
    """
    from stream.replaying import report as run

    return run(options, **kwargs)


@deskpulse.command()
@with_options
def worker(options: Options) -> int:
    """Reads events, keeps the records, publishes the aggregates."""
    from stream.worker.app import run

    return run(options.settings())


@deskpulse.command()
@with_options
def board(options: Options) -> int:
    """Merges the aggregates: page, metrics, API."""
    from stream.board.app import run

    return run(options.settings())


@deskpulse.command()
@click.option("--rate", type=RATE, default=20.0, show_default=True, metavar="EV_S", help="Events a second.")
@click.option("--scenario", metavar="NAME", help="A morning that goes wrong, or known answers; list: shows them.")
@click.option(
    "--speed", type=RATE, default=1.0, show_default=True, metavar="N", help="monday-morning, so many times as fast."
)
@click.option("--seed", default=1, show_default=True, help="The same seed gives the same events.")
@click.option("--for", "seconds", type=SECONDS, metavar="SECONDS", help="End by itself.")
@with_options
def simulate(options: Options, **kwargs: Any) -> int:
    """Lifelike tickets, chats, calls and agents into the topics."""
    from stream.demo import simulate as run

    return run(options, **kwargs)


@deskpulse.command()
@click.argument("action", type=click.Choice(["create", "check", "list"]))
@with_options
def topics(options: Options, **kwargs: Any) -> int:
    """Create, check or list the topics.

    check compares those on the broker with what they should be, and says what differs.
    """
    from stream.listing import topics as run

    return run(options, **kwargs)


@deskpulse.command()
@click.argument("action", type=click.Choice(["list", "replay"]))
@click.option("--topic", metavar="T", help="Only what came on this topic.")
@click.option("--reason", metavar="R", help="Only what was refused for this reason.")
@with_options
def rejected(options: Options, **kwargs: Any) -> int:
    """Look at rejected input; send it again after a fix."""
    from stream.listing import rejected as run

    return run(options, **kwargs)


@deskpulse.command()
@click.argument("name", required=False)
@with_options
def kpis(options: Options, **kwargs: Any) -> int:
    """The catalogue of KPIs."""
    from stream.listing import kpis as run

    return run(options, **kwargs)


@deskpulse.command()
@click.argument("kpi")
@click.option("--queue", metavar="Q", help="Only this queue.")
@click.option("--channel", metavar="C", help="Only this channel.")
@click.option("--team", metavar="T", help="Only this team (KPIs of agents).")
@click.option("--window", metavar="W", help="5m, 15m, 30m, 1h, today, 24h, ... (default: today, or now).")
@click.option("--where", metavar="NAME=VALUE", multiple=True, help="One row of a further dimension: reason=blind, ...")
@click.option("--limit", default=100, show_default=True, help="So many contacts at most; all are counted.")
@click.option("--board", default="http://127.0.0.1:8080", show_default=True, metavar="URL", help="The board to ask.")
@click.option("--json", "as_json", is_flag=True, help="The board's whole answer.")
@with_options
def explain(options: Options, **kwargs: Any) -> int:
    """The contacts behind a number, adding up to it."""
    from stream.explaining import explain as run

    return run(options, **kwargs)


@deskpulse.command()
@click.argument("action", type=click.Choice(["check", "show"]))
@with_options
def config(options: Options, **kwargs: Any) -> int:
    """Check the configuration; show what is in force.

    show: every key, its value and where it came from; secrets are masked.
    """
    from stream.listing import config as run

    return run(options, **kwargs)


def main() -> None:
    """The program."""
    try:
        code = deskpulse.main(prog_name="deskpulse", standalone_mode=False)
    except click.exceptions.Abort:
        sys.exit(130)
    except KeyboardInterrupt:
        sys.exit(130)
    except BrokenPipeError:
        leave_pipe()
    except click.exceptions.NoArgsIsHelpError as error:
        click.echo(error.format_message(), err=True)
        sys.exit(2)
    except click.ClickException as error:
        message = error.format_message().rstrip(".")
        where = error.ctx.command_path if isinstance(error, click.UsageError) and error.ctx else "deskpulse"
        fail(f"{message[:1].lower()}{message[1:]} (see {where} --help)", 2)
    sys.exit(code if isinstance(code, int) else 0)


if __name__ == "__main__":
    sys.argv[0] = str(Path(sys.argv[0]).with_name("deskpulse"))
    main()
