"""The raster plot draws every spike, marks the decision and touches no global state."""

import sys

import numpy as np
import pytest
from matplotlib.figure import Figure

from firstspike import SpikeBatch, plots
from firstspike.errors import ShapeError

INPUT = SpikeBatch.from_lists([[(0.0, 1), (2e-3, 0)], [(1e-3, 2)]], n_sources=3)
OUTPUT = SpikeBatch.from_lists([[(4e-3, 1), (5e-3, 0)], []], n_sources=2)


def tick_times(ax):
    """Times (ms) of the drawn spikes, in the order of the bands."""
    return [
        float(segment[0, 0])
        for collection in ax.collections
        for segment in getattr(collection, "get_segments", list)()
    ]


def texts(ax):
    return " / ".join(text.get_text() for text in ax.texts)


def test_every_spike_of_the_sample_is_drawn():
    ax = plots.raster([INPUT, OUTPUT], 0, classes=("cat", "dog"))
    np.testing.assert_allclose(tick_times(ax), [0.0, 2.0, 4.0, 5.0])
    assert "dog first, at 4 ms" in texts(ax)
    assert "2 of 3" in texts(ax)


def test_a_silent_output_has_no_decision():
    ax = plots.raster([INPUT, OUTPUT], 1)
    assert tick_times(ax) == [1.0]
    assert "first" not in texts(ax)


def test_draws_on_the_given_axes_and_never_opens_a_window(tmp_path):
    before = set(sys.modules)
    ax = Figure().subplots()
    assert plots.raster([INPUT], 0, ax=ax) is ax
    plots.raster([INPUT, INPUT, OUTPUT], 0).figure.savefig(tmp_path / "raster.png")
    assert (tmp_path / "raster.png").stat().st_size > 5000
    assert "matplotlib.pyplot" not in set(sys.modules) - before


def test_names_classes_and_samples_are_checked():
    with pytest.raises(ShapeError, match="0 layers"):
        plots.raster([], 0)
    with pytest.raises(ShapeError, match="1 layers and 2 names"):
        plots.raster([INPUT], 0, names=["a", "b"])
    with pytest.raises(ShapeError, match="one for each of 2 outputs"):
        plots.raster([OUTPUT], 0, classes=["a"])
    with pytest.raises(IndexError):
        plots.raster([INPUT], 2)
