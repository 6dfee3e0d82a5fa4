"""``make faults``: the whole matrix on one Kafka version and the core of it on another; the result goes to docs/faults.md.

    python -m tests.faults [VERSION...] [-- options of pytest]

With versions only those are run, and the sections of the others stay as they were.
"""

from __future__ import annotations

import os
import platform
import re
import subprocess
import sys
import tempfile
from datetime import UTC, datetime
from importlib.metadata import version as installed
from pathlib import Path
from typing import Any

import orjson

from tests.faults.conftest import ALL
from tests.faults.storm import LOG

ROOT = Path(__file__).parent.parent.parent
RESULT = ROOT / "docs" / "faults.md"
RUNS = {"4.1.0": "all", "3.9.1": "core"}
TESTS = ("tests/faults", "tests/kafka")
HEAD = """\
# Exact under every fault

Written by `make faults`. Each run sends a seeded stream of tickets, chats, calls and agents (duplicates, disorder up
to an hour, late beyond the horizon, poison) through real processes on a real Apache Kafka while the faults happen, and
then compares every row of every window that the board shows with two others: the core over the same log without
faults, digit for digit, and the judge (`tests/oracle`, SQL over the events). Rejected and late input is compared
with what had to be kept, byte for byte. `differences` is how many of all these were not as they had to be.

What a fault is, and what is expected of it, stands beside each test in `tests/faults`. Workers that end by themselves
must do it within 30 seconds, with one line that says why. `make test` runs a selection of these, on one version.
"""
TOTALS = (("events", "events"), ("rows", "rows compared"), ("differences", "differences"))
COLUMNS = ("test", "seed", "events", "faults", "rows compared", "with the judge too", "differences", "seconds")


def main() -> int:
    """Runs pytest for each version; 0 when all is green."""
    arguments = sys.argv[1:]
    cut = arguments.index("--") if "--" in arguments else len(arguments)
    sections, code = kept(), 0
    for version in arguments[:cut] or RUNS:
        subprocess.run(["bash", "tests/system.sh", version], cwd=ROOT, check=True)
        with tempfile.NamedTemporaryFile(suffix=".jsonl") as log:
            environment = {**os.environ, ALL: RUNS.get(version, "core"), LOG: log.name, "DESKPULSE_KAFKA": version}
            done = subprocess.run(
                [sys.executable, "-m", "pytest", *TESTS, "-q", *arguments[cut + 1 :]],
                cwd=ROOT, env=environment, check=False,
            )  # fmt: skip
            code = code or done.returncode
            lines = [orjson.loads(line) for line in Path(log.name).read_bytes().splitlines()]
        sections[version] = section(version, lines)
        RESULT.write_text("\n".join((HEAD, *(sections[name] for name in sorted(sections, reverse=True)))))
    return code


def kept() -> dict[str, str]:
    """The sections that are there, by version."""
    text = RESULT.read_text() if RESULT.exists() else ""
    parts = re.split(r"^(?=## Apache Kafka )", text, flags=re.MULTILINE)[1:]
    return {part.split()[3].rstrip(":"): part for part in parts}


def section(version: str, lines: list[dict[str, Any]]) -> str:
    """One version's runs. Of a test that looks several times the last look holds: faults are counted through."""
    tests: dict[str, dict[str, Any]] = {}
    measured: list[str] = []
    for line in lines:
        measured += [line["measured"]] if "measured" in line else []
        tests.setdefault(line["test"], {}).update(line)
    failed = sum(test.get("outcome") != "passed" for test in tests.values())
    day = datetime.now(UTC).date().isoformat()
    libraries = ", ".join(f"{name} {installed(name)}" for name in ("faust-streaming", "aiokafka"))
    totals = ", ".join(f"{sum(test.get(field, 0) for test in tests.values()):,} {words}" for field, words in TOTALS)
    where = f"Python {platform.python_version()}, {libraries}, {os.cpu_count()} cores"
    text = [
        f"## Apache Kafka {version}: {len(tests) - failed} of {len(tests)} tests passed\n",
        f"{day}, {where}; {RUNS.get(version, 'core')} of the matrix: {totals}.\n",
        *(f"- Counting again, {what}" for what in measured),
        *([""] if measured else []),
        f"| {' | '.join(COLUMNS)} |",
        f"|{'---|' * len(COLUMNS)}",
        *(f"| {' | '.join(cells(name, test))} |" for name, test in tests.items()),
    ]
    return "\n".join(text) + "\n"


def cells(name: str, test: dict[str, Any]) -> list[str]:
    """One line of the table."""
    words = name if test.get("outcome") == "passed" else f"{name}: **{test.get('outcome', 'did not end')}**"
    fields = ("seed", "events", "faults", "rows", "judged", "differences", "seconds")
    return [words, *(str(test.get(field, "")) for field in fields)]


if __name__ == "__main__":
    sys.exit(main())
