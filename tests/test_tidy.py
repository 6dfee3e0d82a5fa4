"""The rules of the house that no linter knows."""

from __future__ import annotations

import ast
import re
import subprocess
from pathlib import Path

import pytest

from stream.cli import deskpulse
from stream.core.kpis import CATALOGUE
from stream.core.metrics import METRICS
from stream.documents import rendered
from topics.codec import Reason

ROOT = Path(__file__).parent.parent
FILE_LINES_MAX = 300
FUNCTION_LINES_MAX = 40
REASON = "# long: "  # in the first lines of a long file, on the def line of a long function
PACKAGES = ("stream", "topics", "deploy", "grafana", "tests", "bench")
NOT_PYTHON_ENTRY = {
    "stream.cli",
    "stream.documents",
    "topics.schema",
    "grafana.generate",
    "grafana.pictures.__main__",
}  # started by name: the program, make generate
# Split, so that this file does not find itself.
MACHINE_PATHS = re.compile(r"(?<![\w.~-])/(?:wo" + r"rk|tm" + r"p)/\w")
REGISTRIES = re.compile(
    "|".join(("pypi" + r"\.org", "files.python" + "hosted", "repo1.maven" + r"\.org", "registry.npm" + "js"))
)
UNFINISHED = re.compile(r"\b(?:TO" + "DO|FIX" + "ME|X" + r"XX)\b")
PROSE = (".py", ".md", ".toml", ".yml", ".yaml", ".sh", ".js", ".css", ".html", ".json", ".xml", ".sql", ".txt", "")


def committed() -> list[Path]:
    """Every text file that git knows or will know."""
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    return [
        ROOT / name for name in listed.stdout.splitlines() if (ROOT / name).is_file() and Path(name).suffix in PROSE
    ]


FILES = committed() if (ROOT / ".git").exists() else sorted(p for p in ROOT.rglob("*.py") if ".venv" not in p.parts)
MODULES = [path for path in FILES if path.suffix == ".py" and path.relative_to(ROOT).parts[0] in PACKAGES]
LINES = {path: path.read_text(errors="replace").splitlines() for path in FILES}
TREES = {path: ast.parse("\n".join(LINES[path])) for path in MODULES}


def name_of(path: Path) -> str:
    """The module's dotted name."""
    parts = path.relative_to(ROOT).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def functions() -> list[tuple[Path, ast.FunctionDef | ast.AsyncFunctionDef]]:
    """Every function of every module."""
    kinds = (ast.FunctionDef, ast.AsyncFunctionDef)
    return [(path, node) for path, tree in TREES.items() for node in ast.walk(tree) if isinstance(node, kinds)]


def test_files_are_short_or_say_why_not() -> None:
    """At most 300 lines, or a reason at the top."""
    long = []
    for path in MODULES:
        lines = LINES[path]
        if len(lines) > FILE_LINES_MAX and not any(line.startswith(REASON) for line in lines[:40]):
            long.append(f"{path.relative_to(ROOT)}: {len(lines)}")
    assert long == []


def test_functions_are_short_or_say_why_not() -> None:
    """At most 40 lines, docstring apart, or a reason beside the def."""
    long = []
    for path, node in functions():
        first = node.body[1] if ast.get_docstring(node) is not None and len(node.body) > 1 else node.body[0]
        lines = (node.end_lineno or 0) - first.lineno + 1
        head = LINES[path][node.lineno - 1 : first.lineno]
        if lines > FUNCTION_LINES_MAX and not any(REASON in line for line in head):
            long.append(f"{path.relative_to(ROOT)}:{node.lineno} {node.name}: {lines}")
    assert long == []


def test_every_module_says_what_it_is_for() -> None:
    """A docstring, except for empty package files."""
    silent = [name_of(p) for p, tree in TREES.items() if LINES[p] and ast.get_docstring(tree) is None]
    assert silent == []


def test_every_test_says_the_behaviour_in_a_sentence() -> None:
    """A docstring that ends as a sentence does."""
    tests = [(p, node) for p, node in functions() if p.name.startswith("test_") and node.name.startswith("test_")]
    silent = [
        f"{name_of(p)}.{n.name}" for p, n in tests if not (ast.get_docstring(n) or "").rstrip().endswith((".", "?"))
    ]
    assert silent == []
    assert len(tests) > 100


@pytest.mark.parametrize(
    "what", [UNFINISHED, MACHINE_PATHS, REGISTRIES], ids=["unfinished", "machine paths", "registries"]
)
def test_nothing_is_committed_that_belongs_elsewhere(what: re.Pattern[str]) -> None:
    """No notes of things to do, no paths of one machine, no addresses of package registries."""
    found = [
        f"{path.relative_to(ROOT)}:{number}: {line.strip()[:80]}"
        for path in FILES
        for number, line in enumerate(LINES[path], 1)
        if what.search(line)
    ]
    assert found == []


def test_no_module_is_an_orphan() -> None:
    """Every module of the program is imported by another one or started by name."""
    own = {name_of(path) for path in MODULES if path.relative_to(ROOT).parts[0] in ("stream", "topics")}
    used: set[str] = set()
    for path, tree in TREES.items():
        if path.relative_to(ROOT).parts[0] not in ("stream", "topics"):
            continue
        for node in ast.walk(tree):
            if isinstance(node, ast.Import):
                used |= {alias.name for alias in node.names}
            elif isinstance(node, ast.ImportFrom) and node.module:
                used |= {node.module, *(f"{node.module}.{alias.name}" for alias in node.names)}
    packages = {".".join(name.split(".")[:-1]) for name in own}
    assert own - used - packages - NOT_PYTHON_ENTRY == set()


@pytest.mark.parametrize("name", sorted(rendered()))
def test_what_is_made_from_the_code_is_up_to_date(name: str) -> None:
    """Made again, the page is the same: else run make generate."""
    assert (ROOT / "docs" / name).read_text() == rendered()[name]


def test_every_reason_and_every_command_is_documented() -> None:
    """The closed set of refusals is explained to who sends events, the commands to who runs them; every KPI has a
    page.
    """
    events, readme = (ROOT / "docs" / "events.md").read_text(), (ROOT / "README.md").read_text()
    assert [reason.value for reason in Reason if f"`{reason.value}`" not in events] == []
    operations = (ROOT / "docs" / "operations.md").read_text()
    assert [name for name in deskpulse.commands if f"`{name}" not in operations] == []
    pages = (ROOT / "docs" / "kpis.md").read_text()
    assert [name for name in CATALOGUE if f"## {name}\n" not in pages] == []
    assert "make demo" in readme
    assert "make test" in readme


def test_the_metrics_of_the_documents_exist() -> None:
    """Every metric that operations are told to watch is one of the catalogue."""
    named = set(re.findall(r"`(support_\w+[a-z])`", (ROOT / "docs" / "operations.md").read_text()))
    assert len(named) > 10
    assert [name for name in sorted(named) if name not in METRICS] == []


def test_links_between_documents_lead_somewhere() -> None:
    """Every relative link of a document names a file that is there."""
    dead = [
        f"{path.relative_to(ROOT)}: {target}"
        for path in FILES
        if path.suffix == ".md"
        for target in re.findall(r"\]\((?!https?:|#)([^)#\s]+)", path.read_text())
        if not (path.parent / target).exists()
    ]
    assert dead == []
