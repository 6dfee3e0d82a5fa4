"""What users and brokers can cause: caught at the command line, shown as one line that says what to do."""

from __future__ import annotations

from aiokafka.errors import KafkaConnectionError, KafkaError

from stream.children import ChildError
from stream.core.settings import BadSetting
from stream.embedded import EmbeddedError
from stream.replay import ReplayError
from stream.reporting import CannotWrite


class WrongCall(ValueError):
    """The call cannot be meant: an option or argument that is not what it should be."""


class Unreachable(RuntimeError):
    """What a command needs of another process is not to be had: the message says which and what to do."""


USER_FAILURES = (
    BadSetting,
    WrongCall,
    KafkaError,
    ChildError,
    EmbeddedError,
    ReplayError,
    CannotWrite,
    Unreachable,
    OSError,
)


def is_wrong_call(error: BaseException) -> bool:
    """Whether the call or the configuration is to blame (exit 2) rather than the world (exit 1)."""
    return isinstance(error, BadSetting | WrongCall | FileNotFoundError | IsADirectoryError)


def in_one_line(error: BaseException, brokers: str) -> str:
    """The failure for a person; ``brokers`` is where Kafka was looked for."""
    if isinstance(error, KafkaConnectionError):
        return f"no Kafka at {brokers}: is it running? its address is --brokers or kafka.brokers"
    if isinstance(error, KafkaError):
        return f"Kafka at {brokers}: {error}"
    if isinstance(error, OSError) and error.filename is not None:
        return f"{error.filename}: {error.strerror}"
    return str(error) or type(error).__name__
