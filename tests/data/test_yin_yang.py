"""Yin-Yang: the published arrays to the bit, and sane samples for other seeds."""

import numpy as np
import pytest

from firstspike.datasets import generate_yin_yang, yin_yang
from firstspike.errors import DomainError

FIRST_TEST_POINTS = [
    [0.23409664559563403, 0.4017249751828972],
    [0.7513290219574494, 0.4682425192680968],
]


@pytest.mark.data
@pytest.mark.parametrize("split", ["train", "validation", "test"])
def test_published_splits_to_the_bit(data_root, split):
    ours = yin_yang(split)
    np.testing.assert_array_equal(ours.inputs, np.load(data_root / f"yin-yang/{split}_samples.npy"))
    np.testing.assert_array_equal(ours.labels, np.load(data_root / f"yin-yang/{split}_labels.npy"))


def test_first_samples_without_the_data():
    # First published test samples: guards the generator where the data folder is absent.
    first = yin_yang("test")[:2]
    np.testing.assert_array_equal(first.inputs[:, :2], FIRST_TEST_POINTS)


def test_samples_lie_in_the_circle_and_classes_are_balanced():
    data = generate_yin_yang(1500, seed=3)
    x, y = data.inputs[:, 0], data.inputs[:, 1]
    assert (np.hypot(x - 0.5, y - 0.5) <= 0.5).all()
    np.testing.assert_array_equal(data.inputs[:, 2:], 1.0 - data.inputs[:, :2])
    assert (np.bincount(data.labels, minlength=3) > 400).all()
    dots = data.labels == 2
    near = np.minimum(np.hypot(x - 0.75, y - 0.5), np.hypot(x - 0.25, y - 0.5)) < 0.1
    np.testing.assert_array_equal(dots, near)


def test_seed_decides():
    same = generate_yin_yang(50, seed=5), generate_yin_yang(50, seed=5)
    np.testing.assert_array_equal(same[0].inputs, same[1].inputs)
    assert (generate_yin_yang(50, seed=6).inputs != same[0].inputs).any()


def test_bad_arguments():
    with pytest.raises(DomainError, match=r"'dev', expected one of 'train', 'validation', 'test'"):
        yin_yang("dev")
    with pytest.raises(DomainError, match="size is -1"):
        generate_yin_yang(-1, seed=0)
