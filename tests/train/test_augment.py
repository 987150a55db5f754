"""Disturbances: what they do, and that they belong to the sample."""

import numpy as np
import pytest

import firstspike as fs
from firstspike import _core
from firstspike.errors import DomainError
from firstspike.train import InputDropout, TimeJitter


@pytest.fixture
def events():
    times = np.random.default_rng(0).uniform(0, 20e-3, (50, 100))
    batch = fs.SpikeBatch.from_dense(times)
    return batch, _core.Events(batch.offsets, batch.times, batch.sources, batch.n_sources)


def gather(events, chosen, augments, seed=0, epoch=0):
    batch, core = events
    codes = [augment.code() for augment in augments]
    parts = core.gather(np.array(chosen, dtype=np.uint64), codes, seed, epoch)
    return fs.SpikeBatch(*parts, batch.n_sources)


def test_nothing_asked_nothing_done(events):
    batch, _ = events
    same = gather(events, range(50), [])
    assert same.times.tobytes() == batch.times.tobytes()


def test_dropout_loses_its_share(events):
    kept = gather(events, range(50), [InputDropout(0.3)]).n_spikes / 5000
    assert kept == pytest.approx(0.7, abs=0.03)


def test_jitter_has_its_width_and_stays_in_time(events):
    batch, _ = events
    moved = gather(events, range(50), [TimeJitter(1e-3)])
    before, after = batch.to_dense(), moved.to_dense()
    inside = before > 5e-3  # far from the clamp at zero
    assert np.std((after - before)[inside]) == pytest.approx(1e-3, rel=0.05)
    assert abs(np.mean((after - before)[inside])) < 1e-4
    assert moved.times.min() >= 0


def test_a_sample_is_disturbed_alike_in_any_company(events):
    augments = [InputDropout(0.2), TimeJitter(1e-3)]
    together = gather(events, [3, 7, 9], augments, seed=4, epoch=2)
    alone = gather(events, [7], augments, seed=4, epoch=2)
    assert together[1].times.tobytes() == alone[0].times.tobytes()
    for other in ({"seed": 5, "epoch": 2}, {"seed": 4, "epoch": 3}):
        assert gather(events, [7], augments, **other).times.tobytes() != alone.times.tobytes()


def test_order_of_disturbances_matters(events):
    pair = [InputDropout(0.5), TimeJitter(1e-3)]
    one, two = gather(events, [0], pair), gather(events, [0], pair[::-1])
    assert one.times.tobytes() != two.times.tobytes()


def test_bad_constants_and_samples_are_refused(events):
    for make in (lambda: InputDropout(1.0), lambda: InputDropout(-0.1), lambda: TimeJitter(-1)):
        with pytest.raises(DomainError, match="expected"):
            make()
    with pytest.raises(DomainError, match="number of samples"):
        gather(events, [50], [])
