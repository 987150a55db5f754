"""The benchmarks of gradients run and find what the documents say."""

import json
import subprocess
import sys

import pytest


def printed(project, name, *options):
    command = [sys.executable, project / "benchmarks" / name, "--json", *options]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    return json.loads(done.stdout)


def test_gradients_are_those_of_differences(project):
    rows = printed(project, "gradients.py")
    assert len(rows) == 30
    for row in rows:
        assert row["relative_error"] <= 1e-6, row
        assert row["slope"] == pytest.approx(2.0, abs=0.15), row
        assert row["compared"] >= 0.8 * row["parameters"], row


def test_a_slope_guard_bounds_what_few_spikes_do(project):
    rows = printed(project, "slope_guard.py", "--seeds", "1", "--epochs", "2")
    assert [row["slope_guard"] for row in rows] == [None, 0.02, 0.05, 0.1, 0.2, 0.5]
    assert rows[0]["touched_percent"] == 0.0
    assert rows[0]["cosine"] == pytest.approx(1.0)
    touched = [row["touched_percent"] for row in rows]
    assert touched == sorted(touched)
    assert rows[-1]["largest"] < rows[0]["largest"]
