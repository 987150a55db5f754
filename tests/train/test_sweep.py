"""Sweeps: the same table from any pool, errors kept apart, interruption and resumption."""

import contextlib
import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
import sweep_jobs

import firstspike as fs
from firstspike.errors import DomainError, FormatError
from firstspike.train import Processes, SweepRow, SweepTable, Threads

GRID = {"lr": (1e-3, 5e-3)}


def test_processes_and_threads_give_the_same_table():
    tables = [
        fs.sweep(sweep_jobs.train_digits, seeds=(3, 1), grid=GRID, pool=pool)
        for pool in (Threads(1), Threads(3), Processes(2))
    ]
    assert tables[0].rows == tables[1].rows == tables[2].rows
    assert [(r.point["lr"], r.seed) for r in tables[0].rows] == [
        (1e-3, 3),
        (1e-3, 1),
        (5e-3, 3),
        (5e-3, 1),
    ]
    assert len({r.figures["weight"] for r in tables[0].rows}) == 4
    alone = sweep_jobs.train_digits(seed=1, threads=2, lr=5e-3)
    assert tables[0].rows[3].figures == alone
    assert not tables[0].interrupted


def test_a_run_that_fails_leaves_the_others_alone():
    table = fs.sweep(sweep_jobs.fail_at_one, seeds=range(4), pool=Threads(2))
    assert [r.figures for r in table.rows] == [{"value": 0.0}, None, {"value": 4.0}, {"value": 6.0}]
    assert table.rows[1].error == "ValueError: seed 1 is unlucky"
    assert table.summary() == [
        {
            "runs": 3,
            "failed": 1,
            "value": pytest.approx(10 / 3),
            "value_std": pytest.approx(3.0551, rel=1e-4),
        }
    ]


def test_a_worker_that_dies_leaves_the_later_runs_alone():
    table = fs.sweep(sweep_jobs.die_at_one, seeds=range(6), pool=Processes(1))
    assert [r.figures is not None for r in table.rows] == [True, False, True, True, True, True]
    assert "worker process died" in table.rows[1].error


@pytest.mark.skipif(os.name != "posix", reason="signals are those of POSIX")
@pytest.mark.parametrize("how", ["SIGTERM", "SIGKILL"])
def test_no_worker_outlives_a_sweep_that_is_killed(how, tmp_path):
    script = tmp_path / "script.py"
    script.write_text(
        "import firstspike as fs\n"
        "import sweep_jobs\n"
        "from firstspike.train import Processes\n"
        "if __name__ == '__main__':\n"
        f"    grid = {{'folder': [{str(tmp_path)!r}]}}\n"
        "    fs.sweep(sweep_jobs.stay, seeds=(1, 2), grid=grid, pool=Processes(2))\n"
    )
    path = os.pathsep.join([str(Path(sweep_jobs.__file__).parent), *sys.path])
    process = subprocess.Popen([sys.executable, str(script)], env=os.environ | {"PYTHONPATH": path})
    try:
        workers = [int(wait_for((tmp_path / seed).read_text)) for seed in ("1", "2")]
    finally:
        process.send_signal(getattr(signal, how))
        process.wait()
    for worker in workers:
        wait_for(lambda worker=worker: not is_running(worker))


