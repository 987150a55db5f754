"""Encoders: from features, signals or spikes to the spikes that a network sees.

An encoder is a frozen description that is called with inputs (features in [0, 1], `Sequences` or
a `SpikeBatch`) and answers with a `SpikeBatch`. `Chain` puts several in a row.
"""

from firstspike.encoders.base import Encoder as Encoder
from firstspike.encoders.bias import Bias as Bias
from firstspike.encoders.chain import Chain as Chain
from firstspike.encoders.cochlea import Cochlea as Cochlea
from firstspike.encoders.delay_line import DelayLine as DelayLine
from firstspike.encoders.description import describe as describe
from firstspike.encoders.description import from_description as from_description
from firstspike.encoders.latency import Latency as Latency
from firstspike.encoders.level_crossing import LevelCrossing as LevelCrossing
from firstspike.encoders.linear import Linear as Linear
from firstspike.encoders.normalize import Normalize as Normalize
from firstspike.encoders.transforms import Compress as Compress
from firstspike.encoders.transforms import Events as Events
from firstspike.encoders.transforms import FirstSpikes as FirstSpikes
from firstspike.encoders.transforms import FromFirst as FromFirst
from firstspike.encoders.transforms import Window as Window
