"""`firstspike train-two-phase`: from a data set to a core, without Python."""

import json

import numpy as np
import pytest

import firstspike as fs
from firstspike.cli.group import Exit
from firstspike.errors import DomainError, ShapeError
from firstspike.two_phase import TWO_PHASE_RECIPES, two_phase_recipe, with_shifts


def test_a_network_goes_all_the_way(invoke_json, tmp_path):
    out, core = tmp_path / "integer.safetensors", tmp_path / "core"
    told = invoke_json("train-two-phase", "digits", "--out", out, "--epochs", 6)
    assert told["epochs"] == 6
    assert not told["interrupted"]
    assert told["test_accuracy"] > 0.9
    # The file says what later commands need to know.
    assert invoke_json("evaluate", out)["accuracy"] == told["test_accuracy"]
    invoke_json("hdl", "generate", out, "--out", core, "--lanes", "8,2", "--banks", "dense")
    proof = invoke_json("hdl", "verify", core, "--samples", 20)
    assert proof["passed"]
    assert proof["accuracy_before"] > 0.8


def test_options_reach_the_run(invoke, invoke_json, tmp_path):
    files = [tmp_path / name for name in ("a", "b", "c")]
    history = tmp_path / "history.json"
    for file, more in zip(files, ((), ("--history", history), ("--seed", 1)), strict=True):
        invoke("train-two-phase", "digits_octaves", "--out", file, "--epochs", 2, *more)
    digests = [fs.IntegerNetwork.load(file).digest for file in files]
    assert digests[0] == digests[1] != digests[2]
    assert len(json.loads(history.read_text())["epochs"]) == 2
    more = ("--epochs", 2, "--held-out", 0.5, "--history", history)
    shown = invoke("train-two-phase", "digits", "--out", files[0], *more).output
    assert "test accuracy" in shown
    records = json.loads(history.read_text())["epochs"]
    assert all(record["validation_accuracy"] is not None for record in records)


def test_bad_input_is_told(invoke, tmp_path):
    out = tmp_path / "net"
    wrong = invoke("train-two-phase", "mnist_fats", "--out", out, code=Exit.BAD_INPUT)
    assert "mnist_fast" in wrong.stderr
    invoke("train-two-phase", "digits", "--out", out, "--epochs", 1, code=Exit.BAD_INPUT)
    assert not out.exists()


@pytest.mark.parametrize("task", TWO_PHASE_RECIPES)
def test_recipes_fit_their_data(task):
    made = two_phase_recipe(task)
    net = made.network(seed=0)
    assert made.task == task
    assert net.sizes == made.sizes
    integer = made.integer(net, seed=3)
    assert integer.ticks == made.ticks
    assert integer.meta["dataset"] == made.data
    assert fs.encoders.from_description(integer.meta["encoder"]) == made.encoder(net)


def test_unknown_recipes_are_refused_with_a_hint():
    with pytest.raises(DomainError, match="did you mean 'mnist_fast'"):
        two_phase_recipe("mnist_fats")


def test_images_move_by_one_pixel():
    image = [[0, 0, 0], [0, 1, 0.5], [0, 0, 0]]
    data = fs.datasets.Dataset("dots", [np.ravel(image)], [2], ("a", "b", "c"))
    moved = with_shifts(data)
    assert moved.labels.tolist() == [2] * 5
    shown = moved.inputs.reshape(5, 3, 3)
    assert shown[0].tolist() == image
    assert shown[1].tolist() == [*image[1:], [0, 0, 0]]
    assert shown[2].tolist() == [[0, 0, 0], *image[:2]]
    assert shown[3].tolist() == [[0, 0, 0], [1, 0.5, 0], [0, 0, 0]]
    assert shown[4].tolist() == [[0, 0, 0], [0, 0, 1], [0, 0, 0]]


def test_only_squares_can_be_moved():
    data = fs.datasets.Dataset("row", [[0.0, 1.0]], [0], ("a",))
    with pytest.raises(ShapeError, match="2 features"):
        with_shifts(data)