def wait_for(look, seconds=60):
    """Return what a function finds once it finds something."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        with contextlib.suppress(FileNotFoundError):
            found = look()
            if found:
                return found
        time.sleep(0.05)
    pytest.fail(f"nothing in {seconds} seconds")


def is_running(process):
    """Tell whether a process does anything; one that nobody has asked about yet does not."""
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    stat = Path(f"/proc/{process}/stat")
    return not stat.exists() or stat.read_text().rpartition(")")[2].split()[0] != "Z"


def test_finished_runs_are_not_repeated_and_failed_ones_are(tmp_path):
    marks = tmp_path / "marks"
    marks.mkdir()
    options = {"grid": {"folder": [str(marks)], "base": (10, 20)}, "path": tmp_path / "sweep.json"}
    first = fs.sweep(sweep_jobs.count_calls, seeds=(1, 2), pool=Threads(1), **options)
    assert [r.error for r in first.rows] == [None, "RuntimeError: not yet"] * 2
    (marks / "ok").touch()
    again = fs.sweep(sweep_jobs.count_calls, seeds=(1, 2, 3), pool=Threads(2), **options)
    assert [r.figures["sum"] for r in again.rows] == [11, 12, 13, 21, 22, 23]
    calls = sorted(p.name.rsplit("-", 1)[0] for p in marks.iterdir() if p.name != "ok")
    assert calls == ["1-10", "1-20", "2-10", "2-10", "2-20", "2-20", "3-10", "3-20"]
    assert SweepTable.load(options["path"]).rows == again.rows
    fewer = fs.sweep(sweep_jobs.count_calls, seeds=(3,), pool=Threads(1), **options)
    assert [r.seed for r in fewer.rows] == [3, 3]
    assert len(SweepTable.load(options["path"]).rows) == 6, "other runs stay in the file"


def test_ctrl_c_finishes_what_runs_and_the_sweep_can_go_on(tmp_path):
    path = tmp_path / "sweep.json"

    def job(*, seed, threads):
        if seed == 1 and not path.with_suffix(".pressed").exists():
            path.with_suffix(".pressed").touch()
            signal.raise_signal(signal.SIGINT)
        return {"value": seed}

    table = fs.sweep(job, seeds=range(5), pool=Threads(1), path=path)
    assert table.interrupted
    assert [r.seed for r in table.rows] == [0, 1]
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler
    whole = fs.sweep(job, seeds=range(5), pool=Threads(1), path=path)
    assert [r.figures["value"] for r in whole.rows] == [0, 1, 2, 3, 4]
    assert not whole.interrupted


def test_what_is_no_sweep_is_refused(tmp_path):
    job = sweep_jobs.fail_at_one
    bad = (
        {"seeds": []},
        {"seeds": [1, 1]},
        {"seeds": [-1]},
        {"seeds": [0], "grid": {"lr": []}},
        {"seeds": [0], "grid": {"seed": [1]}},
        {"seeds": [0], "grid": {"lr": "12"}},
    )
    for options in bad:
        with pytest.raises(DomainError, match="expected"):
            fs.sweep(job, pool=Threads(1), **options)
    with pytest.raises(DomainError, match="top of a module"):
        fs.sweep(lambda **_: {}, seeds=[0])
    for make in (Threads, Processes):
        with pytest.raises(DomainError, match="at least 1"):
            make(0)
    table = fs.sweep(sweep_jobs.no_figures, seeds=[0], pool=Threads(1))
    assert "numbers by name" in table.rows[0].error


def test_a_missing_folder_is_told_before_any_run(tmp_path):
    with pytest.raises(DomainError, match="folder that exists"):
        fs.sweep(
            sweep_jobs.fail_at_one, seeds=[0], pool=Threads(1), path=tmp_path / "no" / "t.json"
        )


def test_files_of_others_are_refused(tmp_path):
    path = tmp_path / "sweep.json"
    fs.sweep(sweep_jobs.fail_at_one, seeds=[0], pool=Threads(1), path=path)
    with pytest.raises(DomainError, match="fail_at_one"):
        fs.sweep(sweep_jobs.die_at_one, seeds=[0], pool=Threads(1), path=path)
    for text in ("", "[]", "{}", path.read_text()[:-20], json.dumps({"format": "x", "version": 1})):
        path.write_text(text)
        with pytest.raises(FormatError, match=r"sweep\.json"):
            fs.sweep(sweep_jobs.fail_at_one, seeds=[0], pool=Threads(1), path=path)


def test_table_as_text():
    rows = [SweepRow(s, {"lr": 0.5}, {"accuracy": a}) for s, a in ((0, 0.9), (1, 0.7))]
    text = str(SweepTable([*rows, SweepRow(0, {"lr": 1.0}, None, "broke")])).splitlines()
    assert [line.split() for line in text] == [
        ["lr", "runs", "failed", "accuracy", "accuracy_std"],
        ["0.5", "2", "0", "0.8", "0.1414"],
        ["1", "0", "1"],
    ]
