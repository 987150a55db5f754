"""One sample on its way through the layers."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from firstspike.errors import ShapeError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from matplotlib.axes import Axes

    from firstspike.events import SpikeBatch

__all__ = ["raster"]

COLOURS = ("#4c6a92", "#7a8c3f", "#b5561f", "#7b4a86")
BAND, GAP = 1.0, 0.12  # height of a layer and of the space between two
MILLI = 1e3


def raster(
    layers: Sequence[SpikeBatch],
    sample: int,
    *,
    names: Sequence[str] | None = None,
    classes: Sequence[str] | None = None,
    ax: Axes | None = None,
) -> Axes:
    """Draw every spike of one sample: a band per layer, inputs at the bottom, a tick per spike.

    The first spike of the last layer, which is the decision, is marked by a line.

    Parameters
    ----------
    layers : sequence of SpikeBatch
        Input spikes, then the spikes of each layer; times in seconds, drawn in ms.
    sample : int
        Which sample.
    names : sequence of str, optional
        Name of each band; "input", "layer 1", ..., "output" by default.
    classes : sequence of str, optional
        Name of each neuron of the last layer.
    ax : matplotlib.axes.Axes, optional
        Where to draw; a new figure that belongs to no window by default.

    Returns
    -------
    matplotlib.axes.Axes
        Its figure is ``ax.figure``; save it with ``ax.figure.savefig(path)``.

    Raises
    ------
    ShapeError
        If there is no layer, or names or classes do not fit.
    IndexError
        If there is no such sample.

    Examples
    --------
    >>> import firstspike as fs
    >>> train, _ = fs.datasets.load("digits")
    >>> spikes = fs.encoders.Latency(t_max=20e-3)(train.inputs[:1])
    >>> fs.plots.raster([spikes], 0, names=["input"]).get_xlabel()
    'time (ms)'
    """
    names = _names(len(layers)) if names is None else list(names)
    if not layers or len(names) != len(layers):
        msg = f"got {len(layers)} layers and {len(names)} names, expected one name for each layer"
        raise ShapeError(msg)
    if classes is not None and len(classes) != layers[-1].n_sources:
        msg = f"got {len(classes)} classes, expected one for each of {layers[-1].n_sources} outputs"
        raise ShapeError(msg)
    ax = _new_axes() if ax is None else ax
    for band, (layer, name) in enumerate(zip(layers, names, strict=True)):
        times, sources = layer.sample(sample)
        colour, base = COLOURS[band % len(COLOURS)], band * (BAND + GAP)
        # A tick has to be visible where hundreds of neurons share the band.
        half = 0.5 * max(BAND / layer.n_sources * 0.8, 0.022)
        height = base + (np.asarray(sources) + 0.5) / layer.n_sources * BAND
        ax.axhspan(base, base + BAND, color=colour, alpha=0.07, linewidth=0)
        ax.vlines(times * MILLI, height - half, height + half, color=colour, linewidth=1.8)
        label = f"{name}\n{times.size} of {layer.n_sources}"
        ax.text(
            -0.015, base + BAND / 2, label, transform=ax.get_yaxis_transform(),
            ha="right", va="center", color=colour, fontsize=9,
        )  # fmt: skip
    _mark_decision(ax, layers[-1], sample, classes, (len(layers) - 1) * (BAND + GAP))
    ax.set(xlabel="time (ms)", yticks=[], ylim=(-GAP, len(layers) * (BAND + GAP)))
    ax.set_xlim(left=min(0.0, ax.get_xlim()[0]))
    ax.spines[["left", "right", "top"]].set_visible(False)
    return ax


def _mark_decision(
    ax: Axes, outputs: SpikeBatch, sample: int, classes: Sequence[str] | None, base: float
) -> None:
    times, sources = outputs.sample(sample)
    if times.size:
        first = times[0] * MILLI
        ax.axvline(first, color="0.4", linewidth=0.8, linestyle="--", zorder=0)
        who = classes[sources[0]] if classes is not None else f"neuron {sources[0]}"
        text = f"{who} first, at {first:.3g} ms"
        ax.annotate(
            text, (first, base + BAND + GAP / 2), (4, 0), textcoords="offset points",
            va="center", fontsize=8, color="0.25", annotation_clip=False,
        )  # fmt: skip
    if classes is not None:
        for index, name in enumerate(classes):
            ax.text(
                1.005, base + (index + 0.5) / len(classes) * BAND, name,
                transform=ax.get_yaxis_transform(), va="center", fontsize=7, color="0.4",
            )  # fmt: skip


def _names(count: int) -> list[str]:
    if count < 2:
        return ["input"][:count]
    return ["input", *(f"layer {n}" for n in range(1, count - 1)), "output"]


def _new_axes() -> Axes:
    from matplotlib.figure import Figure

    # Figure rather than pyplot: no global list of figures, no window system.
    figure = Figure(figsize=(8.0, 4.8), layout="constrained", dpi=120)
    return figure.subplots()
