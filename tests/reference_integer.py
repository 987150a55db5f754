"""The integer network once more, in plain Python integers, straight from the specification.

Deliberately naive, and deliberately without numpy arithmetic or any code of the package: it only
reads the numbers out of an `IntegerNetwork`. ``docs/spec/integer-network.md`` section by section.
"""

from dataclasses import dataclass, field


@dataclass
class Layer:
    synapses: dict[int, list[tuple[int, int]]]  # source -> [(target, weight)]
    n: int
    program: str = ""
    two_phase: bool = False
    thresholds: list[int] | None = None  # of each neuron; or of each tick if two_phase
    step: int | None = None
    bias: list[int] | None = None
    mantissas: list[int] | None = None
    em: int = 0
    es: int = 0
    c: int = 0
    F: int = 0
    G: int = 0


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
    return [read_layer(layer) for layer in network.layers]


def read_layer(layer):
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
    numbers = Layer(synapses, layer.n_targets)
    p, threshold = layer.program, layer.threshold
    numbers.program = type(p).__name__.removesuffix("Program").lower()
    numbers.two_phase = type(layer.schedule).__name__ == "TwoPhase"
    if numbers.program == "lif":
        numbers.em, numbers.es, numbers.c = p.decay_mem, p.decay_syn, p.drive
        numbers.F, numbers.G = p.shift, p.guard
    if numbers.program == "table":
        numbers.mantissas = list(p.mantissas)
    if type(threshold).__name__ in ("ConstThreshold", "TableThreshold"):
        numbers.thresholds = threshold.values.tolist()
    if type(threshold).__name__ == "RampThreshold":
        numbers.step = threshold.step
    if numbers.two_phase:
        numbers.bias = layer.bias.tolist()
    return numbers


def run(layers, T, inputs, early_exit=True):
    """Run one sample; `inputs` is a list of (tick, source)."""
    if layers[0].two_phase:
        return run_two_phase(layers, T, inputs, early_exit)
    return run_causal(layers, T, inputs, early_exit)


def blank(layers):
    return Result(
        arrivals=[0] * len(layers),
        synaptic_adds=[0] * len(layers),
        spikes=[[] for _ in layers],
        current_range=[(0, 0)] * len(layers),
        membrane_range=[(0, 0)] * len(layers),
    )


# --- section 3 ---------------------------------------------------------------------------------


def run_causal(layers, T, inputs, early_exit):
    U = [[0] * layer.n for layer in layers]
    I = [[0] * layer.n for layer in layers]  # noqa: E741  # the specification's name; also S
    fired = [[False] * layer.n for layer in layers]
    result = blank(layers)
    decided = False
    for k in range(T):
        arriving = [source for tick, source in inputs if tick == k]
        for index, layer in enumerate(layers):
            spiking = []
            for source in arriving:  # 1. arrivals
                result.arrivals[index] += 1
                for target, w in layer.synapses[source]:
                    result.synaptic_adds[index] += 1
                    if layer.program == "step":
                        U[index][target] += w
                        if not fired[index][target]:
                            widen(result.membrane_range, index, U[index][target])
                    elif layer.program == "ramp":
                        I[index][target] += w
                    else:
                        I[index][target] += w << layer.G
                    widen(result.current_range, index, I[index][target])
            for j in range(layer.n):
                if layer.program == "ramp":  # 2. advance
                    U[index][j] += I[index][j]
                if layer.program == "lif":
                    half = 2 ** (layer.F - 1)
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
            decide(result, k)
        if decided and early_exit:
            break
    if not decided:
        silence(result, T, [u - t for u, t in zip(U[-1], layers[-1].thresholds, strict=True)])
    return result


# --- section 3a --------------------------------------------------------------------------------


