"""The embedded broker of ``demo``, ``replay`` and quick tests: librdkafka's mock cluster, in this process.

It comes with the confluent-kafka wheel and needs neither Docker nor Java. It is reached through ctypes on the wheel's
own library, because only so can partition counts be set and the delay of a group's first rebalance be switched off.

What it cannot do: it keeps about 5 MiB (compressed) a partition and trims what is older; it compacts nothing;
everything is gone when this process ends. A reader that was overtaken notices (the worker's contiguity guard), it is
never silent.
"""

from __future__ import annotations

import ctypes
from collections.abc import Iterable
from pathlib import Path
from types import TracebackType
from typing import Self

import confluent_kafka

from topics.catalogue import SOURCES, TOPICS, changelog

_ERROR_BYTES = 512
_RD_KAFKA_PRODUCER = 0
BYTES_KEPT = 5 * 1024 * 1024


class EmbeddedError(RuntimeError):
    """The embedded broker could not be started: the message says why."""


def _library() -> ctypes.CDLL:
    """The librdkafka that the wheel has brought along."""
    home = Path(confluent_kafka.__file__).parent
    found = sorted([*home.parent.glob("confluent_kafka.libs/librdkafka*"), *home.glob(".dylibs/librdkafka*")])
    if not found:
        raise EmbeddedError(
            "this build of confluent-kafka has no librdkafka of its own: use --brokers with a real Kafka"
        )
    for path in sorted(home.parent.glob("confluent_kafka.libs/*")):  # what librdkafka itself needs
        if path not in found:
            try:
                ctypes.CDLL(str(path), mode=ctypes.RTLD_GLOBAL)
            except OSError:
                continue
    library = ctypes.CDLL(str(found[0]))
    pointer, text, number = ctypes.c_void_p, ctypes.c_char_p, ctypes.c_int
    for name, result, arguments in (
        ("rd_kafka_conf_new", pointer, ()),
        ("rd_kafka_conf_set", number, (pointer, text, text, text, ctypes.c_size_t)),
        ("rd_kafka_new", pointer, (number, pointer, text, ctypes.c_size_t)),
        ("rd_kafka_destroy", None, (pointer,)),
        ("rd_kafka_mock_cluster_new", pointer, (pointer, number)),
        ("rd_kafka_mock_cluster_destroy", None, (pointer,)),
        ("rd_kafka_mock_cluster_bootstraps", text, (pointer,)),
        ("rd_kafka_mock_topic_create", number, (pointer, text, number, number)),
        ("rd_kafka_mock_group_initial_rebalance_delay_ms", None, (pointer, ctypes.c_int32)),
    ):
        function = getattr(library, name)
        function.restype, function.argtypes = result, arguments
    return library


class EmbeddedBroker:
    """A context: inside it ``address`` answers as a Kafka broker on loopback."""

    def __init__(self, app_id: str, partitions: int) -> None:
        self._topics = [*TOPICS, *(changelog(app_id, source).name for source in SOURCES)]
        self._partitions = partitions
        self.address = ""

    def __enter__(self) -> Self:
        self._library = _library()
        error = ctypes.create_string_buffer(_ERROR_BYTES)
        conf = self._library.rd_kafka_conf_new()
        self._library.rd_kafka_conf_set(conf, b"log_level", b"0", error, _ERROR_BYTES)  # its own client talks to nobody
        self._client = self._library.rd_kafka_new(_RD_KAFKA_PRODUCER, conf, error, _ERROR_BYTES)
        if not self._client:
            raise EmbeddedError(f"the embedded broker did not start: {error.value.decode()}")
        self._cluster = self._library.rd_kafka_mock_cluster_new(self._client, 1)
        if not self._cluster:
            raise EmbeddedError("the embedded broker did not start: no port on loopback?")
        self._library.rd_kafka_mock_group_initial_rebalance_delay_ms(self._cluster, 0)
        self._create(self._topics)
        self.address = self._library.rd_kafka_mock_cluster_bootstraps(self._cluster).decode()
        return self

    def _create(self, names: Iterable[str]) -> None:
        for name in names:
            code = self._library.rd_kafka_mock_topic_create(self._cluster, name.encode(), self._partitions, 1)
            if code:
                raise EmbeddedError(f"the embedded broker did not make the topic {name}: error {code}")

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._library.rd_kafka_mock_cluster_destroy(self._cluster)
        self._library.rd_kafka_destroy(self._client)
