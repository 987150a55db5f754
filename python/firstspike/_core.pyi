"""Types of the Rust extension module; checked against it by stubtest."""

from typing import Any, TypeAlias, final

import numpy as np
from numpy.typing import NDArray

__version__: str

def check_spike_batch(
    offsets: NDArray[np.int64],
    times: NDArray[np.float64],
    sources: NDArray[np.uint32],
    n_sources: int,
) -> None: ...
def first_spike_cross_entropy(
    times: NDArray[np.float64],
    labels: NDArray[np.uint32],
    tau0: float,
    alpha: float,
    tau1: float,
) -> tuple[float, NDArray[np.float64]]: ...
def silent_output_hinge(
    beta: float,
    times: NDArray[np.float64],
    max_voltages: NDArray[np.float64],
    thresholds: NDArray[np.float64],
    labels: NDArray[np.uint32],
) -> tuple[float, NDArray[np.float64]]: ...
def silent_hidden_hinge(
    beta: float,
    times: NDArray[np.float64],
    max_voltages: NDArray[np.float64],
    thresholds: NDArray[np.float64],
) -> tuple[float, NDArray[np.float64]]: ...

_Window: TypeAlias = tuple[str, float, float]

@final
class Potentials:
    def __new__(
        cls,
        tau_mem: NDArray[np.float64],
        tau_syn: NDArray[np.float64],
        duration: float,
        weights: NDArray[np.float64],
        batch: Batch,
    ) -> Potentials: ...
    def averages(self, window: _Window, workers: Workers) -> NDArray[np.float64]: ...
    def peaks(self, workers: Workers) -> tuple[NDArray[np.float64], NDArray[np.float64]]: ...
    def voltages(self, times: NDArray[np.float64], workers: Workers) -> NDArray[np.float64]: ...
    def backward(
        self,
        averages: list[tuple[_Window, NDArray[np.float64]]],
        peaks: list[NDArray[np.float64]],
        voltages: list[tuple[NDArray[np.float64], NDArray[np.float64]]],
        taus: bool,
        workers: Workers,
    ) -> tuple[
        NDArray[np.float64], NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]
    ]: ...

@final
class UpdateRule:
    @staticmethod
    def adam(beta1: float, beta2: float, eps: float, decay: float) -> UpdateRule: ...
    @staticmethod
    def sgd(momentum: float, decay: float) -> UpdateRule: ...
    @property
    def n_moments(self) -> int: ...
    def step(
        self,
        step: int,
        lr: float,
        params: NDArray[Any],
        grads: NDArray[Any],
        moments: list[NDArray[Any]],
    ) -> None: ...

def clip_by_norm(vectors: list[NDArray[Any]], max_norm: float) -> float: ...
def shrink(weights: NDArray[Any], amount: float) -> None: ...
def fake_quantize(weights: NDArray[Any], scale: float, limit: float) -> NDArray[Any]: ...
def largest_weight(bits: int) -> float: ...
def best_weight_scale(weights: NDArray[Any], limit: float) -> float: ...
def epoch_order(n: int, seed: int, epoch: int) -> NDArray[np.uint64]: ...

@final
class Connectivity:
    @staticmethod
    def dense(weights: NDArray[np.int8]) -> Connectivity: ...
    @staticmethod
    def lists(
        n_targets: int,
        offsets: NDArray[np.int64],
        targets: NDArray[np.uint32],
        weights: NDArray[np.int8],
    ) -> Connectivity: ...

@final
class Program:
    @staticmethod
    def step() -> Program: ...
    @staticmethod
    def ramp() -> Program: ...
    @staticmethod
    def lif(decay_mem: int, decay_syn: int, drive: int, shift: int, guard: int) -> Program: ...
    @staticmethod
    def table(mantissas: NDArray[np.int64]) -> Program: ...

@final
class Schedule:
    @staticmethod
    def causal() -> Schedule: ...
    @staticmethod
    def two_phase() -> Schedule: ...

@final
class Threshold:
    @staticmethod
    def const(values: NDArray[np.int64]) -> Threshold: ...
    @staticmethod
    def ramp(step: int) -> Threshold: ...
    @staticmethod
    def table(values: NDArray[np.int64]) -> Threshold: ...
    @staticmethod
    def none() -> Threshold: ...