def value(layer, k, T):
    """Return what a spike at tick k is worth."""
    if layer.program == "ramp":
        return T - k
    m = len(layer.mantissas)
    Q = (T - 1) // m
    return layer.mantissas[k % m] << (Q - k // m)


def theta(layer, k, T):
    """Return the threshold at tick k."""
    return (T - k) * layer.step if layer.thresholds is None else layer.thresholds[k]


def run_two_phase(layers, T, inputs, early_exit):
    result = blank(layers)
    arriving = inputs
    for index, layer in enumerate(layers):
        U = list(layer.bias)
        for k, source in arriving:  # window `index`
            result.arrivals[index] += 1
            for target, w in layer.synapses[source]:
                result.synaptic_adds[index] += 1
                U[target] += w * value(layer, k, T)
                widen(result.membrane_range, index, U[target])
        for u in U:
            widen(result.membrane_range, index, u)
        result.ticks_run += T
        if layer.thresholds is None and layer.step is None:  # section 4, `potential`
            result.decision, result.margin = U.index(max(U)), max(U)
            result.tick, result.tie = T - 1, U.count(max(U)) > 1
            result.silent = len(arriving) == 0
            return result
        fired = [False] * layer.n
        last = index == len(layers) - 1
        decided = False
        for k in range(T):  # window `index + 1`
            for j in range(layer.n):
                if not fired[j] and U[j] >= theta(layer, k, T):
                    fired[j] = True
                    result.spikes[index].append((k, j, U[j] - theta(layer, k, T)))
            if last:
                result.ticks_run += 1
                if any(fired) and not decided:
                    decided = True
                    decide(result, k)
                if decided and early_exit:
                    break
        arriving = [(k, j) for k, j, _ in result.spikes[index]]
    if not decided:
        silence(result, T, [u - theta(layers[-1], T - 1, T) for u in U])
    return result


# --- section 4 ---------------------------------------------------------------------------------


def decide(result, k):
    now = [(margin, j) for tick, j, margin in result.spikes[-1] if tick == k]
    best = max(margin for margin, _ in now)
    result.decision = min(j for margin, j in now if margin == best)
    result.tick, result.margin, result.tie = k, best, len(now) > 1


def silence(result, T, margins):
    result.silent, result.tick, result.margin = True, T - 1, max(margins)
    result.decision = margins.index(max(margins))


def widen(ranges, index, value):
    low, high = ranges[index]
    ranges[index] = (min(low, value), max(high, value))


# --- section 5 ---------------------------------------------------------------------------------


def bounds(layer, T):
    """Section 5 for one layer: the extremes of I or S and of U over its neurons, and zero."""
    current, membrane = [0, 0], [0, 0]
    for j in range(layer.n):
        onto = [w for segment in layer.synapses.values() for target, w in segment if target == j]
        P = sum(w for w in onto if w > 0)
        N = sum(w for w in onto if w < 0)
        reach = bounds_two_phase if layer.two_phase else bounds_causal
        state, (low, high) = reach(layer, j, N, P, T)
        current = [min(current[0], state[0]), max(current[1], state[1])]
        membrane = [min(membrane[0], low), max(membrane[1], high)]
    return tuple(current), tuple(membrane)


def bounds_causal(layer, j, N, P, T):
    if layer.program == "step":
        return (0, 0), (N, P)
    if layer.program == "ramp":
        return (N, P), (T * N, min(layer.thresholds[j] - 1, (T - 1) * P) + P)
    N, P = N << layer.G, P << layer.G
    half = 2 ** (layer.F - 1)
    high = (layer.em * (layer.thresholds[j] - 1) + layer.c * P + half) >> layer.F
    low = 0
    for _ in range(T):
        low = (layer.em * low + layer.c * N + half) >> layer.F
    return (N, P), (low, high)


def bounds_two_phase(layer, j, N, P, T):
    state = (N, P) if layer.program == "ramp" else (0, 0)
    B, largest = layer.bias[j], value(layer, 0, T)
    return state, (B + largest * N, B + largest * P)


def width(low, high):
    """Return the smallest two's-complement width that holds both."""
    bits = 1
    while not (-(2 ** (bits - 1)) <= low and high <= 2 ** (bits - 1) - 1):
        bits += 1
    return bits


# --- section 6 ---------------------------------------------------------------------------------


def prune(synapses, p, f):
    """Prune the synapses of a layer with threshold p and fan-in floor f."""
    fan_in = {}
    for segment in synapses.values():
        for target, _ in segment:
            fan_in[target] = fan_in.get(target, 0) + 1
    kept = {source: [] for source in synapses}
    for source in sorted(synapses):
        for target, w in synapses[source]:
            if abs(w) < p and fan_in[target] > f:
                fan_in[target] -= 1
            else:
                kept[source].append((target, w))
    return kept
