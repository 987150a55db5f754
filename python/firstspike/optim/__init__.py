"""Optimisers and learning-rate schedules."""

from firstspike.optim.adam import Adam as Adam
from firstspike.optim.base import Optimizer as Optimizer
from firstspike.optim.base import OptimizerState as OptimizerState
from firstspike.optim.schedules import Constant as Constant
from firstspike.optim.schedules import Cosine as Cosine
from firstspike.optim.schedules import EasedIn as EasedIn
from firstspike.optim.schedules import Exponential as Exponential
from firstspike.optim.schedules import Plateau as Plateau
from firstspike.optim.schedules import Progress as Progress
from firstspike.optim.schedules import Schedule as Schedule
from firstspike.optim.schedules import Warmup as Warmup
from firstspike.optim.sgd import SGD as SGD
