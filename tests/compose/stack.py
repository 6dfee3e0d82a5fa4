"""docker-compose.yml as Docker would read it: anchors merged, variables put in; and the Dockerfile as instructions."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).parent.parent.parent
FILE = ROOT / "docker-compose.yml"
LOGINS = ROOT / "deploy" / "compose" / "logins.yml"
DOCKERFILE = ROOT / "deploy" / "image" / "Dockerfile"
VARIABLE = re.compile(r"\$\{(\w+)(?::-([^}]*))?\}")


def variables(text: str) -> dict[str, str]:
    """The variables that are taken from outside, with their defaults."""
    return dict(VARIABLE.findall(text))


def load(file: Path = FILE, **outside: str) -> dict[str, Any]:
    """The file with ``outside`` as the environment of the call."""
    text = VARIABLE.sub(lambda found: outside.get(found[1], found[2] or ""), file.read_text())
    return yaml.safe_load(text)  # type: ignore[no-any-return]


def services(**outside: str) -> dict[str, dict[str, Any]]:
    """Name -> service."""
    return load(**outside)["services"]  # type: ignore[no-any-return]


def is_ours(service: dict[str, Any]) -> bool:
    """Whether it runs from our own image."""
    return service["image"].startswith("deskpulse:")


def mounts(service: dict[str, Any]) -> dict[str, str]:
    """Path in the container -> path in this tree; volumes of Docker's own are left out."""
    found = {}
    for told in service.get("volumes", ()):
        source, target, *_ = told.split(":")
        if source.startswith("."):
            found[target] = source
    return found


def instructions() -> list[tuple[str, str]]:
    """(instruction, rest) of the Dockerfile, lines that go on put together."""
    text = "\n".join(line for line in DOCKERFILE.read_text().splitlines() if not line.startswith("#"))
    lines = text.replace("\\\n", " ").splitlines()
    return [(word, " ".join(rest.split())) for word, _, rest in (line.partition(" ") for line in lines if line.strip())]
