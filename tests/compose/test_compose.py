"""docker-compose.yml against everything that it names: files, ports, settings, topics, commands; and how it is secured.

No Docker runs here: the schema is Compose's own, the processes are started by tests/compose/test_started.py.
"""

from __future__ import annotations

import re
import subprocess
import sys
import tomllib

import click
import pytest
import yaml

from stream.cli import deskpulse
from stream.core.settings import load as load_settings
from tests.compose.stack import DOCKERFILE, FILE, LOGINS, ROOT, is_ours, load, mounts, services, variables
from topics.catalogue import ROW_BYTES_MAX

SERVICES = services()
OURS = {name: service for name, service in SERVICES.items() if is_ours(service)}
CONFIG = ROOT / "deploy" / "compose" / "deskpulse.toml"
EVERY = pytest.mark.parametrize("service", SERVICES.values(), ids=SERVICES.keys())


@pytest.mark.parametrize("file", [FILE, LOGINS], ids=lambda file: file.name)
def test_the_file_is_of_the_compose_specification(file):
    """The schema of the specification, which refuses unknown keys, finds nothing."""
    done = subprocess.run(
        [sys.executable, "-m", "check_jsonschema", "--builtin-schema", "vendor.compose-spec", file],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout


def test_the_whole_stack_is_there():
    """Kafka, its topics, two workers, the board, Prometheus, Alertmanager, Grafana; the simulator only for a demo."""
    assert set(SERVICES) == {
        "kafka", "topics", "worker-1", "worker-2", "board", "prometheus", "alertmanager", "grafana", "simulator",
    }  # fmt: skip
    assert [name for name, service in SERVICES.items() if service.get("profiles")] == ["simulator"]
    assert SERVICES["simulator"]["profiles"] == ["demo"]


@EVERY
def test_a_service_can_do_no_more_than_it_must(service):
    """Not root, a read-only file system, no capabilities, limits of processor, memory and processes, a bounded log,
    an image of a fixed version.
    """
    assert not re.match(r"(0|root)\b", service["user"])
    assert service["read_only"] is True
    assert service["cap_drop"] == ["ALL"]
    assert service["security_opt"] == ["no-new-privileges:true"]
    assert set(service["deploy"]["resources"]["limits"]) == {"cpus", "memory", "pids"}
    assert service["logging"]["options"]["max-size"]
    tag = service["image"].rpartition(":")[2]
    assert tag
    assert tag != "latest"


@EVERY
def test_a_service_is_reached_from_this_machine_only(service):
    """Every published port is bound to loopback."""
    for port in service.get("ports", ()):
        assert port.startswith("127.0.0.1:")


@EVERY
def test_what_is_mounted_is_there_and_cannot_be_written(service):
    """Every file and folder of this tree that a container sees exists, and is read-only to it; a volume is declared."""
    declared = load()["volumes"]
    for told in service.get("volumes", ()):
        source, _, *mode = told.split(":")
        if source.startswith("."):
            assert (ROOT / source).exists(), source
            assert mode == ["ro"], told
        else:
            assert source in declared


@EVERY
def test_what_a_service_waits_for_can_come_true(service):
    """Who is waited for until healthy has a check of its health; who is waited for to its end does end."""
    for name, condition in service.get("depends_on", {}).items():
        if condition["condition"] == "service_healthy":
            assert "healthcheck" in SERVICES[name]
        else:
            assert condition["condition"] == "service_completed_successfully"
            assert SERVICES[name]["restart"] == "no"


@pytest.mark.parametrize("service", OURS.values(), ids=OURS.keys())
def test_commands_and_options_are_those_of_the_program(service):
    """Each word of the command is a command or an option that the program has."""
    command: click.Command = deskpulse
    words = list(service["command"])
    while words and isinstance(command, click.Group):
        command = command.commands[words.pop(0)]
    options = {name for parameter in command.params for name in parameter.opts}
    assert [word for word in words if word.startswith("--")]
    assert not {word for word in words if word.startswith("--")} - options
    given = words[words.index("--config") + 1]
    assert (ROOT / mounts(service)[given]) == CONFIG


@pytest.mark.parametrize("service", OURS.values(), ids=OURS.keys())
def test_settings_are_settings(service):
    """The file and the environment of each service are a configuration that loads: no unknown key, no bad value."""
    environment = {k: v for k, v in service.get("environment", {}).items() if k.startswith("DESKPULSE_")}
    settings = load_settings(CONFIG.read_text(), environment, {})
    assert settings.kafka.brokers == "kafka:9092"
    assert tomllib.loads(CONFIG.read_text())


def test_ports_are_those_that_are_listened_on():
    """What is published, exposed, checked, advertised and scraped is what the settings and commands listen on."""
    board = load_settings(CONFIG.read_text(), {}, {}).board.listen.rpartition(":")[2]
    worker = load_settings(CONFIG.read_text(), {}, {}).worker.listen.rpartition(":")[2]
    assert SERVICES["board"]["ports"] == [f"127.0.0.1:8080:{board}"]
    assert SERVICES["board"]["environment"]["READY"] == f"http://127.0.0.1:{board}/readyz"
    for name in ("worker-1", "worker-2"):
        environment = SERVICES[name]["environment"]
        assert SERVICES[name]["expose"] == [worker]
        assert environment["DESKPULSE_WORKER__ADVERTISE"] == f"{name}:{worker}"
        assert environment["READY"] == f"http://127.0.0.1:{worker}/readyz"
    exposed = re.search(r"^EXPOSE (.*)$", DOCKERFILE.read_text(), re.MULTILINE)
    assert exposed
    assert exposed[1].split() == [board, worker]
    for name, flag in (("prometheus", "--web.listen-address=:"), ("alertmanager", "--web.listen-address=:")):
        (port,) = [word.removeprefix(flag) for word in SERVICES[name]["command"] if word.startswith(flag)]
        assert SERVICES[name]["ports"] == [f"127.0.0.1:{port}:{port}"]
        assert f"127.0.0.1:{port}/-/ready" in SERVICES[name]["healthcheck"]["test"][-1]


def test_each_worker_is_a_member_of_its_own():
    """Two workers with one instance id would take partitions from each other for ever."""
    ids = [SERVICES[name]["environment"]["DESKPULSE_KAFKA__INSTANCE_ID"] for name in ("worker-1", "worker-2")]
    assert ids == ["worker-1", "worker-2"]


def test_prometheus_asks_those_that_are_there():
    """Its targets are services of this file, at the ports that they listen on; so is Grafana's data source."""
    folder = ROOT / mounts(SERVICES["prometheus"])["/etc/prometheus"]
    config = yaml.safe_load((folder / "prometheus.yml").read_text())
    files = {
        name
        for job in config["scrape_configs"]
        for discovery in job.get("file_sd_configs", ())
        for name in discovery["files"]
    }
    targets = {t for name in files for group in yaml.safe_load((folder / name).read_text()) for t in group["targets"]}
    assert targets == {"board:8080", "worker-1:6066", "worker-2:6066", "alertmanager:9093"}
    assert SERVICES["grafana"]["environment"]["PROMETHEUS_URL"] == "http://prometheus:9090"
    interval = config["global"]["scrape_interval"]
    (source,) = yaml.safe_load((ROOT / "grafana/provisioning/datasources/prometheus.yaml").read_text())["datasources"]
    assert source["jsonData"]["timeInterval"] == interval


def test_grafana_finds_its_boards():
    """The folder that is provisioned is the one that is mounted, and its first page is one of the boards."""
    grafana = SERVICES["grafana"]
    (provider,) = yaml.safe_load((ROOT / "grafana/provisioning/dashboards/support.yaml").read_text())["providers"]
    path = provider["options"]["path"]
    assert mounts(grafana)[path] == "./grafana/dashboards"
    assert mounts(grafana)["/etc/grafana/provisioning"] == "./grafana/provisioning"
    home = grafana["environment"]["GF_DASHBOARDS_DEFAULT_HOME_DASHBOARD_PATH"]
    assert (ROOT / "grafana/dashboards" / home.removeprefix(f"{path}/")).is_file()


def test_kafka_takes_the_largest_row_and_makes_no_topics_by_itself():
    """The catalogue's largest message passes; a topic of a misspelt name is an error, not a new topic."""
    environment = SERVICES["kafka"]["environment"]
    assert int(environment["KAFKA_MESSAGE_MAX_BYTES"]) >= ROW_BYTES_MAX
    assert environment["KAFKA_AUTO_CREATE_TOPICS_ENABLE"] == "false"
    assert environment["KAFKA_LOG_DIRS"] in {told.split(":")[1] for told in SERVICES["kafka"]["volumes"]}
    assert environment["KAFKA_ADVERTISED_LISTENERS"].split(",")[0] == "INTERNAL://kafka:9092"


def test_what_may_be_set_from_outside_is_in_the_example():
    """.env.example has every variable of the file, with the value that holds without it, and no other."""
    told = dict(
        line.split("=", 1)
        for line in (ROOT / ".env.example").read_text().splitlines()
        if line and not line.startswith("#")
    )
    assert told == variables(FILE.read_text())


def test_no_secret_is_in_the_environment():
    """Passwords and keys are files: no variable carries one, and none is committed."""
    for file in (FILE, LOGINS):
        for service in load(file)["services"].values():
            for name in service.get("environment", {}):
                is_secret = re.search(r"PASSWORD|SECRET|TOKEN|KEY", name)
                assert not is_secret or name.endswith(("_FILE", "__FILE")), name
    listed = subprocess.run(
        ["git", "ls-files", "deploy/secrets"], cwd=ROOT, capture_output=True, text=True, check=True
    ).stdout.split()
    assert {name.rpartition("/")[2] for name in listed} <= {"README.md", ".gitignore"}
