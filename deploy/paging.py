"""Alertmanager's configuration with your addresses, and with the optional receivers.

python -m deploy.paging --hooks https://hooks.acme.com --with slack --with email --out alertmanager.yml
"""

from __future__ import annotations

import argparse
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import yaml

from deploy.rules.model import SECONDS

FOLDER = Path(__file__).parent / "alertmanager"
BASE = FOLDER / "alertmanager.yml"
OPTIONAL = {path.stem: path for path in sorted((FOLDER / "optional").glob("*.yml"))}
HOOKS, SECRETS = "http://hooks.example", "/run/secrets"
TIMES = ("group_wait", "group_interval", "repeat_interval")


def configuration(
    *, hooks: str = HOOKS, secrets: str = SECRETS, receivers: Iterable[str] = (), pace: float = 1, pagerduty: str = ""
) -> dict[str, Any]:
    """The configuration as a tree. ``pace``: so many times as fast as in real life; ``pagerduty``: another address."""
    tree: dict[str, Any] = yaml.safe_load(_addressed(BASE.read_text(), hooks, secrets))
    by_name = {receiver["name"]: receiver for receiver in tree["receivers"]}
    for name in receivers:
        for receiver, further in yaml.safe_load(_addressed(OPTIONAL[name].read_text(), hooks, secrets)).items():
            by_name[receiver].update(further)
    if pagerduty:
        tree["global"]["pagerduty_url"] = pagerduty
    for route in (tree["route"], *tree["route"]["routes"]):
        for name in TIMES if pace != 1 else ():
            if name in route:
                route[name] = _faster(route[name], pace)
    return tree


def _addressed(text: str, hooks: str, secrets: str) -> str:
    return text.replace(HOOKS, hooks.rstrip("/")).replace(SECRETS, secrets.rstrip("/"))


def _faster(duration: str, pace: float) -> str:
    seconds = int(duration[:-1]) * SECONDS[duration[-1]] / pace
    return f"{max(1, round(seconds * 1000))}ms"


def main() -> None:
    """Writes the file."""
    parser = argparse.ArgumentParser(prog="python -m deploy.paging", description=__doc__)
    parser.add_argument(
        "--hooks", default=HOOKS, help="where the webhooks are: /supervisors, /engineers, /tickets, ..."
    )
    parser.add_argument("--secrets", default=SECRETS, help="the folder of the secret files")
    parser.add_argument("--with", dest="receivers", action="append", default=[], choices=sorted(OPTIONAL))
    parser.add_argument("--out", type=Path, required=True)
    given = parser.parse_args()
    tree = configuration(hooks=given.hooks, secrets=given.secrets, receivers=given.receivers)
    given.out.write_text(yaml.safe_dump(tree, sort_keys=False, width=110))


if __name__ == "__main__":
    main()
