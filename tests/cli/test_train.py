"""`firstspike train`: networks in files, the whole way to a pruned network, resumption."""

import json
import signal
import subprocess
import sys
import time

import numpy as np
import pytest

import firstspike as fs
from firstspike.cli.group import Exit

QUICK = ("--hidden", 16, "--epochs", 2, "--batch-size", 64)


def test_a_trained_network_goes_all_the_way(invoke_json, tmp_path):
    path = {name: tmp_path / f"{name}.safetensors" for name in ("float", "integer", "pruned")}
    told = invoke_json("train", "digits", "--out", path["float"], "--epochs", 3, "--adapt")
    assert told["interrupted"] is False
    assert told["epochs"] > 3
    invoke_json("quantize", path["float"], "--out", path["integer"])
    pruned = invoke_json("prune", path["integer"], "--out", path["pruned"], "--threshold", 1)
    assert pruned["synapses_live"] < 0.5 * pruned["synapses_total"]
    figures = [invoke_json("evaluate", path[name])["accuracy"] for name in path]
    assert figures[0] == told["test_accuracy"]
    assert min(figures) > 0.8
    assert figures[1] == figures[2]  # what threshold 1 drops did nothing


def test_options_reach_the_network(invoke, tmp_path):
    out, history = tmp_path / "net.safetensors", tmp_path / "history.json"
    shown = invoke(
        "train", "digits", "--out", out, *QUICK, "--hidden", "12,9", "--lr", 1e-3,
        "--held-out", 0.2, "--history", history, "--threads", 1,
    ).output  # fmt: skip
    assert "test accuracy" in shown
    net = fs.Network.load(out)
    assert [layer.n_out for layer in net.layers] == [12, 9, 10]
    assert net.meta["dataset"] == "digits"
    records = json.loads(history.read_text())["epochs"]
    assert len(records) == 2
    assert all(record["validation_accuracy"] is not None for record in records)


def test_seed_decides_and_threads_do_not(invoke, tmp_path):
    files = [tmp_path / name for name in ("a", "b", "c")]
    for file, more in zip(files, ((), ("--threads", 2), ("--seed", 1)), strict=True):
        invoke("train", "digits", "--out", file, *QUICK, *more)
    nets = [fs.Network.load(file) for file in files]
    for one, same, other in zip(*(net.weights for net in nets), strict=True):
        np.testing.assert_array_equal(one, same)
        assert (one != other).any()


def test_resumes_from_the_checkpoint(invoke, tmp_path):
    first, second = tmp_path / "first.safetensors", tmp_path / "second.safetensors"
    run = (*QUICK, "--checkpoint", tmp_path / "run.safetensors")
    invoke("train", "digits", "--out", first, *run)
    history = tmp_path / "history.json"
    invoke("train", "digits", "--out", second, *run, "--resume", "--history", history)
    assert second.read_bytes() == first.read_bytes()
    assert len(json.loads(history.read_text())["epochs"]) == 2
    other = (*run, "--resume", "--batch-size", 16)
    wrong = invoke("train", "digits", "--out", second, *other, code=Exit.BAD_INPUT)
    assert "batch_size" in wrong.stderr


def test_ctrl_c_keeps_what_there_is(tmp_path):
    out, checkpoint = tmp_path / "net.safetensors", tmp_path / "run.safetensors"
    arguments = ["train", "digits", "--out", out, "--checkpoint", checkpoint]
    arguments += ["--hidden", "8", "--epochs", "100000", "--threads", "1", "--json"]
    code = "import sys; from firstspike.cli import main; main(sys.argv[1:])"
    process = subprocess.Popen(
        [sys.executable, "-c", code, *map(str, arguments)], stdout=subprocess.PIPE, text=True
    )
    try:
        give_up = time.monotonic() + 60
        while not checkpoint.exists() and time.monotonic() < give_up:
            time.sleep(0.05)
        process.send_signal(signal.SIGINT)
        told, _ = process.communicate(timeout=60)
    finally:
        process.kill()  # or it would train for hours where nobody may interrupt it
    assert process.returncode == Exit.INTERRUPTED
    assert json.loads(told)["interrupted"] is True
    assert fs.Network.load(out).layers[0].n_out == 8


@pytest.mark.parametrize(
    "options",
    [
        ("--hidden", "many"),
        ("--hidden", "0"),
        ("--lr", "-1"),
        ("--held-out", "1.5"),
        ("--epochs", "0"),
        ("--root", "."),
    ],
)
def test_bad_options_leave_no_file(invoke, tmp_path, options):
    out = tmp_path / "net.safetensors"
    invoke("train", "digits", "--out", out, *options, code=Exit.BAD_INPUT)
    assert not out.exists()


def test_unknown_data(invoke, tmp_path):
    wrong = invoke("train", "letters", "--out", tmp_path / "net", code=Exit.BAD_INPUT)
    assert "digits" in wrong.stderr
