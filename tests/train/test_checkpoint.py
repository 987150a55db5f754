"""Stop and resume to the same bits; refuse what cannot be resumed."""

import importlib
import os
import signal
import threading

import numpy as np
import pytest

import firstspike as fs
from firstspike.errors import DomainError, FormatError
from firstspike.optim import Adam, EasedIn, Plateau
from firstspike.train import (
    Blend,
    Composable,
    Fused,
    GradualPruning,
    History,
    InputDropout,
    QuantizedTraining,
)

OPTIONS = {
    "optimizer": Adam(lr=5e-3, schedule=EasedIn(growth=1.2, then=Plateau(patience=1))),
    "augment": [Blend(0.5), InputDropout(0.1)],
    "constraints": [
        GradualPruning(sparsity=0.5, start=0, end=4),
        QuantizedTraining(weight_bits=4, tick=0.5e-3, start=3),
    ],
    "batch_size": 24,
    "seed": 3,
}


def run(net, task, **more):
    data, validation, encoder = task
    options = OPTIONS | {"epochs": 5, "validation": validation} | more
    return fs.train(net, data, encoder=encoder, **options)


@pytest.fixture
def small_chunks(monkeypatch):
    """Look at Ctrl-C after every batch."""
    # `firstspike.train` as an attribute is the function; the module is found by its name.
    monkeypatch.setattr(importlib.import_module("firstspike.train.fit"), "SAMPLES_PER_CHUNK", 1)


def stop_after(epoch):
    return lambda record, net: record.epoch == epoch


@pytest.mark.parametrize("engines", [(Fused(), Fused()), (Fused(), Composable())])
@pytest.mark.parametrize("epoch", [0, 3])
def test_resumed_run_gives_the_bits_of_an_uninterrupted_one(
    task, make_net, same_bits, tmp_path, engines, epoch
):
    whole, halves = make_net(), make_net()
    expected = run(whole, task)
    path = tmp_path / "run.safetensors"
    run(halves, task, checkpoint=path, callbacks=[stop_after(epoch)], engine=engines[0])
    again = make_net(seed=99)  # everything must come from the file
    history = run(again, task, checkpoint=path, resume=True, engine=engines[1])
    assert same_bits(again, whole)
    assert [r.loss for r in history.epochs] == [r.loss for r in expected.epochs]
    assert [r.epoch for r in history.epochs] == [0, 1, 2, 3, 4]


def test_resuming_a_finished_run_restores_the_network(task, make_net, same_bits, tmp_path):
    path = tmp_path / "run.safetensors"
    done, again = make_net(), make_net(seed=99)
    run(done, task, checkpoint=path)
    history = run(again, task, checkpoint=path, resume=True)
    assert same_bits(again, done)
    assert len(history) == 5


def test_settings_may_be_numbers_of_numpy(task, make_net, same_bits, tmp_path):
    numbers = {"batch_size": np.int64(24), "seed": np.int64(3), "slope_guard": np.float32(0.25)}
    numbers["optimizer"] = Adam(lr=np.float32(0.25) / 64)
    path, whole, halves = tmp_path / "run.safetensors", make_net(), make_net()
    expected = run(whole, task, **numbers)
    run(halves, task, checkpoint=path, callbacks=[stop_after(1)], **numbers)
    history = run(make_net(seed=99), task, checkpoint=path, resume=True, **numbers)
    assert [r.loss for r in history.epochs] == [r.loss for r in expected.epochs]
    assert History.from_json(history.to_json()) == history


def test_ctrl_c_stops_after_a_batch_and_the_run_can_go_on(
    task, make_net, same_bits, tmp_path, small_chunks
):
    whole, net = make_net(), make_net()
    run(whole, task)
    path = tmp_path / "run.safetensors"

    class InterruptIn:
        """A loss that presses Ctrl-C in the middle of the third epoch."""

        def __init__(self, batch):
            self.left, self.loss = batch, fs.losses.FirstSpikeCrossEntropy()

        def __call__(self, times, labels):
            self.left -= 1
            if self.left == 0:
                signal.raise_signal(signal.SIGINT)
            return self.loss(times, labels)

        def __repr__(self):
            return repr(self.loss)

    history = run(net, task, checkpoint=path, loss=InterruptIn(2 * 8 + 4))
    assert history.interrupted
    assert len(history) == 2
    assert all(np.isfinite(w).all() for w in net.weights)
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler
    resumed = make_net(seed=99)
    history = run(resumed, task, checkpoint=path, resume=True)
    assert same_bits(resumed, whole)
    assert not history.interrupted


