"""Encoders: from numbers in [0, 1] to spike times.

An encoder is a frozen description that is called with a matrix of inputs and answers with a
`SpikeBatch`.
"""

from firstspike.encoders.base import Encoder as Encoder
from firstspike.encoders.bias import Bias as Bias
from firstspike.encoders.description import describe as describe
from firstspike.encoders.description import from_description as from_description
from firstspike.encoders.latency import Latency as Latency
from firstspike.encoders.linear import Linear as Linear
