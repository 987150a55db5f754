"""The integer network once more, in plain Python integers, straight from the specification.

Deliberately naive, and deliberately without numpy arithmetic or any code of the package: it only
reads the numbers out of an `IntegerNetwork`. ``docs/spec/integer-network.md`` section by section.
"""

from dataclasses import dataclass, field


@dataclass
class Layer:
    synapses: dict[int, list[tuple[int, int]]]  # source -> [(target, weight)]
    thresholds: list[int]
    em: int
    es: int
    c: int
    F: int
    G: int


@dataclass
class Result:
    decision: int = 0
    tick: int = 0
    margin: int = 0
    tie: bool = False
    silent: bool = False
    ticks_run: int = 0
    arrivals: list[int] = field(default_factory=list)
    synaptic_adds: list[int] = field(default_factory=list)
    spikes: list[list[tuple[int, int, int]]] = field(default_factory=list)  # (tick, neuron, margin)
    current_range: list[tuple[int, int]] = field(default_factory=list)
    membrane_range: list[tuple[int, int]] = field(default_factory=list)


def read(network):
    """Take the numbers out of an IntegerNetwork, as plain integers."""
    layers = []
    for layer in network.layers:
        synapses = {source: [] for source in range(layer.n_sources)}
        if type(layer.connectivity).__name__ == "Dense":
            for source, row in enumerate(layer.connectivity.weights.tolist()):
                synapses[source] = list(enumerate(row))
        else:
            offsets = layer.connectivity.offsets.tolist()
            targets = layer.connectivity.targets.tolist()
            weights = layer.connectivity.weights.tolist()
            for source in range(layer.n_sources):
                for slot in range(offsets[source], offsets[source + 1]):
                    synapses[source].append((targets[slot], weights[slot]))
        p = layer.program
        thresholds = layer.threshold.values.tolist()
        layers.append(
            Layer(synapses, thresholds, p.decay_mem, p.decay_syn, p.drive, p.shift, p.guard)
        )
    return layers


def run(layers, T, inputs, early_exit=True):
    """Run one sample; `inputs` is a list of (tick, source)."""
    n = [len(layer.thresholds) for layer in layers]
    U = [[0] * size for size in n]
    I = [[0] * size for size in n]  # noqa: E741  # the specification's name
    fired = [[False] * size for size in n]
    result = Result(
        arrivals=[0] * len(layers),
        synaptic_adds=[0] * len(layers),
        spikes=[[] for _ in layers],
        current_range=[(0, 0)] * len(layers),
        membrane_range=[(0, 0)] * len(layers),
    )
    decided = False
    for k in range(T):
        arriving = [source for tick, source in inputs if tick == k]
        for index, layer in enumerate(layers):
            spiking = []
            for source in arriving:  # 1. arrivals
                result.arrivals[index] += 1
                for target, w in layer.synapses[source]:
                    result.synaptic_adds[index] += 1
                    I[index][target] += w << layer.G
                    widen(result.current_range, index, I[index][target])
            for j in range(n[index]):
                half = 2 ** (layer.F - 1)  # 2. advance
                U[index][j] = (layer.em * U[index][j] + layer.c * I[index][j] + half) >> layer.F
                I[index][j] = (layer.es * I[index][j] + half) >> layer.F
                widen(result.current_range, index, I[index][j])
                if fired[index][j]:
                    continue  # its state no longer matters
                widen(result.membrane_range, index, U[index][j])
                if U[index][j] >= layer.thresholds[j]:  # 3. compare
                    fired[index][j] = True
                    spiking.append(j)
                    result.spikes[index].append((k, j, U[index][j] - layer.thresholds[j]))
            arriving = spiking
        result.ticks_run = k + 1
        if arriving and not decided:
            decided = True
            now = [(margin, j) for tick, j, margin in result.spikes[-1] if tick == k]
            best = max(margin for margin, _ in now)
            result.decision = min(j for margin, j in now if margin == best)
            result.tick, result.margin, result.tie = k, best, len(now) > 1
        if decided and early_exit:
            break
    if not decided:
        margins = [u - theta for u, theta in zip(U[-1], layers[-1].thresholds, strict=True)]
        result.silent, result.tick, result.margin = True, T - 1, max(margins)
        result.decision = margins.index(max(margins))
    return result


def widen(ranges, index, value):
    low, high = ranges[index]
    ranges[index] = (min(low, value), max(high, value))


def bounds(layer, T):
    """Section 5 for one layer: the extremes of I and of U over its neurons."""
    current, membrane = [0, 0], [0, 0]
    for j, theta in enumerate(layer.thresholds):
        onto = [w for segment in layer.synapses.values() for target, w in segment if target == j]
        P = sum(w for w in onto if w > 0) << layer.G
        N = sum(w for w in onto if w < 0) << layer.G
        half = 2 ** (layer.F - 1)
        high = (layer.em * (theta - 1) + layer.c * P + half) >> layer.F
        low = 0
        for _ in range(T):
            low = (layer.em * low + layer.c * N + half) >> layer.F
        current = [min(current[0], N), max(current[1], P)]
        membrane = [min(membrane[0], low), max(membrane[1], high)]
    return tuple(current), tuple(membrane)


def width(low, high):
    """Return the smallest two's-complement width that holds both."""
    bits = 1
    while not (-(2 ** (bits - 1)) <= low and high <= 2 ** (bits - 1) - 1):
        bits += 1
    return bits
