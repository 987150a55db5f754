"""Integer networks refuse what the specification does not allow, and say why."""

import copy
import math
import pickle

import numpy as np
import pytest

import firstspike as fs
from firstspike.errors import DomainError, ShapeError, WidthError
from firstspike.testing import CELLS, random_network, random_samples

PROGRAM = fs.LifProgram(decay_mem=3891, decay_syn=3355, drive=4096, shift=12, guard=4)


def layer(weights=((1, -1), (2, 0)), thresholds=(10, 20), program=PROGRAM, **changes):
    return fs.IntegerLayer(
        connectivity=fs.Dense(weights),
        program=program,
        threshold=fs.ConstThreshold(thresholds),
        **changes,
    )


def network(*layers, ticks=16, tick_seconds=1e-3, **changes):
    return fs.IntegerNetwork(
        layers=layers or (layer(),), ticks=ticks, tick_seconds=tick_seconds, **changes
    )


@pytest.mark.parametrize(
    ("weights", "error"),
    [
        ([1, 2], ShapeError),
        ([[1.0, 2.0]], ShapeError),
        ([[math.nan]], ShapeError),
        ([[1], [2, 3]], ShapeError),
        ([[]], ShapeError),
        (np.zeros((0, 3), int), ShapeError),
        ([[128]], DomainError),
        ([[-129]], DomainError),
    ],
)
def test_dense_refuses(weights, error):
    with pytest.raises(error):
        fs.Dense(weights)


@pytest.mark.parametrize(
    ("n_targets", "offsets", "targets", "weights", "error"),
    [
        (3, [0, 2], [0], [1], DomainError),
        (3, [0, 1], [0], [1, 2], ShapeError),
        (3, [1, 1], [0], [1], DomainError),
        (3, [0, 2, 1, 2], [0, 1], [1, 1], DomainError),
        (3, [0, -1, 2], [0, 1], [1, 1], DomainError),
        (3, [0, 2], [1, 1], [1, 1], DomainError),
        (3, [0, 2], [1, 0], [1, 1], DomainError),
        (3, [0, 2], [0, 3], [1, 1], DomainError),
        (3, [0, 2], [0, 2**32], [1, 1], DomainError),
        (3, [0, 2], [0, 1], [1, 200], DomainError),
        (3, [0, 2], [0, 1], [1.0, 1.0], ShapeError),
        (3, [], [], [], ShapeError),
        (3, [0], [], [], ShapeError),
        (0, [0, 0], [], [], ShapeError),
        (-1, [0, 0], [], [], DomainError),
        (2**70, [0, 0], [], [], DomainError),
        (2**40, [0, 0], [], [], ShapeError),
    ],
)
def test_synapse_lists_refuse(n_targets, offsets, targets, weights, error):
    with pytest.raises(error):
        fs.SynapseLists(n_targets, offsets, targets, weights)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("decay_mem", 4097),
        ("decay_mem", -1),
        ("decay_syn", 4097),
        ("drive", 4097),
        ("drive", 0.5),
        ("drive", 2**80),
        ("shift", 0),
        ("shift", 17),
        ("guard", 9),
        ("guard", None),
    ],
)
def test_lif_program_refuses(name, value):
    constants = {"decay_mem": 1, "decay_syn": 1, "drive": 1, "shift": 12, "guard": 4}
    with pytest.raises(DomainError, match=name):
        fs.LifProgram(**constants | {name: value})


@pytest.mark.parametrize(
    "mantissas", [[], [0], [4097], [1, 2], [4, 1], [1] * 9, [1.5], [-3], [2**70]]
)
def test_table_program_refuses(mantissas):
    with pytest.raises((DomainError, ShapeError)):
        fs.TableProgram(mantissas)


def test_mantissas_follow_their_base():
    for count in range(1, 9):
        program = fs.TableProgram.of_base(count)
        ticks = 3 * count + 1
        values = np.array([program.value(tick, ticks) for tick in range(ticks)])
        exact = values[0] * 2.0 ** (-np.arange(ticks) / count)
        assert np.abs(values / exact - 1).max() < 0.005
        assert values[0] == values[count] * 2
    with pytest.raises(DomainError, match="mantissas"):
        fs.TableProgram.of_base(9)
    with pytest.raises(DomainError, match="mantissas"):
        fs.TableProgram.of_base(0)


