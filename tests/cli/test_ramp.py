"""Ramp neurons on the command line: from a recipe to an integer network that was trained as one."""

import firstspike as fs


def test_ramps_go_all_the_way(invoke_json, tmp_path):
    path = {name: tmp_path / f"{name}.safetensors" for name in ("float", "integer", "pruned")}
    told = invoke_json(
        "train", "digits_ramp", "--out", path["float"], "--hidden", 20, "--epochs", 8
    )
    assert told["test_accuracy"] > 0.8
    assert isinstance(fs.Network.load(path["float"]).layers[0], fs.Ramp)
    invoke_json("quantize", path["float"], "--out", path["integer"])
    integer = fs.IntegerNetwork.load(path["integer"])
    assert integer.layers[0].program == fs.RampProgram()
    assert (integer.ticks, integer.meta["dataset"]) == (24, "digits")
    invoke_json("prune", path["integer"], "--out", path["pruned"], "--threshold", 1)
    figures = [invoke_json("evaluate", path[name])["accuracy"] for name in path]
    assert min(figures) > 0.75
    assert figures[1] == figures[2]


def test_constants_that_ramps_do_not_have_are_refused(invoke, tmp_path):
    net = fs.Network([fs.Ramp(4, 3, tau=10e-3)], seed=0)
    net.save(tmp_path / "net")
    arguments = ("--out", tmp_path / "q", "--window", 0.02, "--shift", 12)
    shown = invoke("quantize", tmp_path / "net", *arguments, code=2).output
    assert "shift is 12" in shown
