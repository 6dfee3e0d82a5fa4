"""The Dockerfile: what it copies is there, its steps run in a clean prefix, and what comes out is the program and nothing
else.
"""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

from stream import __version__
from tests.compose.stack import ROOT, instructions

REQUIREMENTS = ROOT / "deploy" / "image" / "requirements.txt"
PINNED = re.compile(r"^([A-Za-z0-9_.-]+==[^ \\;]+)", re.MULTILINE)
STEPS = instructions()


def allowed(path: str) -> bool:
    """Whether .dockerignore lets the path into the build."""
    lines = (ROOT / ".dockerignore").read_text().splitlines()
    return any(path == line[1:] or path.startswith(f"{line[1:]}/") for line in lines if line.startswith("!"))


def build_steps() -> list[tuple[str, str]]:
    """The steps of the stage that builds."""
    starts = [n for n, (word, _) in enumerate(STEPS) if word == "FROM"]
    assert len(starts) == 2
    return STEPS[starts[0] + 1 : starts[1]]


def test_the_image_is_slim_and_not_root():
    """Two stages from slim Python of the version that the project asks for; the last one is no root, starts the program
    itself, and has no step that installs.
    """
    bases = [rest for word, rest in STEPS if word == "FROM"]
    assert bases == ["python:${PYTHON} AS build", "python:${PYTHON}"]
    (python,) = [rest.partition("=")[2] for word, rest in STEPS if word == "ARG"]
    assert re.fullmatch(r"3\.1[1-9]-slim-\w+", python)
    last = STEPS[[n for n, (word, _) in enumerate(STEPS) if word == "FROM"][1] :]
    assert dict(last)["USER"] == "10001:10001"
    assert dict(last)["ENTRYPOINT"] == '["deskpulse"]'
    assert "RUN" not in dict(last)


def test_the_packages_are_those_of_the_constraints():
    """Each package of the image is one of constraints.txt, in its version and with its hashes; all that the program
    needs is there, and nothing of the tests.
    """
    constraints = set(PINNED.findall((ROOT / "constraints.txt").read_text()))
    wanted = PINNED.findall(REQUIREMENTS.read_text())
    assert set(wanted) <= constraints
    assert REQUIREMENTS.read_text().count("--hash=sha256:") >= len(wanted)
    names = {name.partition("==")[0] for name in wanted}
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    assert {re.split(r"[^\w-]", told)[0] for told in project["dependencies"]} <= names
    assert not names & {"pytest", "mypy", "ruff", "duckdb", "hypothesis", "grafana-foundation-sdk"}


@pytest.mark.slow
def test_the_steps_run_in_a_clean_prefix(tmp_path: Path):
    """The build's own commands, from a folder with nothing but what is copied: the program starts without this tree,
    there is no pip left, and everything is compiled.
    """
    build, prefix = tmp_path / "build", tmp_path / "prefix"
    build.mkdir()
    environment = {"PATH": f"{Path(sys.base_prefix) / 'bin'}:/usr/bin:/bin", "HOME": str(Path.home())}
    for word, rest in build_steps():
        if word == "COPY":
            *sources, target = rest.split()
            for source in sources:
                assert allowed(source), source
                into = build / target if target != "./" else build / Path(source).name
                copy = shutil.copytree if (ROOT / source).is_dir() else shutil.copy
                copy(ROOT / source, into)
        elif word == "RUN":
            command = rest.replace("/opt/deskpulse", str(prefix))
            command = re.sub(r"^python ", f"{sys.executable} ", command)
            done = subprocess.run(
                ["bash", "-ec", command], cwd=build, env=environment, capture_output=True, text=True, check=False
            )
            assert done.returncode == 0, f"{rest}: {done.stdout[-2000:]}{done.stderr[-2000:]}"
        else:
            assert (word, rest) == ("WORKDIR", "/build")
    shutil.rmtree(build)
    said = subprocess.run(
        [prefix / "bin" / "deskpulse", "kpis", "service_level_ratio"],
        cwd="/", env={"PATH": f"{prefix}/bin", "PYTHONDONTWRITEBYTECODE": "1"},
        capture_output=True, text=True, check=True,
    )  # fmt: skip
    assert "service_level_ratio" in said.stdout
    asked = subprocess.run([prefix / "bin" / "deskpulse", "--version"], capture_output=True, text=True, check=True)
    assert __version__ in asked.stdout
    (packages,) = (prefix / "lib").glob("python3.*/site-packages")
    assert not [name for name in ("pip", "setuptools", "pytest", "duckdb") if (packages / name).exists()]
    assert (packages / "stream" / "board" / "page" / "index.html").is_file()
    assert list((packages / "stream" / "__pycache__").glob("cli.*.pyc"))
