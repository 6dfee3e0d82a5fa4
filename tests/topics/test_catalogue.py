"""The topic catalogue is complete and can be given to a broker as it is."""

from __future__ import annotations

import re

from tests.topics.vocabulary import EVERYWHERE, REQUESTERS, TYPES
from topics.catalogue import AGGREGATES, LATE, PARTITIONS_DEFAULT, REJECTED, SOURCES, TOPICS, changelog

LEGAL = re.compile(r"[a-zA-Z0-9._-]{1,249}")


def test_names_are_legal_and_their_own_keys() -> None:
    """Every topic is found by its name, which Kafka accepts, and says what it is for."""
    for name, topic in TOPICS.items():
        assert name == topic.name
        assert LEGAL.fullmatch(name)
        assert topic.about
        assert topic.key


def test_settings_are_text() -> None:
    """Brokers take settings as text only."""
    for topic in [*TOPICS.values(), changelog("app", "call.events")]:
        assert all(isinstance(k, str) and isinstance(v, str) for k, v in topic.config.items()), topic.name


def test_the_sources_carry_the_vocabulary() -> None:
    """Every source topic has its events, and together they carry every type of the vocabulary."""
    assert tuple(sorted(SOURCES)) == tuple(sorted((*EVERYWHERE, REQUESTERS)))
    for name, topic in SOURCES.items():
        tags = {str(event.__struct_config__.tag) for event in topic.events}
        assert tags == {kind for kind, (topics, *_) in TYPES.items() if name in topics}
        assert len(tags) == len(topic.events)


def test_only_sources_stamp_arrival() -> None:
    """The future is judged by the broker's clock at arrival, so the sources keep that and not the producer's."""
    stamped = {name for name, topic in TOPICS.items() if topic.config.get("message.timestamp.type") == "LogAppendTime"}
    assert stamped == set(SOURCES)


def test_what_must_be_compacted_is() -> None:
    """Aggregates and records are kept by key; rejected input is kept whole and for a time, large ones too."""
    assert TOPICS[AGGREGATES].config["cleanup.policy"] == "compact,delete"
    assert changelog("app", "call.events").config["cleanup.policy"] == "compact"
    for name in (REJECTED, LATE):
        assert "cleanup.policy" not in TOPICS[name].config
        assert int(TOPICS[name].config["retention.ms"]) >= 7 * 86_400_000
    assert int(TOPICS[REJECTED].config["max.message.bytes"]) > 10 * 1024 * 1024


def test_a_changelog_belongs_to_one_application_and_one_source() -> None:
    """Two applications on one cluster do not share records."""
    names = {changelog(app, source).name for app in ("a", "b") for source in SOURCES}
    assert len(names) == 2 * len(SOURCES)
    assert PARTITIONS_DEFAULT > 0
