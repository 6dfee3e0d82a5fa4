"""Writes the boards: python -m grafana.generate (make generate does). A test compares what is committed."""

from __future__ import annotations

from pathlib import Path

from grafana import agents, pipeline, service_level, wallboard

FOLDER = Path(__file__).parent / "dashboards"


def rendered() -> dict[str, str]:
    """File name -> JSON."""
    return {f"{board.UID}.json": board.made() for board in (wallboard, service_level, agents, pipeline)}


def main() -> None:
    """Writes the files, and removes those of boards that are no more."""
    boards = rendered()
    for old in FOLDER.glob("*.json"):
        if old.name not in boards:
            old.unlink()
    for name, text in boards.items():
        (FOLDER / name).write_text(text)


if __name__ == "__main__":
    main()
