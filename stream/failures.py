"""What users and brokers can cause: caught at the command line, shown as one line."""

from __future__ import annotations

from aiokafka.errors import KafkaError

from stream.children import ChildError
from stream.core.settings import BadSetting
from stream.embedded import EmbeddedError
from stream.replay import ReplayError


class WrongCall(ValueError):
    """The call cannot be meant: an option or argument that is not what it should be."""


USER_FAILURES = (BadSetting, WrongCall, KafkaError, ChildError, EmbeddedError, ReplayError, OSError)


def is_wrong_call(error: BaseException) -> bool:
    """Whether the call or the configuration is to blame (exit 2) rather than the world (exit 1)."""
    return isinstance(error, BadSetting | WrongCall | FileNotFoundError | IsADirectoryError)
