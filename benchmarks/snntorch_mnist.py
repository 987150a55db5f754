"""Time snnTorch on an MNIST-shaped network; called by training.py, possibly in another Python.

Reads an .npz with input times, labels, weights and time constants, prints one JSON object, and then
for every line it is sent, which is the size of a batch, the time of a step in such batches and in
those that suit it best. The same two layers of neurons with exponential
currents, in 64 time steps, trained with surrogate gradients through time by cross-entropy of spike
counts and Adam; one thread like us.
"""

import json
import sys
import time

import numpy as np
import snntorch as snn
import torch

STEPS = 64
SIZES = (50, 100, 200, 512)
REPEATS = 2


class TwoLayers(torch.nn.Module):
    """Dense, spiking, dense, spiking."""

    def __init__(self, case: np.lib.npyio.NpzFile, step: float) -> None:
        super().__init__()
        decay = {
            "alpha": float(np.exp(-step / case["tau_syn"])),
            "beta": float(np.exp(-step / case["tau_mem"])),
        }
        self.dense = torch.nn.ParameterList(
            torch.nn.Parameter(torch.from_numpy(case[name])) for name in ("w0", "w1")
        )
        self.neurons = torch.nn.ModuleList(snn.Synaptic(**decay) for _ in self.dense)

    def forward(self, steps: torch.Tensor) -> torch.Tensor:
        """Return spike counts of the outputs, given input spikes, shape (steps, batch, n_in)."""
        states = [neuron.init_synaptic() for neuron in self.neurons]
        counts = torch.zeros(())
        for spikes in steps:
            for layer, (weights, neuron) in enumerate(zip(self.dense, self.neurons, strict=True)):
                spikes, *states[layer] = neuron(spikes @ weights, *states[layer])
            counts = counts + spikes
        return counts


def main() -> None:
    """Time a step for several batch sizes; report the one that is asked for and the best."""
    case = np.load(sys.argv[1])
    torch.set_num_threads(1)
    t_max = float(case["t_max"])
    net = TwoLayers(case, t_max / STEPS)
    optimizer = torch.optim.Adam(net.parameters(), lr=1e-3)

    def batch_of(size: int) -> tuple[torch.Tensor, torch.Tensor]:
        times, labels = case["times"][:size], torch.from_numpy(case["labels"][:size])
        inputs = torch.zeros(STEPS, *times.shape)
        sample, source = np.nonzero(np.isfinite(times))
        at = np.minimum(times[sample, source] / t_max * STEPS, STEPS - 1).astype(int)
        inputs[at, sample, source] = 1.0
        return inputs, labels

    batches = {size: batch_of(size) for size in SIZES}

    def step(inputs: torch.Tensor, labels: torch.Tensor) -> None:
        optimizer.zero_grad()
        torch.nn.functional.cross_entropy(net(inputs), labels).backward()
        optimizer.step()

    def us_per_sample(batch: tuple[torch.Tensor, torch.Tensor]) -> float:
        best = np.inf
        for _ in range(REPEATS):
            begin = time.perf_counter()
            step(*batch)
            best = min(best, (time.perf_counter() - begin) / len(batch[1]) * 1e6)
        return best

    for batch in batches.values():
        step(*batch)
    print(json.dumps({"version": snn.__version__}), flush=True)
    for line in sys.stdin:
        asked = int(line)
        if asked not in batches:
            batches[asked] = batch_of(asked)
            step(*batches[asked])
        found = {size: us_per_sample(batch) for size, batch in batches.items()}
        best, same = min(found.values()), found[asked]
        answer = {"us_per_sample": best, "us_per_sample_same_batch": same}
        print(json.dumps(answer), flush=True)


if __name__ == "__main__":
    main()
