"""Write the golden networks and what they must do: python tests/golden/integer/regenerate.py.

Only when the format or its meaning changes on purpose; then raise the version in the header too.
"""

import json
from pathlib import Path

import numpy as np

import firstspike as fs
from firstspike.testing import random_network, random_samples

HERE = Path(__file__).parent

#: Name of the file, program, schedule, readout, seed: such that there are ties, silence, spikes.
GOLDEN = {
    "network": (fs.LifProgram, fs.Causal, fs.FirstSpike, 937),
    "step": (fs.StepProgram, fs.Causal, fs.FirstSpike, 11),
    "ramp": (fs.RampProgram, fs.Causal, fs.FirstSpike, 7),
    "two_phase_ramp": (fs.RampProgram, fs.TwoPhase, fs.FirstSpike, 176),
    "two_phase_table": (fs.TableProgram, fs.TwoPhase, fs.FirstSpike, 107),
    "potential_ramp": (fs.RampProgram, fs.TwoPhase, fs.Potential, 10),
    "potential_table": (fs.TableProgram, fs.TwoPhase, fs.Potential, 65),
}


def outcome(network, batch):
    """Everything that must stay the same, as plain numbers."""
    run = network.simulate(batch, early_exit=False, record=True)
    names = ("decisions", "ticks", "margins", "ties", "silent")
    return {
        "digest": network.digest,
        "inputs": [part.tolist() for part in (batch.offsets, batch.ticks, batch.sources)],
        "run": {name: getattr(run, name).tolist() for name in names},
        "counters": run.counters.totals(),
        "spikes": [
            [layer.batch.ticks.tolist(), layer.batch.sources.tolist(), layer.margins.tolist()]
            for layer in map(run.spikes, range(len(network.layers)))
        ],
    }


def build(name):
    """Draw the network of one file and its samples: one dense layer, one pruned."""
    program, schedule, readout, seed = GOLDEN[name]
    rng = np.random.default_rng(seed)
    dense = random_network(
        rng, program=program, schedule=schedule, readout=readout,
        sizes=[6, 7, 3], ticks=20, weight_bits=6,
    )  # fmt: skip
    version = 1 if name == "network" else 2
    network = fs.IntegerNetwork(
        layers=(dense.layers[0], fs.prune(dense, threshold=[0, 4]).layers[1]),
        ticks=20,
        tick_seconds=5e-4,
        readout=dense.readout,
        meta={"note": f"golden, version {version}"},
    )
    return network, random_samples(rng, network, 12)


def path_of(name):
    return HERE / ("outcome.json" if name == "network" else f"{name}.json")


def main():
    for name in GOLDEN:
        network, batch = build(name)
        network.save(HERE / f"{name}.safetensors")
        path_of(name).write_text(json.dumps(outcome(network, batch), indent=1) + "\n")


if __name__ == "__main__":
    main()
