"""firstspike: from a dataset to a proven FPGA core in which every neuron fires at most once."""

from firstspike import datasets as datasets
from firstspike import encoders as encoders
from firstspike import errors as errors
from firstspike import losses as losses
from firstspike import optim as optim
from firstspike._core import __version__ as __version__
from firstspike.events import SpikeBatch as SpikeBatch
