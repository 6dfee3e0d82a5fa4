"""The colour of a queue's tile, as Prometheus works it out from that queue's own promise."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest
import yaml

from grafana.look import DEFAULTS, LEVEL, verdict
from stream.core.thresholds import Bound

TARGETS = {"gold": 0.95, "plain": 0.8, "lax": 0.5}
SHARES = (0.0, 0.2, 0.45, 0.5, 0.72, 0.8, 0.85, 0.8549, 0.9, 0.95, 1.0)


@pytest.mark.slow
@pytest.mark.parametrize("kpi", ["service_level_ratio", "abandonment_ratio", "oldest_wait_seconds"])
def test_the_colour_is_the_level_of_the_core(kpi: str, tmp_path: Path):
    """For values around the borders of three queues with promises of their own: exactly one colour, that of the level
    that the core finds.
    """
    bound, cases = DEFAULTS[kpi], []
    for share in SHARES:
        expected = [
            {"labels": f'{{queue="{queue}", colour="{LEVEL[told(bound, target).level(share)]}"}}', "value": share}
            for queue, target in TARGETS.items()
        ]
        series = [{"series": f'target{{queue="{queue}"}}', "values": f"{target}"} for queue, target in TARGETS.items()]
        series += [{"series": f'value{{queue="{queue}"}}', "values": f"{share}"} for queue in TARGETS]
        expr = verdict("max by (queue) (value)", "max by (queue) (target)", bound, "queue")
        cases.append({
            "interval": "1m", "input_series": series,
            "promql_expr_test": [{"expr": expr, "eval_time": "0", "exp_samples": expected}],
        })  # fmt: skip
    file = tmp_path / "colours.yml"
    file.write_text(yaml.safe_dump({"rule_files": [], "evaluation_interval": "1m", "tests": cases}))
    done = subprocess.run(["promtool", "test", "rules", file], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def told(bound: Bound, target: float) -> Bound:
    """The same kind of promise with a queue's own target."""
    return bound._replace(target=target)
