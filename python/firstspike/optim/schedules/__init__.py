"""Learning-rate schedules: a factor for every step of a training run."""

from firstspike.optim.schedules.base import Progress as Progress
from firstspike.optim.schedules.base import Schedule as Schedule
from firstspike.optim.schedules.eased import EasedIn as EasedIn
from firstspike.optim.schedules.fixed import Constant as Constant
from firstspike.optim.schedules.fixed import Cosine as Cosine
from firstspike.optim.schedules.fixed import Exponential as Exponential
from firstspike.optim.schedules.fixed import Warmup as Warmup
from firstspike.optim.schedules.plateau import Plateau as Plateau
