"""From a trained network to an integer network."""

from firstspike.quant.batch_norm import BatchNorm as BatchNorm
from firstspike.quant.calibrate import Calibration as Calibration
from firstspike.quant.codes import level_encoder as level_encoder
from firstspike.quant.discretize import TickConstants as TickConstants
from firstspike.quant.discretize import discretize as discretize
from firstspike.quant.quantize import quantize as quantize
from firstspike.quant.relu import from_relu as from_relu
from firstspike.quant.weights import lattice_scale as lattice_scale
from firstspike.quant.weights import least_error_scale as least_error_scale
from firstspike.quant.weights import round_weights as round_weights
