"""The embedded digits and what every data set shares."""

import numpy as np
import pytest

import firstspike as fs
from firstspike.datasets import Dataset, digits
from firstspike.errors import DomainError, ShapeError


def test_split_is_stratified_disjoint_and_complete():
    from sklearn.datasets import load_digits

    pixels, labels = load_digits(return_X_y=True)
    train, test = fs.datasets.load("digits")
    assert len(train) + len(test) == len(labels)
    both = np.concatenate((train.inputs, test.inputs)) * 16
    order = lambda rows: rows[np.lexsort(rows.T)]  # noqa: E731
    np.testing.assert_array_equal(order(both), order(pixels))
    expected = np.bincount(labels) // 4
    np.testing.assert_array_equal(np.bincount(test.labels), expected)


def test_rule_of_the_split():
    from sklearn.datasets import load_digits

    pixels, labels = load_digits(return_X_y=True)
    sevens = pixels[labels == 7]
    test = digits("test")
    np.testing.assert_array_equal(test.inputs[test.labels == 7] * 16, sevens[3::4])


def test_inputs_are_read_only_unit_floats():
    data = digits("train")
    assert data.inputs.dtype == np.float64
    assert data.labels.dtype == np.int64
    assert data.inputs.min() == 0.0
    assert data.inputs.max() == 1.0
    with pytest.raises(ValueError, match="read-only"):
        data.inputs[0, 0] = 1.0


def test_load_refuses_unknown_names_and_needless_roots():
    with pytest.raises(DomainError, match="did you mean 'digits'"):
        fs.datasets.load("digit")
    with pytest.raises(DomainError, match="leave root out"):
        fs.datasets.load("digits", root=".")
    with pytest.raises(DomainError, match="'validation', expected one of 'train', 'test'"):
        digits("validation")


def test_held_out_part_is_stratified_and_repeatable():
    data = digits("train")
    fit, held_out = data.split(0.2, seed=4)
    again = data.split(0.2, seed=4)[1]
    np.testing.assert_array_equal(held_out.inputs, again.inputs)
    expected = np.rint(np.bincount(data.labels) * 0.2)
    np.testing.assert_array_equal(np.bincount(held_out.labels), expected)
    assert len(fit) + len(held_out) == len(data)
    assert (data.split(0.2, seed=5)[1].labels != held_out.labels).any()


@pytest.mark.parametrize("fraction", [0.0, 1.0, -0.5, float("nan")])
def test_held_out_fraction_is_checked(fraction):
    with pytest.raises(DomainError, match="held_out"):
        digits("test").split(fraction)


def test_selection():
    data = digits("test")
    assert len(data[:7]) == 7
    np.testing.assert_array_equal(data[[3, 1]].labels, data.labels[[3, 1]])
    assert len(data[data.labels == 0]) == np.sum(data.labels == 0)
    assert len(data[[]]) == 0


@pytest.mark.parametrize(
    ("inputs", "labels", "error", "says"),
    [
        ([0.5], [0], ShapeError, r"\(n_samples, n_features\)"),
        ([[0.5]], [0, 0], ShapeError, "one per sample: 1"),
        ([[1.5]], [0], DomainError, r"inputs\[0, 0\] is 1.5"),
        ([[float("nan")]], [0], DomainError, "nan"),
        ([[0.5]], [2], DomainError, r"labels\[0\] is 2, expected 0 to 1"),
        ([[0.5]], [-1], DomainError, "expected 0 to 1"),
        ([[0.5]], [0.5], ShapeError, "whole numbers"),
    ],
)
def test_broken_data_is_refused(inputs, labels, error, says):
    with pytest.raises(error, match=says):
        Dataset("broken", inputs, labels, ("a", "b"))
