"""The benchmarks run and print what they promise."""

import json
import subprocess
import sys

import pytest


def rows_of(project, name, *options):
    command = [sys.executable, project / "benchmarks" / name, "--json", "--quick", *options]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    return json.loads(done.stdout)


def test_speed(project):
    rows = rows_of(project, "integer.py", "--task", "digits")  # compares decisions with numpy
    assert [row["early_exit"] for row in rows] == [True, False] * 2
    for row in rows:
        assert row["images_per_second"] > 0
        assert row["ratio_to_numpy"] > 0
        assert row["ratio_to_reference"] > 1
        assert row["threads"] == 1


def test_accuracy_of_quantisation(project):
    rows = rows_of(project, "quantization.py")
    assert [row["weight_bits"] for row in rows] == [4, 6]
    for row in rows:
        assert row["seeds"] == 1
        assert row["plain"] > 0.7
        assert row["calibrated"] > 0.7
        assert row["float"] > 0.7


def test_accuracy_of_rectified_networks(project):
    rows = rows_of(project, "relu.py")
    assert [row["program"] for row in rows] == ["ramp", "table, half octaves"]
    for row in rows:
        assert row["float"] > 0.95
        assert abs(row["points"]) < 3
        assert row["points"] == pytest.approx(100 * (row["integer"] - row["float"]))
