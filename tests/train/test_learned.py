"""What is learned: units, bounds, decay, checkpoints of all of it."""

import numpy as np
import pytest

import firstspike as fs
from firstspike.errors import DomainError
from firstspike.optim import SGD, Adam
from firstspike.train import AtLeast, Between, Composable, Free, Fused, Learned, ProximalL1


def run(net, task, **more):
    data, _, encoder = task
    return fs.train(net, data, encoder=encoder, **({"epochs": 2, "batch_size": 24} | more))


def same_parameters(a, b):
    return all(
        x.tobytes() == y.tobytes()
        for name in a.parameters
        for x, y in zip(a.parameters[name], b.parameters[name], strict=True)
    )


def test_only_what_is_named_is_learned(task, make_net):
    start, net = make_net(), make_net()
    run(net, task, learn=["thresholds"])
    for name in start.parameters:
        pairs = zip(start.parameters[name], net.parameters[name], strict=True)
        changed = [not np.array_equal(a, b) for a, b in pairs]
        assert changed == [name == "thresholds"] * 2, name


def test_thresholds_take_part_in_learning(task, make_net):
    weights, both = make_net(), make_net()
    losses = [
        run(net, task, epochs=8, learn=learn).last.loss
        for net, learn in ((weights, "weights"), (both, ["weights", "thresholds"]))
    ]
    assert losses[1] < losses[0]


@pytest.mark.parametrize(("optimizer", "power"), [(Adam(lr=1e-3, eps=1e-30), 1), (SGD(lr=1e-3), 2)])
def test_scale_is_a_unit(task, make_net, optimizer, power):
    """Adam moves by the scale, plain descent by its square."""
    data, _, encoder = task
    steps = []
    for scale in (0.25, 0.5):
        net = make_net(np.float64)
        before = [array.copy() for array in net.thresholds]
        learn = [Learned("thresholds", scale=scale, bound=Free())]
        options = {"batch_size": 192, "epochs": 1, "learn": learn, "optimizer": optimizer}
        fs.train(net, data, encoder=encoder, **options)
        steps.append(np.concatenate([a - b for a, b in zip(net.thresholds, before, strict=True)]))
    moved = steps[0] != 0
    assert moved.sum() > 10
    np.testing.assert_allclose(steps[1][moved] / steps[0][moved], 2.0**power, rtol=1e-4)
    if power == 1:
        np.testing.assert_allclose(np.abs(steps[0][moved]), 0.25e-3, rtol=1e-4)


@pytest.mark.parametrize(
    ("bound", "low", "high"),
    [(AtLeast(0.99), 0.99, np.inf), (Between(0.99, 1.01), 0.99, 1.01), (Free(), -np.inf, np.inf)],
)
def test_bounds_hold_after_every_step(task, make_net, bound, low, high):
    net, seen = make_net(), []
    learn = ["weights", Learned("thresholds", scale=0.3, bound=bound)]

    def look(record, net):
        seen.append(np.concatenate(list(net.thresholds)))

    run(net, task, learn=learn, callbacks=[look], epochs=4)
    values = np.array(seen)
    assert values.min() >= np.float32(low)
    assert values.max() <= np.float32(high)
    assert np.any(values == np.float32(low)) == np.isfinite(low)
    assert np.any(values == np.float32(high)) == np.isfinite(high)


def test_weight_decay_is_for_weights(task, make_net):
    decayed, plain = make_net(), make_net()
    for net, decay in ((decayed, 0.5), (plain, 0.0)):
        learn = ["weights", Learned("thresholds", bound=Free())]
        run(net, task, epochs=1, batch_size=192, learn=learn, optimizer=Adam(decay=decay))
    assert not np.array_equal(decayed.weights[0], plain.weights[0])
    assert np.array_equal(decayed.thresholds[0], plain.thresholds[0])
    asked = make_net()
    learn = ["weights", Learned("thresholds", bound=Free(), decay=True)]
    run(asked, task, epochs=1, batch_size=192, learn=learn, optimizer=Adam(decay=0.5))
    assert np.all(asked.thresholds[0] < plain.thresholds[0])


def test_resumed_run_gives_the_same_bits(task, make_net, tmp_path):
    path = tmp_path / "run.safetensors"
    options = {
        "learn": ["weights", Learned("thresholds", scale=0.3, bound=Between(0.98, 1.02))],
        "optimizer": Adam(lr=5e-3, clip_norm=1.0),
        "epochs": 4,
    }
    whole, halves, again = make_net(), make_net(), make_net(seed=99)
    run(whole, task, **options)
    run(halves, task, checkpoint=path, callbacks=[lambda record, _: record.epoch == 1], **options)
    run(again, task, checkpoint=path, resume=True, **options)
    assert same_parameters(again, whole)
    with pytest.raises(DomainError, match="learn is"):
        run(again, task, checkpoint=path, resume=True, epochs=4, optimizer=options["optimizer"])


def test_naming_the_weights_changes_nothing(task, make_net):
    nets = [make_net() for _ in range(3)]
    run(nets[0], task)
    run(nets[1], task, learn="weights", engine=Fused())
    run(nets[2], task, learn=[Learned("weights", scale=1.0)], engine=Composable())
    assert same_parameters(nets[0], nets[1])
    assert same_parameters(nets[0], nets[2])


def test_users_optimizer_need_not_know_about_decay_for_weights(task, make_net):
    class Mine(SGD):
        def update(self, params, grads, state, *, lr):
            super().update(params, grads, state, lr=lr)

    run(make_net(), task, optimizer=Mine(lr=1e-3), engine=Composable(), epochs=1)


@pytest.mark.parametrize(
    ("learn", "match"),
    [
        (["weigths"], "expected some of"),
        (["weights", "weights"], "each once"),
        ([], "expected some of"),
        (["delays"], "expected some of"),
        ([Learned("thresholds", bound=AtLeast(2.0))], r"thresholds\[0\] holds 1\.0"),
        ([Learned("tau_mem", bound=AtLeast(0.1))], r"tau_mem\[0\]"),
    ],
)
def test_what_cannot_be_learned_is_refused(task, make_net, learn, match):
    with pytest.raises(DomainError, match=match):
        run(make_net(), task, learn=learn)


def test_bad_constants_are_refused():
    for make in (
        lambda: Learned("weights", scale=0.0),
        lambda: Learned("weights", bound=3.0),
        lambda: AtLeast(float("nan")),
        lambda: Between(2.0, 1.0),
    ):
        with pytest.raises(DomainError, match="expected"):
            make()


def test_constraints_need_weights(task, make_net):
    with pytest.raises(DomainError, match="weights among it"):
        run(make_net(), task, learn="thresholds", constraints=[ProximalL1(1e-3)])


def test_fused_names_what_it_cannot_do(task, make_net):
    with pytest.raises(DomainError, match=r"learn is \['thresholds'\].*Composable"):
        run(make_net(), task, learn="thresholds", engine=Fused())
    with pytest.raises(DomainError, match=r"until is 0\.02"):
        run(make_net(), task, until=0.02, engine=Fused())
