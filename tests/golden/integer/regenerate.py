"""Write the golden network and what it must do: python tests/golden/integer/regenerate.py.

Only when the format or its meaning changes on purpose; then raise the version in the header too.
"""

import json
from pathlib import Path

import numpy as np

import firstspike as fs
from firstspike.testing import random_network, random_samples

HERE = Path(__file__).parent


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


def main():
    rng = np.random.default_rng(937)  # ties, silence, every class
    dense = random_network(rng, sizes=[6, 7, 3], ticks=20, weight_bits=6)
    layers = (dense.layers[0], fs.prune(dense, threshold=[0, 4]).layers[1])
    network = fs.IntegerNetwork(
        layers=layers, ticks=20, tick_seconds=5e-4, meta={"note": "golden, version 1"}
    )
    network.save(HERE / "network.safetensors")
    result = outcome(network, random_samples(rng, network, 12))
    (HERE / "outcome.json").write_text(json.dumps(result, indent=1) + "\n")


if __name__ == "__main__":
    main()
