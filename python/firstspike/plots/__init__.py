"""Plots: each function draws on an `Axes` and returns it; nothing is ever shown or kept."""

from firstspike.plots.raster import raster as raster
