"""Seconds become ticks by one rule."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import firstspike as fs
from firstspike.errors import DomainError, ShapeError


def ticks_of(times, tick_seconds, ticks=2**16):
    spikes = fs.SpikeBatch.from_dense([times])
    return fs.TickBatch.from_spikes(spikes, ticks=ticks, tick_seconds=tick_seconds)


@given(k=st.integers(0, 2**16 - 1), tick=st.floats(1e-9, 1.0))
def test_multiples_of_the_tick_land_on_their_tick(k, tick):
    assert ticks_of([k * tick], tick).ticks.tolist() == [k]


@given(time=st.floats(0, 10.0), tick=st.floats(1e-4, 1.0))
def test_rounding_is_down(time, tick):
    batch = ticks_of([time], tick, ticks=2**31 - 1)
    expected = math.floor(time / tick + 2.0**-20)
    assert batch.ticks.tolist() == [expected]


def test_events_outside_the_window_are_counted():
    batch = ticks_of([0.0, 7.9e-3, 8e-3, 1e300, math.inf], 1e-3, ticks=8)
    assert batch.ticks.tolist() == [0, 7]
    assert batch.dropped == 2  # inf is no event


def test_a_quotient_beyond_all_floats_is_outside():
    assert ticks_of([1e300], 1e-300).dropped == 1


def test_spikes_of_one_tick_are_sorted_by_source():
    spikes = fs.SpikeBatch.from_lists([[(1.1e-3, 2), (1.2e-3, 0), (0.0, 1)], []], n_sources=3)
    batch = fs.TickBatch.from_spikes(spikes, ticks=4, tick_seconds=1e-3)
    assert batch.sources.tolist() == [1, 0, 2]
    assert batch.offsets.tolist() == [0, 3, 3]
    ticks, sources = batch.sample(0)
    assert (ticks.tolist(), sources.tolist()) == ([0, 1, 1], [1, 0, 2])


@pytest.mark.parametrize(
    ("parts", "error", "text"),
    [
        (([0, 1], [0], [0, 1], 2), ShapeError, "sources"),
        (([0, 2], [0], [0], 2), DomainError, "offsets"),
        (([0, 1], [-1], [0], 2), DomainError, r"ticks\[0\]"),
        (([0, 1], [0], [2], 2), DomainError, "n_sources"),
        (([0, 2], [1, 0], [0, 1], 2), DomainError, "sorted"),
        (([0, 2], [0, 0], [1, 0], 2), DomainError, "sorted"),
        (([0, 2], [0, 1], [1, 1], 2), DomainError, "second time"),
        (([0, 1], [2**31], [0], 2), DomainError, "ticks"),
        (([0, 1], [0.5], [0], 2), ShapeError, "ticks"),
        (([0, 1], [0], [0], 2**40), DomainError, "n_sources"),
    ],
)
def test_broken_batches_are_refused(parts, error, text):
    with pytest.raises(error, match=text):
        fs.TickBatch(*parts)


def test_batches_compare_by_value():
    one = fs.TickBatch([0, 1], [3], [0], 2)
    assert one == fs.TickBatch(np.array([0, 1]), [3], [0], 2)
    assert one != fs.TickBatch([0, 1], [4], [0], 2)
