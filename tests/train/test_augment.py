"""Disturbances: what they do, and that they belong to the sample."""

import numpy as np
import pytest

import firstspike as fs
from firstspike import _core
from firstspike.errors import DomainError, ShapeError
from firstspike.train import (
    Blend,
    ChannelJitter,
    ChannelShift,
    ImageShift,
    InputDropout,
    Mirror,
    TimeDilation,
    TimeJitter,
)


@pytest.fixture
def events():
    times = np.random.default_rng(0).uniform(0, 20e-3, (50, 100))
    batch = fs.SpikeBatch.from_dense(times)
    labels = np.arange(50, dtype=np.uint32) % 5
    return batch, _core.Events(batch.offsets, batch.times, batch.sources, batch.n_sources, labels)


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
    augments = [Blend(), ChannelShift(9), InputDropout(0.2), TimeJitter(1e-3), TimeDilation(1.2)]
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
    bad = (
        lambda: InputDropout(1.0),
        lambda: InputDropout(-0.1),
        lambda: TimeJitter(-1),
        lambda: TimeDilation(0.9),
        lambda: ChannelShift(-1),
        lambda: ChannelShift(1.5),
        lambda: ChannelJitter(float("nan")),
        lambda: ImageShift(most=-1, height=4, width=4),
        lambda: ImageShift(most=1, height=0, width=4),
        lambda: Mirror(height=4, width=4, probability=1.5),
        lambda: Blend(-0.5),
    )
    for make in bad:
        with pytest.raises(DomainError, match="expected"):
            make()
    with pytest.raises(DomainError, match="number of samples"):
        gather(events, [50], [])


def test_dilation_is_log_uniform_and_common_to_a_sample(events):
    batch, _ = events
    stretched = np.concatenate(
        [gather(events, range(50), [TimeDilation(1.5)], epoch=e).to_dense() for e in range(20)]
    )
    factors = stretched / np.tile(batch.to_dense(), (20, 1))
    logs = np.log(factors)
    assert np.ptp(logs, axis=1).max() < 1e-9, "one factor per sample"
    per_sample = logs[:, 0] / np.log(1.5)
    assert np.abs(per_sample).max() <= 1 + 1e-12
    assert np.abs(per_sample).max() > 0.98
    assert abs(per_sample.mean()) < 0.06
    assert per_sample.std() == pytest.approx(1 / np.sqrt(3), rel=0.06)


def test_channel_shift_moves_a_sample_as_one_and_loses_what_leaves(events):
    batch, _ = events
    shifts = []
    for sample in range(50):
        moved = gather(events, [sample], [ChannelShift(10)])
        before = batch[sample].to_dense()[0]
        shift = next(
            s for s in range(-10, 11) if np.array_equal(moved.to_dense()[0], shifted(before, s))
        )
        assert moved.n_spikes == 100 - abs(shift)
        shifts.append(shift)
    assert min(shifts) < -5
    assert max(shifts) > 5
    assert len(set(shifts)) > 12


def shifted(row, by):
    out = np.full_like(row, np.inf)
    if by >= 0:
        out[by:] = row[: len(row) - by]
    else:
        out[:by] = row[-by:]
    return out


def test_channel_jitter_has_its_width(events):
    batch, _ = events
    moved = gather(events, range(50), [ChannelJitter(2.0)])
    by_time = dict(zip(batch.times.tolist(), batch.sources.tolist(), strict=True))
    steps = [
        s - by_time[t]
        for t, s in zip(moved.times.tolist(), moved.sources.tolist(), strict=True)
        if 10 <= by_time[t] < 90
    ]
    assert np.std(steps) == pytest.approx(np.sqrt(4 + 1 / 12), rel=0.04)  # 1/12 from rounding
    assert abs(np.mean(steps)) < 0.1
    assert 4500 < moved.n_spikes < 5000


def images():
    """Ten 4 x 5 images of two planes, with one more channel that is no pixel."""
    times = np.arange(41.0)[None].repeat(10, axis=0) * 1e-3
    batch = fs.SpikeBatch.from_dense(times)
    labels = np.zeros(10, np.uint32)
    core = _core.Events(batch.offsets, batch.times, batch.sources, batch.n_sources, labels)
    return batch, core


