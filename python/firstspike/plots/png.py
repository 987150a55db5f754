"""Pictures as bytes, so that they can be written in one piece."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING

from firstspike.errors import DomainError

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["to_png"]


def to_png(ax: Axes) -> bytes:
    """Render the figure that `ax` belongs to.

    Raises
    ------
    DomainError
        If `ax` has been removed from its figure.

    Examples
    --------
    >>> import firstspike as fs
    >>> spikes = fs.encoders.Linear(t_max=30e-3)([[0.1, 0.9]])
    >>> fs.plots.to_png(fs.plots.raster([spikes], 0))[1:4]
    b'PNG'
    """
    figure = ax.get_figure(root=True)
    if figure is None:
        msg = "ax belongs to no figure, expected one that has not been removed"
        raise DomainError(msg)
    content = io.BytesIO()
    figure.savefig(content, format="png")
    return content.getvalue()
