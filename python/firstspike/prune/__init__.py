"""Removing synapses from an integer network, as the core does on command."""

from firstspike.prune.calibrate import largest_thresholds as largest_thresholds
from firstspike.prune.magnitude import prune as prune
from firstspike.prune.report import LayerSynapses as LayerSynapses
from firstspike.prune.report import PruneReport as PruneReport
from firstspike.prune.report import compare as compare
