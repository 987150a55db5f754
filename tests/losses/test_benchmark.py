"""The benchmark of losses runs and prints what it promises."""

import json
import subprocess
import sys


def test_losses(project):
    command = [sys.executable, project / "benchmarks" / "losses.py", "--json", "--quick"]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    printed = json.loads(done.stdout)
    assert len(printed["accuracy"]) == 11
    for row in printed["accuracy"]:
        assert row["seeds"] == 1
        assert 0 <= row["mean"] <= 100
    assert {row["task"] for row in printed["speed"]} == {"Yin-Yang", "MNIST", "SHD"}
    for row in printed["speed"]:
        assert row["forward_us"] > 0
        assert row["backward_us"] > 0
