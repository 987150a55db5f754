"""SpikeBatch: what it keeps, what it refuses, and its round trips."""

import pickle

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from firstspike import SpikeBatch
from firstspike.errors import DomainError, ShapeError

INF = float("inf")
NAN = float("nan")


@st.composite
def event_lists(draw):
    n_sources = draw(st.integers(1, 5))
    time = st.integers(0, 6).map(lambda k: k * 0.5)  # few values, so that ties are common
    spike = st.tuples(time, st.integers(0, n_sources - 1))
    return draw(st.lists(st.lists(spike, max_size=6), max_size=5)), n_sources


@st.composite
def dense_times(draw):
    shape = (draw(st.integers(0, 5)), draw(st.integers(0, 4)))
    size = shape[0] * shape[1]
    values = st.one_of(st.just(INF), st.integers(0, 3).map(float))
    return np.array(draw(st.lists(values, min_size=size, max_size=size))).reshape(shape)


@given(event_lists())
def test_from_lists_keeps_every_spike_in_order(case):
    lists, n_sources = case
    batch = SpikeBatch.from_lists(lists, n_sources=n_sources)
    assert batch.n_samples == len(lists)
    for index, spikes in enumerate(lists):
        times, sources = batch.sample(index)
        assert list(zip(times.tolist(), sources.tolist(), strict=True)) == sorted(spikes)


@given(dense_times())
def test_dense_round_trip(times):
    batch = SpikeBatch.from_dense(times)
    assert batch.n_sources == times.shape[1]
    np.testing.assert_array_equal(batch.to_dense(), times)
    np.testing.assert_array_equal(batch.first_spike_times(), times)


@given(event_lists(), st.data())
def test_selection_agrees_with_list_selection(case, data):
    lists, n_sources = case
    batch = SpikeBatch.from_lists(lists, n_sources=n_sources)
    chosen = data.draw(
        st.lists(st.integers(0, len(lists) - 1), max_size=6) if lists else st.just([])
    )
    expected = SpikeBatch.from_lists([lists[i] for i in chosen], n_sources=n_sources)
    assert batch[chosen] == expected
    assert batch[np.array(chosen, dtype=np.int64)] == expected
    cut = data.draw(st.slices(len(lists)))
    assert batch[cut] == SpikeBatch.from_lists(lists[cut], n_sources=n_sources)


@given(event_lists(), st.integers(0, 5))
def test_concatenate_undoes_slicing(case, at):
    lists, n_sources = case
    batch = SpikeBatch.from_lists(lists, n_sources=n_sources)
    assert SpikeBatch.concatenate([batch[:at], batch[at:]]) == batch


@given(event_lists())
def test_first_spike_times_are_the_minimum_per_channel(case):
    lists, n_sources = case
    first = SpikeBatch.from_lists(lists, n_sources=n_sources).first_spike_times()
    for index, spikes in enumerate(lists):
        for source in range(n_sources):
            assert first[index, source] == min((t for t, s in spikes if s == source), default=INF)


def test_selection_by_integer_mask_and_iteration():
    batch = SpikeBatch.from_lists([[(1.0, 0)], [(2.0, 0)], []], n_sources=1)
    assert batch[-1].n_samples == 1
    assert batch[1].times.tolist() == [2.0]
    assert batch[[True, False, True]].times.tolist() == [1.0]
    assert [sample.n_spikes for sample in batch] == [1, 1, 0]
    with pytest.raises(IndexError):
        batch[3]
    with pytest.raises(IndexError):
        batch.sample(3)


def test_arrays_are_read_only_copies():
    times = np.array([1.0])
    batch = SpikeBatch([0, 1], times, [0], 1)
    times[0] = 5.0
    assert batch.times[0] == 1.0
    with pytest.raises(ValueError, match="read-only"):
        batch.times[0] = 2.0


def test_copies_are_as_read_only_as_the_original():
    batch = SpikeBatch.from_dense([[1.0, 0.5]])
    again = pickle.loads(pickle.dumps(batch))
    assert again == batch
    assert not again.times.flags.writeable


