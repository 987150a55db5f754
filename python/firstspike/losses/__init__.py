"""Losses on spike times, on potentials of a readout, and on neurons that have no spike."""

from firstspike.losses.base import Loss as Loss
from firstspike.losses.base import ReadoutLoss as ReadoutLoss
from firstspike.losses.base import SpikeTimeLoss as SpikeTimeLoss
from firstspike.losses.base import TapeLoss as TapeLoss
from firstspike.losses.derivatives import Derivatives as Derivatives
from firstspike.losses.evaluate import PerSpike as PerSpike
from firstspike.losses.evaluate import Sum as Sum
from firstspike.losses.evaluate import evaluate as evaluate
from firstspike.losses.fast_and_deep import FastAndDeep as FastAndDeep
from firstspike.losses.first_spike import FirstSpikeCrossEntropy as FirstSpikeCrossEntropy
from firstspike.losses.instantaneous import InstantaneousCrossEntropy as InstantaneousCrossEntropy
from firstspike.losses.relative_times import RelativeSpikeTimes as RelativeSpikeTimes
from firstspike.losses.silent import SilentHinge as SilentHinge
from firstspike.losses.spike_count import SpikeCountRegulariser as SpikeCountRegulariser
from firstspike.losses.suited import suited_loss as suited_loss
from firstspike.losses.target_times import TargetTimes as TargetTimes
from firstspike.losses.voltage import AverageVoltageCrossEntropy as AverageVoltageCrossEntropy
from firstspike.losses.voltage import MaxVoltageCrossEntropy as MaxVoltageCrossEntropy
