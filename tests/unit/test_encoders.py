"""Encoders: the formulas, the no-spike rule, and what they refuse."""

import json

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from firstspike.encoders import Bias, Encoder, Latency, Linear, describe, from_description
from firstspike.errors import DomainError, FormatError, ShapeError

unit_matrices = hnp.arrays(
    np.float64,
    hnp.array_shapes(min_dims=2, max_dims=2, max_side=6),
    elements=st.floats(0.0, 1.0, allow_subnormal=False),
)


@given(unit_matrices)
def test_latency_formula_and_no_spike_rule(x):
    times = Latency(t_max=20e-3, t_min=2e-3, threshold=0.1)(x).to_dense()
    expected = np.where(x > 0.1, 2e-3 + (1.0 - x) * (20e-3 - 2e-3), np.inf)
    np.testing.assert_array_equal(times, expected)


@given(unit_matrices)
def test_linear_formula(x):
    np.testing.assert_array_equal(Linear(t_max=30e-3)(x).to_dense(), x * 30e-3)


@given(unit_matrices, st.sampled_from([0.0, 5e-3]))
def test_bias_adds_one_channel_and_changes_nothing_else(x, time):
    plain = Latency(t_max=20e-3)
    dense = Bias(plain, time=time)(x).to_dense()
    np.testing.assert_array_equal(dense[:, :-1], plain(x).to_dense())
    assert (dense[:, -1] == time).all()


def test_zero_does_not_spike_and_one_spikes_first():
    batch = Latency(t_max=20e-3)([[0.0, 1.0, 0.25]])
    assert batch.sources.tolist() == [1, 2]
    assert batch.times.tolist() == [0.0, 0.015]


def test_encoders_are_encoders():
    assert isinstance(Latency(1.0), Encoder)
    assert isinstance(Bias(Linear(1.0)), Encoder)


@pytest.mark.parametrize("encoder", [Latency(t_max=1.0), Linear(t_max=1.0), Bias(Linear(1.0))])
@pytest.mark.parametrize(
    ("inputs", "error", "says"),
    [
        ([0.5], ShapeError, r"\(n_samples, n_features\)"),
        ([[[0.5]]], ShapeError, r"\(n_samples, n_features\)"),
        ([[0.5, float("nan")]], DomainError, r"inputs\[0, 1\] is nan"),
        ([[0.5], [1.5]], DomainError, r"inputs\[1, 0\] is 1.5, expected 0 to 1; scale"),
        ([[-0.1]], DomainError, "0 to 1"),
        ([["high"]], ShapeError, "real numbers"),
    ],
)
def test_bad_inputs_are_refused(encoder, inputs, error, says):
    with pytest.raises(error, match=says):
        encoder(inputs)


@pytest.mark.parametrize(
    ("make", "says"),
    [
        (lambda: Latency(t_max=0.0), "more than t_min"),
        (lambda: Latency(t_max=1.0, t_min=2.0), "t_max is 1.0 s"),
        (lambda: Latency(t_max=float("inf")), "finite"),
        (lambda: Latency(t_max=1.0, t_min=-1.0), "t_min is -1.0 s"),
        (lambda: Latency(t_max=1.0, threshold=1.5), "threshold is 1.5"),
        (lambda: Latency(t_max=1.0, threshold=float("nan")), "threshold is nan"),
        (lambda: Linear(t_max=float("nan")), "t_max is nan"),
        (lambda: Bias(Linear(1.0), time=-1.0), "time is -1.0 s"),
    ],
)
def test_bad_parameters_are_refused(make, says):
    with pytest.raises(DomainError, match=says):
        make()


@pytest.mark.parametrize(
    "encoder",
    [
        Latency(t_max=20e-3, t_min=1e-3, threshold=0.25),
        Linear(t_max=30e-3),
        Bias(Bias(Linear(t_max=30e-3)), time=2e-3),
    ],
)
def test_description_round_trip(encoder):
    assert from_description(json.loads(json.dumps(describe(encoder)))) == encoder


@pytest.mark.parametrize(
    "description",
    [
        None,
        [],
        {},
        {"type": "morse"},
        {"type": ["latency"]},
        {"type": "latency"},
        {"type": "latency", "t_max": "soon"},
        {"type": "latency", "t_max": True},
        {"type": "latency", "t_max": -1.0},
        {"type": "latency", "t_max": 1.0, "colour": 3},
        {"type": "bias", "encoder": {"type": "morse"}},
    ],
)
def test_foreign_descriptions_are_refused(description):
    with pytest.raises(FormatError, match="encoder"):
        from_description(description)


def test_foreign_encoders_are_not_described():
    with pytest.raises(DomainError, match="Latency, Linear, Bias"):
        describe(lambda inputs: inputs)