@pytest.mark.parametrize("step", [0, -1, 2**31, 1.5, None])
def test_ramp_threshold_refuses(step):
    with pytest.raises(DomainError, match="step"):
        fs.RampThreshold(step)


@pytest.mark.parametrize("values", [[], [0], [1, 2], [2**31], [[1]], [1.5]])
def test_table_threshold_refuses(values):
    with pytest.raises((DomainError, ShapeError)):
        fs.TableThreshold(values)


PROGRAMS = (fs.StepProgram(), fs.RampProgram(), PROGRAM, fs.TableProgram([1]))
THRESHOLDS = (
    fs.ConstThreshold([5]),
    fs.RampThreshold(5),
    fs.TableThreshold([5] * 16),
    fs.NoThreshold(),
)
EXISTING = {
    ("Causal", "StepProgram", "ConstThreshold"),
    ("Causal", "RampProgram", "ConstThreshold"),
    ("Causal", "LifProgram", "ConstThreshold"),
} | {
    ("TwoPhase", program, threshold)
    for program in ("RampProgram", "TableProgram")
    for threshold in ("RampThreshold", "TableThreshold", "NoThreshold")
}


@pytest.mark.parametrize("schedule", [fs.Causal(), fs.TwoPhase()])
@pytest.mark.parametrize("program", PROGRAMS)
@pytest.mark.parametrize("threshold", THRESHOLDS)
def test_exactly_the_cells_of_the_table_exist(schedule, program, threshold):
    parts = {"schedule": schedule, "program": program, "threshold": threshold}
    cell = tuple(type(part).__name__ for part in parts.values())
    if cell in EXISTING:
        assert fs.IntegerLayer(connectivity=fs.Dense([[1]]), **parts).n_targets == 1
        return
    with pytest.raises(DomainError, match=r"expected a (causal|two_phase) layer of program"):
        fs.IntegerLayer(connectivity=fs.Dense([[1]]), **parts)


def listening(threshold, weights=((1, -1), (2, 0)), **changes):
    parts = {"program": fs.RampProgram(), "schedule": fs.TwoPhase()} | changes
    return fs.IntegerLayer(connectivity=fs.Dense(weights), threshold=threshold, **parts)


@pytest.mark.parametrize(
    ("layers", "readout", "error", "text"),
    [
        ([listening(fs.NoThreshold())], fs.FirstSpike(), DomainError, "is none, expected ramp"),
        ([listening(fs.RampThreshold(3))], fs.Potential(), DomainError, "expected none"),
        ([listening(fs.NoThreshold())] * 2, fs.Potential(), DomainError, "threshold of layer 0"),
        ([layer(), listening(fs.NoThreshold())], fs.Potential(), DomainError, "share one schedule"),
        ([layer()], fs.Potential(), DomainError, "readout of a causal network"),
        ([listening(fs.TableThreshold([3, 2]))], fs.FirstSpike(), DomainError, "one per tick"),
        ([listening(fs.RampThreshold(2**28))], fs.FirstSpike(), DomainError, "at tick 0"),
        (
            [listening(fs.NoThreshold(), bias=[0, 2**31])],
            fs.Potential(),
            WidthError,
            "membrane of layer 0",
        ),
    ],
)
def test_network_refuses_what_does_not_go_together(layers, readout, error, text):
    with pytest.raises(error, match=text):
        network(*layers, readout=readout)


def test_bias_is_for_two_phase_layers_only():
    with pytest.raises(DomainError, match="bias"):
        layer(bias=[1, 2])
    with pytest.raises(ShapeError, match="bias"):
        listening(fs.RampThreshold(3), bias=[1])
    with pytest.raises(ShapeError, match="bias"):
        listening(fs.RampThreshold(3), bias=[0.5, 1.0])
    assert listening(fs.RampThreshold(3)).bias.tolist() == [0, 0]
    assert layer().bias is None


