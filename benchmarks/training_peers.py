"""Other libraries that training is compared with, each in a process of its own.

A peer reads the path of an .npz file from its command line, gets ready, compiles what it has to,
and prints one JSON object. Then it waits: for every line it reads, which is the size of the batches
that we have been measured with, it measures once and prints a JSON object with ``us_per_sample`` in
the batches that suit it best, and maybe ``us_per_sample_same_batch``. So it can be asked right
after we have been measured, as often as wanted, and in between it takes no time from anybody.
"""

import json
import os
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from training_cases import TAU_MEM, Case

HERE = Path(__file__).resolve().parent

# threads of linear algebra would look for work while we are measured
ONE_THREAD = {"OMP_NUM_THREADS": "1", "MKL_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}


class Peer:
    """A library that measures itself on request."""

    def __init__(self, name: str, command: list[str]) -> None:
        self.name = name
        pipe = subprocess.PIPE
        environment = os.environ | ONE_THREAD
        self._process = subprocess.Popen(
            command, stdin=pipe, stdout=pipe, text=True, env=environment
        )

    def __enter__(self) -> "Peer":
        return self

    def __exit__(self, *_: object) -> None:
        self._process.kill()
        with suppress(BrokenPipeError), self._process:
            pass  # closes the pipes and waits

    def read(self) -> dict[str, Any]:
        """Return the next object that the peer prints; other libraries print more than that."""
        for line in self._process.stdout or ():
            if line.startswith("{"):
                return json.loads(line)
        code = self._process.wait()
        raise SystemExit(f"{self.name} did not run: exit code {code}, see what it says above")

    def us_per_sample(self, batch: int) -> dict[str, float]:
        """Let it measure; by ending, "" or "_same_batch", of the names above."""
        if self._process.stdin:
            with suppress(BrokenPipeError):  # reading tells why
                self._process.stdin.write(f"{batch}\n")
                self._process.stdin.flush()
        start = "us_per_sample"
        found = self.read().items()
        return {name.removeprefix(start): us for name, us in found if name.startswith(start)}


@contextmanager
def jaxsnn(python: str, case: Case) -> Iterator[Peer]:
    """Give jaxsnn the same network, inputs and labels, and compare its spike times with ours."""
    spikes = case.encoder(case.dataset.inputs[:1024])
    tape = case.net.forward(spikes)
    own = {"t_max": 10 * TAU_MEM, "most_hidden_spikes": np.diff(tape.spikes(0).offsets).max()}
    with start("jaxsnn", [python, str(HERE / "jaxsnn_yin_yang.py")], case, 1024, own) as peer:
        theirs = np.array(peer.read()["first_spikes"])
        check_same_spikes(theirs, tape.first_spike_times()[: len(theirs)])
        yield peer


@contextmanager
def snntorch(python: str, case: Case) -> Iterator[Peer]:
    """Give snnTorch a network of the same shape, to be trained in time steps."""
    command = [python, str(HERE / "snntorch_mnist.py")]
    with start("snnTorch", command, case, 512, {"t_max": 2 * TAU_MEM}) as peer:
        peer.read()
        yield peer


@contextmanager
def start(
    name: str, command: list[str], case: Case, n_samples: int, own: dict[str, Any]
) -> Iterator[Peer]:
    """Start a peer on the first samples of a case."""
    with ExitStack() as stack:
        path = Path(stack.enter_context(tempfile.TemporaryDirectory())) / "case.npz"
        np.savez(
            path,
            times=case.encoder(case.dataset.inputs[:n_samples]).to_dense().astype(np.float32),
            labels=case.dataset.labels[:n_samples].astype(np.int64),
            w0=case.net.weights[0],
            w1=case.net.weights[1],
            tau_mem=case.net.layers[0].tau_mem,
            tau_syn=case.net.layers[0].tau_syn,
            **own,
        )
        yield stack.enter_context(Peer(name, [*command, str(path)]))


def check_same_spikes(theirs: NDArray[np.float64], ours: NDArray[np.float64]) -> None:
    """Refuse a comparison of different computations."""
    both = np.isfinite(theirs) & np.isfinite(ours)
    if (np.isfinite(theirs) == np.isfinite(ours)).mean() < 0.99:
        raise SystemExit("jaxsnn finds other spikes than firstspike")
    if np.quantile(np.abs(theirs[both] - ours[both]), 0.99) > 1e-6:
        raise SystemExit("jaxsnn finds other spike times than firstspike")
