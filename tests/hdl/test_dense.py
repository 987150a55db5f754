"""Dense banks: where every weight stands, which banks are chosen, what a block memory holds."""

from dataclasses import replace

import numpy as np
import pytest

from firstspike import Dense, FirstSpike, RampProgram, TwoPhase, hdl, prune
from firstspike.errors import ToolError
from firstspike.hdl.banks import DenseBank, ListBank
from firstspike.hdl.boards.devices import find_device
from firstspike.hdl.build.images import core_images
from firstspike.hdl.build.netlist import core_rtlil
from firstspike.hdl.build.resources import synthesize
from firstspike.hdl.build.tools import find_tool
from firstspike.hdl.build.verilog import core_verilog
from firstspike.hdl.cores.weights import parts, weight_matrix, weight_words
from firstspike.hdl.plan import CorePlan
from firstspike.testing import random_network


def network_of(sizes, seed=0, **options):
    return random_network(np.random.default_rng(seed), sizes=sizes, ticks=8, **options)


@pytest.mark.parametrize("lanes", [1, 3, 4, 50])
@pytest.mark.parametrize("bits", [2, 4, 6, 8])
def test_every_weight_stands_in_its_row_and_part(lanes, bits):
    network = network_of([5, 11, 3], seed=lanes, weight_bits=bits)
    for layer, planned in zip(
        network.layers,
        CorePlan.from_network(network, lanes=lanes, banks="dense").layers,
        strict=True,
    ):
        assert planned.columns == min(lanes, layer.n_targets)
        assert len(planned.lanes) == 1
        assert planned.width == planned.columns
        matrix = weight_matrix(planned, planned.lanes[0])
        places = matrix.reshape(layer.n_sources, -1)[:, : layer.n_targets]
        assert (places == layer.connectivity.to_dense().weights).all()
        told = []
        for part in parts(planned):
            assert len(part) * bits <= 32
            words = np.array(weight_words(planned, matrix, part))
            for at in range(len(part)):
                field = words >> at * bits & ((1 << bits) - 1)
                told.append(field - (field >> (bits - 1) << bits))
        assert (matrix == np.array(told).T).all()


@pytest.mark.parametrize(
    ("columns", "bits", "blocks"), [(16, 4, 4), (16, 6, 6), (13, 4, 4), (9, 8, 5)]
)
def test_parts_fill_block_memories_of_18_bits(columns, bits, blocks):
    chosen = DenseBank().parts(columns, bits)
    assert [column for part in chosen for column in part] == list(range(columns))
    assert sum(-(-len(part) * bits // 18) for part in chosen) == blocks


def test_the_smallest_bank_is_chosen_for_every_layer():
    network = network_of([40, 30, 5], weight_bits=4)
    pruned = prune(network, threshold=[7, 0])
    dense, sparse = network.layers[0], pruned.layers[0]
    assert sparse.n_synapses < dense.n_synapses / 4
    plans = [CorePlan.from_network(net, lanes=4, banks="smallest") for net in (network, pruned)]
    names = [[layer.bank.name for layer in plan.layers] for plan in plans]
    assert names == [["dense", "dense"], ["list", "dense"]]
    for net in (network, pruned):
        bits = {
            banks: [
                sum(
                    len(image.words) * image.width
                    for image in core_images(CorePlan.from_network(net, lanes=4, banks=banks))
                    if image.layer == 0 and not image.memory.startswith("thresholds")
                )
            ]
            for banks in ("list", "dense", "smallest")
        }
        assert bits["smallest"] == min(bits["list"], bits["dense"])
    assert CorePlan.from_network(network).layers[0].bank == ListBank()


def test_a_zero_in_a_dense_bank_is_no_synapse():
    network = network_of([6, 9, 3], weight_bits=4)
    weights = np.array(network.layers[0].connectivity.to_dense().weights)
    weights[::2] = 0
    layers = [replace(network.layers[0], connectivity=Dense(weights)), network.layers[1]]
    network = replace(network, layers=layers)
    plan = CorePlan.from_network(network, lanes=3, banks=["dense", "list"])
    assert plan.layers[0].n_synapses == np.count_nonzero(weights)
    assert plan.stored(network).n_synapses == plan.n_synapses
    assert plan.stored(network).layers[1] == network.layers[1]


def test_a_folder_with_mixed_banks_reads_back(tmp_path):
    network = network_of([5, 7, 3], weight_bits=4)
    bundle = hdl.generate(network, tmp_path / "core", lanes=(4, 2), banks=("dense", "list"))
    loaded = hdl.Bundle.load(bundle.path).plan
    assert [layer.bank.name for layer in loaded.layers] == ["dense", "list"]
    assert [layer.width for layer in loaded.layers] == [4, 2]
    assert [image.text() for image in core_images(loaded)] == [
        (bundle.rtl / f"{image.name}.mem").read_text() for image in core_images(bundle.plan)
    ]


def without_yosys():
    try:
        find_tool("yosys")
    except ToolError:
        return True
    return False


@pytest.mark.slow
@pytest.mark.skipif(without_yosys(), reason="no yosys: pip install firstspike[synthesis]")
def test_mnist_sized_dense_banks_fill_the_block_memories_of_a_25f(tmp_path):
    options = {"program": RampProgram, "schedule": TwoPhase, "readout": FirstSpike}
    rng = np.random.default_rng(0)
    network = random_network(rng, sizes=[784, 200, 10], ticks=15, weight_bits=4, **options)
    plan = CorePlan.from_network(network, lanes=16, banks="dense")
    (tmp_path / "core.v").write_text(core_verilog(core_rtlil(plan), plan))
    for image in core_images(plan):
        (tmp_path / f"{image.name}.mem").write_text(image.text())
    device = find_device("ecp5-25k")
    used = synthesize(tmp_path, ["core.v"], "core", device, "netlist.json")
    assert not used.overflow(device)
    # 784 * 13 rows of 64 bits: four blocks of 18 bits side by side, ten above each other; and three
    # for 200 rows of 40 bits.
    assert used.bram == 43
    bits = sum(layer.capacity * layer.columns * layer.weight_bits for layer in plan.layers)
    assert bits == 660_288
    assert bits / (used.bram * 18 * 1024) > 0.83
    lists = core_images(CorePlan.from_network(network, lanes=16))
    synapses = [image for image in lists if image.memory in ("segments", "synapses")]
    assert sum(len(image.words) * image.width for image in synapses) == 1_296_568
