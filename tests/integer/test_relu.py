"""An ordinary ReLU network and its two-phase integers agree."""

import warnings

import numpy as np
import pytest
from sklearn.neural_network import MLPClassifier

import firstspike as fs
from firstspike.errors import DomainError, ShapeError, WidthError
from firstspike.quant import level_encoder
from firstspike.quant.codes import falling, first_ticks, tick_values


@pytest.fixture(scope="module")
def perceptron():
    """A float perceptron for digits, and the data."""
    train, test = fs.datasets.load("digits")
    net = MLPClassifier((48, 24), max_iter=60, random_state=0)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        net.fit(train.inputs, train.labels)
    return net, train, test


def spikes_of(q, inputs):
    return fs.encoders.from_description(q.meta["encoder"])(inputs)


@pytest.mark.parametrize(
    ("ticks", "program", "readout", "loss"),
    [
        (31, None, None, 0.005),
        (15, None, fs.FirstSpike(), 0.01),
        (15, fs.TableProgram.of_base(2), None, 0.015),
        (7, fs.TableProgram.of_base(1), fs.FirstSpike(), 0.06),
    ],
)
def test_digits_lose_little(perceptron, ticks, program, readout, loss):
    net, train, test = perceptron
    q = fs.from_relu(
        net.coefs_, net.intercepts_, inputs=train.inputs, ticks=ticks, program=program,
        readout=readout,
    )  # fmt: skip
    run = q.simulate(spikes_of(q, test.inputs))
    expected = (net.predict(test.inputs) == test.labels).mean()
    assert run.accuracy(test.labels) >= expected - loss
    assert run.accuracy(net.predict(test.inputs)) > 0.97 - loss  # not only as good: the same
    assert run.silent_rate < 0.01


def test_labels_buy_accuracy_where_weights_are_narrow(perceptron):
    net, train, _ = perceptron
    parts = {"inputs": train.inputs[:300], "weight_bits": 3, "ticks": 7}
    plain, searched = (
        fs.from_relu(net.coefs_, net.intercepts_, labels=labels, **parts)
        for labels in (None, train.labels[:300])
    )
    spikes = spikes_of(plain, train.inputs[:300])
    accuracies = [q.simulate(spikes).accuracy(train.labels[:300]) for q in (plain, searched)]
    assert accuracies[1] > accuracies[0]


def test_weights_on_a_lattice_are_exact():
    # With whole weights, few levels and no clipping the integers are the float network itself.
    rng = np.random.default_rng(0)
    inputs = rng.integers(0, 16, (50, 6)) / 15
    weights = [rng.integers(-7, 8, (6, 5)) * 0.25]
    q = fs.from_relu(weights, inputs=inputs, ticks=15, weight_bits=4)
    run = q.simulate(spikes_of(q, inputs))
    exact = np.rint(inputs @ weights[0] * 15 / 0.25).astype(int)
    assert run.decisions.tolist() == exact.argmax(axis=1).tolist()
    assert run.margins.tolist() == exact.max(axis=1).tolist()


def test_batch_normalisation_is_folded(perceptron):
    net, train, _ = perceptron
    rng = np.random.default_rng(3)
    norms, weights, biases = [], [], []
    for w, b in zip(net.coefs_, net.intercepts_, strict=True):
        n = b.size
        norm = fs.BatchNorm(
            rng.uniform(0.5, 2.0, n), rng.normal(size=n), rng.normal(size=n), rng.uniform(1, 2, n)
        )
        factor = norm.gamma / np.sqrt(norm.var + norm.eps)
        weights.append(w / factor)  # such that folding gives the trained network back
        biases.append((b - norm.beta) / factor + norm.mean)
        norms.append(norm)
    last = (*norms[:-1], None)
    weights[-1], biases[-1] = net.coefs_[-1], net.intercepts_[-1]
    inputs = train.inputs[:200]
    plain = fs.from_relu(net.coefs_, net.intercepts_, inputs=inputs)
    folded = fs.from_relu(weights, biases, inputs=inputs, batch_norms=last)
    spikes = spikes_of(plain, inputs)
    one, two = plain.simulate(spikes), folded.simulate(spikes)
    assert (one.decisions == two.decisions).mean() > 0.99
    forgotten = fs.from_relu(weights, biases, inputs=inputs)
    assert (one.decisions == forgotten.simulate(spikes).decisions).mean() < 0.9


@pytest.mark.parametrize("ticks", [1, 2, 7, 15, 64])
def test_inputs_get_the_nearest_level(ticks):
    inputs = np.linspace(0, 1, 211)[None, :]
    spikes = level_encoder(ticks, 1e-3)(inputs)
    batch = fs.TickBatch.from_spikes(spikes, ticks=ticks, tick_seconds=1e-3)
    levels = np.zeros(211, int)
    levels[batch.sources] = ticks - batch.ticks
    assert np.abs(levels - inputs[0] * ticks).max() <= 0.5 + 1e-4
    assert (levels == 0).sum() == (inputs[0] * ticks <= 0.5 + 1e-9).sum()