def test_mirror_exchanges_left_and_right_of_every_plane():
    flipped = gather(images(), [0], [Mirror(probability=1.0, height=4, width=5)]).to_dense()[0]
    pixels = np.arange(20.0).reshape(4, 5) * 1e-3
    np.testing.assert_array_equal(flipped[:20].reshape(4, 5), pixels[:, ::-1])
    np.testing.assert_array_equal(flipped[20:], np.arange(20, 41) * 1e-3)  # no pixels
    both = gather(images(), [0], [Mirror(probability=1.0, height=4, width=5, planes=2)])
    back = both.to_dense()[0][20:40].reshape(4, 5) - 20e-3
    np.testing.assert_allclose(back, pixels[:, ::-1], atol=1e-15)
    assert both.to_dense()[0][40] == 40e-3
    share = np.mean(
        [
            gather(images(), [k], [Mirror(height=4, width=5)], epoch=e).sources[0] != 0
            for k in range(10)
            for e in range(40)
        ]
    )
    assert share == pytest.approx(0.5, abs=0.08)


def test_image_shift_moves_all_planes_alike():
    seen = set()
    for epoch in range(60):
        augment = ImageShift(most=1, height=4, width=5, planes=2)
        row = gather(images(), [3], [augment], epoch=epoch).to_dense()[0]
        planes = row[:40].reshape(2, 4, 5)
        whole = np.arange(40.0).reshape(2, 4, 5) * 1e-3
        found = [
            (down, right)
            for down in (-1, 0, 1)
            for right in (-1, 0, 1)
            if np.array_equal(planes, moved(whole, down, right))
        ]
        assert len(found) == 1
        assert row[40] == 40e-3
        seen.update(found)
    assert len(seen) == 9


def moved(planes, down, right):
    padded = np.pad(planes, ((0, 0), (1, 1), (1, 1)), constant_values=np.inf)
    return padded[:, 1 - down : 5 - down, 1 - right : 6 - right]


def test_blend_meets_in_the_middle_and_keeps_half(events):
    batch, core = events
    counts, means = [], []
    for epoch in range(200):
        mixed = gather((batch, core), [0], [Blend(1.0)], epoch=epoch)
        own = set(batch[0].times.tolist()) & set(mixed.times.tolist())
        counts.append(mixed.n_spikes)
        means.append(mixed.times.mean())
        assert len(own) < 100
    assert np.mean(counts) == pytest.approx(100, abs=3)
    same_class = [k for k in range(50) if k % 5 == 0 and k != 0]
    middle = np.mean([(batch[0].times.mean() + batch[k].times.mean()) / 2 for k in same_class])
    assert np.mean(means) == pytest.approx(middle, rel=0.02)


def test_blend_leaves_the_only_sample_of_a_class_alone():
    times = np.random.default_rng(1).uniform(0, 20e-3, (3, 10))
    batch = fs.SpikeBatch.from_dense(times)
    labels = np.array([0, 1, 1], np.uint32)
    core = _core.Events(batch.offsets, batch.times, batch.sources, batch.n_sources, labels)
    alone = gather((batch, core), [0], [Blend(1.0)])
    assert alone.times.tobytes() == batch[0].times.tobytes()
    assert gather((batch, core), [1], [Blend(1.0)]).times.tobytes() != batch[1].times.tobytes()
    seldom = [gather((batch, core), [1], [Blend(0.25)], epoch=e) for e in range(400)]
    blended = np.mean([s.times.tobytes() != batch[1].times.tobytes() for s in seldom])
    assert blended == pytest.approx(0.25, abs=0.06)


def test_events_need_a_label_for_each_sample(events):
    batch, _ = events
    with pytest.raises(ShapeError, match="one per sample"):
        _core.Events(batch.offsets, batch.times, batch.sources, 100, np.zeros(3, np.uint32))


def test_images_larger_than_the_input_are_refused(events):
    with pytest.raises(DomainError, match="28 x 28 pixels"):
        gather(events, [0], [Mirror(height=28, width=28)])
