"""Three brokers, each a controller too: for what one broker cannot show."""

from __future__ import annotations

from pathlib import Path
from types import TracebackType
from typing import Self

from tests.kafka.broker import KafkaBroker, cluster_id, free_port

BROKERS = 3


class Cluster:
    """A context around three brokers; ``address`` names all of them."""

    def __init__(self, folder: Path) -> None:
        ports = [free_port() for _ in range(BROKERS)]
        voters = ",".join(f"{n}@127.0.0.1:{port}" for n, port in enumerate(ports, 1))
        name = cluster_id()
        self.brokers = [
            KafkaBroker(folder / str(n), node=n, controller=port, voters=voters, cluster=name, copies=BROKERS)
            for n, port in enumerate(ports, 1)
        ]
        self.address = ",".join(broker.address for broker in self.brokers)

    def __enter__(self) -> Self:
        for broker in self.brokers:
            broker.launch()
        for broker in self.brokers:
            broker.wait()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        for broker in self.brokers:
            broker.kill()
