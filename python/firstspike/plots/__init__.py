"""Plots: each function draws on an `Axes` and returns it; nothing is ever shown or kept."""

from firstspike.plots.convergence import convergence as convergence
from firstspike.plots.png import to_png as to_png
from firstspike.plots.raster import raster as raster