def test_a_potential_readout_by_hand():
    net = network(
        listening(fs.NoThreshold(), [[3, 1, 3], [0, 2, 0]], bias=[1, 0, 1]),
        ticks=4,
        readout=fs.Potential(),
    )
    # 1 + 3*4 = 13 against 4 + 2*3 = 10; then biases alone; then a source that adds 2*4.
    run = net.simulate(fs.TickBatch([0, 2, 2, 3], [0, 1, 0], [0, 1, 1], 2))
    assert run.decisions.tolist() == [0, 0, 1]
    assert run.margins.tolist() == [13, 1, 8]
    assert run.ties.tolist() == [True, True, False]
    assert run.silent.tolist() == [False, True, False]
    assert run.ticks.tolist() == [3, 3, 3]
    assert run.counters.ticks_run.tolist() == [4, 4, 4]


@pytest.mark.parametrize("value", [0, -1, 2**31, 2**63 - 1])
def test_thresholds_out_of_range_are_refused(value):
    with pytest.raises(DomainError, match=r"thresholds\[1\]"):
        fs.ConstThreshold([1, value])


@pytest.mark.parametrize(
    ("changes", "error", "text"),
    [
        ({"thresholds": [1]}, ShapeError, "one per target"),
        ({"thresholds": [[1, 1]]}, ShapeError, "one dimension"),
        ({"weight_bits": 1}, DomainError, "2 to 8"),
        ({"weight_bits": 9}, DomainError, "2 to 8"),
        ({"weight_bits": 2, "weights": [[1, -2]]}, DomainError, r"weights\[1\]"),
        ({"weights": [[-128, 0]]}, DomainError, "-127 to 127"),
        ({"scale": 0.0}, DomainError, "scale"),
        ({"scale": math.nan}, DomainError, "scale"),
        ({"program": "lif"}, DomainError, "program"),
        ({"schedule": "causal"}, DomainError, "schedule"),
    ],
)
def test_layer_refuses(changes, error, text):
    with pytest.raises(error, match=text):
        layer(**changes)


@pytest.mark.parametrize(
    ("changes", "error", "text"),
    [
        ({"ticks": 0}, DomainError, "ticks"),
        ({"ticks": 2**16 + 1}, DomainError, "ticks"),
        ({"ticks": 1.5}, DomainError, "ticks"),
        ({"tick_seconds": math.nan}, DomainError, "tick_seconds"),
        ({"tick_seconds": math.inf}, DomainError, "tick_seconds"),
        ({"tick_seconds": 0.0}, DomainError, "tick_seconds"),
        ({"tick_seconds": -1.0}, DomainError, "tick_seconds"),
        ({"readout": "first"}, DomainError, "readout"),
        ({"meta": {"x": math.nan}}, DomainError, "meta"),
        ({"meta": {"x": {1, 2}}}, DomainError, "meta"),
        ({"meta": {1: 2}}, DomainError, "meta"),
    ],
)
def test_network_refuses(changes, error, text):
    with pytest.raises(error, match=text):
        network(**changes)


def test_network_refuses_layers_that_do_not_fit():
    with pytest.raises(ShapeError, match="layer 1"):
        network(layer(), layer([[1, 1], [1, 1], [1, 1]]))
    with pytest.raises(ShapeError, match="layers"):
        fs.IntegerNetwork(layers=[], ticks=1, tick_seconds=1e-3)
    with pytest.raises(DomainError, match=r"layers\[0\]"):
        fs.IntegerNetwork(layers=[fs.Dense([[1]])], ticks=1, tick_seconds=1e-3)


def test_more_than_32_bits_are_refused_with_the_numbers():
    # A perfect integrator that sums -127 * 2^8 * 600 over 2^16 ticks.
    program = fs.LifProgram(decay_mem=2, decay_syn=2, drive=2, shift=1, guard=8)
    inhibited = layer(np.full((600, 1), -127), [1], program)
    assert network(inhibited, ticks=64).widths()[0].membrane_bits <= 32
    with pytest.raises(WidthError, match=r"membrane of layer 0 .* at most 32"):
        network(inhibited, ticks=2**16)


