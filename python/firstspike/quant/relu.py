"""From an ordinary network of rectified linear units to a two-phase integer network."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from firstspike import _checks, encoders
from firstspike.errors import DomainError, ShapeError
from firstspike.integer_network import (
    Dense,
    FirstSpike,
    IntegerLayer,
    IntegerNetwork,
    NoThreshold,
    Potential,
    RampProgram,
    TableProgram,
    TwoPhase,
)
from firstspike.quant.calibrate import Calibration, search_scales
from firstspike.quant.codes import falling, first_ticks, level_encoder, tick_values
from firstspike.quant.weights import lattice_scale, least_error_scale, round_weights

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import ArrayLike, NDArray

    from firstspike.integer_network import Readout, Threshold
    from firstspike.quant.batch_norm import BatchNorm
    from firstspike.quant.codes import Kernel

__all__ = ["from_relu"]

_REACHES = np.linspace(0.2, 1.0, 33)
_MOST_BIAS = 2**31 - 1
_MOST_OCTAVES = 12


@dataclass(frozen=True, eq=False)
class _Layer:
    """A layer in floating point, and its outputs before the rectifier on the calibration inputs."""

    weights: NDArray[np.float64]
    bias: NDArray[np.float64]
    sums: NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class _Plan:
    """Everything about the integer network but the scales of the weights."""

    layers: tuple[_Layer, ...]
    first_values: NDArray[np.int64]
    kernels: tuple[Kernel, ...]
    readout: Readout
    ticks: int
    tick_seconds: float
    weight_bits: tuple[int, ...]
    meta: Mapping[str, Any]

    def build(self, scales: Sequence[float]) -> IntegerNetwork:
        """Quantise layer after layer, each on what the one before really gives out."""
        values = self.first_values
        unit = 1.0 / float(tick_values(self.kernels[0], self.ticks)[0])  # of the values
        layers = []
        for index, (layer, scale) in enumerate(zip(self.layers, scales, strict=True)):
            weights = round_weights(layer.weights, scale, self.weight_bits[index])
            # Products and sums stay below 2^53, so floating point is exact here, and fast.
            exact = values.astype(np.float64) @ weights.astype(np.float64)
            sums = exact.astype(np.int64)
            unit = unit * scale  # of the membranes
            # What rounding shifts the sums by on average, the bias takes back.
            bias = layer.bias + (layer.sums - layer.bias - sums * unit).mean(axis=0)
            whole = np.rint(bias / unit)
            if np.abs(whole).max() > _MOST_BIAS:
                msg = f"layer {index} would need biases up to {np.abs(whole).max():.3g}, expected"
                raise DomainError(f"{msg} at most 2^31 - 1: is the scale {scale} right?")
            membranes = sums + whole.astype(np.int64)
            last = index == len(self.layers) - 1
            if last and isinstance(self.readout, Potential):
                threshold: Threshold = NoThreshold()
                offset = 0
            else:
                following = self.kernels[min(index + 1, len(self.kernels) - 1)]
                worth = tick_values(following, self.ticks)
                reach = self._reach(layer.sums, worth, last=last) / unit
                even = isinstance(following, RampProgram)
                levels, offset, reach = falling(worth, reach, ramp=even)
                threshold = levels
                values = worth[first_ticks(levels, membranes + offset, self.ticks)]
                unit = unit * reach / float(worth[0])
            layers.append(
                IntegerLayer(
                    connectivity=Dense(weights),
                    program=self.kernels[index],
                    threshold=threshold,
                    schedule=TwoPhase(),
                    bias=whole.astype(np.int64) + offset,
                    weight_bits=self.weight_bits[index],
                    scale=scale,
                )
            )
        return IntegerNetwork(
            layers=tuple(layers),
            ticks=self.ticks,
            tick_seconds=self.tick_seconds,
            readout=self.readout,
            meta=self.meta,
        )

    @staticmethod
    def _reach(sums: NDArray[np.float64], worth: NDArray[np.int64], *, last: bool) -> float:
        """Return the activation that the largest value stands for: least squared error."""
        outputs = np.maximum(sums, 0.0)
        largest = float(outputs.max())
        if largest == 0.0:
            return 1.0  # nobody ever fires: any threshold is right
        if last:
            return largest  # the winner must not be clipped, the others do not matter
        grid = worth[::-1] / float(worth[0])
        edges = (grid[1:] + grid[:-1]) / 2.0
        errors = []
        for share in _REACHES:
            reach = share * largest
            nearest = grid[np.searchsorted(edges, outputs / reach)] * reach
            errors.append(float(((nearest - outputs) ** 2).mean()))
        return float(_REACHES[int(np.argmin(errors))]) * largest


def from_relu(
    weights: Sequence[ArrayLike],
    biases: Sequence[ArrayLike] | None = None,
    *,
    inputs: ArrayLike,
    labels: ArrayLike | None = None,
    batch_norms: Sequence[BatchNorm | None] | None = None,
    ticks: int = 15,
    tick_seconds: float = 1e-3,
    weight_bits: int | Sequence[int] = 8,
    program: Kernel | None = None,
    readout: Readout | None = None,
    scales: Sequence[float] | None = None,
    threads: int | None = None,
    meta: Mapping[str, Any] | None = None,
) -> IntegerNetwork:
    r"""Turn a trained multilayer perceptron with rectified linear units into spikes.

    The network is ``h_0 = x``, ``h_l = relu(h_{l-1} W_l + b_l)``, without the rectifier in the last
    layer. A two-phase `RampProgram` computes just that on whole numbers: an activation becomes one
    of ``ticks`` values ``v = T - k`` or no spike, and ``U = B + sum q v``. With `TableProgram` the
    values are spaced logarithmically instead; the first layer keeps even ones for its inputs.

    Weights become ``q = round(w / s)`` with one scale per layer. The largest activation a layer can
    tell is chosen for the least squared error on the calibration inputs, and the average error that
    the rounding of weights and activations leaves behind is taken back by the biases.

    Parameters
    ----------
    weights : sequence of array_like, each of shape (n_sources, n_targets)
        As in scikit-learn's ``MLPClassifier.coefs_``; transpose those of PyTorch.
    biases : sequence of array_like, each of shape (n_targets,), optional
        Zero by default; as in ``MLPClassifier.intercepts_``.
    inputs : array_like, shape (n_samples, n_features)
        Calibration inputs in [0, 1], not from the test set. A few hundred will do.
    labels : array_like of int64, shape (n_samples,), optional
        Their classes. Given, scales are searched for the best accuracy of the integer network.
    batch_norms : sequence of BatchNorm or None, optional
        Normalisation between sum and rectifier of each layer; folded into its weights.
    ticks : int, default 15
        Ticks ``T`` of a window.
    tick_seconds : float, default 1 ms
        Duration of a tick in seconds (metadata).
    weight_bits : int or sequence of int, default 8
        Width of the weights, 2 to 8, of all layers or of each.
    program : RampProgram or TableProgram, default RampProgram
        How hidden spikes are read.
    readout : Potential or FirstSpike, default Potential
        `FirstSpike` lets the last layer fire; decisions are the same.
    scales : sequence of float, optional
        Real value of the integer 1, per layer; by default the least squared error.
    threads : int, optional
        Number of threads of the search. The result does not depend on it.
    meta : mapping, optional
        Notes to keep with the network; the encoder of its inputs is added.

    Returns
    -------
    IntegerNetwork
        A dense network. Its inputs are encoded by `level_encoder`, as ``meta["encoder"]`` says.

    Raises
    ------
    ShapeError
        If layers do not fit each other or the inputs, or something has not one entry per layer.
    DomainError
        If a number is not finite or out of range.
    WidthError
        If a register would need more than 32 bits.

    References
    ----------
    A. Stanojevic et al., "High-performance deep spiking neural networks with 0.3 spikes per
    neuron", Nature Communications 15 (2024), arXiv:2306.08744: the equivalence in continuous time.

    Examples
    --------
    >>> import numpy as np
    >>> import firstspike as fs
    >>> rng = np.random.default_rng(0)
    >>> weights = [rng.normal(size=(4, 8)), rng.normal(size=(8, 3))]
    >>> inputs = rng.random((200, 4))
    >>> q = fs.from_relu(weights, inputs=inputs, ticks=31)
    >>> exact = np.maximum(inputs @ weights[0], 0) @ weights[1]
    >>> run = q.simulate(fs.encoders.from_description(q.meta["encoder"])(inputs))
    >>> bool(run.accuracy(exact.argmax(axis=1)) > 0.95)
    True
    """
    encoder = level_encoder(ticks, tick_seconds)
    calibration = _checks.unit_matrix("inputs", inputs, "(n_samples, n_features)")
    layers = _float_layers(weights, biases, batch_norms, calibration)
    n_layers = len(layers)
    if layers[-1].bias.size == 1:
        msg = (
            "the last layer has 1 neuron, expected one per class: two for a yes or no, for example"
        )
        raise ShapeError(f"{msg} a second one with weights and bias of the opposite sign")
    program = RampProgram() if program is None else program
    if not isinstance(program, RampProgram | TableProgram):
        msg = f"program is {program!r}, expected RampProgram() or a TableProgram"
        raise DomainError(msg)
    if isinstance(program, TableProgram):
        most = _MOST_OCTAVES * len(program.mantissas)
        if ticks > most:
            msg = f"ticks is {ticks}, expected at most {most} with {program!r}: later spikes would"
            raise DomainError(f"{msg} be worth next to nothing; use more mantissas or fewer ticks")
    readout = Potential() if readout is None else readout
    if not isinstance(readout, Potential | FirstSpike):
        msg = f"readout is {readout!r}, expected Potential() or FirstSpike()"
        raise DomainError(msg)
    plan = _Plan(
        layers=layers,
        first_values=np.rint(calibration * ticks).astype(np.int64),
        kernels=(RampProgram(), *[program] * (n_layers - 1)),
        readout=readout,
        ticks=ticks,
        tick_seconds=tick_seconds,
        weight_bits=_per_layer("weight_bits", weight_bits, n_layers),
        meta=dict(meta or {}) | {"encoder": encoders.describe(encoder)},
    )
    if scales is not None:
        return plan.build([_checks.positive("scales", s) for s in _one_each(scales, n_layers)])
    pairs = list(zip(layers, plan.weight_bits, strict=True))
    exact = [lattice_scale(layer.weights, bits) for layer, bits in pairs]
    start = [
        lattice or least_error_scale(layer.weights, bits)
        for lattice, (layer, bits) in zip(exact, pairs, strict=True)
    ]
    if labels is not None:
        known = Calibration.of(encoder(calibration), labels)
        free = [index for index, lattice in enumerate(exact) if lattice is None]
        start = search_scales(plan.build, start, free, known, threads)
    return plan.build(start)


def _float_layers(
    weights: Sequence[ArrayLike],
    biases: Sequence[ArrayLike] | None,
    batch_norms: Sequence[BatchNorm | None] | None,
    inputs: NDArray[np.float64],
) -> tuple[_Layer, ...]:
    matrices = [_checks.real_matrix("weights", w, "(n_sources, n_targets)") for w in weights]
    if not matrices or not inputs.size:
        msg = f"there are {len(matrices)} layers and {len(inputs)} inputs, expected some of each"
        raise ShapeError(msg)
    if biases is None:
        biases = [np.zeros(matrix.shape[1]) for matrix in matrices]
    norms = [None] * len(matrices) if batch_norms is None else list(batch_norms)
    for name, entries in (("biases", biases), ("batch_norms", norms)):
        if len(entries) != len(matrices):
            msg = f"{name} has {len(entries)} entries, expected one per layer ({len(matrices)})"
            raise ShapeError(msg)
    layers: list[_Layer] = []
    outputs = inputs
    for index, (matrix, entry, norm) in enumerate(zip(matrices, biases, norms, strict=True)):
        bias = _checks.real_vector(f"biases[{index}]", entry)
        if matrix.shape != (outputs.shape[1], bias.size):
            msg = (
                f"weights[{index}] has shape {matrix.shape}, expected {outputs.shape[1]} sources, "
                f"the outputs of the layer before, and {bias.size} targets, as it has biases"
            )
            raise ShapeError(msg)
        matrix, bias = (matrix, bias) if norm is None else norm.fold(matrix, bias)
        if not (np.isfinite(matrix).all() and np.isfinite(bias).all()):
            msg = f"layer {index} holds numbers that are not finite, expected a trained network"
            raise DomainError(msg)
        sums = outputs @ matrix + bias
        layers.append(_Layer(matrix, bias, sums))
        outputs = np.maximum(sums, 0.0)
    return tuple(layers)


def _one_each(values: Sequence[float], n_layers: int) -> Sequence[float]:
    if len(values) != n_layers:
        msg = f"scales has {len(values)} entries, expected one per layer, that is {n_layers}"
        raise ShapeError(msg)
    return values


def _per_layer(name: str, value: int | Sequence[int], n_layers: int) -> tuple[int, ...]:
    values = [value] * n_layers if isinstance(value, int | np.integer) else list(value)
    if len(values) != n_layers:
        msg = f"{name} has {len(values)} entries, expected one per layer, that is {n_layers}"
        raise ShapeError(msg)
    return tuple(_checks.count(name, entry) for entry in values)
