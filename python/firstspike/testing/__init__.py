"""Random integer networks and samples, for tests here and in projects that build on firstspike.

`random_network` and `random_samples` draw from a seeded `numpy.random.Generator`; the same seed
gives the same network. `networks_with_samples` is a strategy for hypothesis, which must be
installed.
"""

from firstspike.testing.networks import CELLS as CELLS
from firstspike.testing.networks import Cell as Cell
from firstspike.testing.networks import networks_with_samples as networks_with_samples
from firstspike.testing.networks import random_network as random_network
from firstspike.testing.networks import random_samples as random_samples
