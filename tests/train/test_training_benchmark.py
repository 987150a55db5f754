"""The benchmark of training runs, and compares with others round by round."""

import json
import subprocess
import sys

import pytest

# on a line that is sent, times 4, 2, 3, ...; other lines are noise that libraries print
PEER = """
import json, sys
print("a warning", flush=True)
print(json.dumps({"ready": True}), flush=True)
for us, line in zip((4.0, 2.0, 3.0), sys.stdin):
    same = us * int(line)
    print(json.dumps({"us_per_sample": us, "us_per_sample_same_batch": same}), flush=True)
sys.exit(7)
"""


@pytest.fixture
def benchmark(project, monkeypatch):
    """Import what is next to the benchmark."""
    monkeypatch.syspath_prepend(project / "benchmarks")
    import training
    import training_peers

    yield training, training_peers
    for name in ("training", "training_peers", "training_cases"):
        sys.modules.pop(name)


def test_rows(project):
    command = [sys.executable, project / "benchmarks" / "training.py", "--json", "--quick"]
    command += ["--task", "yin_yang"]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    rows = json.loads(done.stdout)
    assert [row["threads"] for row in rows] == [1, 2] * 4
    assert [row["state"] for row in rows] == ["initial"] * 4 + ["trained"] * 4
    for row in rows:
        assert row["network"] == "5-120-3"
        assert row["rounds"] == 2
        assert row["us_per_sample"] > 0
        assert row["ratio_to_floor"] > 1
        assert row["speedup_low"] <= row["speedup"] <= row["speedup_high"]


def test_a_peer_measures_once_per_request(benchmark, tmp_path):
    training, peers = benchmark
    path = tmp_path / "peer.py"
    path.write_text(PEER)
    with peers.Peer("Slow", [sys.executable, str(path)]) as peer:
        assert peer.read() == {"ready": True}
        ours = iter([(1.0,), (0.5,), (1.0, 1.0), (1.0,), (3.0,), (2.0,)])
        measured = [training.measure_once(lambda _: next(ours), 20, peer) for _ in range(3)]
        assert measured[1] == ({1: (1.0, 1.0), 2: (1.0,)}, {"": 2.0, "_same_batch": 40.0})
        case = training.CASES["yin_yang"](quick=True)
        one, two = training.rows(case, "work", measured, 0.25, peer)
        with pytest.raises(SystemExit, match="Slow did not run: exit code 7"):
            peer.us_per_sample(20)
    assert (one["us_per_sample"], one["ratio_to_floor"], one["slow_us"]) == (1.0, 4.0, 2.0)
    names = [f"ratio_to_slow{end}" for end in ("", "_low", "_high", "_of_shortest")]
    assert [one[name] for name in names] == [1.0, 1.0, 4.0, 2.0]  # 4 / 1, 2 / 2, 3 / 3
    names = [f"speedup{end}" for end in ("", "_low", "_high", "_of_shortest")]
    assert [two[name] for name in names] == [2.0, 1.5, 2.0, 2.0]  # 1 / 0.5, 2 / 1, 3 / 2
    assert one["slow_us_same_batch"] == 40.0
    assert one["ratio_to_slow_same_batch"] == 20.0  # 80 / 1, 40 / 2, 60 / 3
    assert "ratio_to_slow" not in two
