"""Training of networks of step neurons, whose membrane is the sum of the weights heard so far.

By a tick a hidden neuron has fired or not, and an output's membrane is the sum of the weights of
those that have. So a network is trained as one with binary activations [1]_: on the cross-entropy
of the outputs' membranes at a few ticks, with the derivative of firing taken as 1 near the
threshold. After the first epochs small weights are zero and after half of them all are rounded.
One threshold for all outputs, chosen on training samples, then says when a network is sure.

.. [1] I. Hubara, M. Courbariaux, D. Soudry, R. El-Yaniv and Y. Bengio, "Binarized neural
   networks", NeurIPS 29, 2016, arXiv:1602.02830.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
from threadpoolctl import threadpool_limits

import firstspike as fs

#: Share of the training samples that may be decided wrongly for an earlier decision.
TOLERATED = 0.005

Floats = np.ndarray[tuple[int, ...], np.dtype[np.float32]]


@dataclass(frozen=True, kw_only=True)
class StepTraining:
    """What is trained, and how.

    ``keep`` is the share of the weights of each layer that are not zero in the end, ``parts`` of
    all ticks are when membranes are looked at, and ``window`` is how far from the threshold,
    relative to it, firing has a derivative.
    """

    hidden: int
    weight_bits: int
    keep: tuple[float, float]
    epochs: int
    batch_size: int
    rate: float = 2e-3
    parts: tuple[float, ...] = (0.0, 0.1, 0.3, 1.0)
    window: float = 1.0


SETTINGS = {
    "digits": StepTraining(hidden=120, weight_bits=6, keep=(0.2, 0.6), epochs=100, batch_size=32),
    "mnist": StepTraining(hidden=350, weight_bits=6, keep=(0.2, 0.6), epochs=10, batch_size=100),
}


@dataclass
class _Layer:
    """Weights and thresholds while they are learned, and what is made of them."""

    weights: Floats
    thresholds: Floats
    weight_bits: int
    #: Weights of a smaller magnitude are zero.
    cut: float = 0.0
    #: What a weight of one stands for, zero before weights are rounded.
    unit: float = 0.0

    @property
    def most(self) -> int:
        """Largest integer weight."""
        return (1 << self.weight_bits - 1) - 1

    def used(self) -> Floats:
        """Return the weights as the network has them: without small ones, rounded."""
        weights = np.where(np.abs(self.weights) < self.cut, np.float32(0), self.weights)
        if not self.unit:
            return weights
        unit = np.float32(self.unit)
        return np.clip(np.rint(weights / unit), -self.most, self.most) * unit

    def integer(self, raised: int = 0) -> fs.IntegerLayer:
        """Return the layer of integers, with its thresholds raised; zeros are synapses, too."""
        thresholds = np.ceil(self.thresholds / self.unit).astype(np.int64) + raised
        return fs.IntegerLayer(
            connectivity=fs.Dense(np.rint(self.used() / self.unit).astype(np.int64)),
            program=fs.StepProgram(),
            threshold=fs.ConstThreshold(np.maximum(1, thresholds)),
            weight_bits=self.weight_bits,
            scale=self.unit,
        )


def train_step_network(
    training: StepTraining,
    samples: fs.TickBatch,
    labels: np.ndarray,
    *,
    ticks: int,
    tick_seconds: float,
    seed: int,
) -> fs.IntegerNetwork:
    """Train a network with one hidden layer, on one thread."""
    rng = np.random.default_rng(seed)
    heard = _heard(samples, [round(part * (ticks - 1)) for part in training.parts])
    sizes = (samples.n_sources, training.hidden, int(labels.max()) + 1)
    hidden, output = (
        _Layer(
            weights=(rng.standard_normal((n, m)) * np.sqrt(8 / n)).astype(np.float32),
            thresholds=np.full(m, threshold, np.float32),
            weight_bits=training.weight_bits,
        )
        for n, m, threshold in zip(sizes, sizes[1:], (1, 0), strict=False)
    )
    learned = [hidden.weights, hidden.thresholds, output.weights, output.thresholds]
    rule = fs.optim.Adam()
    state = rule.init(learned)
    steps = training.epochs * (samples.n_samples // training.batch_size)
    step = 0
    with threadpool_limits(1):
        for epoch in range(training.epochs):
            for layer, keep in zip((hidden, output), training.keep, strict=True):
                _constrain(layer, keep, epoch, training.epochs)
            for some in _batches(rng, samples.n_samples, training.batch_size):
                gradients = _gradients(hidden, output, heard[some], labels[some], training.window)
                rate = training.rate * 0.5 * (1 + np.cos(np.pi * step / steps))
                rule.update(learned, gradients, state, lr=float(rate))
                np.maximum(hidden.thresholds, 0.1, out=hidden.thresholds)
                step += 1

    def made(raised: int) -> fs.IntegerNetwork:
        layers = [hidden.integer(), output.integer(raised)]
        return fs.IntegerNetwork(layers=layers, ticks=ticks, tick_seconds=tick_seconds)

    return _sure(made, samples, labels)


def _heard(samples: fs.TickBatch, looks: list[int]) -> np.ndarray:
    """Return which sources have spiked by which look, shape (n_samples, looks, n_sources)."""
    heard = np.zeros((samples.n_samples, len(looks), samples.n_sources), np.bool_)
    for index in range(samples.n_samples):
        ticks, sources = samples.sample(index)
        for look, tick in enumerate(looks):
            heard[index, look, sources[ticks <= tick]] = True
    return heard


def _batches(rng: np.random.Generator, count: int, size: int) -> Iterator[np.ndarray]:
    order = rng.permutation(count)
    for first in range(0, count - size + 1, size):
        yield order[first : first + size]


def _constrain(layer: _Layer, keep: float, epoch: int, epochs: int) -> None:
    """Say which weights are zero and, from half of the epochs on, what a weight of one is."""
    begun = min(1.0, max(0.0, (epoch - 1) / max(1, epochs // 2 - 1)))
    magnitudes = np.abs(layer.weights)
    layer.cut = float(np.quantile(magnitudes, (1 - keep) * (1 - (1 - begun) ** 3)))
    if epoch >= epochs // 2 and not layer.unit:
        layer.unit = float(np.quantile(magnitudes, 0.999)) / layer.most


def _gradients(
    hidden: _Layer, output: _Layer, heard: np.ndarray, labels: np.ndarray, window: float
) -> list[Floats]:
    """Return the gradients of the mean cross-entropy by weights and thresholds of both layers."""
    first, second = hidden.used(), output.used()
    n, looks, sources = heard.shape
    arrived = heard.astype(np.float32).reshape(n * looks, sources)
    membranes = (arrived @ first).reshape(n, looks, -1)
    highest = np.maximum.accumulate(membranes, axis=1)
    fired = (highest >= hidden.thresholds).astype(np.float32)
    logits = fired.reshape(n * looks, -1) @ second - output.thresholds
    logits -= logits.max(axis=1, keepdims=True)
    wrong = np.exp(logits)
    wrong /= wrong.sum(axis=1, keepdims=True)
    wrong[np.arange(n * looks), np.repeat(labels, looks)] -= 1
    wrong /= n * looks
    by_second = fired.reshape(n * looks, -1).T @ wrong
    near = np.abs(highest - hidden.thresholds) < window * hidden.thresholds
    by_highest = (wrong @ second.T).reshape(n, looks, -1) * near
    by_membrane = np.zeros_like(by_highest)
    # The highest membrane so far is that of the look at which it was reached.
    later = np.zeros_like(by_highest[:, 0])
    for look in reversed(range(looks)):
        later = later + by_highest[:, look]
        if look:
            new = membranes[:, look] >= highest[:, look - 1]
            by_membrane[:, look], later = later * new, later * ~new
    by_membrane[:, 0] = later
    by_first = arrived.T @ by_membrane.reshape(n * looks, -1)
    return [by_first, -by_highest.sum(axis=(0, 1)), by_second, -wrong.sum(axis=0)]


def _sure(
    made: Callable[[int], fs.IntegerNetwork], samples: fs.TickBatch, labels: np.ndarray
) -> fs.IntegerNetwork:
    """Raise the outputs' thresholds until at most half a point of accuracy is left to be had."""
    networks = [made(raised) for raised in (0, *(round(1.25**n) for n in range(1, 36)))]
    runs = (network.simulate(samples, threads=1) for network in networks)
    right = [float((run.decisions == labels).mean()) for run in runs]
    enough = max(right) - TOLERATED
    return next(network for network, share in zip(networks, right, strict=True) if share >= enough)