@final
class Readout:
    @staticmethod
    def first_spike() -> Readout: ...
    @staticmethod
    def potential() -> Readout: ...

@final
class IntegerLayer:
    def __new__(
        cls,
        connectivity: Connectivity,
        program: Program,
        schedule: Schedule,
        threshold: Threshold,
        bias: NDArray[np.int64] | None,
        weight_bits: int,
    ) -> IntegerLayer: ...

@final
class IntegerNetwork:
    def __new__(
        cls, layers: list[IntegerLayer], ticks: int, readout: Readout
    ) -> IntegerNetwork: ...
    def simulate(
        self, batch: TickBatch, early_exit: bool, record: bool, workers: Workers
    ) -> IntegerRun: ...
    def bounds(self) -> list[tuple[tuple[int, int, int], tuple[int, int, int]]]: ...

@final
class IntegerRun:
    def decisions(self) -> NDArray[np.int64]: ...
    def ticks(self) -> NDArray[np.int32]: ...
    def margins(self) -> NDArray[np.int64]: ...
    def ties(self) -> NDArray[np.bool_]: ...
    def silent(self) -> NDArray[np.bool_]: ...
    def ticks_run(self) -> NDArray[np.int32]: ...
    def arrivals(self) -> NDArray[np.int64]: ...
    def synaptic_adds(self) -> NDArray[np.int64]: ...
    def fired(self) -> NDArray[np.int64]: ...
    def spikes(
        self,
    ) -> list[
        tuple[NDArray[np.int64], NDArray[np.int32], NDArray[np.uint32], NDArray[np.int64]]
    ]: ...

@final
class CoreShape:
    def __new__(
        cls, layers: list[tuple[int, int, int, str, bool]], queue_depth: int
    ) -> CoreShape: ...

def predict_cycles(
    network: IntegerNetwork,
    batch: TickBatch,
    shape: CoreShape,
    early_exit: bool,
    workers: Workers,
) -> NDArray[np.uint64]: ...
def predict_stream(
    network: IntegerNetwork,
    batch: TickBatch,
    edges: list[int],
    shape: CoreShape,
    early_exit: bool,
    workers: Workers,
) -> tuple[NDArray[np.uint64], NDArray[np.uint64]]: ...
def spikes_to_ticks(
    offsets: NDArray[np.int64],
    times: NDArray[np.float64],
    sources: NDArray[np.uint32],
    n_sources: int,
    ticks: int,
    tick_seconds: float,
) -> tuple[tuple[NDArray[np.int64], NDArray[np.int32], NDArray[np.uint32]], int]: ...

@final
class TickBatch:
    def __new__(
        cls,
        offsets: NDArray[np.int64],
        ticks: NDArray[np.int32],
        sources: NDArray[np.uint32],
        n_sources: int,
    ) -> TickBatch: ...

LifSpec: TypeAlias = tuple[int, int, float, float, int | None]
Batch: TypeAlias = tuple[NDArray[np.int64], NDArray[np.float64], NDArray[np.uint32], int]

@final
class Workers:
    def __new__(cls, threads: int | None = None) -> Workers: ...
    @property
    def count(self) -> int: ...

@final
class LifTape:
    def spikes(
        self, layer: int
    ) -> tuple[NDArray[np.int64], NDArray[np.float64], NDArray[np.uint32]]: ...
    def first_spike_times(self, layer: int) -> NDArray[np.float64]: ...
    def slopes(self, layer: int) -> NDArray[np.float64]: ...
    def max_voltages(self, layer: int, workers: Workers) -> NDArray[np.float64]: ...
    def backward(
        self,
        dl_dt: NDArray[np.float64],
        jumps: list[tuple[int, NDArray[np.float64]]],
        slope_guard: float | None,
        input_times: bool,
        workers: Workers,
        dl_dspikes: list[tuple[int, NDArray[np.float64]]] = ...,
    ) -> tuple[list[NDArray[Any]], list[NDArray[Any]], list[NDArray[Any]], NDArray[Any] | None]: ...

CircuitSpec: TypeAlias = tuple[int, int, int | None, float]
CircuitLayer: TypeAlias = dict[str, Any]

