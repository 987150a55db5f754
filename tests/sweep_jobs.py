"""Jobs for the sweep tests; worker processes import them from here."""

import os
import time
from pathlib import Path

import firstspike as fs


def train_digits(*, seed, threads, lr):
    data, _ = fs.datasets.load("digits")
    net = fs.Network([fs.LIF(64, 12), fs.LIF(12, 10)], seed=seed)
    encoder = fs.encoders.Latency(t_max=10e-3)
    optimizer = fs.optim.Adam(lr=lr)
    history = fs.train(
        net, data[:96], encoder=encoder, optimizer=optimizer, epochs=2, seed=seed, threads=threads
    )
    return {"loss": history.last.loss, "weight": float(net.weights[0].sum())}


def fail_at_one(*, seed, threads):
    if seed == 1:
        raise ValueError("seed 1 is unlucky")
    return {"value": 2.0 * seed}


def die_at_one(*, seed, threads):
    if seed == 1:
        os._exit(3)
    time.sleep(0.05)
    return {"value": seed}


def count_calls(*, seed, threads, folder, base):
    """Leave a mark per call, and fail while `base` is still missing a file named ok."""
    Path(folder, f"{seed}-{base}-{time.time_ns()}").touch()
    if seed == 2 and not Path(folder, "ok").exists():
        raise RuntimeError("not yet")
    return {"sum": seed + base}


def no_figures(*, seed, threads):
    return 3


def stay(*, seed, threads, folder):
    """Say who does it, and go on for longer than any test waits."""
    (Path(folder) / str(seed)).write_text(str(os.getpid()))
    time.sleep(300)
    return {"value": 0.0}
