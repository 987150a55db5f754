"""Level crossings, the cochlea, delay lines, and encoders in a row."""

import json

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import firstspike as fs
from firstspike import Sequences, SpikeBatch
from firstspike.encoders import (
    Bias,
    Chain,
    Cochlea,
    Compress,
    DelayLine,
    Events,
    FirstSpikes,
    FromFirst,
    Latency,
    LevelCrossing,
    Normalize,
    Window,
    describe,
    from_description,
)
from firstspike.encoders.gammatone import centres, envelopes
from firstspike.errors import DomainError, FormatError, ShapeError

LEVELS = LevelCrossing(low=-1.0, high=1.0, levels=5, hysteresis=0.3, rest=0.1)

signals = st.lists(
    st.lists(st.floats(-2.0, 2.0), min_size=0, max_size=12), min_size=1, max_size=4
).map(lambda rows: Sequences.from_list([np.reshape(r, (-1, 1)) for r in rows], rate=50.0))


def walked(signal, encoder):
    """Crossings of one channel, found by walking along the signal row by row."""
    found = []
    for index, level in enumerate(np.linspace(encoder.low, encoder.high, encoder.levels)):
        on, before = encoder.rest >= level, encoder.rest
        for row, now in enumerate(signal):
            low = level - encoder.hysteresis
            if (not on and now >= level) or (on and now < low):
                at = low if on else level
                share = 1.0 if row == 0 else (at - before) / (now - before)
                found.append((max(row - 1, 0) + (share if row else 0.0), 2 * index + on))
                on = not on
            before = now
    return sorted(found)


@given(signals)
def test_crossings_are_those_of_a_walk_along_the_signal(inputs):
    spikes = LEVELS(inputs)
    for n in range(inputs.n_samples):
        times, sources = spikes.sample(n)
        expected = walked(inputs.sample(n)[:, 0].tolist(), LEVELS)
        assert sorted(sources.tolist()) == sorted(source for _, source in expected)
        at = {source: [] for _, source in expected}
        for time, source in expected:
            at[source].append(time / 50.0)
        for source, wanted in at.items():
            np.testing.assert_allclose(times[sources == source], wanted, rtol=1e-9, atol=1e-12)


@given(signals)
def test_samples_are_encoded_one_by_one(inputs):
    spikes = LEVELS(inputs)
    for n in range(inputs.n_samples):
        assert LEVELS(inputs[[n]]) == spikes[[n]]