@final
class CircuitTape:
    def spikes(
        self, layer: int
    ) -> tuple[NDArray[np.int64], NDArray[np.float64], NDArray[np.uint32]]: ...
    def first_spike_times(self, layer: int) -> NDArray[np.float64]: ...
    def slopes(self, layer: int) -> NDArray[np.float64]: ...
    def max_voltages(self, layer: int, workers: Workers) -> NDArray[np.float64]: ...
    def backward(
        self,
        dl_dt: NDArray[np.float64],
        jumps: list[tuple[int, NDArray[np.float64]]],
        dl_dspikes: list[tuple[int, NDArray[np.float64]]],
        slope_guard: float | None,
        wanted: tuple[bool, bool, bool, bool],
        workers: Workers,
    ) -> tuple[dict[str, list[NDArray[Any]]], list[NDArray[Any]], NDArray[Any]]: ...

RampSpec: TypeAlias = tuple[int, int, float]

@final
class RampTape:
    def spikes(
        self, layer: int
    ) -> tuple[NDArray[np.int64], NDArray[np.float64], NDArray[np.uint32]]: ...
    def first_spike_times(self, layer: int) -> NDArray[np.float64]: ...
    def slopes(self, layer: int) -> NDArray[np.float64]: ...
    def max_voltages(self, layer: int, workers: Workers) -> NDArray[np.float64]: ...
    def backward(
        self,
        dl_dt: NDArray[np.float64],
        jumps: list[tuple[int, NDArray[np.float64]]],
        slope_guard: float | None,
        input_times: bool,
        workers: Workers,
        dl_dspikes: list[tuple[int, NDArray[np.float64]]],
    ) -> tuple[list[NDArray[Any]], list[NDArray[Any]], list[NDArray[Any]], NDArray[Any] | None]: ...

def ramp_forward(
    specs: list[RampSpec],
    parameters: list[tuple[NDArray[Any], NDArray[Any]]],
    batch: Batch,
    until: float | None,
    tick: float | None,
    workers: Workers,
) -> RampTape: ...
def circuit_forward(
    specs: list[CircuitSpec],
    layers: list[CircuitLayer],
    batch: Batch,
    until: float | None,
    step: float | None,
    workers: Workers,
) -> CircuitTape: ...
def circuit_of_lif(
    specs: list[CircuitSpec], layers: list[CircuitLayer], tape: LifTape
) -> CircuitTape: ...
def lif_forward(
    specs: list[LifSpec],
    parameters: list[tuple[NDArray[Any], NDArray[Any]]],
    batch: Batch,
    tick: float | None,
    workers: Workers,
) -> LifTape: ...
def lif_infer(
    specs: list[LifSpec],
    parameters: list[tuple[NDArray[Any], NDArray[Any]]],
    batch: Batch,
    tick: float | None,
    workers: Workers,
) -> tuple[NDArray[np.float64], list[int]]: ...

_LayerState: TypeAlias = tuple[
    NDArray[Any],
    list[NDArray[Any]],
    NDArray[np.bool_] | None,
    float,
    tuple[float, float] | None,
]

Augment: TypeAlias = tuple[str, float, tuple[int, int, int] | None]

@final
class Events:
    def __new__(
        cls,
        offsets: NDArray[np.int64],
        times: NDArray[np.float64],
        sources: NDArray[np.uint32],
        n_sources: int,
        labels: NDArray[np.uint32],
    ) -> Events: ...
    def gather(
        self, chosen: NDArray[np.uint64], augments: list[Augment], seed: int, epoch: int
    ) -> tuple[NDArray[np.int64], NDArray[np.float64], NDArray[np.uint32]]: ...

@final
class Trainer:
    def __new__(
        cls,
        specs: list[LifSpec],
        parameters: list[tuple[NDArray[Any], NDArray[Any]]],
        events: Events,
        labels: NDArray[np.uint32],
        loss: tuple[float, float, float],
        hinges: tuple[float, float],
        slope_guard: float | None,
        rule: UpdateRule,
        clip_norm: float | None,
        augments: list[Augment],
        batch_size: int,
        seed: int,
        workers: Workers,
    ) -> Trainer: ...
    def begin_epoch(
        self, epoch: int, step: int, layers: list[_LayerState], tick: float | None
    ) -> None: ...
    def run(self, first: int, rates: list[float]) -> list[tuple[int, int, int, float, int]]: ...
    def hand_back(
        self, layers: list[tuple[NDArray[Any], list[NDArray[Any]], NDArray[Any]]]
    ) -> int: ...