@pytest.mark.parametrize("engine", [Fused(), Composable()])
def test_ctrl_c_between_epochs_stops_either_engine(task, make_net, same_bits, tmp_path, engine):
    whole, net, path = make_net(), make_net(), tmp_path / "run.safetensors"
    run(whole, task)

    def press(record, _):
        if record.epoch == 1:
            signal.raise_signal(signal.SIGINT)

    history = run(net, task, checkpoint=path, callbacks=[press], engine=engine)
    assert history.interrupted
    assert len(history) == 2
    assert not run(net, task, checkpoint=path, resume=True, engine=engine).interrupted
    assert same_bits(net, whole)


def test_fused_training_stops_soon(task, make_net, small_chunks):
    """Ctrl-C from another thread ends a long run."""
    timer = threading.Timer(0.2, lambda: os.kill(os.getpid(), signal.SIGINT))
    timer.start()
    net = make_net()
    history = run(net, task, epochs=100_000, engine=Fused(), constraints=[])
    timer.join()
    assert history.interrupted
    assert len(history) < 100_000
    assert all(np.isfinite(w).all() for w in net.weights)


def test_resume_without_a_file_starts_from_the_beginning(task, make_net, same_bits, tmp_path):
    nets = [make_net(), make_net()]
    run(nets[0], task)
    run(nets[1], task, checkpoint=tmp_path / "new.safetensors", resume=True)
    assert same_bits(*nets)


def test_other_settings_are_refused_and_the_network_stays(task, make_net, same_bits, tmp_path):
    path = tmp_path / "run.safetensors"
    run(make_net(), task, checkpoint=path, epochs=1)
    net = make_net(seed=99)
    with pytest.raises(DomainError, match="seed is 4"):
        run(net, task, checkpoint=path, resume=True, seed=4)
    assert same_bits(net, make_net(seed=99))


def test_other_data_are_refused(task, make_net, tmp_path):
    data, validation, encoder = task
    path = tmp_path / "run.safetensors"
    run(make_net(), task, checkpoint=path, epochs=1)
    with pytest.raises(DomainError, match="checksum"):
        run(make_net(), (data[1:], validation, encoder), checkpoint=path, resume=True)


def test_another_network_is_refused(task, make_net, tmp_path):
    path = tmp_path / "run.safetensors"
    run(make_net(), task, checkpoint=path, epochs=1)
    with pytest.raises(DomainError, match="float64"):
        run(make_net(np.float64), task, checkpoint=path, resume=True)


@pytest.mark.parametrize("keep", [0, 7, 100, -1])
def test_damaged_files_are_refused(task, make_net, tmp_path, keep):
    path = tmp_path / "run.safetensors"
    run(make_net(), task, checkpoint=path, epochs=1)
    path.write_bytes(path.read_bytes()[:keep])
    with pytest.raises(FormatError, match=r"run\.safetensors"):
        run(make_net(), task, checkpoint=path, resume=True)


def test_foreign_files_are_refused(task, make_net, tmp_path):
    import safetensors.numpy

    path = tmp_path / "other.safetensors"
    safetensors.numpy.save_file({"x": np.zeros(3)}, path)
    with pytest.raises(FormatError, match="header"):
        run(make_net(), task, checkpoint=path, resume=True)


def test_no_half_written_checkpoint_is_left(task, make_net, tmp_path, monkeypatch):
    path = tmp_path / "run.safetensors"
    run(make_net(), task, checkpoint=path, epochs=1)
    before = path.read_bytes()

    def fail(*_):
        raise OSError("disk full")

    monkeypatch.setattr("pathlib.Path.replace", fail)
    with pytest.raises(OSError, match="disk full"):
        run(make_net(), task, checkpoint=path, resume=True)
    assert path.read_bytes() == before
    assert [p.name for p in tmp_path.iterdir()] == ["run.safetensors"]


def test_history_round_trip_and_refusal(task, make_net, tmp_path):
    history = run(make_net(), task, epochs=2)
    history.save(tmp_path / "history.json")
    assert History.load(tmp_path / "history.json") == history
    with pytest.raises(FormatError, match="history"):
        History.from_json("{}")


def test_progress_writes_to_standard_error_only_when_asked(task, make_net, capsys):
    run(make_net(), task, epochs=1)
    assert capsys.readouterr() == ("", "")
    run(make_net(), task, epochs=1, progress=True)
    out, err = capsys.readouterr()
    assert out == ""
    assert "epoch 1" in err
