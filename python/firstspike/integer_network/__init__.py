"""The integer network: the narrow waist between training and hardware.

Its meaning is written down in ``docs/spec/integer-network.md``. Nothing in this package knows a
float other than metadata, and nothing here imports training code.
"""

from firstspike.integer_network.connectivity import Connectivity as Connectivity
from firstspike.integer_network.connectivity import Dense as Dense
from firstspike.integer_network.connectivity import SynapseLists as SynapseLists
from firstspike.integer_network.layer import IntegerLayer as IntegerLayer
from firstspike.integer_network.network import IntegerNetwork as IntegerNetwork
from firstspike.integer_network.program import LifProgram as LifProgram
from firstspike.integer_network.program import Program as Program
from firstspike.integer_network.program import RampProgram as RampProgram
from firstspike.integer_network.program import StepProgram as StepProgram
from firstspike.integer_network.program import TableProgram as TableProgram
from firstspike.integer_network.readout import FirstSpike as FirstSpike
from firstspike.integer_network.readout import Potential as Potential
from firstspike.integer_network.readout import Readout as Readout
from firstspike.integer_network.run import Counters as Counters
from firstspike.integer_network.run import IntegerRun as IntegerRun
from firstspike.integer_network.run import LayerSpikes as LayerSpikes
from firstspike.integer_network.schedule import Causal as Causal
from firstspike.integer_network.schedule import Schedule as Schedule
from firstspike.integer_network.schedule import TwoPhase as TwoPhase
from firstspike.integer_network.threshold import ConstThreshold as ConstThreshold
from firstspike.integer_network.threshold import NoThreshold as NoThreshold
from firstspike.integer_network.threshold import RampThreshold as RampThreshold
from firstspike.integer_network.threshold import TableThreshold as TableThreshold
from firstspike.integer_network.threshold import Threshold as Threshold
from firstspike.integer_network.ticks import TickBatch as TickBatch
from firstspike.integer_network.widths import LayerWidths as LayerWidths
from firstspike.integer_network.widths import Reach as Reach
