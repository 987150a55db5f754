"""The benchmark of accuracy measures what it is asked for, and its rows say how to repeat them."""

import json
import shlex
import subprocess
import sys

import pytest


@pytest.fixture
def benchmark(project, monkeypatch):
    """Import the benchmark."""
    monkeypatch.syspath_prepend(project / "benchmarks")
    import accuracy

    yield accuracy
    sys.modules.pop("accuracy")


@pytest.mark.parametrize("seeds", ["0", "-1", "two", "1.5"])
def test_a_number_of_seeds_that_is_none_is_refused(benchmark, monkeypatch, capsys, seeds):
    monkeypatch.setattr(benchmark, "measure", lambda *_: pytest.fail("it runs"))
    monkeypatch.setattr(sys, "argv", ["accuracy.py", "--task", "digits", f"--seeds={seeds}"])
    with pytest.raises(SystemExit) as left:
        benchmark.main()
    assert left.value.code == 2
    assert f"argument --seeds: '{seeds}', expected a whole number" in capsys.readouterr().err


@pytest.mark.parametrize(
    "given",
    [
        [],
        ["--float"],
        ["--root", "data/of mine"],
        ["--workers", "3", "--float", "--root", "data", "--keep", "runs"],
    ],
    ids=" ".join,
)
def test_the_command_of_a_row_measures_the_same(benchmark, monkeypatch, given):
    asked = []
    monkeypatch.setattr(benchmark, "measure", lambda *row: asked.append(row) or {})

    def ask(words):
        monkeypatch.setattr(sys, "argv", words)
        benchmark.main()
        return asked[-1]

    first = ask(["accuracy.py", "--json", "--task", "fsdd", "--seeds", "2", *given])
    program, *words = shlex.split(benchmark.command(*first))
    again = ask([*words, "--json"])
    assert (program, words[0]) == ("python", "benchmarks/accuracy.py")
    assert first[:2] == again[:2] == ("fsdd", 2)
    assert first[2].only_float == again[2].only_float == ("--float" in given)
    assert first[2].root == again[2].root
    assert (first[2].root is None) == ("--root" not in given)


def test_rows(project):
    script = project / "benchmarks" / "accuracy.py"
    options = ["--json", "--quick", "--task", "digits", "--float", "--root", "no folder"]
    done = subprocess.run(
        [sys.executable, script, *options], capture_output=True, text=True, check=True
    )
    (row,) = json.loads(done.stdout)
    again = "--task digits --seeds 1 --float --root 'no folder'"
    assert row["command"] == f"python benchmarks/accuracy.py {again}"
    assert row["mean"] > 95
    assert "integer" not in row
