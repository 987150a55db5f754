"""Deep networks of single spikes that are trained as the rectified networks they equal."""

from firstspike.two_phase.codes import ExponentialCode as ExponentialCode
from firstspike.two_phase.codes import LinearCode as LinearCode
from firstspike.two_phase.codes import TimeCode as TimeCode
from firstspike.two_phase.fit import train as train
from firstspike.two_phase.integer import to_integer as to_integer
from firstspike.two_phase.network import TwoPhaseNetwork as TwoPhaseNetwork
