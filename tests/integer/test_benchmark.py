"""The benchmark runs, agrees with numpy (it checks that itself) and prints what it promises."""

import json
import subprocess
import sys


def test_benchmark_prints_rows(project):
    command = [sys.executable, project / "benchmarks" / "integer.py"]
    options = ["--json", "--quick", "--task", "digits"]
    done = subprocess.run([*command, *options], capture_output=True, text=True, check=True)
    rows = json.loads(done.stdout)
    assert [row["early_exit"] for row in rows] == [True, False] * 2
    for row in rows:
        assert row["images_per_second"] > 0
        assert row["ratio_to_numpy"] > 0
        assert row["ratio_to_reference"] > 1
        assert row["threads"] == 1
