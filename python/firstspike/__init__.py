"""firstspike: from a dataset to a proven FPGA core in which every neuron fires at most once."""

from typing import TYPE_CHECKING as _TYPE_CHECKING

from firstspike import datasets as datasets
from firstspike import encoders as encoders
from firstspike import errors as errors
from firstspike import losses as losses
from firstspike import optim as optim
from firstspike import plots as plots
from firstspike import readouts as readouts
from firstspike import two_phase as two_phase
from firstspike._core import __version__ as __version__
from firstspike.events import SpikeBatch as SpikeBatch
from firstspike.integer_network import Causal as Causal
from firstspike.integer_network import ConstThreshold as ConstThreshold
from firstspike.integer_network import Dense as Dense
from firstspike.integer_network import FirstSpike as FirstSpike
from firstspike.integer_network import IntegerLayer as IntegerLayer
from firstspike.integer_network import IntegerNetwork as IntegerNetwork
from firstspike.integer_network import IntegerRun as IntegerRun
from firstspike.integer_network import LifProgram as LifProgram
from firstspike.integer_network import NoThreshold as NoThreshold
from firstspike.integer_network import Potential as Potential
from firstspike.integer_network import RampProgram as RampProgram
from firstspike.integer_network import RampThreshold as RampThreshold
from firstspike.integer_network import StepProgram as StepProgram
from firstspike.integer_network import SynapseLists as SynapseLists
from firstspike.integer_network import TableProgram as TableProgram
from firstspike.integer_network import TableThreshold as TableThreshold
from firstspike.integer_network import TickBatch as TickBatch
from firstspike.integer_network import TwoPhase as TwoPhase
from firstspike.models import LI as LI
from firstspike.models import LIF as LIF
from firstspike.models import AxonDelays as AxonDelays
from firstspike.models import FanIn as FanIn
from firstspike.models import Gradients as Gradients
from firstspike.models import Many as Many
from firstspike.models import Network as Network
from firstspike.models import Normal as Normal
from firstspike.models import Once as Once
from firstspike.models import Ramp as Ramp
from firstspike.models import Recurrent as Recurrent
from firstspike.models import SynapseDelays as SynapseDelays
from firstspike.models import Tape as Tape
from firstspike.models import TimeGrid as TimeGrid
from firstspike.prune import prune as prune
from firstspike.quant import BatchNorm as BatchNorm
from firstspike.quant import from_relu as from_relu
from firstspike.quant import quantize as quantize
from firstspike.sequences import Sequences as Sequences
from firstspike.train import sweep as sweep
from firstspike.train import train as train

if _TYPE_CHECKING:
    from types import ModuleType

    from firstspike import hdl as hdl


def __getattr__(name: str) -> "ModuleType":
    """Import the hardware generator when it is first asked for: it brings all of Amaranth."""
    if name == "hdl":
        import importlib

        return importlib.import_module("firstspike.hdl")
    msg = f"module 'firstspike' has no attribute {name!r}"
    raise AttributeError(msg)