def test_equality_is_by_value():
    batch = SpikeBatch.from_dense([[1.0, INF]])
    assert batch == SpikeBatch.from_dense([[1.0, INF]])
    assert batch != SpikeBatch.from_dense([[1.0, 2.0]])
    assert batch != SpikeBatch.from_dense([[1.0]])
    assert batch != "batch"


@pytest.mark.parametrize(
    ("parts", "error", "says"),
    [
        (([0, 1], [NAN], [0], 1), DomainError, "NaN.*finite time"),
        (([0, 1], [INF], [0], 1), DomainError, "inf.*finite time"),
        (([0, 1], [-1.0], [0], 1), DomainError, "-1.*at least 0 s"),
        (([0, 1], [0.0], [1], 1), DomainError, "below n_sources = 1"),
        (([0, 1], [0.0], [-1], 1), DomainError, "sources holds -1"),
        (([0, 1], [0.0], [0.5], 1), ShapeError, "whole numbers"),
        (([0, 2], [1.0, 0.5], [0, 0], 1), DomainError, "from_events sorts"),
        (([0, 2], [1.0, 1.0], [1, 0], 2), DomainError, "sorted by time, then source"),
        (([0, 2], [1.0], [0], 1), DomainError, "number of spikes"),
        (([], [], [], 1), ShapeError, "one more than there are samples"),
        (([0, 1], [0.0, 1.0], [0], 1), ShapeError, "one per spike time"),
        (([0, 1], [[0.0]], [0], 1), ShapeError, "one dimension"),
        (([0, 1], ["early"], [0], 1), ShapeError, "real numbers"),
        (([0, 1], [0.0], [0], -1), DomainError, "n_sources is -1"),
        (([0, 1], [0.0], [0], 1.5), DomainError, "whole number"),
    ],
)
def test_broken_parts_are_refused(parts, error, says):
    with pytest.raises(error, match=says):
        SpikeBatch(*parts)


@pytest.mark.parametrize(
    ("times", "error", "says"),
    [
        ([1.0, 2.0], ShapeError, r"\(n_samples, n_sources\)"),
        ([[1.0], [NAN]], DomainError, r"times\[1, 0\] is nan"),
        ([[-1.0]], DomainError, "at least 0 s"),
        ([[-INF]], DomainError, "at least 0 s"),
        ([[1.0], [1.0, 2.0]], ShapeError, "regular"),
    ],
)
def test_broken_matrices_are_refused(times, error, says):
    with pytest.raises(error, match=says):
        SpikeBatch.from_dense(times)


def test_selection_along_two_axes_is_refused():
    batch = SpikeBatch.from_dense([[1.0], [2.0]])
    with pytest.raises(ShapeError, match=r"indexed with shape \(1, 2\), expected one dimension"):
        batch[[[0, 1]]]


def test_from_events_refuses_unequal_lengths_and_foreign_samples():
    with pytest.raises(ShapeError, match="1, 2 and 1"):
        SpikeBatch.from_events([0], [0.0, 1.0], [0], n_samples=1, n_sources=1)
    with pytest.raises(DomainError, match=r"samples\[1\] is 2"):
        SpikeBatch.from_events([0, 2], [0.0, 1.0], [0, 0], n_samples=2, n_sources=1)


def test_concatenate_refuses_nothing_and_unequal_widths():
    with pytest.raises(ShapeError, match="at least one batch"):
        SpikeBatch.concatenate([])
    with pytest.raises(ShapeError, match=r"\[1, 2\]"):
        SpikeBatch.concatenate(
            [SpikeBatch.from_dense([[0.0]]), SpikeBatch.from_dense([[0.0, 1.0]])]
        )


def test_to_dense_refuses_to_lose_spikes():
    batch = SpikeBatch.from_lists([[(0.0, 0), (1.0, 0)]], n_sources=1)
    with pytest.raises(DomainError, match="first_spike_times"):
        batch.to_dense()
