"""``make faults``: the whole matrix on one Kafka version and the core of it on another; the result goes to docs/faults.md."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from datetime import UTC, datetime
from pathlib import Path

import orjson

from tests.faults.conftest import ALL
from tests.faults.storm import LOG

ROOT = Path(__file__).parent.parent.parent
RUNS = (("4.1.0", "all"), ("3.9.1", "core"))
HEAD = """\
# Exact under every fault

Made by `{command}` on {day}. Each run sends a seeded stream of tickets, chats, calls and agents (duplicates, disorder up
to an hour, late beyond the horizon, poison) through real processes on a real Apache Kafka while the faults happen, and
then compares every row of every window that the board shows with two others: the core over the same log without
faults, digit for digit, and the judge (`tests/oracle`, SQL over the events). Rejected and late input is compared
with what had to be kept, byte for byte. The printout of the runs:
"""


def main() -> int:
    """Runs pytest for each version; 0 when all is green."""
    command = " ".join(["python -m tests.faults", *sys.argv[1:]]) if sys.argv[1:] else "make faults"
    parts, code = [HEAD.format(command=command, day=datetime.now(UTC).date().isoformat())], 0
    for version, which in RUNS:
        subprocess.run(["bash", "tests/system.sh", version], cwd=ROOT, check=True)
        with tempfile.NamedTemporaryFile(suffix=".jsonl") as log:
            environment = {**os.environ, ALL: which, LOG: log.name, "DESKPULSE_KAFKA": version}
            done = subprocess.run(
                [sys.executable, "-m", "pytest", "tests/faults", "tests/kafka", "-q", *sys.argv[1:]],
                cwd=ROOT, env=environment, check=False,
            )  # fmt: skip
            code = code or done.returncode
            lines = [orjson.loads(line) for line in Path(log.name).read_bytes().splitlines()]
        parts.append(table(version, lines, done.returncode))
    (ROOT / "docs").mkdir(exist_ok=True)
    (ROOT / "docs" / "faults.md").write_text("\n".join(parts))
    return code


def table(version: str, lines: list[dict[str, object]], code: int) -> str:
    """One version's runs."""
    ended = "all tests passed" if code == 0 else f"pytest ended with {code}"
    text = [
        f"\n## Apache Kafka {version}: {ended}\n",
        "| run | seed | events | faults | rows compared | with the judge too | differences |",
        "|---|---|---|---|---|---|---|",
    ]
    for line in lines:
        cells = (line[name] for name in ("test", "seed", "events", "faults", "rows", "judged", "differences"))
        text.append(f"| {' | '.join(str(cell) for cell in cells)} |")
    return "\n".join(text) + "\n"


if __name__ == "__main__":
    sys.exit(main())