def test_arrays_are_copies_that_never_change():
    weights = np.array([[1, 2]], dtype=np.int8)
    dense = fs.Dense(weights)
    weights[0, 0] = 99
    assert dense.weights[0, 0] == 1
    with pytest.raises(ValueError, match="read-only"):
        dense.weights[0, 0] = 5


@pytest.mark.parametrize("cell", CELLS)
def test_networks_survive_copying_and_pickling(cell):
    one = random_network(np.random.default_rng(3), program=cell[0], schedule=cell[1])
    for other in (copy.deepcopy(one), pickle.loads(pickle.dumps(one))):
        assert other == one
        assert hash(other) == hash(one)
        assert other.digest == one.digest


def test_equality_sees_every_part():
    one = network()
    assert one == network()
    others = [
        network(ticks=17),
        network(tick_seconds=2e-3),
        network(meta={"x": 1}),
        network(layer(scale=2.0)),
        network(layer(weight_bits=7)),
        network(layer(thresholds=[10, 21])),
        network(layer([[1, -1], [2, 1]])),
        network(layer(program=fs.LifProgram(3891, 3355, 4096, 12, guard=5))),
    ]
    assert all(one != other for other in others)
    assert len({other.digest for other in others}) == len(others)
    assert network(meta={"x": 1}).digest == one.digest


def test_simulate_refuses_what_does_not_fit():
    net = network()
    with pytest.raises(ShapeError, match="sources"):
        net.simulate(fs.TickBatch([0, 0], [], [], 3))
    with pytest.raises(DomainError, match="tick"):
        net.simulate(fs.TickBatch([0, 1], [16], [0], 2))
    with pytest.raises(DomainError, match="second time"):
        net.simulate(fs.SpikeBatch.from_lists([[(0.0, 0), (1e-3, 0)]], n_sources=2))
    with pytest.raises(DomainError, match="threads"):
        net.simulate(fs.TickBatch([0, 0], [], [], 2), threads=0)


def test_an_empty_batch_runs():
    run = network().simulate(fs.TickBatch([0], [], [], 2), record=True)
    assert run.n_samples == 0
    assert run.tie_rate == run.silent_rate == 0.0
    with pytest.raises(ShapeError, match="labels"):
        run.accuracy([])


def test_runs_report_what_they_hold():
    rng = np.random.default_rng(0)
    net = random_network(rng, sizes=[6, 5, 3], ticks=20)
    batch = random_samples(rng, net, 30)
    run = net.simulate(batch)
    assert run.accuracy(run.decisions) == 1.0
    assert run.accuracy(run.decisions + 1) == 0.0
    assert run.tie_rate == run.ties.mean()
    assert run.silent_rate == run.silent.mean()
    totals = run.counters.totals()
    assert totals["spikes"] == run.counters.spikes.sum(axis=0).tolist()
    assert totals["ticks_run"] == [int(run.counters.ticks_run.sum())]
    with pytest.raises(DomainError, match="record=True"):
        run.spikes(0)
    with pytest.raises(ShapeError, match="labels"):
        run.accuracy([0])
    with pytest.raises(IndexError):
        net.simulate(batch, record=True).spikes(2)


def test_random_networks_are_drawn_from_the_table_of_cells():
    rng = np.random.default_rng(0)
    for program, schedule in CELLS:
        net = random_network(rng, program=program, schedule=schedule, ticks=9)
        assert {type(x.program) for x in net.layers} == {program}
        assert {type(x.schedule) for x in net.layers} == {schedule}
    with pytest.raises(DomainError, match="LifProgram with schedule TwoPhase"):
        random_network(rng, program=fs.LifProgram, schedule=fs.TwoPhase)
    with pytest.raises(DomainError, match="at most 104"):
        random_network(rng, program=fs.TableProgram, schedule=fs.TwoPhase, ticks=105)
