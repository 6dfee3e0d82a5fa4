"""The configuration of a command: its file, the environment, its options; and where each value came from."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import msgspec

from stream.calendars import reader
from stream.core.dated import DaysOff
from stream.core.settings import BadSetting, Settings, load
from stream.logs import set_up

# Without a configuration of their own replay and report take history whole: now is the last event, nothing is too late.
HISTORY = {"time.clock": "events", "time.horizon_hours": 0, "board.retention_days": 0}
SECRET = frozenset(("sasl_password",))
FILES = (
    "kafka.sasl_password_file", "kafka.ssl_cafile", "kafka.ssl_certfile", "kafka.ssl_keyfile", "board.token_file",
    "board.tls_cert", "board.tls_key",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Options:
    """The options that every command takes."""

    config: str | None = None
    brokers: str | None = None
    log_level: str | None = None
    log_format: str | None = None

    def set_up_logging(self) -> None:
        """As the options say."""
        set_up(self.log_level or "warning", self.log_format or "text")

    def text(self) -> str:
        """The configuration file's text. Raises ``BadSetting``."""
        if self.config is None:
            return ""
        try:
            return Path(self.config).read_text()
        except OSError as error:
            raise BadSetting("--config", f"{self.config} cannot be read: {error.strerror}") from None
        except UnicodeDecodeError:
            raise BadSetting("--config", f"{self.config} is no text in UTF-8") from None

    def settings(self, overrides: Mapping[str, Any] | None = None) -> Settings:
        """What is in force: the file, then the environment, then the options. Raises ``BadSetting``."""
        further = {**(overrides or {}), **({"kafka.brokers": self.brokers} if self.brokers is not None else {})}
        settings = load(self.text(), os.environ, further, self.days_off())
        for key in FILES:
            section, _, name = key.partition(".")
            _check_readable(key, getattr(getattr(settings, section), name))
        return settings

    def days_off(self) -> DaysOff:
        """What reads holidays; files lie beside the configuration."""
        return reader(Path(self.config).parent if self.config else Path())

    def brokers_asked(self) -> str:
        """Where Kafka is looked for, as far as that can be said."""
        try:
            return self.settings().kafka.brokers
        except BadSetting:
            return self.brokers or "kafka.brokers"

    def history(self) -> dict[str, Any]:
        """The overrides of a replay or report: none with a configuration file."""
        return {} if self.config else dict(HISTORY)

    def as_arguments(self) -> list[str]:
        """The logging options, for a child process."""
        given = (("--log-level", self.log_level), ("--log-format", self.log_format))
        return [word for name, value in given if value for word in (name, value)]


def _check_readable(key: str, path: str) -> None:
    if path:
        try:
            Path(path).read_bytes()
        except OSError as error:
            raise BadSetting(key, f"{path} cannot be read: {error.strerror}") from None


def leaves(tree: Any, path: tuple[str, ...] = ()) -> Iterator[tuple[str, Any]]:
    """(dotted key, value) of everything in a configuration."""
    if isinstance(tree, dict) and tree:
        for name, value in tree.items():
            yield from leaves(value, (*path, name))
    elif isinstance(tree, list | tuple) and tree and all(isinstance(one, dict) for one in tree):
        for n, one in enumerate(tree):  # a schedule or a target: a table, or several by date
            yield from leaves(one, (*path[:-1], f"{path[-1]}[{n}]") if len(tree) > 1 else path)
    else:
        yield ".".join(path), tree


def _shown(settings: Settings) -> Iterator[tuple[str, Any]]:
    """The leaves, but for the days that holidays stand for: they are thousands."""
    tree = msgspec.to_builtins(settings)
    del tree["days_off"]
    return leaves(tree)


def origins(options: Options) -> Iterator[tuple[str, Any, str]]:
    """(key, value, where it came from) of every setting in force; secrets are masked."""
    text, days_off = options.text(), options.days_off()
    default = dict(_shown(load()))
    of_file = dict(_shown(load(text, days_off=days_off)))
    of_environment = dict(_shown(load(text, os.environ, days_off=days_off)))
    for key, value in _shown(options.settings()):
        origin = "default"
        if of_file.get(key, default.get(key)) != default.get(key):
            origin = options.config or "file"
        if of_environment.get(key) != of_file.get(key):
            origin = "environment"
        if value != of_environment.get(key):
            origin = "option"
        secret = key.rpartition(".")[2] in SECRET and value
        yield key, "********" if secret else value, origin