def test_channels_do_not_mix():
    rng = np.random.default_rng(0)
    both = Sequences.from_list([rng.normal(size=(20, 2))], rate=1.0)
    spikes = LEVELS(both)
    for channel in range(2):
        alone = LEVELS(Sequences.from_list([both.sample(0)[:, [channel]]], rate=1.0))
        mine = spikes.sources % 2 == channel
        np.testing.assert_array_equal(spikes.times[mine], alone.times)
        np.testing.assert_array_equal(spikes.sources[mine] // 2, alone.sources)


def test_speed_divides_times():
    ramp = Sequences.from_list([np.linspace(0, 1, 9)[:, None]], rate=1.0)
    slow = LevelCrossing(low=0.1, high=0.9, levels=4)(ramp)
    fast = LevelCrossing(low=0.1, high=0.9, levels=4, speed=8.0)(ramp)
    np.testing.assert_array_equal(fast.times, slow.times / 8.0)


def tone(frequency, seconds=0.2, rate=8000, amplitude=0.5):
    t = np.arange(int(seconds * rate)) / rate
    return amplitude * np.sin(2 * np.pi * frequency * t)


def audio(*sounds, rate=8000.0):
    return Sequences.from_list([np.reshape(sound, (-1, 1)) for sound in sounds], rate=rate)


def test_a_tone_at_a_centre_comes_out_with_its_amplitude():
    for centre in centres(5, 300.0, 3000.0):
        sound = tone(centre, seconds=0.5)
        loud = envelopes(sound, 8000.0, bands=5, low=300.0, high=3000.0, smoothing=0.0, step=1)
        emphasis = abs(1.0 - 0.97 * np.exp(-2j * np.pi * centre / 8000.0))
        best = loud[3000:].mean(axis=0).max()
        assert best == pytest.approx(0.5 * emphasis, rel=0.02)


def test_the_band_of_a_tone_is_the_loudest():
    middle = centres(16, 100.0, 3600.0)
    for band in (3, 8, 14):
        spikes = Cochlea(bands=16, levels=6)(audio(tone(middle[band])))
        up = spikes.sources[spikes.sources // 16 % 2 == 0]
        per_band = np.bincount(up % 16, minlength=16)
        assert per_band[band] == per_band.max() == 6


def test_loudness_does_not_matter_and_lead_in_is_cut():
    sound = tone(900.0)
    cochlea = Cochlea()
    plain = cochlea(audio(sound))
    np.testing.assert_allclose(cochlea(audio(sound / 7)).times, plain.times, atol=1e-9)
    late = cochlea(audio(np.concatenate((np.zeros(8000), sound))))
    np.testing.assert_array_equal(np.bincount(late.sources), np.bincount(plain.sources))
    assert late.times[0] == plain.times[0] == 0.0


def test_silence_and_very_short_sounds_have_no_spike():
    spikes = Cochlea()(audio(np.zeros(800), np.zeros(0), tone(500.0, seconds=0.002), tone(500.0)))
    assert np.diff(spikes.offsets).tolist()[:3] == [0, 0, 0]
    assert np.diff(spikes.offsets)[3] > 0


def test_recordings_are_encoded_one_by_one():
    rng = np.random.default_rng(1)
    several = audio(*(rng.normal(size=n) for n in (900, 300, 1200)))
    cochlea = Cochlea(bands=6)
    assert cochlea(several)[[2, 0]] == cochlea(several[[2, 0]])
    assert len(cochlea(several[[]])) == 0


def test_rising_and_falling_levels_alternate():
    rng = np.random.default_rng(2)
    spikes = Cochlea(bands=4, levels=3)(audio(rng.normal(size=4000) * np.hanning(4000)))
    band, level, way = spikes.sources % 4, spikes.sources // 8, spikes.sources // 4 % 2
    pairs = [way[(band == b) & (level == n)] for b in range(4) for n in range(3)]
    assert sum(len(directions) > 1 for directions in pairs) > 6
    for directions in pairs:
        assert (directions[::2] == 0).all()
        assert (directions[1::2] == 1).all()


@pytest.mark.parametrize(
    ("make", "says"),
    [
        (lambda: Cochlea(bands=0), "bands is 0"),
        (lambda: Cochlea(levels=2.5), "levels is 2.5"),
        (lambda: Cochlea(low=4000.0), "low below high"),
        (lambda: Cochlea(low=-1.0), "low is -1.0 Hz"),
        (lambda: Cochlea(dynamic_range=0.0), "dynamic_range is 0.0 dB"),
        (lambda: Cochlea(hysteresis=-1.0), "hysteresis is -1.0"),
        (lambda: Cochlea(smoothing=-1.0), "smoothing is -1.0 s"),
        (lambda: Cochlea(hop=0.0), "hop is 0.0 s"),
        (lambda: Cochlea(speed=float("nan")), "speed is nan"),
        (lambda: LevelCrossing(low=1.0, high=1.0, levels=3), "low below high"),
        (lambda: LevelCrossing(low=0.0, high=np.inf, levels=3), "finite"),
        (lambda: LevelCrossing(low=0.0, high=1.0, levels=1), "at least 2"),
        (lambda: LevelCrossing(low=0.0, high=1.0, levels=3, hysteresis=-0.1), "hysteresis"),
        (lambda: LevelCrossing(low=0.0, high=1.0, levels=3, rest=np.nan), "rest is nan"),
        (lambda: LevelCrossing(low=0.0, high=1.0, levels=3, speed=0.0), "speed is 0.0"),
        (lambda: DelayLine(copies=0, step=1.0), "copies is 0"),
        (lambda: DelayLine(copies=2, step=-1.0), "step is -1.0 s"),
        (lambda: Compress(0.0), "factor is 0.0"),
        (lambda: Window(1.0, 1.0), "start before stop"),
        (lambda: Window(-1.0, 1.0), "start is -1.0 s"),
        (lambda: FirstSpikes(0), "count is 0"),
        (lambda: Chain(()), "at least one"),
    ],
)
def test_bad_parameters_are_refused(make, says):
    with pytest.raises(DomainError, match=says):
        make()


def test_bad_inputs_are_refused():
    with pytest.raises(ShapeError, match=r"expected firstspike\.Sequences"):
        Cochlea()([[0.5]])
    with pytest.raises(ShapeError, match="2 channels, expected recordings of one channel"):
        Cochlea()(Sequences.from_list([np.zeros((9, 2))], rate=8000.0))
    with pytest.raises(DomainError, match=r"high is 3600.0 Hz, .* 2000.0"):
        Cochlea()(audio(np.zeros(9), rate=4000.0))
    for encoder in (Events(), DelayLine(1, 0.0), Compress(2.0), FromFirst(), Window(0.0, 1.0)):
        with pytest.raises(ShapeError, match=r"expected a firstspike\.SpikeBatch"):
            encoder([[0.5]])


@pytest.mark.parametrize("encoder", [Compress(1e-300), DelayLine(2, 1e308)])
def test_times_beyond_all_bounds_are_refused(encoder):
    with pytest.raises(DomainError, match="is inf, expected a finite time"):
        encoder(SpikeBatch.from_lists([[(1e308, 0)]], n_sources=1))


def test_delay_lines_have_an_end():
    with pytest.raises(DomainError, match=r"copies is 2147483648 .* less than 2\^32 sources"):
        DelayLine(2**31, 1e-3)(SpikeBatch.from_lists([[(0.0, 0)]], n_sources=2))


batches = st.lists(
    st.lists(st.tuples(st.integers(0, 40).map(lambda k: k / 8), st.integers(0, 3)), max_size=9),
    min_size=1,
    max_size=3,
).map(lambda samples: SpikeBatch.from_lists(samples, n_sources=4))


@given(batches, st.integers(1, 4), st.integers(0, 3))
def test_copies_of_a_delay_line(batch, copies, eighths):
    line = DelayLine(copies, eighths / 8)(batch)
    assert line.n_sources == copies * 4
    for copy in range(copies):
        mine = line.sources // 4 == copy
        part = SpikeBatch.from_events(
            line.samples[mine],
            line.times[mine] - copy * eighths / 8,
            line.sources[mine] % 4,
            n_samples=len(batch),
            n_sources=4,
        )
        assert part == batch


@given(batches)
def test_first_spikes_of_every_source(batch):
    once = FirstSpikes()(batch)
    np.testing.assert_array_equal(once.to_dense(), batch.first_spike_times())
    assert FirstSpikes(99)(batch) == batch
    twice = FirstSpikes(2)(batch)
    for n in range(len(batch)):
        times, sources = batch.sample(n)
        kept = [t for s in range(4) for t in times[sources == s][:2]]
        assert sorted(kept) == twice.sample(n)[0].tolist()


@given(batches, st.integers(0, 20), st.integers(1, 20))
def test_windows_and_starts(batch, start, width):
    cut = Window(start / 8, (start + width) / 8)(batch)
    inside = (batch.times >= start / 8) & (batch.times < (start + width) / 8)
    np.testing.assert_array_equal(cut.times, batch.times[inside] - start / 8)
    moved = FromFirst()(batch)
    for n in range(len(batch)):
        times, _ = batch.sample(n)
        np.testing.assert_array_equal(moved.sample(n)[0], times - (times[0] if len(times) else 0))


def test_times_that_become_equal_are_sorted_by_source():
    late = 2.0 - 2**-52
    early, factor = float(np.nextafter(late, 0.0)), 1.93
    assert early / factor == late / factor
    close = SpikeBatch.from_lists([[(early, 1), (late, 0)]], n_sources=2)
    assert Compress(factor)(close).sources.tolist() == [0, 1]


@given(signals)
def test_normalized_signals(inputs):
    scaled = Normalize()(inputs)
    assert (scaled.lengths == inputs.lengths).all()
    for n in np.flatnonzero(inputs.lengths):
        x, y = inputs.sample(n), scaled.sample(n)
        centred = x - np.median(x)
        np.testing.assert_allclose(y * np.abs(centred).max(), centred, atol=1e-12)
        assert np.abs(y).max() == (1.0 if centred.any() else 0.0)


def test_offset_and_size_do_not_matter_after_normalizing():
    rng = np.random.default_rng(4)
    one = rng.normal(size=(50, 2))
    pair = Sequences.from_list([one, one * [4.0, 0.5] + [8.0, -2.0]], rate=1.0)
    spikes = Chain((Normalize(), LEVELS))(pair)
    np.testing.assert_array_equal(*(spikes.sample(n)[1] for n in range(2)))
    np.testing.assert_allclose(*(spikes.sample(n)[0] for n in range(2)), atol=1e-9)


def test_a_chain_must_end_in_spikes():
    with pytest.raises(ShapeError, match=r"expected a firstspike\.SpikeBatch"):
        Chain((Normalize(),))(Sequences.from_list([[[1.0]]], rate=1.0))


ENCODERS = [
    Chain((Normalize(), LEVELS)),
    Cochlea(bands=20, speed=5.0),
    LEVELS,
    Chain((Cochlea(), DelayLine(copies=4, step=10e-3))),
    Chain((Bias(Latency(t_max=20e-3)), Compress(2.0), FirstSpikes(2))),
    Chain((Events(), Window(0.0, 0.1), FromFirst())),
]


@pytest.mark.parametrize("encoder", ENCODERS)
def test_description_round_trip(encoder):
    assert from_description(json.loads(json.dumps(describe(encoder)))) == encoder


@pytest.mark.parametrize(
    "description",
    [
        {"type": "cochlea", "bands": 0},
        {"type": "cochlea", "bands": "many"},
        {"type": "delay_line", "copies": 2.5, "step": 0.0},
        {"type": "chain"},
        {"type": "chain", "encoders": []},
        {"type": "chain", "encoders": [1.0]},
        {"type": "chain", "encoders": [{"type": "morse"}]},
        {"type": "events", "times": 1.0},
    ],
)
def test_foreign_descriptions_are_refused(description):
    with pytest.raises(FormatError, match="encoder"):
        from_description(description)


def test_network_trains_on_sound():
    rng = np.random.default_rng(3)
    sounds = [tone(f, seconds=0.1) + 0.01 * rng.normal(size=800) for f in [400.0, 2000.0] * 8]
    data = fs.datasets.Dataset("tones", audio(*sounds), [0, 1] * 8, ("low", "high"))
    net = fs.Network([fs.LIF(2 * 6 * 4, 2)], seed=0)
    encoder = Cochlea(bands=6, levels=4)
    history = fs.train(
        net, data, encoder=encoder, epochs=15, batch_size=4, optimizer=fs.optim.Adam(lr=0.02)
    )
    assert history.last.accuracy == 1.0