@pytest.mark.parametrize(
    ("program", "ramp"), [(fs.RampProgram(), True), (fs.TableProgram.of_base(2), False)]
)
def test_thresholds_round_to_the_nearest_value(program, ramp):
    values = tick_values(program, 9)
    threshold, offset, reach = falling(values, 9000.0, ramp=ramp)
    membranes = np.arange(-100, 12000, 7)
    ticks = first_ticks(threshold, membranes + offset, 9)
    scan = [next((k for k in range(9) if u + offset >= threshold.at(k, 9)), 9) for u in membranes]
    assert ticks.tolist() == scan
    worth = values * reach / values[0]
    best = np.abs(worth[None, :] - membranes[:, None]).min(axis=1)
    assert np.abs(worth[ticks] - membranes).max() >= 0
    assert (np.abs(worth[ticks] - membranes) <= best + 1).all()


GOOD = {
    "weights": [np.ones((2, 3)), np.ones((3, 2))],
    "biases": [np.zeros(3), np.zeros(2)],
    "inputs": [[0.5, 1.0]],
}


@pytest.mark.parametrize(
    ("changes", "error", "text"),
    [
        ({"weights": []}, ShapeError, "0 layers"),
        (
            {"weights": [np.ones((2, 3)), np.ones((3, 1))], "biases": [np.zeros(3), [0.0]]},
            ShapeError,
            "one per class",
        ),
        ({"weights": [np.ones((2, 3)), np.ones((4, 2))]}, ShapeError, r"weights\[1\]"),
        ({"weights": [np.ones((3, 3)), np.ones((3, 2))]}, ShapeError, r"weights\[0\]"),
        ({"weights": [np.full((2, 3), np.nan), np.ones((3, 2))]}, DomainError, "finite"),
        ({"biases": [np.zeros(3)]}, ShapeError, "biases"),
        ({"biases": [np.zeros(4), np.zeros(2)]}, ShapeError, "4 targets"),
        ({"batch_norms": [None]}, ShapeError, "batch_norms"),
        ({"batch_norms": [fs.BatchNorm([1], [0], [0], [1]), None]}, ShapeError, "3 neurons"),
        ({"inputs": [[0.5, 2.0]]}, DomainError, "0 to 1"),
        ({"inputs": np.zeros((0, 2))}, ShapeError, "0 inputs"),
        ({"labels": [1, 2]}, ShapeError, "labels"),
        ({"ticks": 0}, DomainError, "ticks"),
        ({"ticks": 2**17}, DomainError, "1 to 65536"),
        ({"tick_seconds": 0.0}, DomainError, "tick_seconds"),
        ({"weight_bits": [8]}, ShapeError, "weight_bits"),
        ({"weight_bits": 9}, DomainError, "bits|2 to 8"),
        ({"scales": [1.0]}, ShapeError, "scales"),
        ({"scales": [1.0, -1.0]}, DomainError, "scales"),
        ({"program": fs.StepProgram()}, DomainError, "program"),
        ({"program": fs.TableProgram([1]), "ticks": 13}, DomainError, "at most 12"),
        ({"readout": "argmax"}, DomainError, "readout"),
        (
            {"biases": [np.full(3, 1e12), np.zeros(2)], "scales": [1e-3, 1.0]},
            (DomainError, WidthError),
            "layer 0",
        ),
    ],
)
def test_what_does_not_fit_is_refused(changes, error, text):
    arguments = GOOD | changes
    with pytest.raises(error, match=text):
        fs.from_relu(arguments.pop("weights"), arguments.pop("biases"), **arguments)


@pytest.mark.parametrize(
    ("parts", "error"),
    [
        (([1.0], [0.0, 1.0], [0.0], [1.0]), ShapeError),
        (([1.0], [0.0], [np.inf], [1.0]), DomainError),
        (([1.0], [0.0], [0.0], [-1.0]), DomainError),
    ],
)
def test_batch_norm_refuses(parts, error):
    with pytest.raises(error):
        fs.BatchNorm(*parts)


def test_a_layer_in_which_nobody_ever_fires_is_no_error():
    weights = [-np.ones((2, 3)), np.ones((3, 2))]
    q = fs.from_relu(weights, [np.zeros(3), np.array([0.0, 1.0])], inputs=[[0.5, 1.0]])
    run = q.simulate(spikes_of(q, [[0.5, 1.0]]))
    assert run.decisions.tolist() == [1]
    assert run.silent.all()  # the biases alone decide, and the run says so
