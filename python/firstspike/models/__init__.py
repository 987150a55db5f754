"""Spiking networks in continuous time, with exact gradients."""

from firstspike.models.delays import AxonDelays as AxonDelays
from firstspike.models.delays import SynapseDelays as SynapseDelays
from firstspike.models.firing import Many as Many
from firstspike.models.firing import Once as Once
from firstspike.models.gradients import Gradients as Gradients
from firstspike.models.grid import TimeGrid as TimeGrid
from firstspike.models.initializers import FanIn as FanIn
from firstspike.models.initializers import Initializer as Initializer
from firstspike.models.initializers import Normal as Normal
from firstspike.models.li import LI as LI
from firstspike.models.lif import LIF as LIF
from firstspike.models.network import Network as Network
from firstspike.models.parameters import Parameters as Parameters
from firstspike.models.ramp import Ramp as Ramp
from firstspike.models.readout import Reading as Reading
from firstspike.models.readout import Readout as Readout
from firstspike.models.recurrence import Recurrent as Recurrent
from firstspike.models.tape import Tape as Tape
