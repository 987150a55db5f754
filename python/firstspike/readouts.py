"""Names around the readout of a network: what decides, over which window, and potentials."""

from firstspike.models.observation import Observation as Observation
from firstspike.models.observation import ReadoutSeed as ReadoutSeed
from firstspike.models.potentials import Potentials as Potentials
from firstspike.models.potentials import PotentialsGradients as PotentialsGradients
from firstspike.models.reads import Average as Average
from firstspike.models.reads import Maximum as Maximum
from firstspike.models.reads import Reads as Reads
from firstspike.models.windows import Exponential as Exponential
from firstspike.models.windows import Flat as Flat
from firstspike.models.windows import Linear as Linear
from firstspike.models.windows import Sigmoid as Sigmoid
