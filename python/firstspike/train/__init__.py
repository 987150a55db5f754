"""Training: the loop, its two engines, constraints, disturbances, checkpoints."""

from firstspike.train.augment import InputDropout as InputDropout
from firstspike.train.augment import TimeJitter as TimeJitter
from firstspike.train.composable import Composable as Composable
from firstspike.train.evaluate import Evaluation as Evaluation
from firstspike.train.evaluate import decide as decide
from firstspike.train.evaluate import evaluate as evaluate
from firstspike.train.fit import train as train
from firstspike.train.fused import Fused as Fused
from firstspike.train.history import EpochRecord as EpochRecord
from firstspike.train.history import History as History
from firstspike.train.interrupt import GracefulInterrupt as GracefulInterrupt
from firstspike.train.neurons import NeuronPruning as NeuronPruning
from firstspike.train.plan import Constraint as Constraint
from firstspike.train.plan import EpochPlan as EpochPlan
from firstspike.train.plan import LayerPlan as LayerPlan
from firstspike.train.quantization import QuantizedTraining as QuantizedTraining
from firstspike.train.recipe import Recipe as Recipe
from firstspike.train.recipe import Stage as Stage
from firstspike.train.sparsity import GradualPruning as GradualPruning
from firstspike.train.sparsity import ProximalL1 as ProximalL1
from firstspike.train.sparsity import magnitude_mask as magnitude_mask
