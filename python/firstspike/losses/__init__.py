"""Losses on first spike times, and hinges for neurons that have none."""

from firstspike.losses.base import SpikeTimeLoss as SpikeTimeLoss
from firstspike.losses.first_spike import FirstSpikeCrossEntropy as FirstSpikeCrossEntropy
from firstspike.losses.silent import SilentHinge as SilentHinge
