"""Deep networks of single spikes that are trained as the rectified networks they equal."""

from firstspike.two_phase.codes import ExponentialCode as ExponentialCode
from firstspike.two_phase.codes import LinearCode as LinearCode
from firstspike.two_phase.codes import TimeCode as TimeCode
from firstspike.two_phase.fit import train as train
from firstspike.two_phase.integer import to_integer as to_integer
from firstspike.two_phase.network import TwoPhaseNetwork as TwoPhaseNetwork
from firstspike.two_phase.recipe import TwoPhaseRecipe as TwoPhaseRecipe
from firstspike.two_phase.recipes import TWO_PHASE_RECIPES as TWO_PHASE_RECIPES
from firstspike.two_phase.recipes import two_phase_recipe as two_phase_recipe
from firstspike.two_phase.shifts import with_shifts as with_shifts
